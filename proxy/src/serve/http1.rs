//! The HTTP/1 loop: wait for a head, judge it, serve it, again. An idle connection costs its TLS state
//! and little else.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use pingora::apps::HttpServerApp;
use pingora::http::RequestHeader;
use pingora::protocols::http::ServerSession;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::gone::gone;
use super::lent::{Home, Lent};
use super::stream::{EdgeStream, Transport};
use super::visitor::Http1;
use crate::directory::RouteWatch;
use crate::exchange::Engine;
use crate::head::{HeadLimits, Progress, Scan, WireHead, read_http1};
use crate::refusal::Refusal;

/// A connection that is told to close may be about to send its first request, or its next: closing at once would lose
/// requests that are on their way (measured under an upgrade).
const PAUSE_BEFORE_FIRST: Duration = Duration::from_secs(1);
const PAUSE_BETWEEN: Duration = Duration::from_millis(100);

/// Why a head wasn't read.
enum NoHead {
    /// The client has gone, or nothing came.
    Gone,
    /// What came isn't passed on.
    Refused(Refusal),
}

/// A head that was judged.
enum Asked {
    /// It's served here.
    Ours(Box<RequestHeader>),
    /// The engine serves it: a tunnel, or an application that speaks HTTP/2.
    Engine { is_upgrade: bool },
}

/// Serves one connection.
pub(super) async fn serve<S: Transport>(
    mut stream: Box<EdgeStream<S>>,
    engine: Arc<Engine>,
    closing: watch::Receiver<bool>,
) {
    let home = Home::default();
    let mut route = stream.facts.route.clone();
    let requests = engine.shared().settings.limits.requests_per_connection;
    for left in (0..requests).rev() {
        stream.rest();
        let pause = if left + 1 == requests { PAUSE_BEFORE_FIRST } else { PAUSE_BETWEEN };
        if !first_byte(&mut stream, &engine, &closing, pause).await {
            break;
        }
        match read_head(&mut stream, &engine).await {
            Ok(asked) => {
                let world = (&closing, &mut route);
                // Boxed, so that a connection that waits for its next request costs nothing of what serves one.
                let (back, is_reusable) = match asked {
                    Asked::Ours(head) => Box::pin(serve_ours(stream, *head, left == 0, &engine, world)).await,
                    Asked::Engine { is_upgrade } => {
                        Box::pin(serve_one(stream, &home, left == 0 || is_upgrade, &engine, world)).await
                    }
                };
                let Some(back) = back else { return };
                stream = back;
                if !is_reusable || !stream.is_between_requests() {
                    break;
                }
            }
            Err(NoHead::Gone) => return,
            Err(NoHead::Refused(refusal)) => {
                let facts = Arc::clone(&stream.facts);
                engine.refuse_head(&mut *stream, &facts, refusal).await;
                break;
            }
        }
    }
    stream.close().await;
}

/// Waits for a request's first byte. False when the connection is to be closed instead.
async fn first_byte<S: Transport>(
    stream: &mut EdgeStream<S>,
    engine: &Engine,
    closing: &watch::Receiver<bool>,
    pause: Duration,
) -> bool {
    // One empty line before a request is nothing (RFC 9112 section 2.2): some clients end a body with it.
    let mut has_skipped = false;
    while !is_begun(stream, &mut has_skipped) {
        if !comes_more(stream, engine, closing, pause).await {
            return false;
        }
    }
    true
}

/// Whether a request has begun, once the empty line before it is dropped.
fn is_begun<S: Transport>(stream: &mut EdgeStream<S>, has_skipped: &mut bool) -> bool {
    if !*has_skipped && stream.input().starts_with(b"\r\n") {
        *has_skipped = true;
        stream.skip(2);
    }
    !stream.input().is_empty() && (*has_skipped || stream.input() != b"\r")
}

async fn comes_more<S: Transport>(
    stream: &mut EdgeStream<S>,
    engine: &Engine,
    closing: &watch::Receiver<bool>,
    pause: Duration,
) -> bool {
    let mut closing = closing.clone();
    let told_to_close = async {
        let _ = closing.wait_for(|is_closing| *is_closing).await.map(drop);
        sleep(pause).await;
    };
    let idle_until = Instant::now() + engine.shared().settings.limits.idle_deadline.duration();
    tokio::select! {
        biased;
        has_come = stream.more_by(idle_until) => has_come,
        () = told_to_close => false,
    }
}

