//! A request's target: an absolute path (RFC 9112 section 3.2.1), or `*` for OPTIONS.

use super::RequestTarget;
use crate::refusal::{Fault, Refusal};

impl<'a> RequestTarget<'a> {
    /// Reads a request's target, which must be an absolute path (RFC 9112 section 3.2.1), or `*` for OPTIONS.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] with [`crate::refusal::Fault::Target`].
    pub fn parse(raw: &'a str) -> Result<Self, Refusal> {
        check(raw)?;
        let (path, query) = match raw.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (raw, None),
        };
        Ok(Self { raw, path, query })
    }
}

/// Methods that no application ever sees: they ask for a tunnel, or for what the edge adds to be sent back.
pub(crate) fn is_refused_method(method: &str) -> bool {
    matches!(method, "CONNECT" | "TRACE" | "TRACK")
}

/// Judges what a request line says, whatever the version of HTTP: the method, and a target of at most so many bytes.
///
/// # Errors
/// [`Refusal::MethodRefused`], [`Refusal::TargetTooLong`], or [`Refusal::Malformed`] with [`Fault::Target`].
pub(crate) fn judge_request_line<'a>(method: &str, raw: &'a str, most: usize) -> Result<RequestTarget<'a>, Refusal> {
    if is_refused_method(method) {
        return Err(Refusal::MethodRefused);
    }
    if raw.len() > most {
        return Err(Refusal::TargetTooLong);
    }
    if raw == "*" && method != "OPTIONS" {
        return Err(Refusal::Malformed(Fault::Target));
    }
    RequestTarget::parse(raw)
}

/// Checks a target's first byte and every byte's kind: what a URI may hold (RFC 3986), and the few that browsers send
/// besides. A fragment never belongs to a target.
fn check(raw: &str) -> Result<(), Refusal> {
    let mut in_query = false;
    for byte in raw.bytes() {
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
    if raw.starts_with('/') || raw == "*" { Ok(()) } else { Err(Refusal::Malformed(Fault::Target)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_and_query_are_told_apart_and_stay_as_they_came() {
        let target = RequestTarget::parse("/a//b%20c/;x?d=%2f?e").unwrap();
        assert_eq!((target.path, target.query), ("/a//b%20c/;x", Some("d=%2f?e")));
        assert_eq!(RequestTarget::parse("*").unwrap().path, "*");
    }

    #[test]
    fn what_is_no_absolute_path_is_refused() {
        for raw in ["", "a", "@host/x", "http://a/", "?a", "/a b", "/a#b", "/\u{e9}", "/a\tb", "/a<b", "/a`b", "*a"] {
            assert_eq!(RequestTarget::parse(raw), Err(Refusal::Malformed(Fault::Target)), "{raw}");
        }
    }
}
