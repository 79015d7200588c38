//! One request hidden in another: Q15 to Q22.

use std::fmt::Write;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tokio::io::AsyncWriteExt;

use crate::dialects;
use crate::edge::{A, B, Edge, get_of};
use crate::frames::{DATA, END_STREAM, Http2, asking, frame, head};
use crate::upstream::Act;

const HIDDEN: &str = "GET /smuggled HTTP/1.1\r\nHost: a.p.example.com\r\n\r\n";

/// Q15 to Q19: heads and bodies that some parser reads in another way. Each is refused, and its connection ended.
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn two_readings() -> Vec<String> {
    let mut cases = Vec::new();
    for fields in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 0\r\nTransfer-Encoding: chunked",
        "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5, 5",
        "Content-Length: 5, 6",
        "Content-Length: +5",
        "Content-Length: -5",
        "Content-Length: 0x5",
        "Content-Length: 5 ;",
        "Content-Length: 5 6",
        "Content-Length:",
        "Content-Length: ,",
        "Content-Length: 18446744073709551616",
        "Content-Length: 9999999999999999999",
        "Content-Length: 5\u{b}",
        "Content-Length : 5",
        "Content_Length: 5",
        " Content-Length: 5",
        "X: y\r\n Content-Length: 5",
        "X: y\nContent-Length: 5",
        "X: y\rContent-Length: 5",
        "X: y\0",
        "X\0: y",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: identity, chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, gzip",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunkedx",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding: \u{b}chunked",
        "Transfer-Encoding:\r\n chunked",
        "Transfer-Encoding : chunked",
        "Transfer_Encoding: chunked",
        "Transfer-Encoding: chunked;q=1",
        "Transfer-Encoding: identity",
        "Transfer-Encoding:",
        "Content-Length: 5\r\nTransfer_Encoding: chunked",
        "Upgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 5",
        "Upgrade: websocket\r\nConnection: Upgrade\r\nTransfer-Encoding: chunked",
        "Expect: 100-continue, x\r\nContent-Length: 5",
    ] {
        cases.push(format!("POST /refused HTTP/1.1\r\nHost: {A}\r\n{fields}\r\n\r\n0\r\n\r\n{HIDDEN}"));
    }
    cases.push(format!("POST /refused HTTP/1.0\r\nHost: {A}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}"));
    cases.push(format!("GET /refused HTTP/1.1\nHost: {A}\n\n{HIDDEN}"));
    cases.push(format!("\r\n\r\nGET /refused HTTP/1.1\r\nHost: {A}\r\n\r\n{HIDDEN}"));
    cases.push(format!("GET /refused HTTP/1.1\r\nHost: {A}\n\r\n{HIDDEN}"));
    cases.push(format!("GET /refused HTTP/1.1\r\r\nHost: {A}\r\n\r\n{HIDDEN}"));
    cases.push(format!("GET /refused HTTP/1.1\r\nHost: {A}\r\n\n{HIDDEN}"));
    cases.push(format!("GET  /refused HTTP/1.1\r\nHost: {A}\r\n\r\n{HIDDEN}"));
    cases.push(format!("GET /refused\tx HTTP/1.1\r\nHost: {A}\r\n\r\n{HIDDEN}"));
    cases.push(format!("GET /refused HTTP/1.2\r\nHost: {A}\r\n\r\n{HIDDEN}"));
    cases.push(format!("GET /refused\r\nHost: {A}\r\n\r\n{HIDDEN}"));
    cases.push(format!("GET /refused HTTP/1.1 HTTP/1.1\r\nHost: {A}\r\n\r\n{HIDDEN}"));
    for chunks in [
        "\r\n",
        "\n",
        "0\n\n",
        "0\r\n\n",
        "0\r\n\rX",
        "5\nhello\r\n0\r\n\r\n",
        "5\rhello\r\n0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhelloX\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
        "-5\r\n",
        "5 \r\nhello\r\n0\r\n\r\n",
        " 5\r\nhello\r\n0\r\n\r\n",
        "5;\nx\r\nhello\r\n0\r\n\r\n",
        "5;\rx\r\nhello\r\n0\r\n\r\n",
        "ffffffffffffffff5\r\nhello\r\n0\r\n\r\n",
        "10000000000000005\r\nhello\r\n0\r\n\r\n",
        "g\r\n",
        "5\0\r\nhello\r\n0\r\n\r\n",
        "0\r\nX: y\n\r\n",
        "0\r\n X: y\r\n\r\n",
        "0\r\nX\0: y\r\n\r\n",
    ] {
        cases
            .push(format!("POST /chunked HTTP/1.1\r\nHost: {A}\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}{HIDDEN}"));
    }
    let long = format!("5;{}\r\nhello\r\n0\r\n\r\n", "x".repeat(300));
    cases.push(format!("POST /chunked HTTP/1.1\r\nHost: {A}\r\nTransfer-Encoding: chunked\r\n\r\n{long}{HIDDEN}"));
    cases
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_two_readings_is_refused_and_ends_its_connection() -> Result<()> {
    let edge = Edge::start(json!({"websocket": true}), |_| {}).await?;
    let cases = two_readings();
    for bytes in &cases {
        let mut client = edge.http1().await?;
        client.say(bytes).await?;
        client.try_say(HIDDEN).await;
        let answer = client.rest().await?;
        ensure!(answer.starts_with("HTTP/1.1 400 "), "{bytes:?}: {answer}");
        ensure!(answer.matches("HTTP/1.1 ").count() == 1, "{bytes:?}: {answer}");
    }
    only_routed(&edge, &["/chunked"])?;
    edge.probe().await
}

