//! 3. A request's head in one strict spelling: who is asked (authority), for what (target), and how its body is
//! framed; or a refusal.

use std::borrow::Cow;

use http::{HeaderMap, Method};
use marque_config::Hostname;

use crate::refusal::Refusal;

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
        let _ = raw;
        Err(Refusal::Undecided)
    }
}
