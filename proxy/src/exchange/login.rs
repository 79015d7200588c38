//! The exchange of a login: both its body and its answer are held whole, for both are judged. The visitor sees an
//! answer only when it lets in the account that the address is locked to.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, EXPECT, RETRY_AFTER, TRANSFER_ENCODING,
};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use marque_config::application::UpstreamProtocol;
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::protocols::http::client::HttpSession;
use pingora::upstreams::peer::{HttpPeer, Peer};
use pingora::{Error, ErrorType, OrErr};
use tokio::time::timeout;

use super::{
    CONNECTS, Connection, Shared, Visit, Visitor, answer, contain, first_use, http1_head, is_fault_of_target,
    is_interim, upstream_meaning, write, write_request_line,
};
use crate::head::{Framing, write_line};
use crate::limits::Slot;
use crate::lockdown::{self, Answer, Permit};
use crate::refusal::Refusal;
use crate::upstream::{Binding, Link, Part};

/// How long a login's body may take: it's small.
const BODY_DEADLINE: Duration = Duration::from_secs(30);

/// Reads a login's body.
///
/// # Errors
/// [`Refusal::LoginTooLarge`], [`Refusal::TooSlow`], or what the stream found wrong with it.
pub(crate) async fn read_body(
    shared: &Shared,
    visitor: &mut impl Visitor,
    connection: &Connection,
) -> Result<Bytes, Refusal> {
    let most = shared.settings.limits.login_body.bytes();
    let announced = visitor.asked().headers.get(CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > most) {
        return Err(Refusal::LoginTooLarge);
    }
    match timeout(BODY_DEADLINE, receive(visitor, most)).await {
        Ok(Ok(body)) => body.ok_or(Refusal::LoginTooLarge),
        Ok(Err(_)) => Err(connection.fault().unwrap_or(Refusal::LoginUnreadable)),
        Err(_) => Err(Refusal::TooSlow),
    }
}

/// The whole body; none when there is more than `most`.
async fn receive(visitor: &mut impl Visitor, most: usize) -> pingora::Result<Option<Bytes>> {
    answer::go_on(visitor).await?;
    let mut body = BytesMut::new();
    while let Some(piece) = visitor.read().await? {
        if body.len() + piece.len() > most {
            return Ok(None);
        }
        body.extend_from_slice(&piece);
    }
    Ok(Some(body.freeze()))
}

/// Sends a permitted login to the application, judges the answer, and only then writes it.
///
/// # Errors
/// [`Refusal::LoginRefused`] when the answer lets in another account or none, [`Refusal::AnswerTooLarge`], or why
/// there is no answer.
pub(crate) async fn exchange(
    shared: &Shared,
    visitor: &mut impl Visitor,
    visit: &mut Visit,
    body: Bytes,
) -> Result<(), Refusal> {
    let permit = visit.permit.clone().ok_or(Refusal::Undecided)?;
    let login = permit.login().ok_or(Refusal::Undecided)?;
    let request = request(shared, visitor.asked(), visit, body.len()).map_err(|_| Refusal::Internal)?;
    let (mut head, body) = ask(shared, &permit, visit.binding, request, body).await?;
    if let Some(refusal) = lockdown::failure_of_login(head.status) {
        visit.retry_after = head.remove_header(&RETRY_AFTER);
        return Err(refusal);
    }
    if head.headers.get(CONTENT_ENCODING).is_some_and(|it| !it.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Refusal::LoginRefused);
    }
    lockdown::judge_answer(&permit, login, &Answer { status: head.status, headers: &head.headers, body: &body })?;
    contain(shared, visitor.asked(), visit, &mut head)?;
    first_use::of_login(shared, &permit).await;
    let fields = fields(&head, body.len());
    // A client that has gone doesn't hear that it's let in.
    let _ = write(visitor, head.status, fields, body).await;
    Ok(())
}

/// The login's head as the application gets it: as any other, but for what would hide the answer.
fn request(shared: &Shared, asked: &RequestHeader, visit: &Visit, length: usize) -> pingora::Result<RequestHeader> {
    let mut head = http1_head(shared, asked, visit)?;
    head.remove_header(&EXPECT);
    head.insert_header(ACCEPT_ENCODING, HeaderValue::from_static("identity"))?;
    head.insert_header(CONTENT_LENGTH, HeaderValue::from(length))?;
    Ok(head)
}

/// A connection to the application.
enum Asking {
    Http1(Box<Link>),
    /// Of the engine's, which speaks HTTP/2.
    Http2(Box<HttpSession>),
}

/// Asks the application, and takes its whole answer.
async fn ask(
    shared: &Shared,
    permit: &Permit,
    binding: Option<Binding>,
    request: RequestHeader,
    body: Bytes,
) -> Result<(ResponseHeader, Bytes), Refusal> {
    let (asking, peer, _slot) = connect(shared, permit, binding).await?;
    let deadline = permit.route().application.policy.deadlines.answer.duration();
    let most = shared.settings.limits.login_answer.bytes();
    let answer = match asking {
        Asking::Http1(mut link) => {
            let answer = ask_http1(&mut link, (request, body), deadline, most).await;
            shared.links.keep(*link, &peer);
            answer
        }
        Asking::Http2(mut session) => {
            session.set_read_timeout(Some(deadline));
            session.set_write_timeout(peer.options.write_timeout);
            let answer = ask_http2(&mut session, (request, body), deadline, most).await;
            if let Ok(Some(_)) = answer {
                shared.connector.release_http_session(*session, &*peer, peer.idle_timeout()).await;
            }
            answer
        }
    };
    answer.map_err(|error| upstream_meaning(&error))?.ok_or(Refusal::AnswerTooLarge)
}

