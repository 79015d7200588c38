//! Heads as bytes, each with the exact refusal; and that what is accepted has one reading.

use bytes::Bytes;
use http::HeaderMap;
use marque_config::Hostname;
use proptest::prelude::*;

use super::*;
use crate::refusal::{Fault, Refusal};

const LIMITS: HeadLimits = HeadLimits { fields: 100, target: 16 << 10 };

fn sni() -> Hostname {
    "a.example.com".parse().unwrap()
}

/// What the connection's loop does with bytes, all at once.
fn judge(bytes: &[u8]) -> Result<(Framing, bool), Refusal> {
    let length = match Scan::default().advance(bytes)? {
        Progress::Complete(length) => length,
        Progress::More => panic!("a whole head is wanted: {}", bytes.escape_ascii()),
    };
    read(&bytes[..length])
}

fn read(head: &[u8]) -> Result<(Framing, bool), Refusal> {
    read_http1(&Bytes::copy_from_slice(head), &sni(), LIMITS).map(|it| (it.framing, it.is_upgrade))
}

fn with(fields: &str) -> Result<(Framing, bool), Refusal> {
    judge(format!("POST /x HTTP/1.1\r\nHost: a.example.com\r\n{fields}\r\n").as_bytes())
}

#[test]
fn plain_heads_pass_and_their_bodies_are_known() {
    for (fields, framing) in [
        ("", Framing::Empty),
        ("Content-Length: 0\r\n", Framing::Empty),
        ("content-length: 12\r\n", Framing::Length(12)),
        ("Content-Length:\t12 \r\n", Framing::Length(12)),
        ("Transfer-Encoding: chunked\r\n", Framing::Chunked),
        ("TRANSFER-ENCODING: Chunked\r\n", Framing::Chunked),
        ("X: \u{e9}t\u{e9}\r\n", Framing::Empty),
        ("X:\r\n", Framing::Empty),
        ("X_Forwarded_For: 1\r\n", Framing::Empty),
        ("Connection: keep-alive, TE\r\nTE: trailers\r\n", Framing::Empty),
        ("Expect: 100-continue\r\nContent-Length: 3\r\n", Framing::Length(3)),
        ("Cookie: a=1\r\nCookie: b=2\r\n", Framing::Empty),
        ("Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: x\r\n", Framing::Empty),
    ] {
        assert_eq!(with(fields), Ok((framing, false)), "{fields}");
    }
    assert_eq!(with("Connection: Upgrade\r\nUpgrade: WebSocket\r\n"), Ok((Framing::Empty, true)));
}

#[test]
fn the_request_line_has_one_reading() {
    let line = |line: &str| judge(format!("{line}\r\nHost: a.example.com\r\n\r\n").as_bytes());
    for good in ["GET / HTTP/1.1", "OPTIONS * HTTP/1.1", "PROPFIND /a?b=c HTTP/1.1", "GET / HTTP/1.0"] {
        assert_eq!(line(good), Ok((Framing::Empty, false)), "{good}");
    }
    for (bad, refusal) in [
        ("CONNECT a.example.com:443 HTTP/1.1", Refusal::MethodRefused),
        ("TRACE / HTTP/1.1", Refusal::MethodRefused),
        ("TRACK / HTTP/1.1", Refusal::MethodRefused),
        ("GET http://a.example.com/ HTTP/1.1", Refusal::Malformed(Fault::Target)),
        ("GET / HTTP/1.1 ", Refusal::Malformed(Fault::Field)),
        ("GET @b/x HTTP/1.1", Refusal::Malformed(Fault::Target)),
        ("GET * HTTP/1.1", Refusal::Malformed(Fault::Target)),
        ("GET a.example.com HTTP/1.1", Refusal::Malformed(Fault::Target)),
        ("GET /a#b HTTP/1.1", Refusal::Malformed(Fault::Target)),
        ("GET /\u{e9} HTTP/1.1", Refusal::Malformed(Fault::Target)),
        ("GET /a b HTTP/1.1", Refusal::Malformed(Fault::RequestLine)),
        ("GET  / HTTP/1.1", Refusal::Malformed(Fault::RequestLine)),
        ("GET\t/ HTTP/1.1", Refusal::Malformed(Fault::RequestLine)),
        ("GET / HTTP/2.0", Refusal::Malformed(Fault::RequestLine)),
        ("GET / http/1.1", Refusal::Malformed(Fault::RequestLine)),
        ("GET /", Refusal::Malformed(Fault::RequestLine)),
        ("G(T / HTTP/1.1", Refusal::Malformed(Fault::RequestLine)),
    ] {
        assert_eq!(line(bad), Err(refusal), "{bad}");
    }
    assert_eq!(line(&format!("GET /{} HTTP/1.1", "x".repeat(16 << 10))), Err(Refusal::TargetTooLong));
}

