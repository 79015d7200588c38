//! The secrets that every proxy shares: opened from the feed's sealed keys, in the order in which they are used.

use std::fmt;
use std::sync::Arc;

use marque_config::certificate::{KeyUse, SharedKey};
use marque_config::seal::{Context, KeyRing, Purpose, SealError};
use zeroize::Zeroizing;

/// The secrets of each use: the one in use first, then older ones, then those that aren't in use yet.
#[derive(Debug, Default)]
pub struct Secrets {
    /// For session cookies.
    pub cookie: Vec<Secret>,
    /// For TLS session tickets.
    pub ticket: Vec<Secret>,
    /// Ed25519 seeds for assertions.
    pub assertion: Vec<Secret>,
    /// `cookie` as a ring: the first seals, all open.
    pub(crate) cookies: Option<KeyRing>,
}

/// One secret.
#[derive(Clone)]
pub struct Secret {
    /// Names it: an assertion's `kid`.
    pub id: String,
    /// From when it is used, milliseconds since 1970, UTC.
    pub use_from_ms: i64,
    /// The secret itself.
    pub bytes: Zeroizing<[u8; 32]>,
}

impl Secrets {
    /// Opens the shared keys and puts them in order for the time `now_ms`.
    ///
    /// # Errors
    /// [`SealError`] when one doesn't open, or isn't 32 bytes.
    pub fn open(edge_key: &KeyRing, keys: &[Arc<SharedKey>], now_ms: i64) -> Result<Self, SealError> {
        let cookie = opened(edge_key, keys, KeyUse::Cookie, now_ms)?;
        let cookies = ring(&cookie)?;
        let ticket = opened(edge_key, keys, KeyUse::Ticket, now_ms)?;
        let assertion = opened(edge_key, keys, KeyUse::Assertion, now_ms)?;
        Ok(Self { cookie, ticket, assertion, cookies })
    }

    /// The keys that session cookies are sealed with; none before the first has come.
    #[must_use]
    pub fn cookie_keys(&self) -> Option<&KeyRing> {
        self.cookies.as_ref()
    }
}

fn opened(edge_key: &KeyRing, keys: &[Arc<SharedKey>], of: KeyUse, now_ms: i64) -> Result<Vec<Secret>, SealError> {
    let of_use = keys.iter().filter(|key| key.use_ == of);
    let mut secrets = of_use.map(|key| open_one(edge_key, key)).collect::<Result<Vec<_>, _>>()?;
    // Newest first; those of the future go behind the others. The id decides between equals, on every proxy alike.
    secrets.sort_by(|a, b| {
        let order = |it: &Secret| (it.use_from_ms > now_ms, std::cmp::Reverse(it.use_from_ms));
        order(a).cmp(&order(b)).then_with(|| a.id.cmp(&b.id))
    });
    Ok(secrets)
}

fn open_one(edge_key: &KeyRing, key: &SharedKey) -> Result<Secret, SealError> {
    let name = match key.use_ {
        KeyUse::Ticket => "ticket",
        KeyUse::Cookie => "cookie",
        KeyUse::Assertion => "assertion",
    };
    let plain = edge_key.open(Context { purpose: Purpose::SharedKey, owner: &key.id, name }, &key.secret)?;
    let mut bytes = Zeroizing::new([0; 32]);
    if plain.len() != bytes.len() {
        return Err(SealError::DoesNotOpen);
    }
    bytes.copy_from_slice(&plain);
    Ok(Secret { id: key.id.clone(), use_from_ms: key.use_from_ms, bytes })
}

fn ring(secrets: &[Secret]) -> Result<Option<KeyRing>, SealError> {
    if secrets.is_empty() {
        return Ok(None);
    }
    let mut lines = Zeroizing::new(String::with_capacity(65 * secrets.len()));
    for secret in secrets {
        lines.push_str(&KeyRing::line(&secret.bytes));
        lines.push('\n');
    }
    KeyRing::parse(&lines).map(Some)
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Secret({}, from {})", self.id, self.use_from_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(ring: &KeyRing, id: &str, use_: KeyUse, from: i64, name: &str) -> Arc<SharedKey> {
        let context = Context { purpose: Purpose::SharedKey, owner: id, name };
        let secret = ring.seal(context, &[0; 12], &[9; 32]).unwrap();
        Arc::new(SharedKey { id: id.into(), use_, use_from_ms: from, secret })
    }

    #[test]
    fn the_one_in_use_is_first_and_the_future_last() {
        let edge = KeyRing::single(&[1; 32]).unwrap();
        let keys = [("old", 10), ("next", 300), ("now", 200), ("last", 400), ("older", 5)]
            .map(|(id, from)| key(&edge, id, KeyUse::Cookie, from, "cookie"));
        let secrets = Secrets::open(&edge, &keys, 250).unwrap();
        let ids: Vec<_> = secrets.cookie.iter().map(|it| it.id.as_str()).collect();
        assert_eq!(ids, ["now", "old", "older", "last", "next"]);
        assert!(secrets.ticket.is_empty() && secrets.assertion.is_empty());
    }

    #[test]
    fn a_key_for_one_use_does_not_serve_another() {
        let edge = KeyRing::single(&[1; 32]).unwrap();
        let wrong = key(&edge, "k", KeyUse::Assertion, 0, "ticket");
        assert_eq!(Secrets::open(&edge, &[wrong], 1).err(), Some(SealError::DoesNotOpen));
    }

    #[test]
    fn a_secret_is_never_shown() {
        let edge = KeyRing::single(&[1; 32]).unwrap();
        let secrets = Secrets::open(&edge, &[key(&edge, "k", KeyUse::Cookie, 0, "cookie")], 1).unwrap();
        let shown = format!("{secrets:?}");
        assert!(shown.contains("Secret(k, from 0)") && !shown.contains("9, 9"), "{shown}");
    }
}
