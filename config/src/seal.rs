//! Sealing: what is secret is encrypted at rest, bound to whose it is and what it is for.
//!
//! AES-256-GCM-SIV (RFC 8452): a repeated nonce costs no more than telling that two values are equal. A sealed value
//! carries the id of its key, so keys are changed without touching old values. Which process holds which key is told
//! by files: the store key is the control plane's alone, the edge key is on both planes.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// A sealed value: key id (8 bytes), nonce (12 bytes), ciphertext, tag (16 bytes). Text in JSON, as base64.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

/// The random bytes that sealing one value takes.
pub type SealNonce = [u8; NONCE_LEN];

const KEY_ID_LEN: usize = 8;

/// What a sealed value is, so that one can't be put in another's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A certificate's private key.
    CertificateKey,
    /// An ACME account's credentials.
    AcmeAccount,
    /// An external account binding's secret (RFC 8555 section 7.3.4).
    ExternalAccount,
    /// A secret that proxies share.
    SharedKey,
    /// A session cookie's value.
    Cookie,
    /// The edge's own cookie of an entry to a client's space.
    Entry,
    /// The secret of a person's second factor.
    SecondFactor,
    /// What signs the messages to a webhook endpoint.
    WebhookSecret,
    /// The key that signs licence files.
    LicenceKey,
    /// What a quote promises.
    Quote,
    /// When the page of a contact form was made.
    ContactForm,
    /// What the recipient of a mail is to carry.
    MailSecret,
    /// Nothing but the proof that a key is the right one.
    KeyCheck,
}

/// Whose a sealed value is and what it is for: authenticated with it, not stored in it.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// What it is.
    pub purpose: Purpose,
    /// Whose: a tenant's id, a directory's address, a key's id.
    pub owner: &'a str,
    /// The name within it: a hostname, a cookie's name. May be empty.
    pub name: &'a str,
}

/// Why a value can't be sealed or opened. Deliberately without detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The text of a key file isn't one or more lines of 64 hexadecimal digits.
    #[error("a key file has one key a line, each 64 hexadecimal digits, the current one first")]
    KeyFile,
    /// The value names a key that isn't in the ring.
    #[error("the value was sealed with a key that is not in the key file")]
    UnknownKey,
    /// Too short, altered, or sealed in another context.
    #[error("the sealed value does not open")]
    DoesNotOpen,
    /// The value is too long for the cipher.
    #[error("the value is too long to seal")]
    TooLong,
}

/// The keys of one key file: the first seals, all open.
pub struct KeyRing {
    keys: Vec<(KeyId, LessSafeKey)>,
}

type KeyId = [u8; KEY_ID_LEN];

impl KeyRing {
    /// Reads a key file's text.
    ///
    /// # Errors
    /// [`SealError::KeyFile`].
    pub fn parse(text: &str) -> Result<Self, SealError> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let keys = lines.map(|line| unhex(line).and_then(|secret| keyed(&secret))).collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() {
            return Err(SealError::KeyFile);
        }
        Ok(Self { keys })
    }

    /// A ring of one key.
    ///
    /// # Errors
    /// [`SealError::KeyFile`] when the cipher doesn't take the key.
    pub fn single(secret: &[u8; 32]) -> Result<Self, SealError> {
        Ok(Self { keys: vec![keyed(secret)?] })
    }

    /// Writes the line of a key file that holds `secret`.
    #[must_use]
    pub fn line(secret: &[u8; 32]) -> Zeroizing<String> {
        let mut line = String::with_capacity(64);
        for byte in secret {
            let _ = fmt::Write::write_fmt(&mut line, format_args!("{byte:02x}"));
        }
        Zeroizing::new(line)
    }

    /// Seals `plain` under the current key.
    ///
    /// # Errors
    /// [`SealError::TooLong`].
    pub fn seal(&self, context: Context<'_>, nonce: &SealNonce, plain: &[u8]) -> Result<Sealed, SealError> {
        let (id, key) = self.keys.first().ok_or(SealError::UnknownKey)?;
        let mut bytes = Vec::with_capacity(KEY_ID_LEN + NONCE_LEN + plain.len() + 16);
        bytes.extend_from_slice(id);
        bytes.extend_from_slice(nonce);
        let mut body = plain.to_vec();
        let aad = Aad::from(context.bytes());
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(*nonce), aad, &mut body)
            .map_err(|_| SealError::TooLong)?;
        bytes.append(&mut body);
        Ok(Sealed(bytes))
    }

    /// Opens what was sealed in the same context.
    ///
    /// # Errors
    /// [`SealError::UnknownKey`] or [`SealError::DoesNotOpen`].
    pub fn open(&self, context: Context<'_>, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (id, rest) = sealed.0.split_first_chunk::<KEY_ID_LEN>().ok_or(SealError::DoesNotOpen)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(SealError::DoesNotOpen)?;
        let key = self.keys.iter().find(|(known, _)| known == id).map(|(_, key)| key).ok_or(SealError::UnknownKey)?;
        let mut body = Zeroizing::new(body.to_vec());
        let aad = Aad::from(context.bytes());
        let length = key
            .open_in_place(Nonce::assume_unique_for_key(*nonce), aad, &mut body)
            .map_err(|_| SealError::DoesNotOpen)?
            .len();
        body.truncate(length);
        Ok(body)
    }
}

