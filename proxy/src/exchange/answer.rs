//! What is answered: pages of the edge's own, and the application's answers once they are contained.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, LOCATION, RETRY_AFTER, SET_COOKIE, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderName, HeaderValue, Method, StatusCode, Version};
use pingora::http::{RequestHeader, ResponseHeader};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::visit::Visit;
use super::visitor::Visitor;
use super::{Connection, Engine, Shared};
use crate::contain::cookies::{self, Asked};
use crate::contain::response;
use crate::directory::Route;
use crate::entry;
use crate::head::connection_options;
use crate::head::names::NOT_PASSED_BACK;
use crate::refusal::{Fault, Page, Refusal, Wants};

/// Refuses a request with a page in its partner's brand.
///
/// # Errors
/// When the client has gone.
pub(super) async fn refuse<V: Visitor>(visitor: &mut V, visit: &mut Visit, refusal: Refusal) -> pingora::Result<()> {
    visit.refusal = Some(refusal);
    let wants = Wants::read(&visitor.asked().headers);
    let route = visit.connection.as_deref().and_then(|connection| route_shown(connection, refusal));
    let mut page = refusal.page(route.as_deref().map(Route::shown), wants);
    if let Some(value) = visit.retry_after.take() {
        // The application knows better than the page.
        page.headers.retain(|(name, _)| *name != RETRY_AFTER);
        page.headers.push((RETRY_AFTER, value));
    }
    if let Some(permit) = visit.permit.as_ref().filter(|_| refusal == Refusal::LoginRefused) {
        // The application may have let somebody else in under the session that the visitor had.
        let lines = cookies::take_away(permit, &visitor.asked().headers);
        page.headers.extend(lines.into_iter().map(|line| (SET_COOKIE, line)));
    }
    if refusal == Refusal::EntryEnded {
        // Whoever asks again does so as everybody else.
        page.headers.push((SET_COOKIE, entry::removal()));
    }
    if matches!(refusal, Refusal::Malformed(_) | Refusal::TooSlow) {
        visitor.close_after();
    }
    write(visitor, page.status, page.headers, page.body).await
}

/// The route in whose brand a page is, where saying whose name this is gives nothing away.
fn route_shown(connection: &Connection, refusal: Refusal) -> Option<Arc<Route>> {
    let is_neutral = matches!(refusal, Refusal::UnknownHost | Refusal::Misdirected | Refusal::NoReplica);
    connection.route.route().ok().filter(|_| !is_neutral)
}