#[test]
fn one_host_is_named_plainly() {
    let hosts = |hosts: &str| judge(format!("GET / HTTP/1.1\r\n{hosts}\r\n").as_bytes());
    for good in ["Host: a.example.com\r\n", "HOST: A.example.com.:443\r\n", "host:b.example.com\r\n"] {
        assert_eq!(hosts(good), Ok((Framing::Empty, false)), "{good}");
    }
    for bad in [
        "",
        "Host:\r\n",
        "Host: a.example.com\r\nHost: a.example.com\r\n",
        "Host: a.example.com, b.example.com\r\n",
        "Host: a.example.com:abc\r\n",
        "Host: a.example.com:\r\n",
        "Host: user@a.example.com\r\n",
        "Host: a.example.com/x\r\n",
        "Host: 127.0.0.1\r\n",
        "Host: a_b.example.com\r\n",
        "Host: b\u{fc}cher.example\r\n",
        "Ho_st: x\r\n",
    ] {
        assert_eq!(hosts(bad), Err(Refusal::Malformed(Fault::Host)), "{bad}");
    }
    assert_eq!(judge(b"GET / HTTP/1.0\r\n\r\n"), Err(Refusal::Malformed(Fault::Host)));
}

#[test]
fn what_could_frame_a_body_in_two_ways_is_refused() {
    for fields in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length:\r\n",
        "Content-Length: 5 5\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: \"chunked\"\r\n",
        "Transfer-Encoding:\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer_Encoding: chunked\r\n",
        "Content_Length: 5\r\n",
        "_Content-Length: 5\r\n",
        "Upgrade: websocket\r\nContent-Length: 5\r\n",
    ] {
        assert_eq!(with(fields), Err(Refusal::Malformed(Fault::Framing)), "{fields}");
    }
    let old = b"POST / HTTP/1.0\r\nHost: a.example.com\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(judge(old), Err(Refusal::Malformed(Fault::Framing)));
}

#[test]
fn an_old_version_asks_for_no_tunnel() {
    let old = b"GET / HTTP/1.0\r\nHost: a.example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    assert_eq!(judge(old), Err(Refusal::Malformed(Fault::Field)));
}

#[test]
fn fields_that_no_parser_agrees_on_are_refused() {
    for (fields, fault) in [
        ("A : b\r\n", Fault::Field),
        ("A\r\n", Fault::Field),
        (": b\r\n", Fault::Field),
        ("A: b\r\n c\r\n", Fault::Field),
        ("A: b\nB: c\r\n", Fault::Field),
        ("A: b\rB: c\r\n", Fault::Field),
        ("A: \0\r\n", Fault::Field),
        ("A: \u{1}\r\n", Fault::Field),
        ("A: \u{7f}\r\n", Fault::Field),
        ("A(b): c\r\n", Fault::Field),
        ("\u{e9}: c\r\n", Fault::Field),
        ("Expect: 200-ok\r\n", Fault::Field),
        ("Upgrade: websocket\r\nUpgrade: h2c\r\n", Fault::Field),
        ("Connection: host\r\n", Fault::Connection),
        ("Connection: close, X-Forwarded-For\r\n", Fault::Connection),
        ("Connection: Marque-Tenant\r\n", Fault::Connection),
        ("Connection: Cookie\r\n", Fault::Connection),
        ("Connection: \"close\"\r\n", Fault::Connection),
        ("Connection: a,b,c,d,e\r\nConnection: f,g,h,i\r\n", Fault::Connection),
    ] {
        assert_eq!(with(fields), Err(Refusal::Malformed(fault)), "{fields}");
    }
}

