//! Slow clients, in paused time: each phase has its deadline.

use tokio::time::Instant;

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
        tokio::time::sleep(std::time::Duration::from_millis(400)).await;
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
