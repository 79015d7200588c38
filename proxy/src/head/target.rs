//! A request's target: an absolute path (RFC 9112 section 3.2.1), or `*` for OPTIONS.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::Target;
use crate::refusal::{Fault, Refusal};

impl<'a> Target<'a> {
    /// Reads a request's target, which must be an absolute path (RFC 9112 section 3.2.1), or `*` for OPTIONS.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] with [`crate::refusal::Fault::Target`].
    pub fn parse(raw: &'a str) -> Result<Self, Refusal> {
        check(raw.as_bytes())?;
        if raw == "*" {
            return Ok(Self { raw, segments: Vec::new(), query: None, is_ambiguous: false });
        }
        let (path, query) = match raw.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (raw, None),
        };
        let mut is_ambiguous = false;
        let parts = path.strip_prefix('/').unwrap_or(path).split('/');
        let mut segments: Vec<Cow<'a, str>> = Vec::with_capacity(8);
        for part in parts {
            // Only the last segment may be empty.
            is_ambiguous |= segments.last().is_some_and(|before| before.is_empty());
            segments.push(segment(part, &mut is_ambiguous));
        }
        Ok(Self { raw, segments, query, is_ambiguous })
    }
}

/// Checks a target's first byte and every byte's kind: what a URI may hold (RFC 3986), and the few that browsers send
/// besides. A fragment never belongs to a target.
pub(super) fn check(raw: &[u8]) -> Result<(), Refusal> {
    let mut in_query = false;
    for &byte in raw {
        let is_allowed = match byte {
            b'"' | b'#' | b'<' | b'>' => false,
            b'`' => in_query,
            b'?' => {
                in_query = true;
                true
            }
            _ => byte.is_ascii_graphic(),
        };
        if !is_allowed {
            return Err(Refusal::Malformed(Fault::Target));
        }
    }
    if raw.first() == Some(&b'/') || raw == b"*" { Ok(()) } else { Err(Refusal::Malformed(Fault::Target)) }
}

/// Decodes one segment, and notes whether it could be read in another way.
fn segment<'a>(part: &'a str, is_ambiguous: &mut bool) -> Cow<'a, str> {
    if !part.bytes().any(|byte| matches!(byte, b'%' | b';' | b'\\')) {
        *is_ambiguous |= matches!(part, "." | "..");
        return Cow::Borrowed(part);
    }
    let decoded = percent_decode_str(part).decode_utf8();
    *is_ambiguous |= decoded.is_err() || !is_encoding_whole(part);
    let decoded = decoded.unwrap_or_else(|_| percent_decode_str(part).decode_utf8_lossy());
    *is_ambiguous |= matches!(&*decoded, "." | "..");
    *is_ambiguous |= decoded.bytes().any(|byte| matches!(byte, b'/' | b'\\' | b';' | b'%') || byte.is_ascii_control());
    decoded
}

/// Whether each `%` is followed by two hexadecimal digits.
fn is_encoding_whole(part: &str) -> bool {
    let mut rest = part.as_bytes();
    while let Some(at) = rest.iter().position(|&byte| byte == b'%') {
        match rest.get(at + 1..at + 3) {
            Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => rest = rest.get(at + 3..).unwrap_or_default(),
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_decoded_and_the_query_is_not() {
        let target = Target::parse("/a/b%20c/?d=%2f").unwrap();
        assert_eq!(target.segments, ["a", "b c", ""]);
        assert_eq!(target.query, Some("d=%2f"));
        assert!(!target.is_ambiguous);
        assert_eq!(Target::parse("/").unwrap().segments, [""]);
        assert!(Target::parse("*").unwrap().segments.is_empty());
    }

    #[test]
    fn what_another_parser_may_read_otherwise_is_ambiguous() {
        for raw in [
            "/a%2fb",
            "/a%2Fb",
            "/a%5cb",
            "/a\\b",
            "/./a",
            "/a/..",
            "/%2e%2e/a",
            "/a/.%2e",
            "//a",
            "/a//b",
            "/a;x=1",
            "/a%3bx",
            "/a%00",
            "/a%0ab",
            "/a%7f",
            "/a%ff",
            "/a%",
            "/a%2",
            "/a%zz",
            "/a%252f",
        ] {
            assert!(Target::parse(raw).unwrap().is_ambiguous, "{raw}");
        }
        for raw in ["/", "/a/", "/a.b", "/...", "/caf%C3%A9", "/a?b=//;..%2f", "/a+b,c=d:e@f|g{h}"] {
            assert!(!Target::parse(raw).unwrap().is_ambiguous, "{raw}");
        }
    }

    #[test]
    fn what_is_no_absolute_path_is_refused() {
        for raw in ["", "a", "@host/x", "http://a/", "?a", "/a b", "/a#b", "/\u{e9}", "/a\tb", "/a<b", "/a`b", "*a"] {
            assert_eq!(Target::parse(raw), Err(Refusal::Malformed(Fault::Target)), "{raw}");
        }
    }
}
