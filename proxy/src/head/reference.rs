//! A URI reference in an application's answer, in the one reading that every browser has of it, or none.
//!
//! Browsers take `/\host`, `\\host` and `https:host` for other hosts, and drop tabs and line ends (WHATWG URL); what
//! is written in such a way has no reading here. References are texts of one letter for each byte.

use std::fmt::Write;

/// Whether a byte may not stand as it is in a URI (RFC 3986); a `%` is taken for an escape that is there.
fn is_out_of_place(byte: u8) -> bool {
    !byte.is_ascii_graphic() || matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
}

/// A field's value as text, a letter for each byte: nothing is lost, whatever the bytes are.
pub(crate) fn lettered(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

/// Writes what follows a reference's authority as a URI may have it, its bytes as they are.
pub(crate) fn well_formed(lettered: &str) -> String {
    escaped(lettered, is_out_of_place)
}

/// Writes a reference in ASCII, its bytes as they are.
pub(crate) fn in_ascii(lettered: &str) -> String {
    escaped(lettered, |byte| !byte.is_ascii())
}

fn escaped(lettered: &str, is_escaped: impl Fn(u8) -> bool) -> String {
    let mut text = String::with_capacity(lettered.len());
    for letter in lettered.chars() {
        match u8::try_from(letter) {
            Ok(byte) if !is_escaped(byte) => text.push(letter),
            Ok(byte) => drop(write!(text, "%{byte:02X}")),
            Err(_) => text.extend(letter.encode_utf8(&mut [0; 4]).bytes().map(|byte| format!("%{byte:02X}"))),
        }
    }
    text
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
    },
    /// To an application on the visitor's machine, by a scheme of its own (RFC 8252 section 7.1).
    App,
    /// Userinfo, a scheme that runs or shows what it carries, backslashes, control characters, no host.
    Odd,
}

impl<'a> Reference<'a> {
    /// Reads a reference.
    pub(crate) fn read(text: &'a str) -> Self {
        if text.contains(|c: char| c.is_ascii_control()) || text.trim_matches(' ') != text {
            return Self::Odd;
        }
        let before_query = text.split(['?', '#']).next().unwrap_or_default();
        if before_query.contains('\\') {
            return Self::Odd;
        }
        if let Some(rest) = text.strip_prefix("//") {
            return Self::absolute(rest);
        }
        let first = before_query.split('/').next().unwrap_or_default();
        let Some((scheme, _)) = first.split_once(':') else { return Self::Local(text) };
        let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
        match text[scheme.len() + 1..].strip_prefix("//") {
            Some(rest) if is_web => Self::absolute(rest),
            _ if !is_web && is_app_scheme(scheme) => Self::App,
            _ => Self::Odd,
        }
    }

    fn absolute(text: &'a str) -> Self {
        let (authority, rest) = text.split_at(text.find(['/', '?', '#']).unwrap_or(text.len()));
        match host_of(authority) {
            Some(host) => Self::Absolute { host, rest },
            None => Self::Odd,
        }
    }
}

/// RFC 3986 section 3.1, without the schemes that browsers themselves act on.
fn is_app_scheme(scheme: &str) -> bool {
    const BROWSERS: [&str; 13] = [
        "about",
        "blob",
        "chrome",
        "data",
        "file",
        "filesystem",
        "jar",
        "javascript",
        "livescript",
        "resource",
        "vbscript",
        "view-source",
        "ws",
    ];
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        && !BROWSERS.iter().any(|it| it.eq_ignore_ascii_case(scheme))
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
            Reference::Local(_) | Reference::App | Reference::Odd => None,
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
    fn a_scheme_of_an_app_leads_to_the_app() {
        for text in [
            "com.example.till:/oauth2redirect?code=1",
            "till-app://done",
            "intent://x#Intent;scheme=till;end",
            "app:x",
            "mailto:a@b.example",
            "tel:+33123",
        ] {
            assert_eq!(Reference::read(text), Reference::App, "{text}");
        }
    }

    #[test]
    fn bytes_are_escaped_as_they_are() {
        let text = lettered(b"/caf\xe9 \xc3\xa9\"%41");
        assert_eq!(well_formed(&text), "/caf%E9%20%C3%A9%22%41");
        assert_eq!(in_ascii(&text), "/caf%E9 %C3%A9\"%41");
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
            "JavaScript:alert(1)",
            "vbscript:x",
            "view-source:https://app.example/",
            "1app:x",
            "a_b:x",
            "data:,x",
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