/// Q15, Q16: what is passed on has one reading, in every dialect, on connections that honest clients use next.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_passed_on_has_one_reading_in_every_dialect() -> Result<()> {
    let edge = Edge::plain().await?;
    let hidden = HIDDEN.len();
    let mut expected = 0;
    for (fields, body) in [
        (format!("Content-Length: {hidden}"), HIDDEN.to_owned()),
        (format!("content-length:\t{hidden} "), HIDDEN.to_owned()),
        ("Transfer-Encoding: chunked".into(), format!("{hidden:x}\r\n{HIDDEN}\r\n0\r\n\r\n")),
        ("transfer-ENCODING: CHUNKED".into(), format!("{hidden:X};a=\"b\"\r\n{HIDDEN}\r\n000\r\n\r\n")),
        (
            "Transfer-Encoding: chunked".into(),
            format!("0{hidden:x}\r\n{HIDDEN}\r\n0\r\nX: y\r\nContent-Length: 5\r\n\r\n"),
        ),
        (format!("Content-Length: {hidden}\r\nX_Content_Length: 0\r\nX-Y: \u{e9}\r\nEmpty:"), HIDDEN.to_owned()),
        (format!("Expect: 100-Continue\r\nContent-Length: {hidden}"), HIDDEN.to_owned()),
        ("Content-Length: 0".into(), String::new()),
    ] {
        let mut client = edge.http1().await?;
        client
            .say(format!("POST /routed HTTP/1.1\r\nHost: {A}\r\n{fields}\r\n\r\n{body}{}", get_of("/routed")))
            .await?;
        for _ in 0..2 {
            let answered = client.status().await?;
            ensure!(answered == 200, "{answered} for {fields}");
        }
        expected += 2;
    }
    let mut client = Http2::connect(&edge).await?;
    for (stream, length) in [(1, None), (3, Some(hidden.to_string()))] {
        let mut fields = asking("POST", "/routed");
        fields.extend(length.as_deref().map(|length| ("content-length", length)));
        client.say([head(stream, 0, &fields), frame(DATA, END_STREAM, stream, HIDDEN.as_bytes())].concat()).await?;
        ensure!(client.status(stream).await? == 200);
        expected += 1;
    }
    ensure!(only_routed(&edge, &["/routed"])? == expected);
    Ok(())
}