/// Connects to one of the application's places, or to another when that fails.
async fn connect(
    shared: &Shared,
    permit: &Permit,
    binding: Option<Binding>,
) -> Result<(Asking, Arc<HttpPeer>, Slot), Refusal> {
    let mut refusal = Refusal::UpstreamDown;
    for _ in 0..CONNECTS {
        let (choice, slot) = shared.choose(permit, binding).await?;
        let connected = match permit.route().application.policy.upstream_protocol {
            UpstreamProtocol::Http1 => {
                let link = shared.links.connect(&choice.peer, true).await;
                link.map(|(link, _)| Asking::Http1(Box::new(link)))
            }
            UpstreamProtocol::Http2 => {
                let session = shared.connector.get_http_session(&*choice.peer).await;
                session.map(|(session, _)| Asking::Http2(Box::new(session)))
            }
        };
        match connected {
            Ok(asking) => return Ok((asking, choice.peer, slot)),
            Err(error) => {
                if is_fault_of_target(&error) {
                    choice.target.failed();
                }
                refusal = upstream_meaning(&error);
            }
        }
    }
    Err(refusal)
}

/// The answer; none when its body has more than `most` bytes.
async fn ask_http1(
    link: &mut Link,
    (request, body): (RequestHeader, Bytes),
    deadline: Duration,
    most: usize,
) -> pingora::Result<Option<(ResponseHeader, Bytes)>> {
    let framing = if body.is_empty() { Framing::Empty } else { Framing::Length(body.len() as u64) };
    link.begin(request.method == Method::HEAD, framing, |out| {
        write_request_line(&request, out);
        request.headers.iter().for_each(|(name, value)| write_line(out, name, value));
    });
    link.send(body)?;
    link.finish()?;
    link.flush().await?;
    let begun = timeout(deadline, head_of(link)).await.or_err(ErrorType::ReadTimedout, "while a login is answered")?;
    let (head, mut is_last) = begun?;
    let mut answer = BytesMut::new();
    while !is_last {
        let part = timeout(deadline, link.next()).await.or_err(ErrorType::ReadTimedout, "while a login is answered")?;
        let Part::Body(piece, is_end) = part? else { return Error::e_explain(ErrorType::H1Error, "two answers") };
        if answer.len() + piece.len() > most {
            return Ok(None);
        }
        answer.extend_from_slice(&piece);
        is_last = is_end;
    }
    Ok(Some((*head, answer.freeze())))
}

/// The head of the final answer, and whether it's all.
async fn head_of(link: &mut Link) -> pingora::Result<(Box<ResponseHeader>, bool)> {
    loop {
        match link.next().await? {
            Part::Head(head, _) if is_interim(head.status) => {}
            Part::Head(head, is_last) if head.status != StatusCode::SWITCHING_PROTOCOLS => return Ok((head, is_last)),
            _ => return Error::e_explain(ErrorType::InvalidHTTPHeader, "a login isn't a tunnel"),
        }
    }
}

/// As [`ask_http1`].
async fn ask_http2(
    session: &mut HttpSession,
    (request, body): (RequestHeader, Bytes),
    deadline: Duration,
    most: usize,
) -> pingora::Result<Option<(ResponseHeader, Bytes)>> {
    session.write_request_header(Box::new(request)).await?;
    if !body.is_empty() {
        session.write_request_body(body, true).await?;
    }
    session.finish_request_body().await?;
    let head = timeout(deadline, session_head(session)).await;
    let head = head.or_err(ErrorType::ReadTimedout, "while a login is answered")??;
    let mut answer = BytesMut::new();
    while let Some(piece) = session.read_response_body().await? {
        if answer.len() + piece.len() > most {
            return Ok(None);
        }
        answer.extend_from_slice(&piece);
    }
    Ok(Some((head, answer.freeze())))
}

/// The head of the final answer.
async fn session_head(session: &mut HttpSession) -> pingora::Result<ResponseHeader> {
    loop {
        session.read_response_header().await?;
        match session.response_header() {
            Some(head) if head.status.is_informational() => {}
            Some(head) => return Ok(head.clone()),
            None => return Error::e_explain(ErrorType::InternalError, "a response without a head"),
        }
    }
}

/// The fields of an answer that is written whole: its length is known, and nothing of its connection is left.
fn fields(head: &ResponseHeader, length: usize) -> Vec<(HeaderName, HeaderValue)> {
    let is_framing = |name: &HeaderName| [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION].contains(name);
    let kept = head.headers.iter().filter(|(name, _)| !is_framing(name));
    let mut fields: Vec<_> = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
    if !matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        fields.push((CONTENT_LENGTH, HeaderValue::from(length)));
    }
    fields
}
