//! HTTP/2 that is none: Q25, Q26. Nothing malformed reaches the application.

use anyhow::{Result, ensure};

use crate::edge::{A, B, Edge};
use crate::frames::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, Http2, PADDED, PING, PUSH_PROMISE, RST_STREAM,
    SETTINGS, WINDOW_UPDATE, asking, block, frame, get, head,
};

/// Q25: heads that RFC 9113 section 8 calls malformed, or that would be something else in HTTP/1.1. (A fragment isn't
/// among them: the decoder cuts it off, and nobody sees it.)
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn a_malformed_head_never_reaches_the_application() -> Result<()> {
    let edge = Edge::plain().await?;
    let good = || asking("POST", "/bad");
    let with = |name: &'static str, value: &'static str| [good(), vec![(name, value)]].concat();
    let replaced = |index: usize, field: (&'static str, &'static str)| {
        let mut fields = good();
        fields[index] = field;
        fields
    };
    let mut cases = vec![
        with("connection", "close"),
        with("keep-alive", "timeout=5"),
        with("proxy-connection", "close"),
        with("upgrade", "websocket"),
        with("transfer-encoding", "chunked"),
        with("te", "gzip"),
        with("X-Upper", "y"),
        with("x y", "z"),
        with("x:y", "z"),
        with("", "z"),
        with("x\r\ny", "z"),
        with("x\0", "z"),
        with("x", "y\r\nGET /smuggled HTTP/1.1"),
        with("x", "y\nz"),
        with("x", "y\rz"),
        with("x", "y\0z"),
        with(":unknown", "x"),
        with(":status", "200"),
        with(":path", "/twice"),
        with(":method", "GET"),
        with(":authority", B),
        with("host", B),
        with("content-length", "x"),
        with("content-length", "-1"),
        with("content-length", "5, 5"),
        with("content_length", "5"),
        with("transfer_encoding", "chunked"),
        with("expect", "x"),
        replaced(0, (":method", "GET / HTTP/1.1\r\nX: y")),
        replaced(0, (":method", "")),
        replaced(0, (":method", "CONNECT")),
        replaced(0, (":method", "TRACE")),
        replaced(1, (":scheme", "")),
        replaced(1, (":scheme", "https://evil/")),
        replaced(2, (":authority", "a.p.example.com\r\nX: y")),
        replaced(2, (":authority", "a.p.example.com/x")),
        replaced(3, (":path", "")),
        replaced(3, (":path", "bad")),
        replaced(3, (":path", "/bad HTTP/1.1\r\nX: y\r\n\r\n")),
        replaced(3, (":path", "/bad x")),
        replaced(3, (":path", "/bad\tx")),
        replaced(3, (":path", "*")),
        replaced(3, (":path", "https://b.p.example.com/bad")),
        [vec![("x", "y")], good()].concat(),
    ];
    cases.push(vec![(":method", "CONNECT"), (":authority", A)]);
    for missing in 0..4 {
        let mut fields = good();
        fields.remove(missing);
        cases.push(fields);
    }
    for fields in &cases {
        let mut client = Http2::connect(&edge).await?;
        client.say([head(1, 0, fields), frame(DATA, END_STREAM, 1, b"hello")].concat()).await?;
        let answer = first_answer(&mut client).await?;
        ensure!(answer.is_none_or(|status| (400..500).contains(&status)), "{answer:?} for {fields:?}");
    }
    let seen = edge.upstream.everything();
    ensure!(seen.is_empty(), "{seen}");
    edge.probe().await
}

/// A status; none when the stream or the connection was ended instead.
async fn first_answer(client: &mut Http2) -> Result<Option<u16>> {
    while let Some(frame) = client.next_of(1).await? {
        match frame.kind {
            HEADERS => return Ok(Some(crate::frames::status(&frame.payload).unwrap_or(0))),
            RST_STREAM | GOAWAY => return Ok(None),
            _ => {}
        }
    }
    Ok(None)
}

