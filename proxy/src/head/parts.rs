//! A judged HTTP/1 head as the stages want it: method, target and fields, each taken from the bytes that came.

use std::mem::MaybeUninit;

use bytes::Bytes;
use http::request::{Parts, Request};
use http::uri::{PathAndQuery, Uri};
use http::{HeaderName, HeaderValue, Method, Version};

use super::wire::MOST_FIELDS;
use crate::refusal::{Fault, Refusal};

/// The parts of a head that [`super::judge_http1`] let pass.
///
/// # Errors
/// [`Refusal::Malformed`] when it isn't one after all.
pub(crate) fn parts(head: &Bytes) -> Result<Parts, Refusal> {
    let mut places = [const { MaybeUninit::uninit() }; MOST_FIELDS];
    let mut request = httparse::Request::new(&mut []);
    let status = request.parse_with_uninit_headers(head, &mut places);
    let (Ok(httparse::Status::Complete(_)), Some(method), Some(path)) = (status, request.method, request.path) else {
        return Err(Refusal::Malformed(Fault::RequestLine));
    };
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.method = Method::from_bytes(method.as_bytes()).map_err(|_| Refusal::Malformed(Fault::RequestLine))?;
    let path = PathAndQuery::from_maybe_shared(head.slice_ref(path.as_bytes()));
    parts.uri = Uri::from(path.map_err(|_| Refusal::Malformed(Fault::Target))?);
    parts.version = if request.version == Some(1) { Version::HTTP_11 } else { Version::HTTP_10 };
    parts.headers.reserve(request.headers.len());
    for field in request.headers.iter() {
        let name = HeaderName::from_bytes(field.name.as_bytes());
        let value = HeaderValue::from_maybe_shared(head.slice_ref(field.value));
        let (Ok(name), Ok(value)) = (name, value) else { return Err(Refusal::Malformed(Fault::Field)) };
        parts.headers.append(name, value);
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_taken_as_it_came() {
        let head =
            "POST /a//b?c=%2f&d=|{} HTTP/1.0\r\nHost: A.example\r\nX-Two: 1\r\nx-two:  2 \r\nX-Odd: \u{e9}\r\n\r\n";
        let parts = parts(&Bytes::from_static(head.as_bytes())).unwrap();
        assert_eq!((parts.method, parts.version), (Method::POST, Version::HTTP_10));
        assert_eq!(parts.uri.path_and_query().map(PathAndQuery::as_str), Some("/a//b?c=%2f&d=|{}"));
        let two: Vec<_> = parts.headers.get_all("x-two").iter().map(HeaderValue::as_bytes).collect();
        assert_eq!((two, parts.headers["host"].as_bytes()), (vec![&b"1"[..], b"2"], &b"A.example"[..]));
        assert_eq!(parts.headers["x-odd"].as_bytes(), "\u{e9}".as_bytes());
    }

    #[test]
    fn what_is_no_head_is_refused() {
        for head in ["GET /", "GET /a HTTP/1.1\r\nA b: c\r\n\r\n", "GET  HTTP/1.1\r\n\r\n"] {
            assert!(matches!(parts(&Bytes::from_static(head.as_bytes())), Err(Refusal::Malformed(_))), "{head}");
        }
    }
}
