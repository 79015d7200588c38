//! Session tickets that any proxy can open: encrypted under the shared ticket keys, which the control plane changes
//! daily. The key in use encrypts; all of them decrypt. Without a key there are no tickets, only full handshakes.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use parking_lot::RwLock;
use rustls::server::ProducesTickets;
use zeroize::Zeroizing;

use crate::directory::Secrets;

/// Twelve hours: what rustls' own ticketer gives.
const LIFETIME_SECONDS: u32 = 12 * 60 * 60;
/// Longer ones were not made by us.
const LONGEST: usize = 4_096;
const NAME_LEN: usize = 16;

/// Makes and opens tickets.
pub(crate) struct Ticketer {
    /// The one in use first.
    keys: RwLock<Vec<TicketKey>>,
}

struct TicketKey {
    name: [u8; NAME_LEN],
    key: LessSafeKey,
}

/// How many bytes are wanted of a key derivation.
struct Length(usize);

impl Ticketer {
    /// A ticketer without keys.
    #[must_use]
    pub(crate) fn new() -> Self {
        Self { keys: RwLock::default() }
    }

    /// Uses these secrets' ticket keys from now on.
    pub(crate) fn renew(&self, secrets: &Secrets) {
        let keys = secrets.ticket.iter().filter_map(|secret| TicketKey::derive(&secret.bytes).ok()).collect();
        *self.keys.write() = keys;
    }
}

impl TicketKey {
    fn derive(secret: &[u8; 32]) -> Result<Self, Unspecified> {
        let prk = Salt::new(HKDF_SHA256, b"marque session tickets v1").extract(secret);
        let mut name = [0; NAME_LEN];
        prk.expand(&[b"name"], Length(NAME_LEN))?.fill(&mut name)?;
        let mut key = Zeroizing::new([0; 32]);
        prk.expand(&[b"key"], Length(key.len()))?.fill(key.as_mut())?;
        Ok(Self { name, key: LessSafeKey::new(UnboundKey::new(&AES_256_GCM_SIV, key.as_ref())?) })
    }

    /// The key's name, a nonce, and the session encrypted: the name is authenticated too.
    fn seal(&self, session: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let mut nonce = [0; NONCE_LEN];
        aws_lc_rs::rand::fill(&mut nonce)?;
        let mut ticket = Vec::with_capacity(NAME_LEN + NONCE_LEN + session.len() + 16);
        ticket.extend_from_slice(&self.name);
        ticket.extend_from_slice(&nonce);
        ticket.extend_from_slice(session);
        let (head, body) = ticket.split_at_mut(NAME_LEN + NONCE_LEN);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self.key.seal_in_place_separate_tag(nonce, Aad::from(&head[..NAME_LEN]), body)?;
        ticket.extend_from_slice(tag.as_ref());
        Ok(ticket)
    }

    fn open(&self, nonce: [u8; NONCE_LEN], sealed: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let mut body = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        let length = self.key.open_in_place(nonce, Aad::from(&self.name), &mut body)?.len();
        body.truncate(length);
        Ok(body)
    }
}

impl ProducesTickets for Ticketer {
    fn enabled(&self) -> bool {
        !self.keys.read().is_empty()
    }

    fn lifetime(&self) -> u32 {
        LIFETIME_SECONDS
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        self.keys.read().first()?.seal(plain).ok()
    }

    fn decrypt(&self, cipher: &[u8]) -> Option<Vec<u8>> {
        if cipher.len() > LONGEST {
            return None;
        }
        let (name, rest) = cipher.split_first_chunk::<NAME_LEN>()?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>()?;
        let keys = self.keys.read();
        keys.iter().find(|key| key.name == *name)?.open(*nonce, sealed).ok()
    }
}

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

impl Default for Ticketer {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Ticketer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Ticketer({} keys)", self.keys.read().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::secrets_with_tickets;

    fn ticketer(secrets: &[u8]) -> Ticketer {
        let ticketer = Ticketer::new();
        ticketer.renew(&secrets_with_tickets(secrets));
        ticketer
    }

    #[test]
    fn the_first_key_encrypts_and_every_key_decrypts() {
        let (old, new) = (ticketer(&[1]), ticketer(&[2]));
        let of_old = old.encrypt(b"session").unwrap();
        let of_new = new.encrypt(b"session").unwrap();
        let both = ticketer(&[2, 1]);
        assert_eq!(both.decrypt(&of_old).unwrap(), b"session");
        assert_eq!(both.decrypt(&of_new).unwrap(), b"session");
        assert_eq!(new.decrypt(&both.encrypt(b"x").unwrap()).unwrap(), b"x");
        assert_eq!(old.decrypt(&both.encrypt(b"x").unwrap()), None);
        assert_eq!(new.decrypt(&of_old), None, "a key that was withdrawn opens nothing");
    }

    #[test]
    fn an_altered_or_cut_ticket_is_no_ticket() {
        let ticketer = ticketer(&[1]);
        let ticket = ticketer.encrypt(b"session").unwrap();
        for index in 0..ticket.len() {
            let mut altered = ticket.clone();
            altered[index] ^= 1;
            assert_eq!(ticketer.decrypt(&altered), None, "byte {index}");
            assert_eq!(ticketer.decrypt(&ticket[..index]), None, "cut at {index}");
        }
        assert_eq!(ticketer.decrypt(&vec![0; LONGEST + 1]), None);
    }

    #[test]
    fn without_a_key_there_are_no_tickets() {
        let ticketer = Ticketer::new();
        assert!(!ticketer.enabled());
        assert_eq!(ticketer.encrypt(b"session"), None);
    }

    #[test]
    fn two_tickets_of_one_session_look_different() {
        let ticketer = ticketer(&[1]);
        assert_ne!(ticketer.encrypt(b"session"), ticketer.encrypt(b"session"));
    }
}
