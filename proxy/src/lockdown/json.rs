//! JSON as far as a decision needs it, with one reading only: an object that has a name twice is refused, for
//! parsers differ on which of the two counts (RFC 8259 section 4).

use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::spelling::{Naming, naming};

/// A JSON text's objects, strings and whole numbers; the rest is read for its form and forgotten.
#[derive(Debug)]
pub(super) enum Json {
    Null,
    Text(String),
    Object(HashMap<String, Json>),
    Other,
}

/// Something stands where an account is looked for, and it's no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unclear;

impl Json {
    /// Reads a whole text. serde_json bounds the depth (128) and refuses what follows the value, a byte order mark
    /// and lone surrogates.
    pub(super) fn read(text: &[u8]) -> Result<Self, Unclear> {
        serde_json::from_slice(text).map_err(|_| Unclear)
    }

    /// The text, or whole number, to which the members' names lead. None when a member is missing, null or empty.
    pub(super) fn find(&self, path: &[String]) -> Result<Option<&str>, Unclear> {
        match (self, path) {
            (Self::Null, _) => Ok(None),
            (Self::Text(text), []) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            (Self::Object(members), [name, rest @ ..]) => match member(members, name)? {
                Some(value) => value.find(rest),
                None => Ok(None),
            },
            _ => Err(Unclear),
        }
    }
}

/// The member of that name, under the readings that parsers have of it: one at most.
fn member<'a>(members: &'a HashMap<String, Json>, wanted: &str) -> Result<Option<&'a Json>, Unclear> {
    let mut found = None;
    for (name, value) in members {
        match naming(name, wanted) {
            Naming::No => {}
            Naming::Plain if found.is_none() => found = Some(value),
            Naming::Plain | Naming::Odd => return Err(Unclear),
        }
    }
    Ok(found)
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON without repeated names")
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Text(number.to_string()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Text(number.to_string()))
    }

    /// A fraction, an exponent, or more digits than a number holds: parsers round these differently.
    fn visit_f64<E: Error>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Json, A::Error> {
        while elements.next_element::<Json>()?.is_some() {}
        Ok(Json::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut members = HashMap::new();
        while let Some((name, value)) = entries.next_entry::<String, Json>()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a name stands twice"));
            }
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn find(text: &str) -> Result<Option<String>, Unclear> {
        Json::read(text.as_bytes())?.find(&["user".into(), "account".into()]).map(|it| it.map(str::to_owned))
    }

    #[test]
    fn an_account_is_a_text_or_a_whole_number() {
        for (text, account) in [
            (r#"{"user":{"account":"A"}}"#, Some("A")),
            (r#"{"\u0075ser":{"ACCOUNT":"\u0041"}}"#, Some("A")),
            (r#"{"user":{"account":7}}"#, Some("7")),
            (r#"{"user":{"account":-7}}"#, Some("-7")),
            (r#"{"user":{"account":""}}"#, None),
            (r#"{"user":{"account":null}}"#, None),
            (r#"{"user":null}"#, None),
            ("{}", None),
            (r#"{"account":"B"}"#, None),
        ] {
            assert_eq!(find(text), Ok(account.map(str::to_owned)), "{text}");
        }
    }

    #[test]
    fn what_has_two_readings_has_none() {
        for text in [
            r#"{"user":{"account":"A","account":"B"}}"#,
            r#"{"user":{"account":"A","Account":"B"}}"#,
            r#"{"user":{"account":"A","\u0061ccount":"B"}}"#,
            r#"{"user":{"account":"A"},"x":[{"y":1,"y":2}]}"#,
            r#"{"user":{"account":"A"},"user":{}}"#,
            r#"{"user":{"account[]":"A"}}"#,
            r#"{"user":{"account":["A"]}}"#,
            r#"{"user":{"account":{"$eq":"A"}}}"#,
            r#"{"user":{"account":7.0}}"#,
            r#"{"user":{"account":18446744073709551616}}"#,
            r#"{"user":{"account":true}}"#,
            r#"{"user":[{"account":"A"}]}"#,
            r#"{"user":"A"}"#,
            r#"[{"user":{"account":"A"}}]"#,
            r#"{"user":{"account":"A"}} {}"#,
            r#"{"user":{"account":"\ud800"}}"#,
            r#"{"user":{"account":"A",}}"#,
            "\u{feff}{}",
            "",
            "{'user':1}",
            "NaN",
        ] {
            assert_eq!(find(text), Err(Unclear), "{text}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        assert_eq!(find(&"[".repeat(100_000)), Err(Unclear));
        assert_eq!(find(&format!("{}1{}", "{\"a\":".repeat(1_000), "}".repeat(1_000))), Err(Unclear));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[\\[\\]{}\":,a-c0-2\\\\u ]{0,60}") {
            let _ = find(&text);
        }
    }
}
