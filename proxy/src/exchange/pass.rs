//! The common exchange over HTTP/2: a visitor's request, and an application that speaks HTTP/1.
//!
//! The engine's own reads ahead, twice four pieces of 64 KiB for each answer that nobody takes. Here one piece is held at
//! a time, and what a visitor doesn't take waits at the application.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderValue, Version};
use pingora::http::RequestHeader;
use pingora::protocols::http::HttpTask;
use pingora::protocols::http::client::HttpSession;
use pingora::protocols::http::v1::client::HttpSession as Http1;
use pingora::proxy::Session;
use pingora::upstreams::peer::{HttpPeer, Peer};
use pingora::{Error, ErrorType};

use super::visit::Visit;
use super::{Shared, filter};

/// Fields that belong to one connection (RFC 9110 section 7.6.1), or to the way to this proxy.
const NOT_PASSED_ON: [&str; 8] =
    ["connection", "http2-settings", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];

/// How far one try came.
struct Progress {
    /// Whether the request went to the application whole.
    is_sent: bool,
    /// Why the rest of the request couldn't be sent: the application may answer all the same.
    failure: Option<Box<Error>>,
}

/// Serves a permitted request.
///
/// # Errors
/// What the engine makes an answer of, unless one has begun: then it's left unfinished.
pub(super) async fn serve(shared: &Shared, session: &mut Session, visit: &mut Visit) -> pingora::Result<()> {
    loop {
        let (mut upstream, peer, is_reused) = connect(shared, visit).await?;
        match once(shared, session, visit, &mut upstream, &peer).await {
            // What only this request is bound to would never be used again.
            Ok(true) if visit.binding.is_none() => {
                upstream.respect_keepalive();
                let session = HttpSession::H1(upstream);
                shared.connector.release_http_session(session, &*peer, peer.idle_timeout()).await;
                return Ok(());
            }
            Ok(_) => return Ok(()),
            Err(mut error) => {
                visit.judge_repeat(session, &mut error, is_reused);
                if !error.retry() {
                    return Err(error);
                }
            }
        }
    }
}

/// The head of a permitted request as an application that speaks HTTP/1 gets it, but for how its body is framed.
pub(crate) fn http1_head(shared: &Shared, session: &Session, visit: &Visit) -> pingora::Result<RequestHeader> {
    let mut head = session.req_header().clone();
    let path = head.raw_path().to_owned();
    head.set_raw_path(&path)?;
    head.set_version(Version::HTTP_11);
    shared.write_head(visit, &mut head)?;
    NOT_PASSED_ON.iter().for_each(|name| drop(head.remove_header(*name)));
    Ok(head)
}

/// Connects to one of the application's places, or to another when that fails.
async fn connect(shared: &Shared, visit: &mut Visit) -> pingora::Result<(Http1, Box<HttpPeer>, bool)> {
    loop {
        let peer = shared.assign(visit).await?;
        match shared.connector.get_http_session(&*peer).await {
            Ok((HttpSession::H1(upstream), is_reused)) => return Ok((upstream, peer, is_reused)),
            Ok(_) => return Error::e_explain(ErrorType::InternalError, "a place that is spoken to in HTTP/1"),
            Err(error) => {
                let error = visit.failed_to_connect(error);
                if !error.retry() {
                    return Err(error.into_up());
                }
            }
        }
    }
}

/// Sends the request and passes the answer on. True when the connection may serve another.
async fn once(
    shared: &Shared,
    session: &mut Session,
    visit: &mut Visit,
    upstream: &mut Http1,
    peer: &HttpPeer,
) -> pingora::Result<bool> {
    upstream.read_timeout = peer.options.read_timeout;
    upstream.write_timeout = peer.options.write_timeout;
    let mut head = http1_head(shared, session, visit)?;
    let mut progress = Progress { is_sent: session.is_body_empty(), failure: None };
    if !progress.is_sent && !head.headers.contains_key(CONTENT_LENGTH) {
        head.insert_header(TRANSFER_ENCODING, HeaderValue::from_static("chunked"))?;
    }
    upstream.write_request_header(Box::new(head)).await.map_err(|error| error.into_up())?;
    loop {
        if !progress.is_over() && session.is_body_done() {
            progress.send(upstream, None).await;
        }
        tokio::select! {
            task = upstream.read_response_task() => {
                let task = task.map_err(|error| progress.failure.take().unwrap_or(error).into_up())?;
                if pass_on(shared, session, visit, task).await? {
                    return Ok(progress.is_sent);
                }
            }
            piece = session.as_downstream_mut().read_body_or_idle(progress.is_over()) => {
                let piece = piece.map_err(|error| error.into_down())?;
                progress.send(upstream, visit.received(piece)).await;
            }
        }
    }
}

impl Progress {
    /// Whether nothing more of the request goes to the application.
    fn is_over(&self) -> bool {
        self.is_sent || self.failure.is_some()
    }

    /// Sends a piece of the request, or its end.
    async fn send(&mut self, upstream: &mut Http1, piece: Option<Bytes>) {
        let sent = match piece {
            Some(piece) => upstream.write_body(&piece).await.map(|_| false),
            None => upstream.finish_body().await.map(|_| true),
        };
        match sent {
            Ok(is_sent) => self.is_sent = is_sent,
            Err(error) => self.failure = Some(error),
        }
    }
}

/// Passes a part of the answer on, as soon as the visitor takes it. True when it was the last.
async fn pass_on(shared: &Shared, session: &mut Session, visit: &mut Visit, task: HttpTask) -> pingora::Result<bool> {
    let task = match task {
        HttpTask::Header(mut head, is_last) => {
            filter(shared, session, visit, &mut head)?;
            HttpTask::Header(head, is_last)
        }
        task => task,
    };
    let _unasked = visit.body.as_ref().map(|watch| watch.unasked());
    session.as_downstream_mut().response_duplex_vec(vec![task]).await
}