/// Answers a challenge (RFC 8555 section 8.3).
pub(super) async fn challenge<V: Visitor>(visitor: &mut V, text: &str) {
    let body = Bytes::copy_from_slice(text.as_bytes());
    let fields = vec![
        (CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (CONTENT_LENGTH, HeaderValue::from(body.len())),
    ];
    // A client that has gone needs no answer.
    let _ = write(visitor, StatusCode::OK, fields, body).await;
}

/// Sends a visitor to an address at the primary name. Browsers ask again each time: the primary name may change.
///
/// # Errors
/// [`Refusal::Malformed`] when the address is no field's value.
pub(super) async fn redirect<V: Visitor>(visitor: &mut V, address: &str) -> Result<(), Refusal> {
    let address = HeaderValue::try_from(address).map_err(|_| Refusal::Malformed(Fault::Target))?;
    let fields = vec![
        (LOCATION, address),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (CONTENT_LENGTH, HeaderValue::from(0)),
    ];
    // A client that has gone needs no answer.
    let _ = write(visitor, StatusCode::PERMANENT_REDIRECT, fields, Bytes::new()).await;
    Ok(())
}

/// Has a visitor go on who waits with its body until it is asked for (RFC 9110 section 10.1.1).
///
/// # Errors
/// When the client has gone.
pub(super) async fn go_on<V: Visitor>(visitor: &mut V) -> pingora::Result<()> {
    if !visitor.asked().headers.contains_key(EXPECT) {
        return Ok(());
    }
    let head = ResponseHeader::build_no_case(StatusCode::CONTINUE, Some(0))?;
    visitor.answer(Box::new(head), false).await
}

/// Writes an answer of which all is known.
///
/// # Errors
/// When the client has gone.
pub(crate) async fn write<V: Visitor>(
    visitor: &mut V,
    status: StatusCode,
    fields: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
) -> pingora::Result<()> {
    let mut head = ResponseHeader::build(status, Some(fields.len() + 4))?;
    for (name, value) in fields {
        head.append_header(name, value)?;
    }
    let is_bare = visitor.asked().method == Method::HEAD || body.is_empty();
    visitor.answer(Box::new(head), is_bare).await?;
    if is_bare { Ok(()) } else { visitor.send(body, true).await }
}

/// Contains an application's answer: nothing in it leads around the visitor's address.
///
/// # Errors
/// The refusal that the visitor gets instead.
pub(crate) fn contain(
    shared: &Shared,
    asked: &RequestHeader,
    visit: &Visit,
    head: &mut ResponseHeader,
) -> Result<(), Refusal> {
    remove_of_connection(asked.version, head);
    let Some(permit) = &visit.permit else { return Ok(()) };
    let path = std::str::from_utf8(asked.raw_path()).unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default();
    let asked = Asked { path, fields: &asked.headers, now_ms: shared.clock.now_ms() };
    let answer = response::Head { status: head.status, fields: &head.headers, asked };
    let edits = response::contain(permit, &shared.secrets(), &*shared.random, answer)?;
    for name in &edits.remove {
        head.remove_header(name);
    }
    for (name, value) in edits.append {
        // The engine refuses no name or value that is one already.
        head.append_header(name, value).map_err(|_| Refusal::Internal)?;
    }
    Ok(())
}

/// Removes what is of the connection with the application alone, and what says how long a body is where there is none (RFC
/// 9110 sections 7.6.1 and 8.6).
fn remove_of_connection(version: Version, head: &mut ResponseHeader) {
    let is_upgrade = head.status == StatusCode::SWITCHING_PROTOCOLS;
    let has_no_body = head.status == StatusCode::NO_CONTENT || head.status.is_informational();
    // An older version knows no chunks: the body ends with the connection (RFC 9112 section 6.1).
    let has_no_chunks = has_no_body || version == Version::HTTP_10;
    let options: Vec<_> = connection_options(&head.headers).filter(|_| !is_upgrade).collect();
    let ends_here = |name: &HeaderName| {
        NOT_PASSED_BACK.contains(&name.as_str())
            || options.iter().any(|option| option.eq_ignore_ascii_case(name.as_str().as_bytes()))
            || (*name == UPGRADE && !is_upgrade)
            || (*name == CONTENT_LENGTH && has_no_body)
            || (*name == TRANSFER_ENCODING && has_no_chunks)
    };
    let ending: Vec<_> = head.headers.keys().filter(|name| ends_here(name)).cloned().collect();
    for name in &ending {
        head.remove_header(name);
    }
}

impl Engine {
    /// Refuses a head that the engine never saw. The connection is closed afterwards.
    pub(crate) async fn refuse_head(
        &self,
        stream: &mut (impl AsyncWrite + Unpin),
        connection: &Connection,
        refusal: Refusal,
    ) {
        let route = route_shown(connection, refusal);
        let page = refusal.page(route.as_deref().map(Route::shown), Wants::default());
        let bytes = in_http1(&page);
        // A client that has gone needs no answer.
        let _ = async {
            stream.write_all(&bytes).await?;
            stream.flush().await
        }
        .await;
        self.shared.metrics.request(refusal.code(), 0.0);
        tracing::info!(
            target: "access",
            host = connection.sni.as_str(),
            peer = %connection.peer.ip(),
            status = page.status.as_u16(),
            outcome = refusal.code(),
            detail = ?refusal,
            "head refused"
        );
    }
}

fn in_http1(page: &Page) -> Vec<u8> {
    let reason = page.status.canonical_reason().unwrap_or_default();
    let mut bytes = format!("HTTP/1.1 {} {reason}\r\nconnection: close\r\n", page.status.as_u16()).into_bytes();
    for (name, value) in &page.headers {
        bytes.extend_from_slice(&[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&page.body);
    bytes
}
