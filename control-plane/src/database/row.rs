//! Columns that hold words.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::database::{StoreError, from_json, to_json};

/// Writes a column that holds one of an enum's names.
pub(crate) fn word<T: Serialize>(what: &'static str, value: &T) -> Result<String, StoreError> {
    from_json(what, &to_json(what, value)?)
}

/// Reads a column that holds one of an enum's names.
pub(crate) fn from_word<T: DeserializeOwned>(what: &'static str, word: &str) -> Result<T, StoreError> {
    from_json(what, &to_json(what, &word)?)
}
