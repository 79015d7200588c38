//! `/v1/edge`: for proxies only.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use marque_config::feed::{Ack, Subscription};

use super::Api;
use super::body::{Asked, Input};
use super::caller::Caller;
use super::problem::{Problem, ProblemDocument};
use crate::model::fault::FieldFault;
use crate::model::language::Sentence;
use crate::model::scope::Scope;

/// Streams what the edge must know, as signed batches of lines.
#[utoipa::path(get, path = "/v1/edge/feed", tag = "edge",
    params(("proxy" = String, Query), ("epoch" = Option<String>, Query), ("after" = Option<i64>, Query)),
    responses((status = 200, content_type = "application/x-ndjson", body = String),
        (status = "default", body = ProblemDocument)))]
pub(super) async fn feed(
    State(api): State<Api>,
    caller: Caller,
    Asked(subscription): Asked<Subscription>,
) -> Result<Response, Problem> {
    caller.may(Scope::EdgeSync)?;
    let token = caller.token().ok_or_else(|| Problem::right_missing(Scope::EdgeSync))?;
    named(&subscription.proxy)
        .map_err(|fault| Problem::bad_query(fault.said.english.into_owned(), fault.said.french.into_owned()))?;
    let stream = api.inner.feed.open(subscription, token).await?;
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"))];
    Ok((kind, Body::from_stream(stream)).into_response())
}

/// Takes a proxy's word that it has applied a revision.
#[utoipa::path(post, path = "/v1/edge/acks", tag = "edge", request_body(content = Object),
    responses((status = 204), (status = "default", body = ProblemDocument)))]
pub(super) async fn acknowledge(
    State(api): State<Api>,
    caller: Caller,
    input: Input<Ack>,
) -> Result<StatusCode, Problem> {
    let ack = input.read(&caller.may(Scope::EdgeSync)?)?;
    named(&ack.proxy)?;
    // What isn't one of ours is unknown, and not every text can be asked of every database.
    if !ack.epoch.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Problem::other_epoch());
    }
    if api.inner.store.acknowledge(&ack.proxy, &ack.epoch, ack.revision).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::other_epoch())
    }
}

fn named(proxy: &str) -> Result<(), FieldFault> {
    let plain = proxy.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte));
    if plain && (1..=64).contains(&proxy.len()) {
        return Ok(());
    }
    let said = Sentence::fixed(
        "A proxy's name is 1 to 64 letters, digits, - _ . or :",
        "Le nom d’un proxy a de 1 à 64 lettres, chiffres, - _ . ou :",
    );
    Err(FieldFault::new("/proxy", "invalid-value", said))
}
