//! Slow clients in every phase: Q33. Deadlines are short by settings, so that a test takes a second.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use marque_config::settings::{Milliseconds, ProxySettings};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{interval, timeout};

use crate::client::Raw;
use crate::edge::{A, Edge, get_of};
use crate::frames::{
    CONTINUATION, END_STREAM, GOAWAY, HEADERS, Http2, PING, SETTINGS, asking, block, frame, get, head,
};

const DEADLINE: Duration = Duration::from_millis(600);
/// Five times what is expected.
const CUT: Duration = Duration::from_millis(3_000);

fn hurried(settings: &mut ProxySettings) {
    let deadline = Milliseconds::new(600);
    settings.limits.handshake_deadline = deadline;
    settings.limits.head_deadline = deadline;
    settings.limits.idle_deadline = deadline;
    settings.limits.write_deadline = deadline;
}

/// Says bytes one by one, again and again, until the other side has had enough; how long that took.
async fn trickle(client: &mut Raw, bytes: &[u8]) -> Result<Duration> {
    let start = Instant::now();
    let trickling = async {
        let mut clock = interval(Duration::from_millis(20));
        for byte in bytes.iter().cycle() {
            clock.tick().await;
            let is_gone = matches!(timeout(Duration::from_millis(1), client.more()).await, Ok(Ok(false)));
            if is_gone || client.io.write_all(&[*byte]).await.is_err() || client.io.flush().await.is_err() {
                return;
            }
        }
    };
    timeout(CUT, trickling).await.context("it trickles for ever")?;
    Ok(start.elapsed())
}

