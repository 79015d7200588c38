//! What is long or large passes as it comes, both ways, on both versions of HTTP.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt, stream};
use http::{Method, StatusCode};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use marque_tests::installation::{Engine, Installation};
use marque_tests::till::FOURNIL;
use marque_tests::visitor::{Body, Connection, nothing};
use tokio_tungstenite::tungstenite::Message;

const BAKER: &str = "fournil.p.localhost";
const PIECES: usize = 512;
const PIECE: usize = 32 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn sockets_events_and_large_bodies_pass_as_they_come() -> Result<()> {
    let installation = Installation::start(Engine::Sqlite).await?;
    installation.open_both().await?;
    a_websocket_speaks_both_ways(&installation).await?;
    for mut connection in [installation.visitor.http1(BAKER).await?, installation.visitor.http2(BAKER).await?] {
        connection.log_in(&FOURNIL).await?;
        a_large_body_goes_up_whole(&mut connection).await?;
        a_large_body_comes_down_whole(&mut connection).await?;
        each_event_arrives_when_it_happens(&installation, &mut connection).await?;
    }
    Ok(())
}

async fn a_websocket_speaks_both_ways(installation: &Installation) -> Result<()> {
    let mut connection = installation.visitor.http1(BAKER).await?;
    connection.log_in(&FOURNIL).await?;
    let mut socket = installation.visitor.websocket(&connection, "/accounts/fournil/live").await?;
    for text in ["one", "two"] {
        socket.send(Message::text(text)).await?;
        ensure!(socket.next().await.context("an echo")?? == Message::text(text));
    }
    sell(&mut connection, "baguette").await?;
    let told = socket.next().await.context("a sale")??.into_text()?;
    ensure!(told.contains("baguette"), "{told}");
    socket.close(None).await?;
    ensure!(
        installation.visitor.websocket(&connection, "/accounts/moulin/live").await.is_err(),
        "another's is refused"
    );
    Ok(())
}

async fn a_large_body_goes_up_whole(connection: &mut Connection) -> Result<()> {
    let pieces = stream::iter((0..PIECES).map(|_| Ok(Frame::data(Bytes::from(vec![b'm'; PIECE])))));
    let body: Body = BodyExt::boxed(StreamBody::new(pieces));
    let request = connection.request(Method::PUT, "/accounts/fournil/upload").body(body)?;
    let answer = connection.send(request).await?;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.json()?["bytes"], PIECES * PIECE);
    Ok(())
}

async fn a_large_body_comes_down_whole(connection: &mut Connection) -> Result<()> {
    let answer = connection.get(&format!("/accounts/fournil/download?bytes={}", PIECES * PIECE)).await?;
    assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, PIECES * PIECE));
    ensure!(answer.body.iter().all(|byte| *byte == b'm'));
    Ok(())
}

async fn each_event_arrives_when_it_happens(installation: &Installation, connection: &mut Connection) -> Result<()> {
    let request = connection.request(Method::GET, "/accounts/fournil/events").body(nothing())?;
    let mut events = connection.open(request).await?.into_body();
    ensure!(next(&mut events).await?.contains("event: open"));
    let mut seller = installation.visitor.http1(BAKER).await?;
    seller.cookies = connection.cookies.clone();
    for article in ["croissant", "brioche"] {
        sell(&mut seller, article).await?;
        let event = next(&mut events).await?;
        ensure!(event.contains(article), "{event}");
    }
    Ok(())
}

async fn sell(connection: &mut Connection, article: &str) -> Result<()> {
    let sold = connection.post_form("/accounts/fournil/sales", &[("article", article), ("cents", "120")]).await?;
    ensure!(sold.status == StatusCode::SEE_OTHER, "{}: {}", sold.status, sold.text());
    Ok(())
}

async fn next(events: &mut Incoming) -> Result<String> {
    let frame = events.frame().await.context("another event")??;
    let data = frame.into_data().ok().context("data")?;
    Ok(String::from_utf8_lossy(&data).into_owned())
}
