//! How fast a suspension reaches visitors, and what happens to what is open.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use futures_util::{SinkExt, StreamExt};
use http::{Method, StatusCode};
use http_body_util::BodyExt;
use marque_tests::installation::{Engine, Installation};
use marque_tests::till::FOURNIL;
use marque_tests::visitor::{Connection, nothing};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

const BAKER: &str = "fournil.p.localhost";

/// Five times the second that is promised.
const DEADLINE: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_reaches_open_connections_at_once() -> Result<()> {
    const ROUNDS: usize = 100;
    let installation = Installation::start(Engine::Sqlite).await?;
    let [fournil, _] = installation.open_both().await?;
    let mut connection = installation.visitor.http2(BAKER).await?;
    let mut taken = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        fournil.suspend(&installation.operator).await?;
        taken.push(until_status(&mut connection, StatusCode::FORBIDDEN).await?);
        fournil.resume(&installation.operator).await?;
        until_status(&mut connection, StatusCode::OK).await?;
    }
    taken.sort_unstable();
    println!(
        "{ROUNDS} suspensions, from the API's answer to the first refusal: p50 {:?}, p99 {:?}",
        taken[49], taken[98]
    );
    assert!(taken[98] < DEADLINE);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_open_at_a_suspended_tenant_is_cut() -> Result<()> {
    let installation = Installation::start(Engine::Sqlite).await?;
    let [fournil, _] = installation.open_both().await?;
    let mut connection = installation.visitor.http1(BAKER).await?;
    connection.log_in(&FOURNIL).await?;
    let mut socket = installation.visitor.websocket(&connection, "/accounts/fournil/live").await?;
    socket.send(Message::text("still there?")).await?;
    ensure!(matches!(socket.next().await, Some(Ok(Message::Text(text))) if text == "still there?"));
    let request = connection.request(Method::GET, "/accounts/fournil/events").body(nothing())?;
    let mut events = connection.open(request).await?.into_body();
    ensure!(events.frame().await.is_some(), "the stream stands");

    fournil.suspend(&installation.operator).await?;
    let cut = async {
        while let Some(Ok(_)) = socket.next().await {}
        while let Some(Ok(_)) = events.frame().await {}
    };
    timeout(5 * DEADLINE, cut).await?;
    Ok(())
}

async fn until_status(connection: &mut Connection, status: StatusCode) -> Result<Duration> {
    let start = Instant::now();
    while start.elapsed() < DEADLINE {
        if connection.get("/echo").await?.status == status {
            return Ok(start.elapsed());
        }
    }
    anyhow::bail!("no {status} within {DEADLINE:?}");
}
