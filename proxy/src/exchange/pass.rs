//! The common exchange: a visitor's request, and an application that speaks HTTP/1.
//!
//! One piece is held at a time in either direction, and what a visitor doesn't take waits at the application.

use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderName, Method, Version};
use pingora::http::RequestHeader;
use pingora::upstreams::peer::HttpPeer;
use pingora::{Error, ErrorType};

use super::visit::Visit;
use super::visitor::Visitor;
use super::{Shared, admission, answer, failure, filter, first_use};
use crate::head::{Framing, connection_options};
use crate::refusal::Refusal;
use crate::upstream::{Link, Part, Turn};

/// Fields that belong to one connection (RFC 9110 section 7.6.1), or to the way to this proxy.
const NOT_PASSED_ON: [&str; 8] =
    ["connection", "http2-settings", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];

/// The way of a request's body to the application.
struct Upload {
    /// Whether nothing more of it is asked for.
    is_over: bool,
    /// Why the rest of it couldn't be sent.
    failure: Option<Box<Error>>,
}

/// Serves one request from its head to its access event. False when its answer was not finished.
pub(super) async fn serve<V: Visitor>(shared: &Shared, visitor: &mut V, mut visit: Visit) -> bool {
    let failure = admit_and_pass(shared, visitor, &mut visit).await.err();
    if let Some(error) = &failure {
        visitor.close_after();
        failure::answer(visitor, error, &mut visit).await;
    }
    visit.log(visitor, failure.as_deref());
    failure.is_none()
}

async fn admit_and_pass<V: Visitor>(shared: &Shared, visitor: &mut V, visit: &mut Visit) -> pingora::Result<()> {
    match admission::admit(shared, visitor, visit).await {
        Ok(true) => Ok(()),
        Ok(false) if visit.speaks_http1() => pass(shared, visitor, visit).await,
        // Which protocol the application speaks was changed since the request was given to this exchange.
        Ok(false) => answer::refuse(visitor, visit, Refusal::NoReplica).await,
        Err(refusal) => answer::refuse(visitor, visit, refusal).await,
    }
}

/// Passes a permitted request on, and its answer back.
///
/// # Errors
/// What becomes a page of ours, unless an answer has begun: then it's left unfinished.
async fn pass<V: Visitor>(shared: &Shared, visitor: &mut V, visit: &mut Visit) -> pingora::Result<()> {
    loop {
        let is_careful = visitor.has_body() || !visitor.asked().method.is_idempotent();
        let (mut link, peer, is_reused) = connect(shared, visit, is_careful).await?;
        match once(shared, visitor, visit, &mut link).await {
            // On HTTP/2, what only this request is bound to would never be used again.
            Ok(true) if visit.binding.is_none() || !visitor.is_http2() => {
                shared.links.keep(link, &peer);
                return Ok(());
            }
            Ok(_) => return Ok(()),
            Err(mut error) => {
                visit.judge_repeat(visitor, &mut error, is_reused);
                if !error.retry() {
                    return Err(error);
                }
            }
        }
    }
}

/// The head of a permitted request as an application that speaks HTTP/1 gets it, but for how its body is framed.
pub(crate) fn http1_head(shared: &Shared, asked: &RequestHeader, visit: &Visit) -> pingora::Result<RequestHeader> {
    let mut head = asked.clone();
    let path = head.raw_path().to_owned();
    head.set_raw_path(&path)?;
    head.set_version(Version::HTTP_11);
    let options = connection_options(&asked.headers).collect::<Vec<_>>();
    for name in asked.headers.keys().filter(|name| is_of_connection(name, &options)) {
        head.remove_header(name);
    }
    shared.write_head(visit, &mut head)?;
    Ok(head)
}

/// Writes the same head as bytes, once, from what came and what is said of who asks; and how its body is framed.
fn begin(
    shared: &Shared,
    asked: &RequestHeader,
    visit: &Visit,
    has_body: bool,
    link: &mut Link,
) -> pingora::Result<()> {
    let framing = if has_body { framing(&asked.headers)? } else { Framing::Empty };
    let request = shared.request_fields(visit)?;
    let options = connection_options(&asked.headers).collect::<Vec<_>>();
    link.begin(asked.method == Method::HEAD, framing, |out| {
        write_request_line(asked, out);
        request.write_lines(&asked.headers, |name| is_of_connection(name, &options), out);
    });
    Ok(())
}

/// Writes the first line of a head.
pub(super) fn write_request_line(asked: &RequestHeader, out: &mut Vec<u8>) {
    for piece in [asked.method.as_str().as_bytes(), b" ", asked.raw_path(), b" HTTP/1.1\r\n"] {
        out.extend_from_slice(piece);
    }
}

