//! Seam: the shared keys, opened; until the real one is merged.

use std::sync::Arc;

use marque_config::certificate::{KeyUse, SharedKey};
use marque_config::seal::{Context, KeyRing, Purpose, SealError};
use zeroize::Zeroizing;

/// The shared keys, by use: the one in use first, then older ones, then those not yet in use.
pub struct Secrets {
    /// For session cookies.
    pub cookie: Vec<Secret>,
    /// For session tickets.
    pub ticket: Vec<Secret>,
    /// For assertions.
    pub assertion: Vec<Secret>,
}

/// One shared key, opened.
pub struct Secret {
    /// Its name.
    pub id: String,
    /// From when on it is used.
    pub use_from_ms: i64,
    /// The secret.
    pub bytes: Zeroizing<[u8; 32]>,
}

impl Secrets {
    /// Opens shared keys.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn open(edge_key: &KeyRing, keys: &[Arc<SharedKey>], now_ms: i64) -> Result<Self, SealError> {
        let pick = |wanted: KeyUse, name: &str| {
            let mut found = Vec::new();
            for key in keys.iter().filter(|key| key.use_ == wanted) {
                let context = Context { purpose: Purpose::SharedKey, owner: &key.id, name };
                let plain = edge_key.open(context, &key.secret)?;
                let bytes = plain.as_slice().try_into().map_err(|_| SealError::DoesNotOpen)?;
                found.push(Secret { id: key.id.clone(), use_from_ms: key.use_from_ms, bytes: Zeroizing::new(bytes) });
            }
            found.sort_by_key(|it| (it.use_from_ms > now_ms, -it.use_from_ms));
            Ok::<_, SealError>(found)
        };
        Ok(Self {
            cookie: pick(KeyUse::Cookie, "cookie")?,
            ticket: pick(KeyUse::Ticket, "ticket")?,
            assertion: pick(KeyUse::Assertion, "assertion")?,
        })
    }
}
