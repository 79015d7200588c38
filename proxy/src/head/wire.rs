//! An HTTP/1 head as bytes: request line and fields, read once and judged whole.

use std::mem::MaybeUninit;

use bytes::Bytes;
use http::request::{Parts, Request};
use http::uri::{PathAndQuery, Uri};
use http::{HeaderName, HeaderValue, Method, Version};
use marque_config::Hostname;

use super::authority;
use super::fields::{self, Framing, Understood};
use super::target::judge_request_line;
use crate::refusal::{Fault, Refusal};

/// What a head may take, besides its size in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeadLimits {
    /// Fields.
    pub(crate) fields: usize,
    /// The target's bytes.
    pub(crate) target: usize,
}

/// The most fields that the engine's parser takes.
const MOST_FIELDS: usize = 256;

/// A head that may be passed on.
pub(crate) struct WireHead {
    /// Method, target and fields, each taken from the bytes that came.
    pub(crate) parts: Parts,
    /// The body.
    pub(crate) framing: Framing,
    /// Whether the connection is to become a WebSocket.
    pub(crate) is_upgrade: bool,
}

/// Reads and judges a whole head, its empty line included, which [`super::Scan`] has found the end of.
///
/// # Errors
/// Why it isn't passed on; see [`Refusal`].
pub(crate) fn read(head: &Bytes, sni: &Hostname, limits: HeadLimits) -> Result<WireHead, Refusal> {
    let mut places = [const { MaybeUninit::uninit() }; MOST_FIELDS];
    let mut request = httparse::Request::new(&mut []);
    match request.parse_with_uninit_headers(head, &mut places) {
        Ok(httparse::Status::Complete(length)) if length == head.len() => {}
        Ok(_) => return Err(Refusal::Malformed(Fault::RequestLine)),
        Err(error) => return Err(refusal(error)),
    }
    let Understood { framing, is_upgrade, .. } = judge(&request, sni, limits)?;
    Ok(WireHead { parts: parts(head, &request)?, framing, is_upgrade })
}

fn judge<'a>(
    request: &httparse::Request<'_, 'a>,
    sni: &Hostname,
    limits: HeadLimits,
) -> Result<Understood<'a>, Refusal> {
    judge_request_line(request.method.unwrap_or_default(), request.path.unwrap_or_default(), limits.target)?;
    if request.headers.len() > limits.fields {
        return Err(Refusal::HeadTooLarge);
    }
    let pairs = request.headers.iter().map(|field| (field.name.as_bytes(), field.value));
    let understood = fields::judge(pairs, version(request))?;
    authority::read(understood.host.ok_or(Refusal::Malformed(Fault::Host))?, sni)?;
    Ok(understood)
}

fn version(request: &httparse::Request<'_, '_>) -> Version {
    if request.version == Some(1) { Version::HTTP_11 } else { Version::HTTP_10 }
}

fn parts(head: &Bytes, request: &httparse::Request<'_, '_>) -> Result<Parts, Refusal> {
    let (Some(method), Some(path)) = (request.method, request.path) else {
        return Err(Refusal::Malformed(Fault::RequestLine));
    };
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.method = Method::from_bytes(method.as_bytes()).map_err(|_| Refusal::Malformed(Fault::RequestLine))?;
    let path = PathAndQuery::from_maybe_shared(head.slice_ref(path.as_bytes()));
    parts.uri = Uri::from(path.map_err(|_| Refusal::Malformed(Fault::Target))?);
    parts.version = version(request);
    parts.headers.reserve(request.headers.len());
    for field in request.headers.iter() {
        let name = HeaderName::from_bytes(field.name.as_bytes());
        let value = HeaderValue::from_maybe_shared(head.slice_ref(field.value));
        let (Ok(name), Ok(value)) = (name, value) else { return Err(Refusal::Malformed(Fault::Field)) };
        parts.headers.append(name, value);
    }
    Ok(parts)
}

fn refusal(error: httparse::Error) -> Refusal {
    match error {
        httparse::Error::TooManyHeaders => Refusal::HeadTooLarge,
        httparse::Error::HeaderName | httparse::Error::HeaderValue | httparse::Error::NewLine => {
            Refusal::Malformed(Fault::Field)
        }
        _ => Refusal::Malformed(Fault::RequestLine),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: HeadLimits = HeadLimits { fields: 100, target: 1 << 10 };

    fn read_text(head: &'static str) -> Result<WireHead, Refusal> {
        read(&Bytes::from_static(head.as_bytes()), &"a.example".parse().unwrap(), LIMITS)
    }

    #[test]
    fn a_head_is_taken_as_it_came() {
        let head =
            "POST /a//b?c=%2f&d=|{} HTTP/1.0\r\nHost: A.example\r\nX-Two: 1\r\nx-two:  2 \r\nX-Odd: \u{e9}\r\n\r\n";
        let parts = read_text(head).unwrap().parts;
        assert_eq!((parts.method, parts.version), (Method::POST, Version::HTTP_10));
        assert_eq!(parts.uri.path_and_query().map(PathAndQuery::as_str), Some("/a//b?c=%2f&d=|{}"));
        let two: Vec<_> = parts.headers.get_all("x-two").iter().map(HeaderValue::as_bytes).collect();
        assert_eq!((two, parts.headers["host"].as_bytes()), (vec![&b"1"[..], b"2"], &b"A.example"[..]));
        assert_eq!(parts.headers["x-odd"].as_bytes(), "\u{e9}".as_bytes());
    }

    #[test]
    fn what_is_no_head_is_refused() {
        for head in ["GET /", "GET /a HTTP/1.1\r\nA b: c\r\n\r\n", "GET  HTTP/1.1\r\n\r\n"] {
            assert!(matches!(read_text(head), Err(Refusal::Malformed(_))), "{head}");
        }
    }
}
