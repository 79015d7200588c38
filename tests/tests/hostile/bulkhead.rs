//! One tenant's application hangs: the others don't feel it (Q77).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use futures_util::future::{select_all, try_join_all};
use marque_config::settings::Milliseconds;
use marque_tests::wait::until;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::client::Raw;
use crate::edge::{B, Edge, get_of};
use crate::frames::{HEADERS, Http2, WINDOW_UPDATE, frame, get, status};
use crate::upstream::Act;

/// A number among the proxy's metrics.
async fn metric(edge: &Edge, name: &str) -> Result<usize> {
    let mut stream = TcpStream::connect(edge.handle.status()).await?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.map_or(Ok(0), |value| value.parse().context("a number"))
}

/// How long requests at B take: the median of a hundred, and the slowest but one. Of ten times a hundred the quickest: what
/// slows all of them down shows, and what else the machine does at times doesn't.
async fn taken_at_b(edge: &Edge) -> Result<[Duration; 2]> {
    let mut client = Raw::new(edge.visitor.handshake(B, &["http/1.1"]).await?);
    let mut least = [Duration::MAX; 2];
    for _ in 0..10 {
        let mut taken = Vec::new();
        for _ in 0..100 {
            let start = Instant::now();
            client.say(format!("GET /b HTTP/1.1\r\nHost: {B}\r\n\r\n")).await?;
            ensure!(client.status().await? == 200);
            taken.push(start.elapsed());
        }
        taken.sort();
        least = [least[0].min(taken[50]), least[1].min(taken[98])];
    }
    Ok(least)
}

/// A client that asks a hundred times for what never comes, on one connection, and reads whatever comes.
async fn ask_in_vain(edge: &Edge) -> Result<Http2> {
    let mut client = Http2::connect(edge).await?;
    let wide = frame(WINDOW_UPDATE, 0, 0, &(1_u32 << 24).to_be_bytes());
    client.say([wide, (0..100).flat_map(|number| get(2 * number + 1, "/hang")).collect()].concat()).await?;
    Ok(client)
}

/// Reads until one more request was answered, however long that takes; with what.
async fn answered(client: &mut Http2) -> Result<u16> {
    loop {
        while client.raw.seen.is_empty() {
            ensure!(client.raw.io.read_buf(&mut client.raw.seen).await? > 0, "an answer, not an end");
        }
        let frame = client.next().await?.context("an answer, not an end")?;
        if frame.kind == HEADERS {
            return status(&frame.payload).context("a status");
        }
    }
}

/// Reads until so many requests, of all these clients, were answered: each with 503.
async fn refused(clients: &mut [Http2], count: usize) -> Result<()> {
    let (seen, is_over) = (AtomicUsize::new(0), Notify::new());
    let read = clients.iter_mut().map(async |client| {
        loop {
            let status = answered(client).await?;
            if status != 503 {
                return anyhow::Ok(status);
            }
            if seen.fetch_add(1, Ordering::Relaxed) + 1 == count {
                is_over.notify_one();
            }
        }
    });
    tokio::select! {
        other = select_all(read.map(Box::pin)) => bail!("{:?} and not 503", other.0),
        () = is_over.notified() => Ok(()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_whose_application_hangs_takes_a_quarter_and_nobody_waits_for_it() -> Result<()> {
    const ASKED: usize = 2_000;
    const PLACES: usize = 800;
    let edge = Edge::start(json!({}), |settings| {
        settings.limits.requests = PLACES;
        settings.limits.requests_per_client = ASKED;
        settings.limits.requests_per_tenant = PLACES / 4;
        settings.limits.requests_per_target = ASKED;
    })
    .await?;
    edge.upstream.on("/hang", Act::Hang);
    let before = taken_at_b(&edge).await?;
    let mut clients = try_join_all((0..ASKED / 100).map(|_| ask_in_vain(&edge))).await?;
    refused(&mut clients, ASKED - PLACES / 4).await?;
    ensure!(metric(&edge, "proxy_requests_total{outcome=\"tenant_busy\"}").await? == ASKED - PLACES / 4);
    ensure!(metric(&edge, "proxy_requests_in_flight").await? == PLACES / 4, "a quarter of the places");
    until("the application has them", Duration::from_secs(10), async || {
        Ok(edge.upstream.count("GET /hang ") == PLACES / 4)
    })
    .await?;
    let limits = before.map(|before| before * 2 + Duration::from_millis(2));
    // The machine has other work, too: who waits for the other tenant waits each time.
    until("nobody else waits longer than before", Duration::from_secs(10), async || {
        let during = taken_at_b(&edge).await?;
        Ok(during[0] < limits[0] && during[1] < limits[1])
    })
    .await?;
    drop(clients);
    until("every place is free again", Duration::from_secs(10), async || {
        Ok(metric(&edge, "proxy_requests_in_flight").await? == 0)
    })
    .await?;
    edge.probe().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_of_an_application_that_is_full_is_waited_for_a_little() -> Result<()> {
    let edge = Edge::start(json!({}), |settings| {
        settings.limits.requests_per_target = 2;
        settings.limits.target_patience = Milliseconds::new(300);
    })
    .await?;
    edge.upstream.on("/hang", Act::Hang);
    let mut hung = Vec::new();
    for _ in 0..2 {
        let mut client = edge.http1().await?;
        client.say(get_of("/hang")).await?;
        hung.push(client);
    }
    until("both are there", Duration::from_secs(10), async || Ok(edge.upstream.count("/hang") == 2)).await?;
    let mut third = edge.http1().await?;
    third.say(get_of("/x")).await?;
    ensure!(third.status().await? == 503);
    ensure!(metric(&edge, "proxy_requests_total{outcome=\"target_busy\"}").await? == 1);
    drop(hung);
    until("there is room again", Duration::from_secs(10), async || {
        let mut again = edge.http1().await?;
        again.say(get_of("/x")).await?;
        Ok(again.status().await? == 200)
    })
    .await
}
