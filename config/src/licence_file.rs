//! Licence files: what an installation can check while nobody can be asked. One line of text, signed with Ed25519
//! (RFC 8032); whoever has the public key can tell that it is ours, and nobody can change what it says.
//!
//! `marque-licence-1.KEY.PAYLOAD.SIGNATURE`: the key's name, then the payload (JSON) and the signature in base64url
//! without padding (RFC 4648 section 5). What is signed are [`DOMAIN`] and everything before the last dot.

use std::fmt;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::tenant::WhenOver;
use crate::{ApplicationId, TenantId};

/// What a licence file says. Times are milliseconds since 1970, UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenceFile {
    /// The licence's identity.
    pub licence: String,
    /// Its serial number.
    pub serial: String,
    /// Whose use it allows.
    pub tenant: TenantId,
    /// The application that serves the tenant.
    pub application: ApplicationId,
    /// The code of the product.
    pub product: String,
    /// The code of the plan.
    pub plan: String,
    /// `trial`, `paid` or `free`.
    pub kind: String,
    /// The codes of what was added, and how many.
    pub components: Vec<(String, u32)>,
    /// On how many installations it may be used.
    pub max_activations: i64,
    /// When the file was written: of two files the later one counts.
    pub written_ms: i64,
    /// From when on the licence is over, grace included; absent for what has no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<i64>,
    /// What is left when it is over.
    pub when_over: WhenOver,
}

/// Writes licence files.
pub struct LicenceSigner {
    name: String,
    pair: Ed25519KeyPair,
}

/// Reads licence files.
#[derive(Debug, Clone)]
pub struct LicenceVerifier {
    name: String,
    public: [u8; 32],
}

/// Why a text is no licence file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LicenceFileError {
    /// The key isn't 32 bytes as base64, or its name holds something else than letters, digits, `-` and `_`.
    #[error("a licence key is a name, and 32 bytes as base64")]
    Key,
    /// It isn't of this form.
    #[error("this is no licence file")]
    Form,
    /// It names another key.
    #[error("the licence file is signed with another key")]
    OtherKey,
    /// It isn't as it was written.
    #[error("the licence file is not as it was written")]
    Forged,
    /// The licence was over at this instant.
    #[error("the licence is over")]
    Over,
}

/// Begins what is signed, so that no signature of anything else of ours passes.
pub const DOMAIN: &[u8] = b"marque licence file v1\0";
/// How far the clock of an installation may be wrong, in milliseconds: a day.
pub const TOLERANCE_MS: i64 = 86_400_000;

const FORM: &str = "marque-licence-1";
/// No licence file is longer.
const MOST: usize = 16 * 1024;

impl LicenceSigner {
    /// Makes the key pair of a seed of 32 random bytes.
    ///
    /// # Errors
    /// [`LicenceFileError::Key`].
    pub fn new(name: &str, seed: &[u8; 32]) -> Result<Self, LicenceFileError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| LicenceFileError::Key)?;
        Ok(Self { name: named(name)?, pair })
    }

    /// The public key, as base64.
    #[must_use]
    pub fn public_text(&self) -> String {
        STANDARD.encode(self.pair.public_key().as_ref())
    }

    /// Writes a file.
    ///
    /// # Errors
    /// [`LicenceFileError::Form`] when it would be too long.
    pub fn write(&self, says: &LicenceFile) -> Result<String, LicenceFileError> {
        let payload = serde_json::to_vec(says).map_err(|_| LicenceFileError::Form)?;
        let signed = format!("{FORM}.{}.{}", self.name, URL_SAFE_NO_PAD.encode(payload));
        let signature = URL_SAFE_NO_PAD.encode(self.pair.sign(&message(&signed)).as_ref());
        let text = format!("{signed}.{signature}");
        if text.len() <= MOST { Ok(text) } else { Err(LicenceFileError::Form) }
    }
}

impl LicenceVerifier {
    /// Takes the key that was published under this name.
    ///
    /// # Errors
    /// [`LicenceFileError::Key`].
    pub fn new(name: &str, public: &str) -> Result<Self, LicenceFileError> {
        let bytes = STANDARD.decode(public.trim()).map_err(|_| LicenceFileError::Key)?;
        let public = bytes.as_slice().try_into().map_err(|_| LicenceFileError::Key)?;
        Ok(Self { name: named(name)?, public })
    }

    /// Reads a file, whether or not the licence is over.
    ///
    /// # Errors
    /// [`LicenceFileError`].
    pub fn read(&self, text: &str) -> Result<LicenceFile, LicenceFileError> {
        let text = text.trim();
        if text.len() > MOST {
            return Err(LicenceFileError::Form);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(LicenceFileError::Form)?;
        let mut parts = signed.split('.');
        let (Some(FORM), Some(name), Some(payload), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(LicenceFileError::Form);
        };
        if name != self.name {
            return Err(LicenceFileError::OtherKey);
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| LicenceFileError::Forged)?;
        UnparsedPublicKey::new(&ED25519, self.public)
            .verify(&message(signed), &signature)
            .map_err(|_| LicenceFileError::Forged)?;
        let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| LicenceFileError::Form)?;
        serde_json::from_slice(&payload).map_err(|_| LicenceFileError::Form)
    }

    /// Reads a file, and refuses it when the licence is over: by more than a clock may be wrong.
    ///
    /// # Errors
    /// [`LicenceFileError`].
    pub fn read_at(&self, text: &str, now_ms: i64) -> Result<LicenceFile, LicenceFileError> {
        let file = self.read(text)?;
        let over = file.until_ms.is_some_and(|until_ms| until_ms.saturating_add(TOLERANCE_MS) <= now_ms);
        if over { Err(LicenceFileError::Over) } else { Ok(file) }
    }
}

fn message(signed: &str) -> Vec<u8> {
    [DOMAIN, signed.as_bytes()].concat()
}

fn named(name: &str) -> Result<String, LicenceFileError> {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if plain && (1..=64).contains(&name.len()) { Ok(name.to_owned()) } else { Err(LicenceFileError::Key) }
}

impl fmt::Debug for LicenceSigner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "LicenceSigner({})", self.name)
    }
}

#[cfg(test)]
mod tests;