/// Checks that in no dialect anything but these paths was asked for. How many requests there were.
fn only_routed(edge: &Edge, paths: &[&str]) -> Result<usize> {
    let connections = edge.upstream.connections();
    let mut most = 0;
    for dialect in dialects::all() {
        let found: Vec<_> = connections.iter().flat_map(|bytes| dialects::requests(bytes, dialect)).collect();
        let odd: Vec<_> =
            found.iter().filter(|line| !paths.iter().any(|path| line.split(' ').nth(1) == Some(path))).collect();
        ensure!(odd.is_empty(), "{dialect:?}: {odd:?}");
        most = most.max(found.len());
    }
    for text in connections.iter().map(|bytes| String::from_utf8_lossy(bytes)) {
        ensure!(!text.contains('\0') && !text.to_ascii_lowercase().contains("_length"), "{text}");
    }
    Ok(most)
}

/// Q20: what follows an answer that came before the body isn't a request.
#[tokio::test(flavor = "multi_thread")]
async fn an_early_answer_leaves_no_body_behind() -> Result<()> {
    let edge =
        Edge::start(json!({"logins": [{"path": "/login", "answer": [{"header": "x-account"}]}]}), |_| {}).await?;
    for (line, host, status) in [
        ("POST /x", B, 421),
        ("POST /.well-known/acme-challenge/x", A, 404),
        ("POST /a%00/../x", A, 400),
        ("PATCH /login%5c%2500", A, 400),
        ("PUT /login\\x", A, 400),
    ] {
        for (fields, body) in [
            (format!("Content-Length: {}", HIDDEN.len()), HIDDEN.to_owned()),
            ("Transfer-Encoding: chunked".into(), format!("{:x}\r\n{HIDDEN}\r\n0\r\n\r\n", HIDDEN.len())),
        ] {
            for is_at_once in [true, false] {
                let mut client = edge.http1().await?;
                let head = format!("{line} HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n\r\n");
                if is_at_once {
                    client.say(head + &body).await?;
                    ensure!(client.status().await? == status, "{line}");
                } else {
                    client.say(head).await?;
                    ensure!(client.status().await? == status, "{line}");
                    client.try_say(&body).await;
                }
                client.try_say(get_of("/after")).await;
                let rest = client.rest_within(Duration::from_millis(200)).await;
                ensure!(!rest.contains("/smuggled"), "{rest}");
            }
        }
    }
    ensure!(edge.upstream.count("/smuggled") == 0, "{}", edge.upstream.everything());
    ensure!(edge.upstream.everything().is_empty());
    Ok(())
}

/// Q20: no more than 64 KiB are read for nothing, however much is announced.
#[tokio::test(flavor = "multi_thread")]
async fn an_endless_body_after_an_early_answer_is_not_read() -> Result<()> {
    let edge = Edge::plain().await?;
    for framing in ["Content-Length: 100000000", "Transfer-Encoding: chunked"] {
        let mut client = edge.http1().await?;
        client.say(format!("POST /x HTTP/1.1\r\nHost: {B}\r\n{framing}\r\n\r\n")).await?;
        ensure!(client.status().await? == 421);
        let piece = format!("4000\r\n{}\r\n", "x".repeat(0x4000));
        let mut taken = 0;
        while taken < 32 << 20 && client.io.write_all(piece.as_bytes()).await.is_ok() {
            taken += piece.len();
        }
        // What the systems on both sides hold counts too.
        ensure!(taken < 16 << 20, "{taken} bytes were read after the answer to {framing}");
    }
    Ok(())
}

