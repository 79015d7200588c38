//! From the feed's bytes to verified batches. Nothing that isn't signed by the pinned key leaves this file.

use bytes::{Bytes, BytesMut};
use marque_config::feed::{Line, MAX_LINE, Revision};
use marque_config::signature::{BatchDigest, FeedVerifier, SignatureError};

use super::Position;
use super::directory::{Batch, Change};

/// The most bytes of one batch: a stream that isn't the control plane's must not fill the memory before its
/// signature is seen to be missing. A hundred thousand names take less than a third of it.
const MAX_BATCH: usize = 1 << 30;

/// Why bytes are no feed.
#[derive(Debug, thiserror::Error)]
pub(super) enum BatchError {
    /// A line has no end.
    #[error("a line is longer than {MAX_LINE} bytes")]
    LineTooLong,
    /// A batch has no end.
    #[error("a batch is longer than {MAX_BATCH} bytes")]
    BatchTooLong,
    /// A line isn't one of the feed's.
    #[error("a line can't be read")]
    Line(#[from] serde_json::Error),
    /// A begin within a batch, or a change or a commit outside one.
    #[error("a line is out of place")]
    OutOfPlace,
    /// The batch isn't the control plane's.
    #[error("a batch is not believed")]
    Signature(#[from] SignatureError),
}

/// Cuts bytes into lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    bytes: BytesMut,
    searched: usize,
}

/// Puts lines together to batches and checks them.
#[derive(Debug)]
pub(super) struct BatchReader {
    verifier: FeedVerifier,
    open: Option<Open>,
}

/// A batch that the control plane signed.
#[derive(Debug, Clone)]
pub struct SignedBatch {
    /// Where it leads.
    pub to: Position,
    /// The revision that it continues from; none for a snapshot.
    pub base: Option<Revision>,
    /// What it changes.
    pub changes: Vec<Change>,
}

#[derive(Debug)]
struct Open {
    batch: SignedBatch,
    digest: BatchDigest,
    bytes: usize,
}

impl Lines {
    /// Takes what arrived.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole line, its newline included.
    ///
    /// # Errors
    /// [`BatchError::LineTooLong`].
    pub(super) fn next(&mut self) -> Result<Option<Bytes>, BatchError> {
        let found = self.bytes[self.searched..].iter().position(|&byte| byte == b'\n');
        let length = found.map_or(self.bytes.len(), |at| self.searched + at + 1);
        if length > MAX_LINE {
            return Err(BatchError::LineTooLong);
        }
        if found.is_none() {
            self.searched = length;
            return Ok(None);
        }
        self.searched = 0;
        Ok(Some(self.bytes.split_to(length).freeze()))
    }
}

impl BatchReader {
    /// A reader that believes one key.
    #[must_use]
    pub(super) fn new(verifier: FeedVerifier) -> Self {
        Self { verifier, open: None }
    }

    /// Takes a line; the last of a batch gives the batch.
    ///
    /// # Errors
    /// [`BatchError`]; the stream has to be ended then.
    pub(super) fn line(&mut self, line: &[u8]) -> Result<Option<SignedBatch>, BatchError> {
        match serde_json::from_slice(line)? {
            Line::Begin { epoch, base, revision } => {
                let batch = SignedBatch { to: Position { epoch, revision }, base, changes: Vec::new() };
                let open = Open { batch, digest: BatchDigest::begin(line), bytes: line.len() };
                if self.open.replace(open).is_some() { Err(BatchError::OutOfPlace) } else { Ok(None) }
            }
            Line::Upsert(record) => self.change(line, Change::Upsert(record)),
            Line::Delete(key) => self.change(line, Change::Delete(key)),
            Line::Commit { changes, signature } => {
                let open = self.open.take().ok_or(BatchError::OutOfPlace)?;
                self.verifier.verify(open.digest, changes, &signature)?;
                Ok(Some(open.batch))
            }
        }
    }

    fn change(&mut self, line: &[u8], change: Change) -> Result<Option<SignedBatch>, BatchError> {
        let open = self.open.as_mut().ok_or(BatchError::OutOfPlace)?;
        open.bytes += line.len();
        if open.bytes > MAX_BATCH {
            return Err(BatchError::BatchTooLong);
        }
        open.digest.change(line);
        open.batch.changes.push(change);
        Ok(None)
    }
}

impl From<SignedBatch> for Batch {
    fn from(signed: SignedBatch) -> Self {
        Self { revision: signed.to.revision, is_snapshot: signed.base.is_none(), changes: signed.changes }
    }
}

#[cfg(test)]
mod tests;
