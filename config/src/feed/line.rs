//! Lines, as they are written and read.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::{Format, KeyText, Record, Revision, landed};

/// One line of the feed.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// Opens a batch.
    Begin(Begin),
    /// This record is so from now on: an [`Envelope`], or the landed spelling. Kept as it came; see [`super::read_record`].
    Upsert(Box<RawValue>),
    /// This record is no more.
    Delete(KeyText),
    /// Closes a batch.
    Commit(Commit),
    /// Outside a batch: the proxy's turn will come. It counts as being heard. From format 1 on.
    Wait {},
    /// A line of a kind that this version doesn't know. Never written.
    #[serde(skip_serializing)]
    Unknown,
}

/// The first line of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begin {
    /// Names the database: revisions of different epochs don't compare.
    pub epoch: String,
    /// The revision that the batch continues from; none for a snapshot.
    pub base: Option<Revision>,
    /// The revision that the batch leads to.
    pub revision: Revision,
    /// The format that the batch is written in.
    #[serde(default, skip_serializing_if = "Format::is_landed")]
    pub format: Format,
}

/// The last line of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// How many upserts and deletes the batch has.
    pub changes: u64,
    /// See [`crate::signature`]; base64.
    pub signature: String,
}

/// A record with what a program must know of it that doesn't understand it. These five fields stay as they are in
/// every format to come: a program that was rolled back has to find them in its own file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Envelope {
    /// The record's kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The lowest format that may act on the record without opening anything.
    #[serde(default, skip_serializing_if = "Format::is_landed")]
    pub must: Format,
    /// What is closed where the record can't be applied; empty for the record itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub governs: Vec<KeyText>,
    /// The record.
    pub body: Box<RawValue>,
}

impl Line {
    /// An upsert as it is written for a proxy of `format`.
    ///
    /// # Errors
    /// When the record has no JSON.
    pub fn upsert(record: &Record, format: Format) -> Result<Self, serde_json::Error> {
        let text = match landed::body(record) {
            Some(text) if !format.has_envelopes() => text,
            _ => serde_json::to_string(&record.envelope()?)?,
        };
        RawValue::from_string(text).map(Self::Upsert)
    }

    /// The text of an upsert's line, newline included, around a value that was written before.
    #[must_use]
    pub fn upsert_text(value: &str) -> String {
        format!("{{\"upsert\":{value}}}\n")
    }
}

/// A line's fields: exactly one is there, or none that this version knows.
#[derive(Deserialize)]
struct Fields {
    begin: Option<Begin>,
    upsert: Option<Box<RawValue>>,
    delete: Option<KeyText>,
    commit: Option<Commit>,
    wait: Option<serde::de::IgnoredAny>,
}

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Fields { begin, upsert, delete, commit, wait } = Fields::deserialize(deserializer)?;
        let lines = [
            begin.map(Self::Begin),
            upsert.map(Self::Upsert),
            delete.map(Self::Delete),
            commit.map(Self::Commit),
            wait.map(|_| Self::Wait {}),
        ];
        let mut lines = lines.into_iter().flatten();
        match (lines.next(), lines.next()) {
            (line, None) => Ok(line.unwrap_or(Self::Unknown)),
            _ => Err(serde::de::Error::custom("a line says one thing")),
        }
    }
}
