//! One tenant's application hangs: the others don't feel it (Q77).

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use marque_tests::wait::until;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::Raw;
use crate::edge::{B, Edge, get_of};
use crate::frames::{Http2, get};
use crate::upstream::Act;

/// A number among the proxy's metrics.
async fn metric(edge: &Edge, name: &str) -> Result<usize> {
    let mut stream = TcpStream::connect(edge.handle.status()).await?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.map_or(Ok(0), |value| value.parse().context("a number"))
}

/// How long the slowest but one of a hundred requests at B takes.
async fn slowest(edge: &Edge) -> Result<Duration> {
    let mut client = Raw::new(edge.visitor.handshake(B, &["http/1.1"]).await?);
    let mut taken = Vec::new();
    for _ in 0..100 {
        let start = Instant::now();
        client.say(format!("GET /b HTTP/1.1\r\nHost: {B}\r\n\r\n")).await?;
        ensure!(client.status().await? == 200);
        taken.push(start.elapsed());
    }
    taken.sort();
    Ok(taken[98])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_whose_application_hangs_takes_a_quarter_and_nobody_waits_for_it() -> Result<()> {
    const ALL: usize = 2_000;
    let edge = Edge::start(json!({}), |settings| {
        settings.limits.requests = ALL;
        settings.limits.requests_per_client = ALL;
        settings.limits.requests_per_tenant = ALL / 4;
        settings.limits.requests_per_target = ALL;
    })
    .await?;
    edge.upstream.on("/hang", Act::Hang);
    let before = slowest(&edge).await?;
    let mut hung = Vec::new();
    for _ in 0..20 {
        let mut client = Http2::connect(&edge).await?;
        client.say((0..100).flat_map(|number| get(2 * number + 1, "/hang")).collect::<Vec<_>>()).await?;
        hung.push(client);
    }
    let refused = ALL - ALL / 4;
    until("2,000 requests are there", Duration::from_secs(10), async || {
        Ok(metric(&edge, "proxy_requests_total{outcome=\"tenant_busy\"}").await? == refused)
    })
    .await?;
    ensure!(metric(&edge, "proxy_requests_in_flight").await? == ALL / 4, "a quarter of the places");
    let during = slowest(&edge).await?;
    println!("p99 before {before:?}, during {during:?}");
    // Twice is what is wanted; five times what is expected is what a busy machine is allowed.
    ensure!(during < (before * 5).max(Duration::from_millis(50)), "{during:?}, and {before:?} before");
    drop(hung);
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
        settings.limits.target_patience = marque_config::settings::Milliseconds::new(300);
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
