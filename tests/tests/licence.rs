//! A licence ends at its instant, with nobody there to say so: for new requests, for those on open connections, and for
//! what is open.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures_util::{SinkExt, StreamExt};
use http::{Method, StatusCode};
use http_body_util::BodyExt;
use marque_config::clock::Clock;
use marque_tests::clock::FakeClock;
use marque_tests::installation::{BRAND, Engine, Installation, Tenancy};
use marque_tests::till::{FOURNIL, MOULIN};
use marque_tests::visitor::{Connection, nothing};
use marque_tests::wait::until;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

const BAKER: &str = "fournil.p.localhost";
const MILLER: &str = "moulin.p.localhost";

/// Long enough for the proxy to be told, and for everything to be opened, on a machine that has other work.
const LEFT_MS: i64 = 6_000;
const DEADLINE: Duration = Duration::from_secs(10);
/// What may pass between the instant and its being seen here.
const SEEN_MS: i64 = 1_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_licence_ends_at_its_instant_with_the_control_plane_dead() -> Result<()> {
    let mut installation = Installation::start(Engine::Sqlite).await?;
    let [fournil, moulin] = clients(&installation).await?;
    let end_ms = now_ms() + LEFT_MS;
    license(&installation, [(&fournil, "block"), (&moulin, "read_only")], end_ms).await?;
    let visitor = &installation.visitor;
    until("the application hears of the grace", DEADLINE, async || {
        let [baker, miller] = [visitor.get(BAKER, "/echo").await?, visitor.get(MILLER, "/echo").await?];
        Ok(licence_told(&baker.json()?) == Some("grace") && licence_told(&miller.json()?) == Some("grace"))
    })
    .await?;
    installation.control.kill()?;

    let mut kept = [visitor.http1(BAKER).await?, visitor.http2(BAKER).await?];
    let mut reading = visitor.http1(MILLER).await?;
    kept[0].log_in(&FOURNIL).await?;
    reading.log_in(&MOULIN).await?;
    let mut socket = visitor.websocket(&kept[0], "/accounts/fournil/live").await?;
    socket.send(Message::text("still there?")).await?;
    ensure!(matches!(socket.next().await, Some(Ok(Message::Text(_)))));
    let mut over_http2 = visitor.http2(BAKER).await?;
    over_http2.cookies = kept[0].cookies.clone();
    let mut events = events_of(&mut over_http2).await?;
    for connection in &mut kept {
        ensure!(connection.get("/echo").await?.status == StatusCode::OK);
    }
    ensure!(now_ms() < end_ms, "all of it was opened before the end");

    let sockets_end = async {
        while let Some(Ok(_)) = socket.next().await {}
        now_ms()
    };
    let events_end = async {
        while let Some(Ok(_)) = events.frame().await {}
        now_ms()
    };
    let ends = timeout(DEADLINE, async { tokio::join!(sockets_end, events_end) }).await?;
    for (what, ended_ms) in [("the WebSocket", ends.0), ("the events", ends.1)] {
        let late_ms = ended_ms - end_ms;
        println!("{what} ended {late_ms} ms after the licence");
        ensure!((0..SEEN_MS).contains(&late_ms), "{what} ended {late_ms} ms after the licence");
    }
    for connection in &mut kept {
        refused(connection).await?;
    }
    only_reads(&mut reading, visitor.http1(MILLER).await?).await
}

/// On a connection that was open before.
async fn refused(connection: &mut Connection) -> Result<()> {
    let request = connection.request(Method::GET, "/echo").header("accept-language", "fr").body(nothing())?;
    let answer = connection.send(request).await?;
    assert_eq!(answer.status, StatusCode::PAYMENT_REQUIRED, "{}", answer.text());
    let page = answer.text();
    for told in ["La licence est arrivée à son terme", &BRAND.replace('&', "&#38;"), "aide@comptoir.example"] {
        ensure!(page.contains(told), "{told} in {page}");
    }
    Ok(())
}

/// Where the plan lets a space be read.
async fn only_reads(connection: &mut Connection, mut another: Connection) -> Result<()> {
    let read = connection.get("/echo").await?;
    assert_eq!((read.status, licence_told(&read.json()?)), (StatusCode::OK, Some("read_only")));
    let sale = [("article", "farine"), ("cents", "120")];
    let written = connection.post_form("/accounts/moulin/sales", &sale).await?;
    assert_eq!(written.status, StatusCode::PAYMENT_REQUIRED, "{}", written.text());
    // What is refused with its body unread ends its connection.
    another.cookies = connection.cookies.clone();
    let out = another.post_form("/logout", &[]).await?;
    ensure!(out.status.is_success() || out.status.is_redirection(), "{}: {}", out.status, out.text());
    let again = another.log_in(&MOULIN).await?;
    ensure!(again.status.is_redirection(), "{}: {}", again.status, again.text());
    Ok(())
}

async fn events_of(connection: &mut Connection) -> Result<hyper::body::Incoming> {
    let request = connection.request(Method::GET, "/accounts/fournil/events").body(nothing())?;
    let mut events = connection.open(request).await?.into_body();
    events.frame().await.context("the stream stands")??;
    Ok(events)
}

/// The baker's and the miller's spaces, each with a licence and taken over by its client.
async fn clients(installation: &Installation) -> Result<[Tenancy; 2]> {
    let (operator, business) = (&installation.operator, installation.open_business().await?);
    let fournil = business.open_client(operator, FOURNIL).await?;
    let moulin = business.open_client(operator, MOULIN).await?;
    for tenancy in [&fournil, &moulin] {
        tenancy.add_platform_name(operator, tenancy.person.account).await?;
        installation.hand_over(&tenancy.id, tenancy.person.email).await?;
    }
    let far_ms = now_ms() + 3_600_000;
    license(installation, [(&fournil, "block"), (&moulin, "read_only")], far_ms).await?;
    for tenancy in [&fournil, &moulin] {
        installation.until_served(&tenancy.platform_host()).await?;
    }
    Ok([fournil, moulin])
}

/// Gives tenants licences that end at an instant and are in their grace, as no order could: an order's end is days away.
async fn license(installation: &Installation, tenants: [(&Tenancy, &str); 2], end_ms: i64) -> Result<()> {
    sqlx::any::install_default_drivers();
    let pool = sqlx::AnyPool::connect(&installation.site.sqlite().0).await?;
    for (tenancy, when_over) in tenants {
        let licence = json!({ "state": "usable", "until_ms": end_ms, "when_over": when_over });
        sqlx::query("update tenant set licence = $2, licence_use = $3 where id = $1")
            .bind(&tenancy.id)
            .bind(licence.to_string())
            .bind(json!({ "grace_from_ms": 1 }).to_string())
            .execute(&pool)
            .await?;
        // Told anew with the next change of it.
        tenancy.suspend(&installation.operator).await?;
        tenancy.resume(&installation.operator).await?;
    }
    pool.close().await;
    Ok(())
}

/// What the application heard of the licence, as `/echo` shows it.
fn licence_told(echo: &Value) -> Option<&str> {
    let fields = echo["headers"].as_array()?;
    fields.iter().find(|field| field[0] == "marque-licence")?[1].as_str()
}

fn now_ms() -> i64 {
    FakeClock::at_the_real_time().now_ms()
}
