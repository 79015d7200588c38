//! A DNS name in the one form that everything here compares: lower-case A-labels, no port, no final dot.
//!
//! Refuses what can't be a public host: IP addresses, empty or overlong labels, underscores, wildcards. Whether a
//! special-use name (`localhost`, `test`, ...) is wanted is the caller's to ask, by [`Hostname::is_special_use`].

use std::borrow::Borrow;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

/// A host's name as it's stored, compared and sent to a certificate authority (RFC 1123, RFC 5890, UTS 46).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Hostname(Box<str>);

/// Why a text is no hostname.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HostnameError {
    /// Nothing was given.
    #[error("a hostname is empty")]
    Empty,
    /// Longer than 253 bytes, the most that DNS carries (RFC 1035 section 2.3.4).
    #[error("a hostname has at most 253 bytes")]
    TooLong,
    /// Two dots in a row, or one at the beginning.
    #[error("a hostname has no empty label")]
    EmptyLabel,
    /// Longer than 63 bytes (RFC 1035 section 2.3.4).
    #[error("a label of a hostname has at most 63 bytes")]
    LabelTooLong,
    /// An IPv4 or IPv6 address, in any notation that a URL parser would take for one.
    #[error("a hostname is a name, not an IP address")]
    Address,
    /// Not letters, digits and inner hyphens after UTS 46 processing.
    #[error("a hostname has labels of letters, digits and inner hyphens")]
    Character,
}

/// Names that never lead to the public internet (RFC 6761, RFC 6762, RFC 7686, RFC 8375, RFC 9476, ICANN `internal`).
const SPECIAL_USE: [&str; 11] = [
    "alt",
    "arpa",
    "example",
    "home.arpa",
    "internal",
    "invalid",
    "local",
    "localhost",
    "onion",
    "test",
    "localdomain",
];

impl Hostname {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the name is, or lies below, one that is reserved for special use.
    #[must_use]
    pub fn is_special_use(&self) -> bool {
        SPECIAL_USE.iter().any(|name| self.is_within(name))
    }

    /// Whether the name equals `zone` or lies below it.
    #[must_use]
    pub fn is_within(&self, zone: &str) -> bool {
        self.0.strip_suffix(zone).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }

    /// The name one label below this one.
    ///
    /// # Errors
    /// As [`Hostname::from_str`]; also when `label` has a dot.
    pub fn child(&self, label: &str) -> Result<Self, HostnameError> {
        if label.contains('.') {
            return Err(HostnameError::Character);
        }
        format!("{label}.{self}").parse()
    }

    /// The name without its first label, if one of at least one label is left.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.0.split_once('.').map(|(_, rest)| Self(rest.into()))
    }

    /// How many labels the name has.
    #[must_use]
    pub fn label_count(&self) -> usize {
        self.0.split('.').count()
    }

    /// The name as people write it, with Unicode letters where it has them.
    #[must_use]
    pub fn display_unicode(&self) -> String {
        idna::domain_to_unicode(&self.0).0
    }

    /// Reads a name that arrived on the wire, which must already be ASCII: case is folded and one final dot removed.
    ///
    /// # Errors
    /// As [`Hostname::from_str`]; any byte outside ASCII is [`HostnameError::Character`].
    pub fn from_wire(text: &str) -> Result<Self, HostnameError> {
        if !text.is_ascii() {
            return Err(HostnameError::Character);
        }
        let text = text.strip_suffix('.').unwrap_or(text);
        checked(text.to_ascii_lowercase())
    }
}

impl FromStr for Hostname {
    type Err = HostnameError;

    /// Parses what a person typed, Unicode admitted (UTS 46, non-transitional, strict).
    fn from_str(text: &str) -> Result<Self, HostnameError> {
        let text = text.strip_suffix('.').unwrap_or(text);
        if text.is_empty() {
            return Err(HostnameError::Empty);
        }
        // An A-label can only be shorter in characters than four times its Unicode form: bound before processing.
        if text.len() > 4 * 253 {
            return Err(HostnameError::TooLong);
        }
        if text.is_ascii() && !text.to_ascii_lowercase().contains("xn--") {
            return checked(text.to_ascii_lowercase());
        }
        let ascii = idna::domain_to_ascii_strict(text).map_err(|_| HostnameError::Character)?;
        checked(ascii)
    }
}