/// Q25: a body of another length than was said is never whole for the application.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_another_length_is_never_whole() -> Result<()> {
    let edge = Edge::plain().await?;
    let fields = [asking("POST", "/length"), vec![("content-length", "5")]].concat();
    for said in [
        head(1, END_STREAM, &fields),
        [head(1, 0, &fields), frame(DATA, END_STREAM, 1, b"abc")].concat(),
        [head(1, 0, &fields), frame(DATA, END_STREAM, 1, b"abcdefgh")].concat(),
        [head(1, 0, &fields), frame(DATA, 0, 1, b"abcde"), frame(DATA, END_STREAM, 1, b"f")].concat(),
        [head(1, 0, &fields), frame(DATA, 0, 1, b"abc"), frame(HEADERS, 5, 1, &block(&[("x", "y")]))].concat(),
    ] {
        let mut client = Http2::connect(&edge).await?;
        client.say(said).await?;
        let answer = first_answer(&mut client).await?;
        ensure!(answer != Some(200), "served");
    }
    // Surplus bytes never follow the body, and no other request follows half a body.
    for bytes in edge.upstream.connections() {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        ensure!(text.matches("HTTP/1.1\r\n").count() <= 1 && !text.contains("abcdef"), "{text}");
    }
    edge.probe().await
}

/// Q26: frames that RFC 9113 calls an error, each on a connection of its own.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn a_wrong_frame_ends_its_connection() -> Result<()> {
    let edge = Edge::plain().await?;
    let open = || head(1, 0, &asking("POST", "/frames"));
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("data on stream 0", frame(DATA, 0, 0, b"x")),
        ("a head on stream 0", frame(HEADERS, END_HEADERS, 0, &block(&asking("GET", "/frames")))),
        ("a head on an even stream", get(2, "/frames")),
        ("a head on an older stream", [get(5, "/ok"), get(3, "/frames")].concat()),
        ("settings on a stream", frame(SETTINGS, 0, 1, &[])),
        ("settings of a wrong length", frame(SETTINGS, 0, 0, &[0; 5])),
        ("an acknowledgement with settings", frame(SETTINGS, 1, 0, &[0; 6])),
        ("a window too large", frame(SETTINGS, 0, 0, &[0, 4, 0xff, 0xff, 0xff, 0xff])),
        ("frames too small", frame(SETTINGS, 0, 0, &[0, 5, 0, 0, 0, 1])),
        ("a push that is neither", frame(SETTINGS, 0, 0, &[0, 2, 0, 0, 0, 2])),
        ("a ping of a wrong length", frame(PING, 0, 0, &[0; 7])),
        ("a ping on a stream", frame(PING, 0, 1, &[0; 8])),
        ("a goodbye on a stream", frame(GOAWAY, 0, 1, &[0; 8])),
        ("a goodbye of a wrong length", frame(GOAWAY, 0, 0, &[0; 3])),
        ("a reset of a wrong length", [open(), frame(RST_STREAM, 0, 1, &[0; 3])].concat()),
        ("a reset on stream 0", frame(RST_STREAM, 0, 0, &[0; 4])),
        ("a window of nothing", frame(WINDOW_UPDATE, 0, 0, &[0; 4])),
        ("a window's overflow", frame(WINDOW_UPDATE, 0, 0, &[0x7f, 0xff, 0xff, 0xff])),
        ("a push by a client", frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2])),
        ("a continuation of nothing", frame(CONTINUATION, END_HEADERS, 1, &[])),
        ("another frame within a head", [frame(HEADERS, 0, 1, &[]), frame(PING, 0, 0, &[0; 8])].concat()),
        ("another stream within a head", [frame(HEADERS, 0, 1, &[]), frame(CONTINUATION, 4, 3, &[])].concat()),
        ("more padding than there is", [open(), frame(DATA, PADDED, 1, &[9, 0])].concat()),
        ("a frame too large", frame(DATA, 0, 1, &[0; 20_000])),
        (
            "fields that can't be decoded",
            frame(HEADERS, END_HEADERS | END_STREAM, 1, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        ),
        ("a field of no table", frame(HEADERS, END_HEADERS | END_STREAM, 1, &[0x80 | 127, 0x10])),
        ("a table too large", frame(HEADERS, END_HEADERS | END_STREAM, 1, &[0x3f, 0xe1, 0xff, 0x7f])),
    ];
    for (name, bytes) in cases {
        let mut client = Http2::connect(&edge).await?;
        client.try_say(bytes).await;
        let mut is_ended = false;
        while let Ok(frame) = tokio::time::timeout(std::time::Duration::from_secs(3), client.next()).await {
            match frame? {
                Some(frame) if frame.kind == GOAWAY || frame.kind == RST_STREAM => is_ended = true,
                Some(_) => continue,
                None => is_ended = true,
            }
            break;
        }
        ensure!(is_ended, "{name}");
    }
    let seen = edge.upstream.everything();
    ensure!(!seen.contains("GET /frames"), "{seen}");
    edge.probe().await
}
