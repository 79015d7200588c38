//! Hostile applications: Q60, Q73, Q74.

use anyhow::{Result, ensure};

use crate::edge::{A, Edge, get_of};
use crate::frames::{Http2, get};
use crate::upstream::Act;

/// Q73: what was cut off looks cut off.
#[tokio::test(flavor = "multi_thread")]
async fn a_cut_answer_looks_cut() -> Result<()> {
    let edge = Edge::plain().await?;
    for (path, bytes) in [
        ("/length", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
        ("/chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
        ("/chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
        ("/last", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"),
        ("/size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nxyz\r\n"),
    ] {
        edge.upstream.on(path, Act::SayAndClose(bytes.into()));
        let mut client = edge.http1().await?;
        client.say(get_of(path)).await?;
        let rest = client.rest().await?;
        let is_cut = rest.starts_with("HTTP/1.1 502") || !rest.ends_with("0\r\n\r\n");
        ensure!(is_cut && !rest.ends_with("abcdefghij"), "{path}: {rest}");
        let mut client = Http2::connect(&edge).await?;
        client.say(get(1, path)).await?;
        let (body, is_whole) = client.body(1).await?;
        ensure!(!is_whole || !body.starts_with(b"a"), "{path}: {}", body.escape_ascii());
    }
    edge.probe().await
}

/// Q74: an answer that can be read in two ways is none.
#[tokio::test(flavor = "multi_thread")]
async fn an_ambiguous_answer_is_not_passed_on() -> Result<()> {
    let edge = Edge::plain().await?;
    for (number, fields) in [
        "Content-Length: 3\r\nContent-Length: 5",
        "Content-Length: 3, 5",
        "Content-Length: -3",
        "Content-Length: +3",
        "Content-Length: 0x3",
        "Content-Length: 99999999999999999999",
        "Content-Length: three",
        "Content-Length:",
        "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 3\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: identity\r\nContent-Length: 3",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "X: y\r\n folded\r\nContent-Length: 3",
        "X y: z\r\nContent-Length: 3",
        "X: \0\r\nContent-Length: 3",
    ]
    .iter()
    .enumerate()
    {
        let path = format!("/{number}");
        edge.upstream.on(&path, Act::Say(format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\nabcde").into()));
        let mut client = edge.http1().await?;
        client.say(get_of(&path)).await?;
        let answered = client.status().await?;
        ensure!(answered == 502, "{answered} for {fields:?}");
        let mut client = Http2::connect(&edge).await?;
        client.say(get(1, &path)).await?;
        let answered = client.status(1).await?;
        ensure!(answered == 502, "{answered} for {fields:?} over HTTP/2");
    }
    edge.probe().await
}

/// Q74: bytes that nobody asked for answer nobody.
#[tokio::test(flavor = "multi_thread")]
async fn surplus_bytes_answer_nobody() -> Result<()> {
    let edge = Edge::plain().await?;
    let stray = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray";
    for (number, answer) in [
        format!("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc{stray}"),
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n{stray}"),
        format!("HTTP/1.1 204 No Content\r\n\r\n{stray}"),
        format!("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n{stray}"),
        format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n{stray}"),
    ]
    .iter()
    .enumerate()
    {
        let path = format!("/{number}");
        edge.upstream.on(&path, Act::Say(answer.clone().into()));
        for round in 0..10 {
            let method = if round % 2 == 0 { "GET" } else { "HEAD" };
            let mut first = edge.http1().await?;
            first.say(format!("{method} {path} HTTP/1.1\r\nHost: {A}\r\n\r\n")).await?;
            first.until(b"\r\n\r\n").await?;
            let mut second = edge.http1().await?;
            second.say(get_of("/honest")).await?;
            let (head, body) = second.answer().await?;
            ensure!(body == b"/honest", "{answer}: {head}{}", body.escape_ascii());
        }
    }
    Ok(())
}

/// Q60: a cookie stays where it was set.
#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_for_others_is_narrowed() -> Result<()> {
    let edge = Edge::plain().await?;
    let mut fields = String::new();
    for (number, domain) in
        ["Domain=p.example.com", "domain=.example.com", "DOMAIN = b.p.example.com", "Path=/; Domain=com;Domain=a"]
            .iter()
            .enumerate()
    {
        fields += &format!("Set-Cookie: c{number}=v; {domain}\r\n");
    }
    edge.upstream.on("/", Act::Say(format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{fields}\r\n").into()));
    let mut client = edge.http1().await?;
    client.say(get_of("/")).await?;
    let (head, _) = client.answer().await?;
    let head = head.to_ascii_lowercase();
    ensure!(head.matches("set-cookie: ").count() == 4 && head.matches("; secure").count() == 4, "{head}");
    ensure!(!head.contains("domain"), "{head}");
    Ok(())
}
