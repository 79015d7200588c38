//! A URI reference in an application's answer, in the one reading that every browser has of it, or none.
//!
//! Browsers take `/\host`, `\\host` and `https:host` for other hosts, and drop tabs and line ends (WHATWG URL); what
//! is written in such a way has no reading here.

use percent_encoding::{AsciiSet, CONTROLS, PercentEncode, utf8_percent_encode};

/// What may not stand as it is behind a URI's authority (RFC 3986); a `%` is taken for an escape that is there.
const NOT_IN_URI: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}');

/// Writes what follows a reference's authority as a URI may have it.
pub(crate) fn well_formed(rest: &str) -> PercentEncode<'_> {
    utf8_percent_encode(rest, NOT_IN_URI)
}

/// Where a reference leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reference<'a> {
    /// Nowhere but the same host.
    Local(&'a str),
    /// To a host by name, over `http` or `https`.
    Absolute {
        /// The host, in the case and with the final dot that it was written with; an IPv6 address without brackets.
        host: &'a str,
        /// What follows the authority: empty, or from `/`, `?` or `#` on.
        rest: &'a str,
        /// Whether the scheme is written.
        has_scheme: bool,
    },
    /// Userinfo, another scheme, backslashes, control characters, no host.
    Odd,
}

impl<'a> Reference<'a> {
    /// Reads a reference.
    pub(crate) fn read(text: &'a str) -> Self {
        if text.chars().any(char::is_control) || text.trim() != text {
            return Self::Odd;
        }
        let before_query = text.split(['?', '#']).next().unwrap_or_default();
        if before_query.contains('\\') {
            return Self::Odd;
        }
        if let Some(rest) = text.strip_prefix("//") {
            return Self::absolute(rest, false);
        }
        let first = before_query.split('/').next().unwrap_or_default();
        let Some((scheme, _)) = first.split_once(':') else { return Self::Local(text) };
        let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
        match text[scheme.len() + 1..].strip_prefix("//") {
            Some(rest) if is_web => Self::absolute(rest, true),
            _ => Self::Odd,
        }
    }

    fn absolute(text: &'a str, has_scheme: bool) -> Self {
        let (authority, rest) = text.split_at(text.find(['/', '?', '#']).unwrap_or(text.len()));
        match host_of(authority) {
            Some(host) => Self::Absolute { host, rest, has_scheme },
            None => Self::Odd,
        }
    }
}

/// The host of an authority without userinfo.
fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']').filter(|(host, _)| host.parse::<std::net::Ipv6Addr>().is_ok())?,
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let is_name = |host: &str| host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    let is_host = authority.starts_with('[') || (!host.is_empty() && is_name(host));
    let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(|it| it.bytes().all(|b| b.is_ascii_digit()));
    (is_host && is_port).then_some(host)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn host(text: &str) -> Option<&str> {
        match Reference::read(text) {
            Reference::Absolute { host, .. } => Some(host),
            Reference::Local(_) | Reference::Odd => None,
        }
    }

    #[test]
    fn a_reference_leads_to_one_host() {
        for text in ["/a", "", "?q=a:b//c", "#x", "a/b", "./a:b", "../a", "/a?u=https://b/\\", "/a//b", "/caf\u{e9} x"]
        {
            assert_eq!(Reference::read(text), Reference::Local(text), "{text}");
        }
        for (text, name) in [
            ("https://App.Example/x", "App.Example"),
            ("HTTP://app.example:8080", "app.example"),
            ("//app.example?x", "app.example"),
            ("https://[::1]:9000/", "::1"),
            ("https://app.example.#@evil", "app.example."),
        ] {
            assert_eq!(host(text), Some(name), "{text}");
        }
    }

    #[test]
    fn what_browsers_read_in_their_own_way_has_no_reading() {
        for text in [
            "\\\\evil",
            "/\\evil",
            "\\evil",
            "https:\\\\evil",
            "https:/evil",
            "https:evil",
            "https:///evil",
            "///evil",
            "https://app.example@evil/",
            "https://u:p@app.example/",
            "javascript:alert(1)",
            "data:,x",
            "app:x",
            "/\tevil",
            " //evil",
            "//",
            "https://",
            "https://a:b/",
            "https://a b/",
            "https://b%2eexample/",
            "https://b\u{fc}cher/",
            "https://[::1/",
            "https://[x]/",
            "/a\\b",
            "https://a:1:2/",
        ] {
            assert_eq!(Reference::read(text), Reference::Odd, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "\\PC{0,40}") {
            let _ = Reference::read(&text);
        }
    }
}