/// Reads and judges a head, within the deadline; then it's taken off the stream, or the engine may read it.
async fn read_head<S: Transport>(stream: &mut EdgeStream<S>, engine: &Engine) -> Result<Asked, NoHead> {
    let limits = &engine.shared().settings.limits;
    let length = match timeout(limits.head_deadline.duration(), whole_head(stream, engine)).await {
        Ok(length) => length?,
        Err(_) => return Err(NoHead::Refused(Refusal::TooSlow)),
    };
    let head = Bytes::copy_from_slice(stream.input().get(..length).unwrap_or_default());
    let most = HeadLimits { fields: limits.fields, target: limits.target_size.bytes() };
    let read = read_http1(&head, &stream.facts.sni, most).map_err(NoHead::Refused)?;
    let WireHead { parts, framing, is_upgrade } = read;
    if is_upgrade {
        stream.open(length);
        return Ok(Asked::Engine { is_upgrade });
    }
    if engine.leaves_to_engine(&stream.facts) {
        stream.lend(length, framing);
        return Ok(Asked::Engine { is_upgrade });
    }
    stream.skip_head(length, framing);
    Ok(Asked::Ours(Box::new(RequestHeader::from(parts))))
}

async fn whole_head<S: Transport>(stream: &mut EdgeStream<S>, engine: &Engine) -> Result<usize, NoHead> {
    let limits = &engine.shared().settings.limits;
    let mut scan = Scan::default();
    loop {
        let most = stream.input().len().min(limits.head_size.bytes());
        let seen = stream.input().get(..most).unwrap_or_default();
        match scan.advance(seen).map_err(NoHead::Refused)? {
            Progress::Complete(length) => return Ok(length),
            Progress::More if most < limits.head_size.bytes() => {}
            Progress::More if scan.is_past_request_line() => return Err(NoHead::Refused(Refusal::HeadTooLarge)),
            Progress::More => return Err(NoHead::Refused(Refusal::TargetTooLong)),
        }
        if !stream.more().await {
            return Err(NoHead::Gone);
        }
    }
}

/// Serves one request. The stream comes back, unless its tenant has gone or its answer was cut; with whether it can carry
/// another request.
async fn serve_ours<S: Transport>(
    mut stream: Box<EdgeStream<S>>,
    head: RequestHeader,
    is_last: bool,
    engine: &Engine,
    (closing, route): (&watch::Receiver<bool>, &mut RouteWatch),
) -> (Option<Box<EdgeStream<S>>>, bool) {
    let (facts, patience) = (Arc::clone(&stream.facts), Arc::clone(&stream.patience));
    // What was changed before this request, the request will see.
    route.mark_seen();
    let may_last = !is_last && !*closing.borrow();
    let mut visitor = Http1::new(&mut stream, head, may_last);
    let is_reusable = tokio::select! {
        biased;
        is_answered = engine.serve(&mut visitor, &facts, &patience) => is_answered && visitor.is_reusable(),
        () = gone(&facts, engine.shared(), route) => return (None, false),
    };
    if visitor.is_cut() {
        stream.break_off().await;
        return (None, false);
    }
    (Some(stream), is_reusable)
}

/// Has the engine serve one request. The stream comes back, unless its tenant has gone; with whether it can carry
/// another request.
async fn serve_one<S: Transport>(
    stream: Box<EdgeStream<S>>,
    home: &Home<S>,
    is_last: bool,
    engine: &Engine,
    (closing, route): (&watch::Receiver<bool>, &mut RouteWatch),
) -> (Option<Box<EdgeStream<S>>>, bool) {
    let facts = Arc::clone(&stream.facts);
    // What was changed before this request, the request will see.
    route.mark_seen();
    let mut session = ServerSession::new_http1(Lent::new(stream, home, false));
    session.set_keepalive(Some(0));
    if is_last {
        session.set_keepalive_reuses_remaining(Some(0));
    }
    let is_reusable = tokio::select! {
        biased;
        served = engine.app().process_new_http(session, closing) => served.is_some(),
        () = gone(&facts, engine.shared(), route) => return (None, false),
    };
    (home.lock().take(), is_reusable)
}
