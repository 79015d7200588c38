//! The head of an application's answer: parsed once, and refused where its body could end in two places (RFC 9112
//! section 6.3, and stricter).

use std::mem::MaybeUninit;
use std::ops::Range;

use bytes::BytesMut;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, StatusCode, Version};
use pingora::http::ResponseHeader;
use pingora::{Error, ErrorType, OrErr};

use crate::head::{Framing, is_lasting};

/// As many bytes and fields as a head may have.
const MOST_BYTES: usize = 128 << 10;
const MOST_FIELDS: usize = 256;

/// A head.
#[derive(Debug)]
pub(super) struct Head {
    /// Status, reason and fields.
    pub(super) fields: Box<ResponseHeader>,
    /// What comes next.
    pub(super) follows: Follows,
    /// Whether the connection goes on after the answer.
    pub(super) is_lasting: bool,
}

/// What follows a head.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Follows {
    /// Nothing: the answer is whole.
    Nothing,
    /// The answer itself, for this one was interim.
    Answer,
    /// A body with an end of its own.
    Framed(Framing),
    /// A body that ends with the connection.
    Rest,
}

/// Where a head's parts stand in its bytes.
struct Places {
    length: usize,
    status: StatusCode,
    version: Version,
    reason: Option<String>,
    fields: Vec<(Range<usize>, Range<usize>)>,
}

/// Takes a head from what has arrived; none when there is more to come. `is_bare` when the answer has no body, whatever
/// it says of one.
///
/// # Errors
/// [`ErrorType::InvalidHTTPHeader`] when it isn't a head, is too large, or says two things about its body.
pub(super) fn read(input: &mut BytesMut, is_bare: bool) -> pingora::Result<Option<Head>> {
    let Some(places) = places(input)? else {
        return if input.len() < MOST_BYTES { Ok(None) } else { refuse("a head that is too large") };
    };
    let bytes = input.split_to(places.length).freeze();
    let mut head = Box::new(ResponseHeader::build(places.status, Some(places.fields.len()))?);
    if let Some(reason) = &places.reason {
        head.set_reason_phrase(Some(reason))?;
    }
    for (name, value) in places.fields {
        let value = HeaderValue::from_maybe_shared(bytes.slice(value));
        let value = value.or_err(ErrorType::InvalidHTTPHeader, "a field's value")?;
        head.append_header(bytes.slice(name), value)?;
    }
    let follows = follows(&head, places.version, is_bare)?;
    let is_lasting = is_lasting(&head.headers, places.version);
    Ok(Some(Head { fields: head, follows, is_lasting }))
}

fn refuse<T>(why: &'static str) -> pingora::Result<T> {
    Error::e_explain(ErrorType::InvalidHTTPHeader, why)
}

fn places(input: &[u8]) -> pingora::Result<Option<Places>> {
    let mut room = [const { MaybeUninit::uninit() }; MOST_FIELDS];
    let mut parsed = httparse::Response::new(&mut []);
    let config = httparse::ParserConfig::default();
    let status = config.parse_response_with_uninit_headers(&mut parsed, input, &mut room);
    let httparse::Status::Complete(length) = status.or_err(ErrorType::InvalidHTTPHeader, "an answer's head")? else {
        return Ok(None);
    };
    let version = if parsed.version == Some(1) { Version::HTTP_11 } else { Version::HTTP_10 };
    let status = StatusCode::from_u16(parsed.code.unwrap_or_default());
    let status = status.or_err(ErrorType::InvalidHTTPHeader, "a status")?;
    let reason = parsed.reason.filter(|reason| Some(*reason) != status.canonical_reason()).map(str::to_owned);
    let start = input.as_ptr().addr();
    let place = |part: &[u8]| {
        let at = part.as_ptr().addr() - start;
        at..at + part.len()
    };
    let fields = parsed.headers.iter().map(|field| (place(field.name.as_bytes()), place(field.value))).collect();
    Ok(Some(Places { length, status, version, reason, fields }))
}

