//! An HTTP/2 connection: the engine reads its frames; the deadlines that the engine doesn't have are here.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{interval, sleep, timeout};

use super::facts::Connection;
use super::gone::gone;
use super::lent::{Home, Lent};
use super::stream::{EdgeStream, Transport};
use crate::edge::Engine;

/// What a client says first (RFC 9113 section 3.4).
const PREFACE: usize = 24;

/// How often the pace of the bodies is looked at.
const LOOK: Duration = Duration::from_secs(5);

/// Serves one connection.
pub(super) async fn serve<S: Transport>(
    mut stream: Box<EdgeStream<S>>,
    engine: Arc<Engine>,
    closing: watch::Receiver<bool>,
) {
    let shared = engine.shared();
    let limits = &shared.settings.limits;
    let preface = async { while stream.input().len() < PREFACE && stream.more().await {} };
    if timeout(limits.head_deadline.duration(), preface).await.is_err() || stream.input().len() < PREFACE {
        return;
    }
    stream.open(0);
    let facts = Arc::clone(&stream.facts);
    let mut applied = shared.directory.applied();
    let home = Home::default();
    let lent = Lent::new(stream, &home, true);
    let (stop, stopping) = watch::channel(false);
    tokio::select! {
        biased;
        () = engine.serve_http2(lent, &facts, stopping) => {}
        () = end_well(&facts, closing, &stop, limits.idle_deadline.duration()) => {}
        () = facts.abused() => {}
        () = gone(&facts, &shared.directory, &mut applied) => {}
        () = too_slow(&facts, limits.body_rate.bytes() as u64) => {}
    }
}

/// Has the engine say goodbye (GOAWAY) when the process ends, or when the connection has carried enough; what has begun
/// goes on. Comes back only when nothing goes on and the client doesn't close: the engine would wait for it for ever.
async fn end_well(
    facts: &Connection,
    mut closing: watch::Receiver<bool>,
    stop: &watch::Sender<bool>,
    patience: Duration,
) {
    tokio::select! {
        _ = closing.wait_for(|is_closing| *is_closing) => {}
        () = facts.spent() => {}
    }
    stop.send_replace(true);
    loop {
        sleep(patience).await;
        if facts.admitted().is_none() {
            return;
        }
    }
}

/// Comes back when the body of a request arrives too slowly. The engine can't end one stream for that: the connection
/// is cut.
async fn too_slow(facts: &Connection, rate: u64) {
    let mut looks = interval(LOOK);
    loop {
        looks.tick().await;
        if facts.bodies().iter().any(|body| body.is_too_slow(rate)) {
            return;
        }
    }
}