/// Takes a lower-case ASCII text for a name, or says what is wrong with it.
fn checked(name: String) -> Result<Hostname, HostnameError> {
    if name.is_empty() {
        return Err(HostnameError::Empty);
    }
    if name.len() > 253 {
        return Err(HostnameError::TooLong);
    }
    if name.parse::<IpAddr>().is_ok() || name.starts_with('[') {
        return Err(HostnameError::Address);
    }
    for label in name.split('.') {
        check_label(label)?;
    }
    // A URL parser takes a name whose last label is a number for an IPv4 address (WHATWG URL, "ends in a number").
    let last = name.rsplit('.').next().unwrap_or_default();
    if is_number(last) {
        return Err(HostnameError::Address);
    }
    Ok(Hostname(name.into()))
}

fn check_label(label: &str) -> Result<(), HostnameError> {
    if label.is_empty() {
        return Err(HostnameError::EmptyLabel);
    }
    if label.len() > 63 {
        return Err(HostnameError::LabelTooLong);
    }
    let hyphen_at_an_end = label.starts_with('-') || label.ends_with('-');
    if hyphen_at_an_end || !label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return Err(HostnameError::Character);
    }
    Ok(())
}

fn is_number(label: &str) -> bool {
    label.bytes().all(|b| b.is_ascii_digit())
        || label.strip_prefix("0x").is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

impl fmt::Display for Hostname {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for Hostname {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Borrow<str> for Hostname {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Hostname {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parse(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<String, HostnameError> {
        text.parse::<Hostname>().map(|name| name.to_string())
    }

    #[test]
    fn two_spellings_are_one_name() {
        assert_eq!(parse("Boulangerie.Example.COM."), Ok("boulangerie.example.com".into()));
        assert_eq!(parse("bücher.example"), parse("XN--bcher-kva.example"));
        assert_eq!(parse("boulangerie。example"), Ok("boulangerie.example".into()));
    }

    #[test]
    fn what_is_no_name_is_refused_with_its_reason() {
        let long = format!("{}.example", "a".repeat(64));
        let whole = ["abcdefgh."; 32].concat();
        for (text, error) in [
            ("", HostnameError::Empty),
            (".", HostnameError::Empty),
            ("a..b", HostnameError::EmptyLabel),
            (".a", HostnameError::EmptyLabel),
            (long.as_str(), HostnameError::LabelTooLong),
            (whole.as_str(), HostnameError::TooLong),
            ("192.0.2.1", HostnameError::Address),
            ("::1", HostnameError::Address),
            ("[::1]", HostnameError::Address),
            ("0x7f.1", HostnameError::Address),
            ("127.1", HostnameError::Address),
            ("a_b.example", HostnameError::Character),
            ("*.example", HostnameError::Character),
            ("-a.example", HostnameError::Character),
            ("a b.example", HostnameError::Character),
            ("name:443", HostnameError::Character),
            ("xn--a.example", HostnameError::Character),
        ] {
            assert_eq!(parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn special_use_is_told_by_zone_not_by_ending() {
        assert!("a.p.localhost".parse::<Hostname>().unwrap().is_special_use());
        assert!(!"mylocalhost.fr".parse::<Hostname>().unwrap().is_special_use());
        assert!(!"notlocalhost".parse::<Hostname>().unwrap().is_special_use());
    }

    #[test]
    fn the_wire_admits_ascii_only() {
        assert_eq!(Hostname::from_wire("bücher.example"), Err(HostnameError::Character));
        assert_eq!(Hostname::from_wire("A.Example.").unwrap().as_str(), "a.example");
        assert_eq!(Hostname::from_wire("a.example.."), Err(HostnameError::EmptyLabel));
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_what_parses_parses_to_itself(text in "\\PC{0,80}") {
            if let Ok(name) = text.parse::<Hostname>() {
                prop_assert_eq!(name.as_str().parse::<Hostname>().unwrap(), name.clone());
                prop_assert_eq!(Hostname::from_wire(name.as_str()).unwrap(), name);
            }
        }
    }
}
