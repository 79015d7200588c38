//! JSON that is read into values. What can't be read is a fault with the pointer of the field (RFC 6901).

use std::fmt::Display;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_path_to_error::Segment;

use super::fault::FieldFault;
use super::language::Sentence;

/// Reads a value.
///
/// # Errors
/// When a field is missing, unknown, or not of its type.
pub fn read<T: DeserializeOwned>(value: Value) -> Result<T, FieldFault> {
    serde_path_to_error::deserialize(value).map_err(|error| wrong_field(&error))
}

/// Reads a value that may be left out but isn't null.
pub(crate) fn some<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Says which field can't be read, and why.
pub(crate) fn wrong_field(error: &serde_path_to_error::Error<serde_json::Error>) -> FieldFault {
    let said = error.inner().to_string();
    let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(said, _)| said);
    let mut pointer = String::new();
    for segment in error.path() {
        match segment {
            Segment::Seq { index } => push(&mut pointer, &index.to_string()),
            Segment::Map { key } => push(&mut pointer, key),
            Segment::Enum { variant } => push(&mut pointer, variant),
            Segment::Unknown => {}
        }
    }
    if let Some(name) = named(said, "missing field `") {
        push(&mut pointer, name);
        return missing_field(&pointer);
    }
    if let Some(name) = named(said, "unknown field `") {
        let mut last = String::new();
        push(&mut last, name);
        if !pointer.ends_with(&last) {
            pointer.push_str(&last);
        }
        return unknown_field(&pointer);
    }
    invalid_value(&pointer, said)
}

/// Says what is wrong with a value.
pub(crate) fn invalid_value(pointer: &str, said: impl Display) -> FieldFault {
    FieldFault::new(pointer, "invalid-value", Sentence::new(format!("Wrong: {said}."), format!("Erroné : {said}.")))
}

/// Says that a field is needed.
pub(crate) fn missing_field(pointer: &str) -> FieldFault {
    FieldFault::new(pointer, "missing-field", Sentence::fixed("This field is missing.", "Ce champ manque."))
}

/// Says that a field has no place there.
pub(crate) fn unknown_field(pointer: &str) -> FieldFault {
    FieldFault::new(pointer, "unknown-field", Sentence::fixed("This field is unknown.", "Ce champ est inconnu."))
}

/// Adds a segment to a pointer (RFC 6901 section 3).
pub(crate) fn push(pointer: &mut String, segment: &str) {
    pointer.push('/');
    pointer.push_str(&segment.replace('~', "~0").replace('/', "~1"));
}

fn named<'a>(said: &'a str, before: &str) -> Option<&'a str> {
    said.strip_prefix(before).and_then(|rest| rest.split_once('`')).map(|(name, _)| name)
}