#[test]
fn a_head_has_a_bounded_number_of_fields() {
    let fields = |count: usize| (0..count).map(|it| format!("A{it}: b\r\n")).collect::<String>();
    assert!(with(&fields(99)).is_ok());
    assert_eq!(with(&fields(100)), Err(Refusal::HeadTooLarge));
    assert_eq!(with(&fields(300)), Err(Refusal::HeadTooLarge));
}

#[test]
fn http2_fields_are_judged_alike() {
    let judge = |pairs: &[(&str, &str)]| {
        let mut fields = HeaderMap::new();
        for (name, value) in pairs {
            fields.append(http::HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        judge_http2(&fields, 3).map(|it| it.framing)
    };
    assert_eq!(judge(&[("content-length", "5")]), Ok(Framing::Length(5)));
    assert_eq!(judge(&[("cookie", "a"), ("cookie", "b"), ("cookie", "c"), ("x", "y")]), Ok(Framing::Empty));
    assert_eq!(judge(&[("a", "1"), ("b", "1"), ("c", "1"), ("d", "1")]), Err(Refusal::HeadTooLarge));
    for pair in [("content-length", "5, 5"), ("transfer-encoding", "chunked"), ("content_length", "5")] {
        assert_eq!(judge(&[pair]), Err(Refusal::Malformed(Fault::Framing)), "{pair:?}");
    }
    assert_eq!(judge(&[("expect", "x")]), Err(Refusal::Malformed(Fault::Field)));
}

/// Bytes that look like heads more often than chance would have it.
fn headlike() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        Just(b"GET / HTTP/1.1\r\n".to_vec()),
        Just(b"Host: a.example.com\r\n".to_vec()),
        Just(b"Content-Length: 5\r\n".to_vec()),
        Just(b"Transfer-Encoding: chunked\r\n".to_vec()),
        Just(b"Connection: ".to_vec()),
        Just(b"\r\n".to_vec()),
        prop::collection::vec(any::<u8>(), 0..12),
        "[a-zA-Z_-]{1,8}: [ -~]{0,12}\r\n".prop_map(String::into_bytes),
    ];
    prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in headlike()) {
        if let Ok(Progress::Complete(length)) = Scan::default().advance(&bytes) {
            let _ = read(&bytes[..length]);
        }
    }

    #[test]
    fn what_is_accepted_is_accepted_again_when_written_anew(bytes in headlike()) {
        let Ok(Progress::Complete(length)) = Scan::default().advance(&bytes) else { return Ok(()) };
        let Ok(first) = read(&bytes[..length]) else { return Ok(()) };
        let mut places = [httparse::EMPTY_HEADER; 100];
        let mut request = httparse::Request::new(&mut places);
        request.parse(&bytes[..length]).unwrap();
        let mut anew = format!("{} {} HTTP/1.{}\r\n", request.method.unwrap(), request.path.unwrap(), request.version.unwrap()).into_bytes();
        for field in request.headers.iter() {
            anew.extend_from_slice(&[field.name.as_bytes(), b": ", field.value, b"\r\n"].concat());
        }
        anew.extend_from_slice(b"\r\n");
        prop_assert_eq!(Scan::default().advance(&anew), Ok(Progress::Complete(anew.len())));
        prop_assert_eq!(read(&anew), Ok(first));
    }

    #[test]
    fn a_target_never_panics_and_reads_the_same_twice(raw in "/[ -~\u{e9}]{0,40}") {
        if let Ok(target) = RequestTarget::parse(&raw) {
            prop_assert_eq!(target.raw, &raw);
            prop_assert_eq!(RequestTarget::parse(target.raw).unwrap(), target);
        }
    }
}
