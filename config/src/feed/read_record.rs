//! What a proxy makes of a record, whether it understands it or not.
//!
//! Absence never permits: a record that restricts and can't be applied closes what it governs, and one that admits and
//! can't be read closes itself. One that only describes is passed over. Lines are kept as they came, so that a program
//! that understands them finds them.

use serde_json::value::RawValue;

use super::{Envelope, Format, KeyText, Record, RecordKind, landed};
use crate::brand::{Brand, Partner};

/// A record as a proxy reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadRecord {
    /// Which.
    pub key: KeyText,
    /// What it comes to.
    pub reading: Reading,
}

/// What a record comes to for a program of one format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// It is understood.
    Known(Box<Record>),
    /// It isn't understood, and these are closed for as long as it is so.
    Closed(Vec<KeyText>),
    /// It isn't understood, and counts as absent.
    Skipped,
}

/// A record that doesn't even say which it is: no proxy is sent such a line.
#[derive(Debug, thiserror::Error)]
#[error("a record doesn't say which it is")]
pub struct Nameless(#[source] pub(super) serde_json::Error);

impl ReadRecord {
    /// Reads the value of an upsert, in either spelling, as a program of format `own` does.
    ///
    /// # Errors
    /// [`Nameless`].
    pub fn read(value: &str, own: Format) -> Result<Self, Nameless> {
        match serde_json::from_str::<Envelope>(value) {
            Ok(envelope) => Ok(Self::of(envelope, own)),
            Err(error) => landed::read(value, error),
        }
    }

    fn of(envelope: Envelope, own: Format) -> Self {
        let Envelope { kind, name, must, governs, body } = envelope;
        let key = KeyText { kind, name };
        let reading = if must > own { Reading::closed(&key, governs) } else { Reading::of(&key, must, governs, &body) };
        Self { key, reading }
    }

    /// A record of which only the key is understood.
    #[must_use]
    pub fn unread(key: KeyText) -> Self {
        let reading = Reading::unread(&key, Format::LANDED, Vec::new());
        Self { key, reading }
    }
}

impl Reading {
    fn of(key: &KeyText, must: Format, governs: Vec<KeyText>, body: &RawValue) -> Self {
        let read = RecordKind::parse(&key.kind).and_then(|kind| Record::read(kind, body.get()).ok());
        // What names itself otherwise than its envelope does is not understood.
        match read.filter(|record| KeyText::from(record.key()) == *key) {
            Some(record) => Self::Known(Box::new(record)),
            None => Self::unread(key, must, governs),
        }
    }

    fn unread(key: &KeyText, must: Format, governs: Vec<KeyText>) -> Self {
        let kind = RecordKind::parse(&key.kind);
        if must > Format::LANDED || kind.is_some_and(RecordKind::admits) {
            return Self::closed(key, governs);
        }
        let id = key.name.parse().ok().filter(|_| kind == Some(RecordKind::Partner));
        id.map_or(Self::Skipped, |id| Self::Known(Box::new(Record::Partner(Partner::new(id, Brand::plain())))))
    }

    fn closed(key: &KeyText, governs: Vec<KeyText>) -> Self {
        Self::Closed(if governs.is_empty() { vec![key.clone()] } else { governs })
    }
}