impl KeyRing {
    /// Whether the ring has the key that a sealed value names in its first bytes.
    #[must_use]
    pub fn has_key_of(&self, sealed: &[u8]) -> bool {
        sealed.first_chunk::<KEY_ID_LEN>().is_some_and(|id| self.keys.iter().any(|(known, _)| known == id))
    }

    /// Whether a value was sealed with the current key, as opposed to one before it.
    #[must_use]
    pub fn is_current(&self, sealed: &Sealed) -> bool {
        self.keys.first().is_some_and(|(id, _)| sealed.0.starts_with(id))
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KeyRing({} keys)", self.keys.len())
    }
}

impl Sealed {
    /// The bytes, as a database keeps them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Takes bytes for a sealed value; whether they are one is seen when it is opened.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Sealed({} bytes)", self.0.len())
    }
}

impl Serialize for Sealed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        STANDARD.decode(text.as_bytes()).map(Self).map_err(serde::de::Error::custom)
    }
}

impl Context<'_> {
    /// Every part with its length before it: no two contexts give the same bytes.
    fn bytes(&self) -> Vec<u8> {
        let purpose = match self.purpose {
            Purpose::CertificateKey => 1,
            Purpose::AcmeAccount => 2,
            Purpose::ExternalAccount => 3,
            Purpose::SharedKey => 4,
            Purpose::Cookie => 5,
            Purpose::Entry => 6,
            Purpose::ContactForm => 7,
            Purpose::SecondFactor => 10,
            Purpose::WebhookSecret => 100,
            Purpose::LicenceKey => 60,
            Purpose::Quote => 40,
            Purpose::MailSecret => 110,
            Purpose::KeyCheck => 151,
        };
        let mut bytes = vec![purpose];
        for part in [self.owner, self.name] {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        bytes
    }
}

fn keyed(secret: &[u8; 32]) -> Result<(KeyId, LessSafeKey), SealError> {
    let mut labelled = Zeroizing::new(b"marque key id\0".to_vec());
    labelled.extend_from_slice(secret);
    let mut id = [0; KEY_ID_LEN];
    id.copy_from_slice(&digest(&SHA256, &labelled).as_ref()[..KEY_ID_LEN]);
    let key = UnboundKey::new(&AES_256_GCM_SIV, secret).map_err(|_| SealError::KeyFile)?;
    Ok((id, LessSafeKey::new(key)))
}

fn unhex(line: &str) -> Result<Zeroizing<[u8; 32]>, SealError> {
    let digits = line.as_bytes();
    let mut secret = Zeroizing::new([0; 32]);
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(SealError::KeyFile);
    }
    for (byte, pair) in secret.iter_mut().zip(digits.chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).map_err(|_| SealError::KeyFile)?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| SealError::KeyFile)?;
    }
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OF_A: Context<'_> = Context { purpose: Purpose::Cookie, owner: "ten_a", name: "till" };

    fn ring(text: &str) -> KeyRing {
        KeyRing::parse(text).unwrap()
    }

    #[test]
    fn what_is_sealed_for_one_owner_opens_for_no_other() {
        let ring = KeyRing::single(&[1; 32]).unwrap();
        let sealed = ring.seal(OF_A, &[0; 12], b"session").unwrap();
        assert_eq!(ring.open(OF_A, &sealed).unwrap().as_slice(), b"session");
        for other in [
            Context { owner: "ten_b", ..OF_A },
            Context { name: "tilt", ..OF_A },
            Context { purpose: Purpose::SharedKey, ..OF_A },
            Context { owner: "ten_atill", name: "", ..OF_A },
        ] {
            assert_eq!(ring.open(other, &sealed), Err(SealError::DoesNotOpen), "{other:?}");
        }
    }

    #[test]
    fn an_altered_or_cut_value_does_not_open() {
        let ring = KeyRing::single(&[1; 32]).unwrap();
        let sealed = ring.seal(OF_A, &[0; 12], b"session").unwrap();
        for index in 0..sealed.0.len() {
            let mut bytes = sealed.0.clone();
            bytes[index] ^= 1;
            assert!(ring.open(OF_A, &Sealed(bytes)).is_err(), "byte {index}");
            assert!(ring.open(OF_A, &Sealed(sealed.0[..index].to_vec())).is_err(), "cut at {index}");
        }
    }

    #[test]
    fn an_old_key_still_opens_and_a_removed_one_does_not() {
        let (old, new) = (KeyRing::line(&[1; 32]), KeyRing::line(&[2; 32]));
        let sealed = ring(&old).seal(OF_A, &[0; 12], b"session").unwrap();
        let both = ring(&format!("# newest first\n{}\n{}\n", *new, *old));
        assert!(both.has_key_of(sealed.as_bytes()) && !both.is_current(&sealed));
        assert!(ring(&old).is_current(&sealed) && !ring(&new).has_key_of(sealed.as_bytes()));
        assert_eq!(both.open(OF_A, &sealed).unwrap().as_slice(), b"session");
        assert_eq!(ring(&new).open(OF_A, &sealed), Err(SealError::UnknownKey));
    }

    #[test]
    fn a_key_file_that_is_none_is_refused() {
        for text in ["", "# nothing\n", "abcd", &"g".repeat(64), &"a".repeat(63)] {
            assert_eq!(KeyRing::parse(text).err(), Some(SealError::KeyFile), "{text}");
        }
    }
}
