//! An HTTP/2 connection: the loop over its streams is ours, and so are the deadlines that the decoder doesn't have. Each
//! stream is served by a task of its own.

mod stream;

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use pingora::apps::HttpServerApp;
use pingora::protocols::http::ServerSession;
use pingora::protocols::http::v2::server::{H2Options, default_h2_options};
use tokio::sync::watch;
use tokio::task::{AbortHandle, Id, JoinSet};
use tokio::time::{Instant, Interval, interval, sleep, timeout};

use super::gone::gone;
use super::lent::{Home, Lent};
use super::stream::{EdgeStream, Transport};
use crate::exchange::{Connection, Engine};
use stream::Stream;

/// What a client says first (RFC 9113 section 3.4).
const PREFACE: usize = 24;

/// How often the pace of the bodies is looked at.
const LOOK: Duration = Duration::from_secs(5);

/// As many streams of one connection may be malformed: who sends more of them makes us work for nothing.
const MOST_MALFORMED: usize = 32;

/// What one HTTP/2 stream and one connection may send before it's read, and what waits to be sent on one stream.
const STREAM_WINDOW: u32 = 64 << 10;
const CONNECTION_WINDOW: u32 = 1 << 20;
const SEND_BUFFER: usize = 32 << 10;

/// The streams of one connection, each a task of its own; dropped, they end.
#[derive(Default)]
struct Streams {
    running: JoinSet<()>,
    handles: HashMap<Id, AbortHandle>,
}

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
    let mut route = facts.route.clone();
    let home = Home::default();
    let lent = Lent::new(stream, &home, true);
    let (stop, stopping) = watch::channel(false);
    let mut streams = Streams::default();
    tokio::select! {
        biased;
        () = streams.serve(lent, &facts, &engine, stopping) => {
            // The connection is over, and closed at once; what was answered whole is still to be logged.
            drop(home.lock().take());
            while !streams.running.is_empty() {
                streams.ended().await;
            }
        }
        () = end_well(&facts, closing, &stop, limits.idle_deadline.duration()) => {}
        () = facts.abused() => {}
        () = gone(&facts, shared, &mut route) => {}
    }
}

impl Streams {
    /// Serves every stream until the connection ends. When `stopping` turns true, no new ones are begun (GOAWAY); what
    /// has begun goes on.
    async fn serve<S: Transport>(
        &mut self,
        lent: Box<Lent<S>>,
        facts: &Arc<Connection>,
        engine: &Arc<Engine>,
        mut stopping: watch::Receiver<bool>,
    ) {
        let limits = &engine.shared().settings.limits;
        // A client that doesn't get through the handshake needs no answer.
        let Ok(mut connection) = http2_options().handshake::<_, Bytes>(lent).await else { return };
        let (mut malformed, mut is_stopping) = (0, false);
        let mut looks = interval(LOOK);
        let mut idle_since = Instant::now();
        loop {
            let idle = limits.idle_deadline.duration().saturating_sub(idle_since.elapsed());
            tokio::select! {
                biased;
                _ = stopping.changed(), if !is_stopping => {
                    connection.graceful_shutdown();
                    is_stopping = true;
                }
                () = self.ended(), if !self.running.is_empty() => idle_since = Instant::now(),
                () = look(&mut looks, facts), if !self.running.is_empty() => {
                    self.reset_slow(facts, limits.body_rate.bytes() as u64);
                }
                // It may be asked for again and again: nothing is lost between.
                accepted = connection.accept() => {
                    let Some(Ok((request, respond))) = accepted else { return };
                    match Stream::judged(request, respond) {
                        Some(stream) => self.begin(stream.with_deadline(limits.write_deadline.duration()), facts, engine, &stopping),
                        None if malformed < MOST_MALFORMED => malformed += 1,
                        None => return,
                    }
                }
                () = sleep(idle), if self.running.is_empty() && !is_stopping => return,
            }
        }
    }

    fn begin(
        &mut self,
        stream: Stream,
        facts: &Arc<Connection>,
        engine: &Arc<Engine>,
        stopping: &watch::Receiver<bool>,
    ) {
        let (engine, stopping) = (Arc::clone(engine), stopping.clone());
        let facts = Arc::clone(facts);
        let handle = self.running.spawn(async move { serve_one(stream, &facts, &engine, &stopping).await });
        self.handles.insert(handle.id(), handle);
    }

    /// Waits for the next stream that ends.
    async fn ended(&mut self) {
        let ended = poll_fn(|context| self.running.poll_join_next_with_id(context)).await;
        let id = match ended {
            Some(Ok((id, ()))) => id,
            Some(Err(error)) => {
                if error.is_panic() {
                    tracing::error!(error = %error, "a stream's task panicked");
                }
                error.id()
            }
            None => return,
        };
        self.handles.remove(&id);
    }

    /// Resets the streams whose bodies arrive too slowly; the others of the connection go on.
    fn reset_slow(&mut self, facts: &Connection, rate: u64) {
        for body in facts.bodies().iter().filter(|body| body.is_too_slow(rate)) {
            if let Some(handle) = self.handles.get(&body.task()) {
                // What is dropped unfinished is reset.
                handle.abort();
            }
        }
    }
}

/// The engine's bounds, and narrower ones where it leaves them to us.
fn http2_options() -> H2Options {
    let mut options = default_h2_options();
    options.initial_window_size(STREAM_WINDOW);
    options.initial_connection_window_size(CONNECTION_WINDOW);
    options.max_send_buffer_size(SEND_BUFFER);
    options
}

/// Serves one request; the engine does where only it can.
async fn serve_one(mut stream: Stream, facts: &Arc<Connection>, engine: &Engine, stopping: &watch::Receiver<bool>) {
    if engine.leaves_to_engine(facts) {
        let stream = Box::new(stream.for_engine(facts));
        engine.app().process_new_http(ServerSession::new_custom(stream), stopping).await;
        return;
    }
    let patience = stream.patience();
    let is_answered = engine.serve(&mut stream, facts, &patience).await;
    stream.close(is_answered);
}

/// Waits until the pace of bodies is to be looked at; for ever while there is none.
async fn look(looks: &mut Interval, facts: &Connection) {
    loop {
        looks.tick().await;
        if facts.has_bodies() {
            return;
        }
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
