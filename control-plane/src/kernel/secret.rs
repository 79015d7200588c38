//! Secrets that people carry: in the link of a mail, in a cookie. Each is known again by its hash and kept nowhere.

use std::fmt;

use aws_lc_rs::digest::{Context, SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use marque_config::clock::Random;
use zeroize::Zeroizing;

use super::token::hex;

/// 256 random bits, as 43 characters that stand in a URL.
pub struct Secret(Zeroizing<String>);

const BYTES: usize = 32;
const LENGTH: usize = 43;

impl Secret {
    /// Draws one.
    #[must_use]
    pub fn draw(random: &dyn Random) -> Self {
        let mut bytes = Zeroizing::new([0; BYTES]);
        random.fill(&mut *bytes);
        Self(Zeroizing::new(URL_SAFE_NO_PAD.encode(*bytes)))
    }

    /// Reads what somebody presents.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (text.len() == LENGTH && text.bytes().all(plain)).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// What is kept of it: SHA-256, hexadecimal. It has 256 random bits, so a slow hash would add nothing.
    #[must_use]
    pub fn hash(&self) -> String {
        hex(digest(&SHA256, self.0.as_bytes()).as_ref())
    }

    /// Another secret that follows from it, and from which it doesn't follow.
    #[must_use]
    pub fn derived(&self, purpose: &str) -> String {
        let mut context = Context::new(&SHA256);
        for part in ["marque derived secret", purpose, &self.0] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        URL_SAFE_NO_PAD.encode(context.finish())
    }

    /// Its text, for who is to carry it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::parts::Parts;

    #[test]
    fn a_secret_reads_back_and_what_follows_from_it_differs() {
        let secret = Secret::draw(&*Parts::real().random);
        let again = Secret::parse(secret.reveal()).unwrap();
        assert_eq!(again.hash(), secret.hash());
        assert_eq!(again.derived("csrf"), secret.derived("csrf"));
        assert_ne!(secret.derived("csrf"), secret.derived("other"));
        assert_ne!(secret.derived("csrf"), secret.reveal());
        for wrong in ["", "short", &"é".repeat(21), &format!("{}=", &secret.reveal()[..42])] {
            assert!(Secret::parse(wrong).is_none(), "{wrong}");
        }
    }
}
