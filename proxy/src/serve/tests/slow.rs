//! Slow clients, in paused time: each phase has its deadline.

use std::time::Duration;

use marque_config::settings::Milliseconds;
use tokio::time::{Instant, timeout};

use super::application::Application;
use super::{Edge, HOST};

fn edge() -> Edge {
    Edge::new(1, "{}", |_| {})
}

#[tokio::test(start_paused = true)]
async fn a_head_that_trickles_is_answered_408_at_its_deadline() {
    let edge = edge();
    let mut client = edge.http1();
    let start = Instant::now();
    for byte in b"GET / HTTP/1.1\r\nHost: a" {
        client.say([*byte]).await;
        tokio::time::advance(Duration::from_millis(400)).await;
    }
    let rest = client.rest().await;
    assert!(rest.starts_with("HTTP/1.1 408 "), "{rest}");
    assert!((10..13).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_closed_at_the_idle_deadline() {
    let edge = edge();
    let start = Instant::now();
    assert_eq!(edge.http1().rest().await, "");
    assert_eq!(start.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_silent_http2_connection_is_closed() {
    let edge = edge();
    let start = Instant::now();
    let client = super::Client { io: edge.http2(), seen: Vec::new() };
    assert_eq!(client.rest().await, "");
    assert_eq!(start.elapsed().as_secs(), 10);
}

#[tokio::test]
async fn a_body_that_stops_is_answered_408_after_the_window() {
    let application = Application::start().await;
    let edge = Edge::new(application.port, "{}", |_| {});
    let mut client = edge.http1();
    client.say(format!("POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 9\r\n\r\nabc")).await;
    // The application is really connected to before time is stopped.
    client.say("d").await;
    tokio::task::yield_now().await;
    let start = Instant::now();
    tokio::time::pause();
    let rest = client.rest().await;
    assert!(rest.starts_with("HTTP/1.1 408 "), "{rest}");
    assert!((29..33).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
}

/// A client of an application that answers more than fits anywhere, with a short deadline.
async fn flooded() -> Edge {
    let application = Application::start().await;
    Edge::new(application.port, "{}", |settings| settings.limits.write_deadline = Milliseconds::new(200))
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_its_answer_is_cut() {
    let edge = flooded().await;
    let (stream, io) = edge.stream();
    let serving = tokio::spawn(crate::serve::http1::serve(stream, edge.engine.clone(), edge.closing.subscribe()));
    let mut client = super::Client { io, seen: Vec::new() };
    client.say(format!("GET /flood HTTP/1.1\r\nHost: {HOST}\r\n\r\n")).await;
    client.until(b"\r\n\r\n").await;
    timeout(Duration::from_secs(10), serving).await.unwrap().unwrap();
    assert!(client.rest().await.len() < 1 << 20);
}

#[tokio::test]
async fn an_http2_stream_whose_window_stays_shut_is_reset() {
    let edge = flooded().await;
    let (mut send, connection) = h2::client::handshake(edge.http2()).await.unwrap();
    tokio::spawn(async move { drop(connection.await) });
    let request = http::Request::get(format!("https://{HOST}/flood")).body(()).unwrap();
    let (response, _) = send.send_request(request, true).unwrap();
    let mut body = response.await.unwrap().into_body();
    // Nothing is taken, so the window is never opened again.
    let mut received = 0;
    while let Some(Ok(piece)) = body.data().await {
        received += piece.len();
    }
    assert!(received <= 65_535, "{received}");
}

#[tokio::test]
async fn an_http2_stream_whose_body_stops_is_reset_alone() {
    let application = Application::start().await;
    let edge = Edge::new(application.port, "{}", |_| {});
    let (mut send, connection) = h2::client::handshake(edge.http2()).await.unwrap();
    tokio::spawn(async move { drop(connection.await) });
    let ask = |method: &str, path: &str| {
        http::Request::builder().method(method).uri(format!("https://{HOST}{path}")).body(()).unwrap()
    };
    let (events, _) = send.send_request(ask("GET", "/events"), true).unwrap();
    let mut events = events.await.unwrap().into_body();
    events.data().await.unwrap().unwrap();
    let (slow, mut body) = send.send_request(ask("POST", "/"), false).unwrap();
    body.send_data("abc".into(), false).unwrap();
    // The application is really connected to before time is stopped.
    let (other, _) = send.send_request(ask("GET", "/"), true).unwrap();
    assert_eq!(other.await.unwrap().status(), 200);
    let start = Instant::now();
    tokio::time::pause();
    let error = slow.await.unwrap_err();
    assert!(error.is_reset(), "{error}");
    assert!((29..37).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    tokio::time::resume();
    let (other, _) = send.send_request(ask("GET", "/"), true).unwrap();
    assert_eq!(other.await.unwrap().status(), 200, "the connection goes on");
    assert!(timeout(Duration::from_millis(1), events.data()).await.is_err(), "and so does the other stream");
}