fn follows(head: &ResponseHeader, version: Version, is_bare: bool) -> pingora::Result<Follows> {
    let length = once(&head.headers, CONTENT_LENGTH)?.map(length).transpose()?;
    let coding = once(&head.headers, TRANSFER_ENCODING)?;
    let is_chunked = coding.is_some_and(|it| it.as_bytes().eq_ignore_ascii_case(b"chunked"));
    if coding.is_some() && (!is_chunked || length.is_some() || version != Version::HTTP_11) {
        return refuse("two framings, or one that is unknown");
    }
    if head.status == StatusCode::SWITCHING_PROTOCOLS {
        return Ok(Follows::Rest);
    }
    if head.status.is_informational() {
        return Ok(Follows::Answer);
    }
    if is_bare || matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        return Ok(Follows::Nothing);
    }
    Ok(match (length, is_chunked) {
        (Some(0), _) => Follows::Nothing,
        (Some(length), _) => Follows::Framed(Framing::Length(length)),
        (None, true) => Follows::Framed(Framing::Chunked),
        (None, false) => Follows::Rest,
    })
}

/// The one value of a field.
fn once(fields: &HeaderMap, name: http::HeaderName) -> pingora::Result<Option<&HeaderValue>> {
    let mut values = fields.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() { refuse("a framing that is said twice") } else { Ok(first) }
}

/// A number in digits that every parser's integer holds.
fn length(value: &HeaderValue) -> pingora::Result<u64> {
    let digits = value.as_bytes();
    let is_number = (1..=18).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    let text = value.to_str().ok().filter(|_| is_number);
    match text.and_then(|text| text.parse().ok()) {
        Some(length) => Ok(length),
        None => refuse("a length that is no number"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> pingora::Result<Option<Head>> {
        read(&mut BytesMut::from(text), false)
    }

    #[test]
    fn a_body_ends_where_its_head_says_and_nowhere_else() {
        for (text, expected, lasts) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Follows::Framed(Framing::Length(5)), true),
            ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: a, Close\r\n\r\n", Follows::Nothing, false),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n", Follows::Framed(Framing::Chunked), true),
            ("HTTP/1.1 200 OK\r\n\r\n", Follows::Rest, true),
            ("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", Follows::Framed(Framing::Length(5)), false),
            ("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\n", Follows::Nothing, true),
            ("HTTP/1.1 204 No Content\r\n\r\n", Follows::Nothing, true),
            ("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", Follows::Nothing, true),
            ("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", Follows::Answer, true),
        ] {
            let head = of(text).unwrap().unwrap();
            assert_eq!((head.follows, head.is_lasting), (expected, lasts), "{text}");
        }
        let head = read(&mut BytesMut::from("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), true);
        assert_eq!(head.unwrap().unwrap().follows, Follows::Nothing);
    }

    #[test]
    fn an_answer_with_two_readings_is_refused() {
        for fields in [
            "Content-Length: 3\r\nContent-Length: 5",
            "Content-Length: 3\r\nContent-Length: 3",
            "Content-Length: 3, 3",
            "Content-Length: -3",
            "Content-Length: +3",
            "Content-Length: 0x3",
            "Content-Length: 99999999999999999999",
            "Content-Length:",
            "Content-Length: 3\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked, chunked",
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: identity",
            "Transfer-Encoding : chunked",
            "A: b\r\n c",
            "A: b\rc",
            "A: \0",
            "A b: c",
        ] {
            assert!(of(&format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n")).is_err(), "{fields}");
        }
        for text in [
            "NONSENSE\r\n\r\n",
            "HTTP/2.0 200 OK\r\n\r\n",
            "HTTP/1.1 20 OK\r\n\r\n",
            "HTTP/1.1 099 No\r\n\r\n",
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        ] {
            assert!(of(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_head_is_bounded_and_may_arrive_in_pieces() {
        let whole = "HTTP/1.1 418 Short and stout\r\nX-Odd-CASE: a\r\nContent-Length: 1\r\n\r\nrest";
        let end = whole.len() - 4;
        assert!((0..end).all(|length| of(&whole[..length]).unwrap().is_none()));
        let mut input = BytesMut::from(whole);
        let head = read(&mut input, false).unwrap().unwrap().fields;
        let mut wire = Vec::new();
        head.header_to_h1_wire(&mut wire);
        assert_eq!(String::from_utf8(wire).unwrap(), "X-Odd-CASE: a\r\nContent-Length: 1\r\n");
        assert_eq!((head.get_reason_phrase(), &*input), (Some("Short and stout"), &b"rest"[..]));
        let fields = |count| format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(count));
        assert!(of(&fields(256)).is_ok() && of(&fields(257)).is_err());
        assert!(of(&format!("HTTP/1.1 200 OK\r\na: {}", "b".repeat(MOST_BYTES))).is_err());
    }
}
