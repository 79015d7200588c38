//! 3. A request's head in one strict spelling, or a refusal.
//!
//! The spelling says who is asked (authority), for what (target), and how the body is framed.
//!
//! An HTTP/1 head is judged here as bytes, before the engine's parser sees any of it; an HTTP/2 head is judged by the
//! same rules after its decoder. Nothing is repaired: what has two readings is refused.

mod authority;
mod body;
mod connection;
mod fields;
mod line;
pub(crate) mod names;
mod reference;
mod scan;
mod target;
#[cfg(test)]
mod tests;
mod wire;

use http::{HeaderMap, Method};
use marque_config::Hostname;

pub(crate) use authority::{read as read_authority, read_host};
pub(crate) use body::Body;
pub(crate) use connection::{connection_options, is_lasting};
pub(crate) use fields::{Framing, judge_http2};
pub(crate) use line::write_line;
pub(crate) use reference::{Reference, in_ascii, lettered, well_formed};
pub(crate) use scan::{Progress, Scan};
pub(crate) use target::{is_refused_method, judge_request_line};
pub(crate) use wire::{HeadLimits, WireHead, read as read_http1};

/// A head that has one reading only.
#[derive(Debug)]
pub struct RequestHead<'a> {
    /// The method; never CONNECT or TRACE.
    pub method: &'a Method,
    /// The host that is asked, from `Host` or `:authority`; its port is dropped.
    pub authority: &'a Hostname,
    /// What is asked for.
    pub target: &'a RequestTarget<'a>,
    /// The fields as the client sent them, checked.
    pub fields: &'a HeaderMap,
    /// Whether a body follows: by a length other than 0, by chunks, or by an HTTP/2 stream that is still open.
    pub has_body: bool,
}

/// An absolute path with its query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestTarget<'a> {
    /// As it goes upstream.
    pub raw: &'a str,
    /// What stands before the first `?`, not decoded. How it's read is for [`crate::lockdown`] to judge.
    pub path: &'a str,
    /// What follows the first `?`, not decoded.
    pub query: Option<&'a str>,
}
