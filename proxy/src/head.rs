//! 3. A request's head in one strict spelling: who is asked (authority), for what (target), and how its body is
//! framed; or a refusal.

use std::borrow::Cow;

use http::{HeaderMap, Method};
use marque_config::Hostname;

use crate::refusal::{Fault, Refusal};

/// A head that has one reading only.
#[derive(Debug)]
pub struct RequestHead<'a> {
    /// The method; never CONNECT or TRACE.
    pub method: &'a Method,
    /// The host that is asked, from `Host` or `:authority`; its port is dropped.
    pub authority: &'a Hostname,
    /// What is asked for.
    pub target: &'a Target<'a>,
    /// The fields as the client sent them, checked.
    pub fields: &'a HeaderMap,
    /// Whether a body follows: by a length other than 0, by chunks, or by an HTTP/2 stream that is still open.
    pub has_body: bool,
}

/// An absolute path with its query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target<'a> {
    /// As it goes upstream.
    pub raw: &'a str,
    /// The path's segments, percent-decoded: `/a/b%20c/` is `a`, `b c`, and an empty last one; `/` is one empty one.
    pub segments: Vec<Cow<'a, str>>,
    /// What follows the first `?`, not decoded.
    pub query: Option<&'a str>,
    /// Whether the path has a spelling that another parser may read otherwise: an encoded slash, backslash, dot
    /// segment or control byte, an empty inner segment, a `;` or a backslash, or bytes that aren't UTF-8.
    pub is_ambiguous: bool,
}

impl<'a> Target<'a> {
    /// Reads a request's target, which must be an absolute path (RFC 9112 section 3.2.1), or `*` for OPTIONS.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] with [`crate::refusal::Fault::Target`].
    pub fn parse(raw: &'a str) -> Result<Self, Refusal> {
        let (path, query) = raw.split_once('?').map_or((raw, None), |(path, query)| (path, Some(query)));
        let rest = path.strip_prefix('/').ok_or(Refusal::Malformed(Fault::Target))?;
        let segments: Vec<_> =
            rest.split('/').map(|part| percent_encoding::percent_decode_str(part).decode_utf8_lossy()).collect();
        let (_, inner) = segments.split_last().unwrap_or((&Cow::Borrowed(""), &[]));
        let odd =
            |part: &Cow<'_, str>| part.contains(['/', '\\', ';', '\u{fffd}']) || part.chars().any(char::is_control);
        let dots = |part: &Cow<'_, str>| part == "." || part == "..";
        let is_ambiguous = inner.iter().any(|part| part.is_empty()) || segments.iter().any(|it| odd(it) || dots(it));
        Ok(Self { raw, segments, query, is_ambiguous })
    }
}
