//! From the feed's bytes to verified batches. Nothing that isn't signed by the pinned key leaves this file.

use bytes::{Bytes, BytesMut};
use marque_config::feed::read_record::Nameless;
use marque_config::feed::{Begin, Commit, Line, MAX_LINE, Revision};
use marque_config::signature::{BatchDigest, FeedVerifier, SignatureError};

use super::Position;
use crate::directory::{Batch, Change, RawChange};

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
    /// A begin or something unknown within a batch, or a change or a commit outside one.
    #[error("a line is out of place")]
    OutOfPlace,
    /// A record of a batch doesn't say which it is.
    #[error("a record can't be read")]
    Record(#[from] Nameless),
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
pub(super) struct SignedBatch {
    /// Where it leads.
    pub(super) to: Position,
    /// The revision that it continues from; none for a snapshot.
    pub(super) base: Option<Revision>,
    /// What it changes, as it came.
    pub(super) changes: Vec<RawChange>,
    /// Whether who speaks names a format, and so beats while it makes wait.
    pub(super) beats: bool,
}

/// What a line leads to.
#[derive(Debug, Clone)]
pub(super) enum Heard {
    /// The line belongs to a batch that isn't whole yet, or means nothing to this version.
    Nothing,
    /// The control plane is there, and makes wait.
    Wait,
    /// A whole batch.
    Batch(SignedBatch),
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
    pub(super) fn line(&mut self, line: &[u8]) -> Result<Heard, BatchError> {
        match serde_json::from_slice(line)? {
            Line::Begin(Begin { epoch, base, revision, format }) => {
                let (to, beats) = (Position { epoch, revision }, format.has_envelopes());
                let batch = SignedBatch { to, base, changes: Vec::new(), beats };
                let open = Open { batch, digest: BatchDigest::begin(line), bytes: line.len() };
                if self.open.replace(open).is_some() { Err(BatchError::OutOfPlace) } else { Ok(Heard::Nothing) }
            }
            Line::Upsert(text) => self.change(line, RawChange::Upsert(text)),
            Line::Delete(key) => self.change(line, RawChange::Delete(key)),
            Line::Commit(Commit { changes, signature }) => {
                let open = self.open.take().ok_or(BatchError::OutOfPlace)?;
                self.verifier.verify(open.digest, changes, &signature)?;
                Ok(Heard::Batch(open.batch))
            }
            Line::Wait {} | Line::Unknown if self.open.is_some() => Err(BatchError::OutOfPlace),
            Line::Wait {} => Ok(Heard::Wait),
            Line::Unknown => Ok(Heard::Nothing),
        }
    }

    fn change(&mut self, line: &[u8], change: RawChange) -> Result<Heard, BatchError> {
        let open = self.open.as_mut().ok_or(BatchError::OutOfPlace)?;
        open.bytes += line.len();
        if open.bytes > MAX_BATCH {
            return Err(BatchError::BatchTooLong);
        }
        open.digest.change(line);
        open.batch.changes.push(change);
        Ok(Heard::Nothing)
    }
}

impl SignedBatch {
    /// Whether it says that nothing changed.
    #[must_use]
    pub(super) fn is_heartbeat(&self) -> bool {
        self.changes.is_empty() && self.base.is_some()
    }

    /// Reads its records. Takes long for a large one: not for a thread that serves.
    ///
    /// # Errors
    /// [`BatchError::Record`].
    pub(super) fn read(self) -> Result<Batch, BatchError> {
        let changes = self.changes.into_iter().map(Change::read).collect::<Result<Vec<_>, _>>()?;
        Ok(Batch { revision: self.to.revision, is_snapshot: self.base.is_none(), changes })
    }
}

#[cfg(test)]
mod tests;
