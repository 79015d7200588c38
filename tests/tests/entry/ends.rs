//! An entry ends at every proxy within a second of what it rests on, with everything that is open by it; and by its date,
//! with nobody there to say so.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures_util::{SinkExt, StreamExt};
use http::{Method, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use marque_config::clock::Clock;
use marque_tests::clock::FakeClock;
use marque_tests::installation::Engine;
use marque_tests::till::FOURNIL;
use marque_tests::visitor::{Connection, nothing};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use super::ask;
use super::door::{DEADLINE, Door, refused};

/// What is promised.
const PROMISED: Duration = Duration::from_secs(1);

/// What is open by an entry.
struct Open {
    inside: Connection,
    socket: WebSocketStream<TlsStream<TcpStream>>,
    events: [Incoming; 2],
    _streaming: [Connection; 2],
}

impl Open {
    async fn by(door: &Door) -> Result<Self> {
        let mut inside = door.enter().await?;
        inside.log_in(&FOURNIL).await?;
        let visitor = &door.installation.visitor;
        let mut socket = visitor.websocket(&inside, "/accounts/fournil/live").await?;
        socket.send(Message::text("still there?")).await?;
        ensure!(matches!(socket.next().await, Some(Ok(Message::Text(_)))));
        let host = super::door::BAKER;
        let mut streaming = [visitor.http1(host).await?, visitor.http2(host).await?];
        let mut events = Vec::new();
        for connection in &mut streaming {
            connection.cookies.clone_from(&inside.cookies);
            let request = connection.request(Method::GET, "/accounts/fournil/events").body(nothing())?;
            let mut stream = connection.open(request).await?.into_body();
            stream.frame().await.context("the stream stands")??;
            events.push(stream);
        }
        let events = events.try_into().ok().context("two streams")?;
        Ok(Self { inside, socket, events, _streaming: streaming })
    }

    /// Comes back when all of it has ended, and says when by our clock.
    async fn ended(&mut self) -> Result<i64> {
        let [first, second] = &mut self.events;
        let over = async {
            while let Some(Ok(_)) = self.socket.next().await {}
            while let Some(Ok(_)) = first.frame().await {}
            while let Some(Ok(_)) = second.frame().await {}
        };
        timeout(DEADLINE, over).await.context("what is open ends")?;
        Ok(now_ms())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_entry_rests_on_ends_it_within_a_second_on_sqlite() -> Result<()> {
    revocations(Engine::Sqlite).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_entry_rests_on_ends_it_within_a_second_on_postgresql() -> Result<()> {
    revocations(Engine::Postgres).await
}

async fn revocations(engine: Engine) -> Result<()> {
    let mut door = Door::open(engine).await?;
    for what in ["consent", "assignment", "role", "partner", "member"] {
        let mut open = Open::by(&door).await?;
        let mut visitor = door.installation.visitor.http1(super::door::BAKER).await?;
        visitor.log_in(&FOURNIL).await?;
        revoke(&door, what).await?;
        let begun = Instant::now();
        open.ended().await?;
        let taken = begun.elapsed();
        println!("{what}: everything that was open has ended {taken:?} after the API's answer");
        ensure!(taken < PROMISED, "{what}: {taken:?}");
        refused(&ask(&mut open.inside, "/echo").await?, (StatusCode::FORBIDDEN, "entry_ended"))?;
        ensure!(visitor.get("/accounts/fournil/till").await?.status == StatusCode::OK, "nobody else is cut");
        // The refusal took the cookie away: whoever asks again is as everybody else.
        ensure!(open.inside.get("/login").await?.status == StatusCode::OK);
        match what {
            "partner" => {
                let path = format!("/v1/partners/{}/resume", door.business.partner);
                door.installation.operator.post(&path, json!({})).await?;
            }
            "member" => {}
            _ => door.assign("act", None).await?,
        }
    }
    Ok(())
}

async fn revoke(door: &Door, what: &str) -> Result<()> {
    let operator = &door.installation.operator;
    match what {
        "consent" => door.client.post(&format!("/v1/consents/{}/revoke", door.consent), json!({})).await,
        "assignment" => operator.delete(&format!("/v1/assignments/{}", door.assignment)).await,
        "role" => operator.delete(&format!("/v1/collaborators/{}/roles/technical_support", door.anne.member)).await,
        "partner" => operator.post(&format!("/v1/partners/{}/suspend", door.business.partner), json!({})).await,
        _ => operator.delete(&format!("/v1/members/{}", door.anne.member)).await,
    }
    .map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_ends_at_its_date_with_the_control_plane_dead() -> Result<()> {
    let mut door = Door::open(Engine::Sqlite).await?;
    let end_ms = now_ms() + 6_000;
    let until = format!("update assignment set until_ms = {end_ms} where state = 'active'");
    door.sql(&until).await?;
    let mut open = Open::by(&door).await?;
    door.installation.control.kill()?;
    ensure!(now_ms() < end_ms, "all of it was opened before the end");
    let late_ms = open.ended().await? - end_ms;
    println!("everything that was open has ended {late_ms} ms after its date");
    ensure!((0..1_000).contains(&late_ms), "{late_ms} ms after its date");
    refused(&ask(&mut open.inside, "/echo").await?, (StatusCode::FORBIDDEN, "entry_ended"))
}

fn now_ms() -> i64 {
    FakeClock::at_the_real_time().now_ms()
}