/// How long it takes until a client that says nothing more is cut.
async fn silence(client: &mut Raw) -> Result<Duration> {
    let start = Instant::now();
    timeout(CUT, client.rest()).await.context("silence for ever")??;
    Ok(start.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_client_is_cut_in_every_phase_before_http() -> Result<()> {
    let edge = Edge::start(json!({}), hurried).await?;
    let tcp = async || anyhow::Ok(Raw::new(TcpStream::connect(edge.handle.https()).await?));
    ensure!(silence(&mut tcp().await?).await? >= DEADLINE / 2, "nothing at all");
    let mut half = tcp().await?;
    half.say([22, 3, 1, 2, 0, 1, 0]).await?;
    silence(&mut half).await.context("half a hello")?;
    let hello = [&[22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3][..], &[7; 400]].concat();
    trickle(&mut tcp().await?, &hello).await.context("a hello, byte by byte")?;
    // The plain listener has its own.
    let plain = edge.handle.http().context("a plain listener")?;
    let mut nothing = Raw::new(TcpStream::connect(plain).await?);
    silence(&mut nothing).await.context("nothing, plain")?;
    let mut slow = Raw::new(TcpStream::connect(plain).await?);
    trickle(&mut slow, b"GET / HTTP/1.1\r\nX: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy")
        .await
        .context("a plain head")?;
    edge.probe().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_client_is_cut_in_every_phase_of_http1() -> Result<()> {
    let edge = Edge::start(json!({}), hurried).await?;
    silence(&mut edge.http1().await?).await.context("no request")?;
    let mut after = edge.http1().await?;
    after.say(get_of("/x")).await?;
    ensure!(after.status().await? == 200);
    silence(&mut after).await.context("no second request")?;
    let mut half = edge.http1().await?;
    half.say("GET / HTT").await?;
    silence(&mut half).await.context("half a head")?;
    let endless = format!("GET / HTTP/1.1\r\nHost: {A}\r\nX: {}", "y".repeat(400));
    let mut slow = edge.http1().await?;
    trickle(&mut slow, endless.as_bytes()).await.context("a head, byte by byte")?;
    edge.probe().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_client_is_cut_in_every_phase_of_http2() -> Result<()> {
    let edge = Edge::start(json!({}), hurried).await?;
    let handshake = async || anyhow::Ok(Raw::new(edge.visitor.handshake(A, &["h2"]).await?));
    silence(&mut handshake().await?).await.context("no preface")?;
    let mut half = handshake().await?;
    half.say("PRI * HTTP").await?;
    silence(&mut half).await.context("half a preface")?;
    trickle(&mut handshake().await?, b"PRI * HTTP/2.0\r\n\r").await.context("a preface, byte by byte")?;
    silence(&mut Http2::connect(&edge).await?.raw).await.context("no request")?;
    let mut unsettled = handshake().await?;
    unsettled.say("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await?;
    silence(&mut unsettled).await.context("no settings")?;
    let mut after = Http2::connect(&edge).await?;
    after.say(get(1, "/x")).await?;
    ensure!(after.status(1).await? == 200);
    silence(&mut after.raw).await.context("no second request")?;
    let mut endless = Http2::connect(&edge).await?;
    endless.say(frame(HEADERS, END_STREAM, 1, &block(&asking("GET", "/x")))).await?;
    silence(&mut endless.raw).await.context("half a head")?;
    let mut slow = Http2::connect(&edge).await?;
    slow.say(frame(HEADERS, END_STREAM, 1, &block(&asking("GET", "/x")))).await?;
    trickle(&mut slow.raw, &frame(CONTINUATION, 0, 1, &[])).await.context("a head, frame by frame")?;
    let mut pinging = Http2::connect(&edge).await?;
    trickle(&mut pinging.raw, &frame(PING, 0, 0, &[0; 8])).await.context("pings and nothing else")?;
    let mut settling = Http2::connect(&edge).await?;
    trickle(&mut settling.raw, &frame(SETTINGS, 0, 0, &[])).await.context("settings and nothing else")?;
    edge.probe().await
}

/// A stream that was refused, and whose body never comes, doesn't keep its connection.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_stream_that_never_ends_is_forgotten() -> Result<()> {
    let edge = Edge::start(json!({}), hurried).await?;
    let mut client = Http2::connect(&edge).await?;
    let other = vec![(":method", "POST"), (":scheme", "https"), (":authority", "b.p.example.com"), (":path", "/x")];
    client.say(head(1, 0, &other)).await?;
    ensure!(client.status(1).await? == 421);
    silence(&mut client.raw).await?;
    Ok(())
}

/// Q33: whoever is slow is alone with it.
#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_slow_clients_hinder_nobody() -> Result<()> {
    let edge = Edge::plain().await?;
    let mut slow = Vec::new();
    for number in 0..200 {
        let mut client = match number % 5 {
            0 => Raw::new(TcpStream::connect(edge.handle.https()).await?),
            1 | 2 => edge.http1().await?,
            3 => edge.visitor.handshake(A, &["h2"]).await.map(Raw::new)?,
            _ => Http2::connect(&edge).await?.raw,
        };
        match number % 5 {
            0 => client.say([22, 3, 1]).await?,
            1 => client.say("GET / HTTP/1.1\r\nHo").await?,
            2 => client.say(format!("POST /slow HTTP/1.1\r\nHost: {A}\r\nContent-Length: 100\r\n\r\nx")).await?,
            3 => client.say("PRI * ").await?,
            _ => client.say(head(1, 0, &asking("POST", "/slow"))).await?,
        }
        slow.push(client);
    }
    for _ in 0..5 {
        edge.probe().await?;
    }
    ensure!(slow.len() == 200);
    Ok(())
}

/// A client that reads nothing at all of an HTTP/2 connection.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_reads_is_cut() -> Result<()> {
    let edge = Edge::start(json!({}), hurried).await?;
    let body = vec![b'x'; 8 << 20];
    let answer = [format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes(), &body].concat();
    edge.upstream.on("/large", crate::upstream::Act::Say(answer.into()));
    let wide = 0x7fff_ffff_u32 - 65_535;
    let mut client = Http2::connect_with(&edge, &[(1, 0), (4, 0x7fff_ffff)]).await?;
    client.say(frame(crate::frames::WINDOW_UPDATE, 0, 0, &wide.to_be_bytes())).await?;
    client.say((0..8).flat_map(|number| get(2 * number + 1, "/large")).collect::<Vec<_>>()).await?;
    // Nothing is read until the other side has given up.
    let mut clock = interval(Duration::from_millis(50));
    let writing = async {
        while client.try_say(frame(PING, 0, 0, &[0; 8])).await {
            clock.tick().await;
        }
    };
    timeout(Duration::from_secs(6), writing).await.context("it waits for ever")?;
    let frames = client.rest().await?;
    let whole = frames.iter().filter(|frame| frame.kind == 0 && frame.flags & END_STREAM != 0).count();
    ensure!(whole < 8 || frames.iter().any(|frame| frame.kind == GOAWAY), "all was delivered");
    Ok(())
}