/// How a body goes up: as long as the client said, or else in chunks.
fn framing(fields: &HeaderMap) -> pingora::Result<Framing> {
    let Some(length) = fields.get(CONTENT_LENGTH) else { return Ok(Framing::Chunked) };
    let length = length.to_str().ok().and_then(|length| length.parse().ok());
    length.map(Framing::Length).ok_or_else(|| Error::new_in(ErrorType::InvalidHTTPHeader))
}

/// Whether a field belongs to the client's connection, which may name more such fields itself.
fn is_of_connection(name: &HeaderName, options: &[&[u8]]) -> bool {
    let name = name.as_str();
    NOT_PASSED_ON.contains(&name) || options.iter().any(|option| option.eq_ignore_ascii_case(name.as_bytes()))
}

/// Connects to one of the application's places, or to another when that fails.
async fn connect(shared: &Shared, visit: &mut Visit, is_careful: bool) -> pingora::Result<(Link, Arc<HttpPeer>, bool)> {
    loop {
        let peer = shared.assign(visit).await?;
        match shared.links.connect(&peer, is_careful).await {
            Ok((link, is_reused)) => return Ok((link, peer, is_reused)),
            Err(error) => {
                let error = visit.failed_to_connect(error);
                if !error.retry() {
                    return Err(error.into_up());
                }
            }
        }
    }
}

/// Sends the request and passes the answer on, neither waiting for the other. True when the connection may serve another.
async fn once<V: Visitor>(
    shared: &Shared,
    visitor: &mut V,
    visit: &mut Visit,
    link: &mut Link,
) -> pingora::Result<bool> {
    let has_body = visitor.has_body();
    begin(shared, visitor.asked(), visit, has_body, link)?;
    link.hold(V::MOST_PIECE);
    if !has_body {
        link.flush().await.map_err(|error| error.into_up())?;
    }
    let mut upload = Upload { is_over: !has_body, failure: None };
    loop {
        tokio::select! {
            biased;
            piece = next_piece(visitor, upload.is_over), if upload.is_over || !link.is_full() => {
                upload.take(visitor, visit, link, piece.map_err(|error| error.into_down())?);
            }
            turn = link.turn() => match turn {
                Ok(Turn::Part(part)) => {
                    if pass_on(shared, visitor, visit, link, part).await? {
                        return Ok(link.is_sent());
                    }
                }
                Ok(Turn::Written(Ok(()))) => visit.sending(),
                Ok(Turn::Written(Err(error))) => upload.fail(visit, error),
                Err(error) => return Err(upload.failure.take().unwrap_or(error).into_up()),
            }
        }
    }
}

/// The next piece of the visitor's body, while there is any; else only its going is waited for.
async fn next_piece<V: Visitor>(visitor: &mut V, is_over: bool) -> pingora::Result<Option<Bytes>> {
    if is_over { Err(visitor.idle().await) } else { visitor.read().await }
}

impl Upload {
    /// Gives the application a piece of the body, and the body's end where it's known by then.
    fn take<V: Visitor>(&mut self, visitor: &mut V, visit: &Visit, link: &mut Link, piece: Option<Bytes>) {
        let is_last = piece.is_none() || visitor.is_body_done();
        let mut taken = visit.received(piece).map_or(Ok(()), |piece| link.send(piece));
        if is_last {
            self.end(visit);
            taken = taken.and_then(|()| link.finish());
        }
        if let Err(error) = taken {
            self.fail(visit, error);
        }
    }

    /// Asks the visitor for no more.
    fn end(&mut self, visit: &Visit) {
        visit.received(None);
        self.is_over = true;
    }

    /// Notes that the rest can't be sent. The application may answer all the same.
    fn fail(&mut self, visit: &Visit, error: Box<Error>) {
        self.end(visit);
        self.failure = Some(error);
    }
}

/// Passes a part of the answer on, as soon as the visitor takes it. True when it was the last.
async fn pass_on<V: Visitor>(
    shared: &Shared,
    visitor: &mut V,
    visit: &mut Visit,
    link: &mut Link,
    part: Part,
) -> pingora::Result<bool> {
    let (is_last, passed) = match part {
        Part::Head(mut head, is_last) => {
            filter(shared, visitor, visit, &mut head)?;
            if let Some(keeping) = first_use::of_answer(shared, visit, &head) {
                keeping.await;
            }
            let is_interim = head.status.is_informational();
            let _unasked = visit.body.as_ref().map(|watch| watch.unasked());
            (is_last && !is_interim, visitor.answer(head, is_last).await)
        }
        Part::Body(piece, is_last) => {
            let _unasked = visit.body.as_ref().map(|watch| watch.unasked());
            (is_last, visitor.send(piece, is_last).await)
        }
    };
    passed.map_err(|error| error.into_down())?;
    if let Some(patience) = &visit.patience {
        patience.moved();
    }
    if !is_last && !link.is_at_hand() {
        visitor.flush().await.map_err(|error| error.into_down())?;
    }
    Ok(is_last)
}
