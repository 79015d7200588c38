//! Values that settings are made of, each parsed from the way people write it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A span of time, written `"30s"`, `"250ms"`, `"2h"`: more than nothing, a year at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Milliseconds(u64);

/// A number of bytes, written `"512B"`, `"64KiB"`, `"1MiB"`: more than nothing, a tebibyte at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(u64);

/// How a process logs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// Which spans and events, as `tracing-subscriber`'s filter directives.
    pub filter: String,
    /// For machines or for people.
    pub format: LogFormat,
}

/// For whom the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// One line a person reads.
    Text,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { filter: "info".into(), format: LogFormat::Json }
    }
}

impl Milliseconds {
    /// A span of so many milliseconds.
    #[must_use]
    pub const fn new(count: u64) -> Self {
        Self(count)
    }

    /// The span as the standard library has it.
    #[must_use]
    pub const fn duration(self) -> Duration {
        Duration::from_millis(self.0)
    }
}

impl Serialize for Milliseconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Size {
    /// A size of so many bytes.
    #[must_use]
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The size in bytes.
    #[must_use]
    pub const fn bytes(self) -> usize {
        self.0 as usize
    }
}

impl FromStr for Milliseconds {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        const YEAR: u128 = 366 * 86_400_000;
        let span =
            humantime::parse_duration(text).map_err(|_| "a time is written like \"30s\", \"250ms\" or \"2h\"")?;
        match span.as_millis() {
            0 => Err("a time is at least a millisecond"),
            ms if ms > YEAR => Err("a time is at most a year"),
            ms => u64::try_from(ms).map(Self).map_err(|_| "a time is at most a year"),
        }
    }
}

impl FromStr for Size {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        const WRITTEN: &str = "a size is written like \"512B\", \"64KiB\" or \"1MiB\"";
        let split = text.find(|c: char| !c.is_ascii_digit()).ok_or(WRITTEN)?;
        let (digits, unit) = text.split_at(split);
        let shift = match unit.trim_start() {
            "B" => 0,
            "KiB" => 10,
            "MiB" => 20,
            "GiB" => 30,
            _ => return Err(WRITTEN),
        };
        let count = digits.parse::<u64>().map_err(|_| WRITTEN)?;
        let bytes =
            count.checked_mul(1 << shift).filter(|bytes| *bytes <= 1 << 40).ok_or("a size is at most 1024GiB")?;
        if bytes == 0 { Err("a size is at least a byte") } else { Ok(Self(bytes)) }
    }
}

impl fmt::Display for Milliseconds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", humantime::format_duration(self.duration()))
    }
}

impl<'de> Deserialize<'de> for Milliseconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parse(deserializer)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parse(deserializer)
    }
}

/// Reads a list of texts, or one text alone.
pub(super) fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct OneOrMany;
    impl<'de> Visitor<'de> for OneOrMany {
        type Value = Vec<String>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a text, or a list of texts")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Vec<String>, E> {
            Ok(vec![text.to_owned()])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut texts: A) -> Result<Vec<String>, A::Error> {
            let mut many = Vec::new();
            while let Some(text) = texts.next_element()? {
                many.push(text);
            }
            Ok(many)
        }
    }
    deserializer.deserialize_any(OneOrMany)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_as_people_write_them() {
        assert_eq!("64KiB".parse::<Size>().unwrap().bytes(), 65_536);
        assert_eq!("1 MiB".parse::<Size>().unwrap().bytes(), 1 << 20);
        for text in ["", "64", "KiB", "64kb", "-1B", "0B", "99999999999GiB"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }

    #[test]
    fn times_read_as_people_write_them() {
        assert_eq!("1m 30s".parse::<Milliseconds>().unwrap(), Milliseconds::new(90_000));
        for text in ["", "30", "0s", "400days", "-1s"] {
            assert!(text.parse::<Milliseconds>().is_err(), "{text}");
        }
    }
}
