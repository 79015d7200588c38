//! What surrounds every request: its id, its deadline, its language, one event in the log; a panic is this request's
//! failure and nobody else's.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tracing::Instrument;

use super::Api;
use super::limits::UsageSlot;
use super::problem::Problem;
use crate::kernel::actor::Asked;
use crate::kernel::language::Language;
use crate::kernel::token::hex;

/// The longest that a request may take to be answered. The feed's stream goes on after its answer began.
const DEADLINE: Duration = Duration::from_secs(15);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

pub(crate) async fn frame(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = request_id(&api, request.headers());
    let language = language(request.headers());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("none".to_owned(), |path| path.as_str().to_owned());
    let peer = request.extensions().get::<Peer>().map(|Peer(address)| address.ip());
    let ip = peer.map(|peer| api.inner.limits.visitor(peer, request.headers()));
    let slot = UsageSlot::default();
    request.extensions_mut().insert(slot.clone());
    request.extensions_mut().insert(Asked { request_id: Some(id.clone()), ip });
    let span = tracing::info_span!("request", request.id = %id);
    let answer = AssertUnwindSafe(tokio::time::timeout(DEADLINE, next.run(request))).catch_unwind().instrument(span);
    let response = match answer.await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => Problem::too_slow().into_response(),
        Err(_) => {
            tracing::error!(request.id = %id, route, "a handler panicked");
            Problem::internal().into_response()
        }
    };
    let (status, elapsed) = (response.status().as_u16(), began.elapsed());
    api.inner.metrics.request(&route, status, elapsed.as_secs_f64());
    let duration_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(target: "access", { request.id = %id, method = %method, route, status, duration_ms }, "answered");
    let mut response = finished(response, language, &id);
    slot.write(response.headers_mut(), status == StatusCode::TOO_MANY_REQUESTS.as_u16());
    response
}

fn finished(response: Response, language: Language, id: &str) -> Response {
    let mut response = match response.extensions().get::<Problem>() {
        Some(problem) => worded(&response, problem, language, id),
        None => response,
    };
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn worded(response: &Response, problem: &Problem, language: Language, id: &str) -> Response {
    let document = problem.document(language, id);
    let mut worded = (response.status(), axum::Json(document)).into_response();
    let headers = worded.headers_mut();
    headers.extend(response.headers().iter().map(|(name, value)| (name.clone(), value.clone())));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    let tag = match language {
        Language::English => "en",
        Language::French => "fr",
    };
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(tag));
    worded
}

/// The caller's id for the request when it is a plain one, else one of ours.
fn request_id(api: &Api, headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let plain = |id: &&str| {
        (8..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    given.filter(plain).map_or_else(|| hex(&api.inner.store.parts().bytes::<12>()), str::to_owned)
}

pub(crate) fn language(headers: &HeaderMap) -> Language {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    accepted.map(Language::accepted).unwrap_or_default()
}

/// Where a request's connection came from; in the extensions of each.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);
