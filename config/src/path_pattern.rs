//! Where in a path an account is named: `/accounts/{account}/orders`.
//!
//! A pattern speaks of whole segments. It knows nothing of encodings: who asks splits and decodes the path first,
//! and refuses what has two readings.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A path's beginning, segment by segment; one segment may be the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPattern {
    text: Box<str>,
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(Box<str>),
    Any,
    Account,
}

/// Why a text is no pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathPatternError {
    /// It doesn't start with a slash.
    #[error("a path pattern starts with /")]
    NoSlash,
    /// More than 512 bytes.
    #[error("a path pattern has at most 512 bytes")]
    TooLong,
    /// `//`, `.` or `..`.
    #[error("a path pattern has no empty or dot segment")]
    EmptySegment,
    /// A segment is neither text, `*` nor `{account}`.
    #[error("a segment of a path pattern is text, * or {{account}}")]
    Segment,
    /// `{account}` stands twice.
    #[error("a path pattern names {{account}} at most once")]
    TwoAccounts,
}

/// What a path says under one pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathMatch<'a> {
    /// The path doesn't begin as the pattern does.
    None,
    /// It does, and names no account.
    Unnamed,
    /// It does, and names this account.
    Names(&'a str),
}

/// Whether the case of letters counts in literal segments. An application that ignores it must not be reached around a
/// pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// `/Accounts` isn't `/accounts`.
    Counts,
    /// It is.
    Ignored,
}

impl PathPattern {
    /// Whether one of the segments is the account.
    #[must_use]
    pub fn names_account(&self) -> bool {
        self.segments.contains(&Segment::Account)
    }

    /// Whether it is one path as it stands, in visible ASCII: it can be asked for, and written in a head.
    #[must_use]
    pub(crate) fn is_one_path(&self) -> bool {
        let is_visible = self.text.bytes().all(|byte| byte.is_ascii_graphic());
        is_visible && self.segments.iter().all(Segment::is_literal)
    }

    /// Looks at a path's beginning, given as decoded segments.
    #[must_use]
    pub fn matches_start<'a, S: AsRef<str>>(&self, path: &'a [S], case: Case) -> PathMatch<'a> {
        if path.len() < self.segments.len() {
            return PathMatch::None;
        }
        let mut account = None;
        for (segment, part) in self.segments.iter().zip(path.iter().map(AsRef::as_ref)) {
            match segment {
                Segment::Literal(text) if case.is_same(text, part) => {}
                Segment::Literal(_) => return PathMatch::None,
                Segment::Any => {}
                Segment::Account => account = Some(part),
            }
        }
        account.map_or(PathMatch::Unnamed, PathMatch::Names)
    }

    /// As [`PathPattern::matches_start`], for the whole path; a trailing slash doesn't count.
    #[must_use]
    pub fn matches_whole<'a, S: AsRef<str>>(&self, path: &'a [S], case: Case) -> PathMatch<'a> {
        let path = match path {
            [rest @ .., last] if last.as_ref().is_empty() => rest,
            path => path,
        };
        if path.len() == self.segments.len() { self.matches_start(path, case) } else { PathMatch::None }
    }

    /// Whether this pattern has plain text where `other` has the account.
    #[must_use]
    pub fn is_literal_at_account_of(&self, other: &Self) -> bool {
        let account = other.segments.iter().position(|segment| *segment == Segment::Account);
        account.is_some_and(|at| matches!(self.segments.get(at), Some(Segment::Literal(_))))
    }

    /// Whether every path that is `other`, whole, is this one too.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let covers =
            |(one, other): (&Segment, &Segment)| *one == Segment::Any || other.is_literal() && one.meets(other);
        self.segments.len() == other.segments.len() && self.segments.iter().zip(&other.segments).all(covers)
    }

    /// Whether a path that begins as both patterns say could be of any account of `selector`.
    pub(crate) fn hides_account_of(&self, selector: &Self) -> bool {
        let meets = self.segments.iter().zip(&selector.segments).all(|(one, other)| one.meets(other));
        meets && !self.is_literal_at_account_of(selector)
    }
}

