//! Changes to the replica: each with the line's text, which the file keeps as it came, and what this version makes of it.

use marque_config::feed::read_record::Nameless;
use marque_config::feed::{Format, KeyText, ReadRecord, Reading, Revision};
use serde_json::value::RawValue;

/// One change to the directory.
#[derive(Debug, Clone)]
pub enum Change {
    /// This record is so from now on.
    Upsert(Box<Upsert>),
    /// This record is no more.
    Delete(KeyText),
}

/// A record as the feed has it.
#[derive(Debug, Clone)]
pub struct Upsert {
    /// What this version makes of it.
    pub read: ReadRecord,
    /// The text as it came.
    pub text: Box<RawValue>,
}

/// Changes that belong together.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Where it leads.
    pub revision: Revision,
    /// Whether it replaces everything that was known before.
    pub is_snapshot: bool,
    /// In the order in which they are applied.
    pub changes: Vec<Change>,
}

/// One change as it came, of which only the line was read.
#[derive(Debug, Clone)]
pub(crate) enum RawChange {
    /// The value of an upsert.
    Upsert(Box<RawValue>),
    /// The key of a delete.
    Delete(KeyText),
}

impl Change {
    /// Reads a record's text.
    ///
    /// # Errors
    /// [`Nameless`].
    pub fn upsert(text: Box<RawValue>) -> Result<Self, Nameless> {
        let read = ReadRecord::read(text.get(), Format::CURRENT)?;
        Ok(Self::Upsert(Box::new(Upsert { read, text })))
    }

    /// Which record it changes.
    #[must_use]
    pub fn key(&self) -> &KeyText {
        match self {
            Self::Upsert(upsert) => &upsert.read.key,
            Self::Delete(key) => key,
        }
    }

    /// Reads a record's text that a file has under a key. What doesn't say which record it is was written by a version
    /// to come.
    pub(crate) fn kept(key: KeyText, text: Box<RawValue>) -> Self {
        match ReadRecord::read(text.get(), Format::CURRENT) {
            Ok(read) if read.key == key => Self::Upsert(Box::new(Upsert { read, text })),
            _ => Self::Upsert(Box::new(Upsert { read: ReadRecord::unread(key), text })),
        }
    }

    /// Reads a change whose line was read.
    pub(crate) fn read(raw: RawChange) -> Result<Self, Nameless> {
        match raw {
            RawChange::Upsert(text) => Self::upsert(text),
            RawChange::Delete(key) => Ok(Self::Delete(key)),
        }
    }

    /// The record, when it is understood.
    pub(super) fn understood(self) -> (KeyText, Option<Reading>) {
        match self {
            Self::Upsert(upsert) => (upsert.read.key, Some(upsert.read.reading)),
            Self::Delete(key) => (key, None),
        }
    }
}