/// Q20: the application answers first.
#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_answers_first_gets_no_foreign_body() -> Result<()> {
    let edge = Edge::plain().await?;
    edge.upstream.on("/early", Act::Early);
    for _ in 0..8 {
        let mut client = edge.http1().await?;
        client.say(format!("POST /early HTTP/1.1\r\nHost: {A}\r\nContent-Length: 400\r\n\r\nabc")).await?;
        ensure!(client.answer().await?.1 == b"/early");
        drop(client);
        let mut honest = edge.http1().await?;
        honest.say(get_of("/honest")).await?;
        ensure!(honest.answer().await?.1 == b"/honest");
    }
    for bytes in edge.upstream.connections() {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let after = text.split_once("/early").map_or("", |(_, after)| after);
        ensure!(!after.contains("/honest"), "a request follows half a body: {text}");
    }
    Ok(())
}

/// Q21: only a WebSocket, only by HTTP/1.1, only where it's taken.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_a_wanted_websocket_opens_a_tunnel() -> Result<()> {
    let edge = Edge::start(json!({"websocket": true}), |_| {}).await?;
    let agrees = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    edge.upstream.on("/tunnel", Act::Say(agrees.into()));
    for (line, fields) in [
        ("GET /tunnel HTTP/1.1", "Connection: Upgrade\r\nUpgrade: h2c"),
        ("GET /tunnel HTTP/1.1", "Connection: Upgrade\r\nUpgrade: websocket, h2c"),
        ("GET /tunnel HTTP/1.1", "Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c"),
        ("GET /tunnel HTTP/1.1", "Connection: Upgrade\r\nUpgrade: TLS/1.2"),
        ("POST /tunnel HTTP/1.1", "Connection: Upgrade\r\nUpgrade: websocket"),
        ("GET /tunnel HTTP/1.0", "Connection: Upgrade\r\nUpgrade: websocket"),
    ] {
        let mut client = edge.http1().await?;
        client.say(format!("{line}\r\nHost: {A}\r\n{fields}\r\n\r\n{HIDDEN}")).await?;
        let rest = client.rest_within(Duration::from_millis(200)).await;
        ensure!(rest.starts_with("HTTP/1.1 4"), "{line} {fields}: {rest}");
    }
    ensure!(edge.upstream.count("/tunnel") == 0, "{}", edge.upstream.everything());
    // The application agrees to what nobody asked for: no byte passes, and its connection isn't used again.
    edge.upstream.forget();
    let mut client = edge.http1().await?;
    client.say(get_of("/tunnel") + &get_of("/next")).await?;
    let rest = client.rest_within(Duration::from_millis(300)).await;
    ensure!(!rest.contains("101 Switching"), "{rest}");
    let bytes = edge.upstream.connections().into_iter().find(|bytes| !bytes.is_empty()).context("it was asked")?;
    ensure!(String::from_utf8_lossy(&bytes).matches("HTTP/1.1\r\n").count() == 1, "{}", bytes.escape_ascii());
    edge.probe().await
}

/// Q22, over the wire: size, fields, target.
#[tokio::test(flavor = "multi_thread")]
async fn a_head_is_bounded_while_it_arrives() -> Result<()> {
    let edge = Edge::plain().await?;
    let mut fields = String::new();
    for number in 0..101 {
        write!(fields, "X{number}: y\r\n")?;
    }
    for (bytes, status) in [
        (format!("GET / HTTP/1.1\r\nHost: {A}\r\n{fields}\r\n"), 431),
        (format!("GET / HTTP/1.1\r\nHost: {A}\r\nX: {}", "y".repeat(40_000)), 431),
        (format!("GET / HTTP/1.1\r\nHost: {A}\r\n{}", "X: y\r\n".repeat(8_000)), 431),
        (get_of(&format!("/{}", "x".repeat(17_000))), 414),
        (format!("GET /{}", "x".repeat(40_000)), 414),
    ] {
        let mut client = edge.http1().await?;
        client.try_say(bytes).await;
        let answer = client.rest().await?;
        ensure!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{status}: {answer}");
    }
    ensure!(edge.upstream.everything().is_empty());
    Ok(())
}