impl Segment {
    fn is_literal(&self) -> bool {
        matches!(self, Self::Literal(_))
    }

    /// Whether one text can be both.
    fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Literal(one), Self::Literal(other)) => one.eq_ignore_ascii_case(other),
            _ => true,
        }
    }
}

impl Case {
    fn is_same(self, one: &str, other: &str) -> bool {
        match self {
            Self::Counts => one == other,
            Self::Ignored => one.eq_ignore_ascii_case(other),
        }
    }
}

impl FromStr for PathPattern {
    type Err = PathPatternError;

    fn from_str(text: &str) -> Result<Self, PathPatternError> {
        let rest = text.strip_prefix('/').ok_or(PathPatternError::NoSlash)?;
        if text.len() > 512 {
            return Err(PathPatternError::TooLong);
        }
        let segments = match rest {
            "" => Vec::new(),
            rest => rest.split('/').map(segment).collect::<Result<Vec<_>, _>>()?,
        };
        if segments.iter().filter(|segment| **segment == Segment::Account).count() > 1 {
            return Err(PathPatternError::TwoAccounts);
        }
        Ok(Self { text: text.into(), segments })
    }
}

fn segment(text: &str) -> Result<Segment, PathPatternError> {
    match text {
        "" | "." | ".." => Err(PathPatternError::EmptySegment),
        "*" => Ok(Segment::Any),
        "{account}" => Ok(Segment::Account),
        text if text.bytes().any(|b| b.is_ascii_control() || b"{}*%;?#\\".contains(&b)) => {
            Err(PathPatternError::Segment)
        }
        text => Ok(Segment::Literal(text.into())),
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl Serialize for PathPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for PathPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parse(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> PathPattern {
        text.parse().unwrap()
    }

    #[test]
    fn a_pattern_matches_whole_segments_at_the_start() {
        let accounts = pattern("/accounts/{account}");
        assert_eq!(accounts.matches_start(&["accounts", "a7", "orders"], Case::Ignored), PathMatch::Names("a7"));
        assert_eq!(accounts.matches_start(&["ACCOUNTS", "a7"], Case::Ignored), PathMatch::Names("a7"));
        assert_eq!(accounts.matches_start(&["ACCOUNTS", "a7"], Case::Counts), PathMatch::None);
        assert_eq!(accounts.matches_start(&["accountsx", "a7"], Case::Ignored), PathMatch::None);
        assert_eq!(accounts.matches_start(&["accounts"], Case::Ignored), PathMatch::None);
        assert_eq!(pattern("/v/*/x").matches_start(&["v", "1", "x", "y"], Case::Ignored), PathMatch::Unnamed);
        assert_eq!(pattern("/").matches_start(&["x"], Case::Ignored), PathMatch::Unnamed);
    }

    #[test]
    fn a_login_path_is_matched_whole() {
        let login = pattern("/login");
        assert_eq!(login.matches_whole(&["login"], Case::Ignored), PathMatch::Unnamed);
        assert_eq!(login.matches_whole(&["login", ""], Case::Ignored), PathMatch::Unnamed);
        assert_eq!(login.matches_whole(&["login", "x"], Case::Ignored), PathMatch::None);
    }

    #[test]
    fn a_text_that_is_no_pattern_is_refused_with_its_reason() {
        for (text, error) in [
            ("accounts", PathPatternError::NoSlash),
            ("/a//b", PathPatternError::EmptySegment),
            ("/a/../b", PathPatternError::EmptySegment),
            ("/a/{tenant}", PathPatternError::Segment),
            ("/a/%2f", PathPatternError::Segment),
            ("/{account}/{account}", PathPatternError::TwoAccounts),
        ] {
            assert_eq!(text.parse::<PathPattern>(), Err(error), "{text}");
        }
    }
}
