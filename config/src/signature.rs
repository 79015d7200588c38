//! The feed's signature: Ed25519 (RFC 8032) over a digest of the batch's bytes.
//!
//! The private key is the control plane's; the public one is pinned at the proxy by file, so that what a proxy
//! believes doesn't depend on who answers at the feed's address.

use std::fmt;

use aws_lc_rs::digest::{Context, SHA256};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// Signs batches.
pub struct FeedSigner(Ed25519KeyPair);

/// Checks batches.
#[derive(Debug, Clone)]
pub struct FeedVerifier([u8; 32]);

/// The running digest of a batch: every line from the begin to the last before the commit, newlines included.
pub struct BatchDigest {
    context: Context,
    changes: u64,
}

/// Why a key file or a batch isn't believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The file isn't base64 of 32 bytes.
    #[error("a feed key file holds 32 bytes as base64")]
    KeyFile,
    /// The signature isn't the pinned key's over these bytes.
    #[error("the batch is not signed by the pinned feed key")]
    Forged,
    /// The batch has more or fewer changes than it says.
    #[error("the batch does not have as many changes as it says")]
    Incomplete,
}

const DOMAIN: &[u8] = b"marque feed batch v1\0";

impl FeedSigner {
    /// Reads the private key's file: the seed, as base64.
    ///
    /// # Errors
    /// [`SignatureError::KeyFile`].
    pub fn parse(text: &str) -> Result<Self, SignatureError> {
        let seed = Zeroizing::new(decode(text)?);
        Self::from_seed(&seed)
    }

    /// Makes the key pair of a seed of 32 random bytes.
    ///
    /// # Errors
    /// [`SignatureError::KeyFile`] when the library doesn't take it.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, SignatureError> {
        Ed25519KeyPair::from_seed_unchecked(seed).map(Self).map_err(|_| SignatureError::KeyFile)
    }

    /// The text of the file that a proxy pins.
    #[must_use]
    pub fn public_text(&self) -> String {
        STANDARD.encode(self.0.public_key().as_ref())
    }

    /// Signs a batch.
    #[must_use]
    pub fn sign(&self, batch: BatchDigest) -> String {
        STANDARD.encode(self.0.sign(&batch.finish()).as_ref())
    }
}

impl FeedVerifier {
    /// Reads the public key's file.
    ///
    /// # Errors
    /// [`SignatureError::KeyFile`].
    pub fn parse(text: &str) -> Result<Self, SignatureError> {
        decode(text).map(Self)
    }

    /// Checks a batch against its commit line.
    ///
    /// # Errors
    /// [`SignatureError::Incomplete`] or [`SignatureError::Forged`].
    pub fn verify(&self, batch: BatchDigest, changes: u64, signature: &str) -> Result<(), SignatureError> {
        if batch.changes != changes {
            return Err(SignatureError::Incomplete);
        }
        let signature = STANDARD.decode(signature).map_err(|_| SignatureError::Forged)?;
        UnparsedPublicKey::new(&ED25519, self.0).verify(&batch.finish(), &signature).map_err(|_| SignatureError::Forged)
    }
}

impl BatchDigest {
    /// Starts a batch with its begin line.
    #[must_use]
    pub fn begin(line: &[u8]) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(line);
        Self { context, changes: 0 }
    }

    /// Adds an upsert or delete line.
    pub fn change(&mut self, line: &[u8]) {
        self.context.update(line);
        self.changes += 1;
    }

    /// How many changes were added.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.changes
    }

    fn finish(self) -> Vec<u8> {
        let mut message = DOMAIN.to_vec();
        message.extend_from_slice(&self.changes.to_be_bytes());
        message.extend_from_slice(self.context.finish().as_ref());
        message
    }
}

fn decode(text: &str) -> Result<[u8; 32], SignatureError> {
    let bytes = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| SignatureError::KeyFile)?);
    bytes.as_slice().try_into().map_err(|_| SignatureError::KeyFile)
}

impl fmt::Debug for FeedSigner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FeedSigner")
    }
}

impl fmt::Debug for BatchDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "BatchDigest({} changes)", self.changes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(lines: &[&str]) -> BatchDigest {
        let mut batch = BatchDigest::begin(b"begin\n");
        lines.iter().for_each(|line| batch.change(line.as_bytes()));
        batch
    }

    #[test]
    fn only_the_bytes_that_were_signed_pass() {
        let signer = FeedSigner::from_seed(&[3; 32]).unwrap();
        let verifier = FeedVerifier::parse(&signer.public_text()).unwrap();
        let signature = signer.sign(batch(&["a\n", "b\n"]));
        assert_eq!(verifier.verify(batch(&["a\n", "b\n"]), 2, &signature), Ok(()));
        assert_eq!(verifier.verify(batch(&["b\n", "a\n"]), 2, &signature), Err(SignatureError::Forged));
        assert_eq!(verifier.verify(batch(&["a\n"]), 2, &signature), Err(SignatureError::Incomplete));
        assert_eq!(verifier.verify(batch(&["a\n", "b\n"]), 2, "AAAA"), Err(SignatureError::Forged));
    }

    #[test]
    fn another_key_is_not_believed() {
        let signature = FeedSigner::from_seed(&[3; 32]).unwrap().sign(batch(&[]));
        let other = FeedSigner::from_seed(&[4; 32]).unwrap();
        let verifier = FeedVerifier::parse(&other.public_text()).unwrap();
        assert_eq!(verifier.verify(batch(&[]), 0, &signature), Err(SignatureError::Forged));
    }
}
