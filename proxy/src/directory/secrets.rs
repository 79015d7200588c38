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

/// A shared key that doesn't open, or isn't 32 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unopened {
    /// Names the key.
    pub id: String,
    /// Why.
    pub error: SealError,
}

impl Secrets {
    /// Opens the shared keys, each for itself, and puts them in order for the time `now_ms`. One that doesn't open is
    /// told and passed over, unless `held` has it from before.
    #[must_use]
    pub fn open(edge_key: &KeyRing, keys: &[Arc<SharedKey>], held: &Self, now_ms: i64) -> (Self, Vec<Unopened>) {
        let (mut secrets, mut unopened) = (Self::default(), Vec::new());
        for key in keys {
            let of_use = secrets.of_use_mut(key.use_);
            match open_one(edge_key, key) {
                Ok(secret) => of_use.push(secret),
                Err(error) => {
                    of_use.extend(held.of_use(key.use_).iter().find(|secret| secret.id == key.id).cloned());
                    unopened.push(Unopened { id: key.id.clone(), error });
                }
            }
        }
        KeyUse::ALL.into_iter().for_each(|of| in_order(secrets.of_use_mut(of), now_ms));
        // Every secret makes a line of a key file.
        secrets.cookies = ring(&secrets.cookie).unwrap_or_default();
        (secrets, unopened)
    }

    fn of_use(&self, of: KeyUse) -> &[Secret] {
        match of {
            KeyUse::Cookie => &self.cookie,
            KeyUse::Ticket => &self.ticket,
            KeyUse::Assertion => &self.assertion,
        }
    }

    fn of_use_mut(&mut self, of: KeyUse) -> &mut Vec<Secret> {
        match of {
            KeyUse::Cookie => &mut self.cookie,
            KeyUse::Ticket => &mut self.ticket,
            KeyUse::Assertion => &mut self.assertion,
        }
    }

    /// The keys that session cookies are sealed with; none before the first has come.
    #[must_use]
    pub fn cookie_keys(&self) -> Option<&KeyRing> {
        self.cookies.as_ref()
    }
}

fn in_order(secrets: &mut [Secret], now_ms: i64) {
    // Newest first; those of the future go behind the others. The id decides between equals, on every proxy alike.
    secrets.sort_by(|a, b| {
        let order = |it: &Secret| (it.use_from_ms > now_ms, std::cmp::Reverse(it.use_from_ms));
        order(a).cmp(&order(b)).then_with(|| a.id.cmp(&b.id))
    });
}

fn open_one(edge_key: &KeyRing, key: &SharedKey) -> Result<Secret, SealError> {
    let context = Context { purpose: Purpose::SharedKey, owner: &key.id, name: key.use_.as_str() };
    let plain = edge_key.open(context, &key.secret)?;
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
        let (secrets, unopened) = Secrets::open(&edge, &keys, &Secrets::default(), 250);
        let ids: Vec<_> = secrets.cookie.iter().map(|it| it.id.as_str()).collect();
        assert_eq!(ids, ["now", "old", "older", "last", "next"]);
        assert!(secrets.ticket.is_empty() && secrets.assertion.is_empty() && unopened.is_empty());
    }

    #[test]
    fn a_key_that_does_not_open_takes_no_other_with_it() {
        let (edge, other) = (KeyRing::single(&[1; 32]).unwrap(), KeyRing::single(&[2; 32]).unwrap());
        let mut keys = KeyUse::ALL.map(|of| key(&edge, of.as_str(), of, 0, of.as_str())).to_vec();
        keys.push(key(&other, "missed", KeyUse::Cookie, 1, "cookie"));
        let (secrets, unopened) = Secrets::open(&edge, &keys, &Secrets::default(), 2);
        let ids = |of: &[Secret]| of.iter().map(|it| it.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&secrets.cookie), ["cookie"]);
        assert_eq!(ids(&secrets.ticket), ["ticket"]);
        assert_eq!(ids(&secrets.assertion), ["assertion"]);
        assert!(secrets.cookie_keys().is_some());
        assert_eq!(unopened, [Unopened { id: "missed".into(), error: SealError::UnknownKey }]);
    }

    #[test]
    fn what_was_opened_before_and_is_sealed_anew_goes_on() {
        let (edge, other) = (KeyRing::single(&[1; 32]).unwrap(), KeyRing::single(&[2; 32]).unwrap());
        let (held, _) = Secrets::open(&edge, &[key(&edge, "k", KeyUse::Ticket, 0, "ticket")], &Secrets::default(), 2);
        let anew = [key(&other, "k", KeyUse::Ticket, 0, "ticket"), key(&other, "new", KeyUse::Ticket, 0, "ticket")];
        let (secrets, unopened) = Secrets::open(&edge, &anew, &held, 2);
        assert_eq!(secrets.ticket.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["k"]);
        assert_eq!(unopened.len(), 2);
    }

    #[test]
    fn a_key_for_one_use_does_not_serve_another() {
        let edge = KeyRing::single(&[1; 32]).unwrap();
        let wrong = key(&edge, "k", KeyUse::Assertion, 0, "ticket");
        let (secrets, unopened) = Secrets::open(&edge, &[wrong], &Secrets::default(), 1);
        assert!(secrets.assertion.is_empty() && secrets.ticket.is_empty());
        assert_eq!(unopened, [Unopened { id: "k".into(), error: SealError::DoesNotOpen }]);
    }

    #[test]
    fn a_secret_is_never_shown() {
        let edge = KeyRing::single(&[1; 32]).unwrap();
        let (secrets, _) =
            Secrets::open(&edge, &[key(&edge, "k", KeyUse::Cookie, 0, "cookie")], &Secrets::default(), 1);
        let shown = format!("{secrets:?}");
        assert!(shown.contains("Secret(k, from 0)") && !shown.contains("9, 9"), "{shown}");
    }
}
