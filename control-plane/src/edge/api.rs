//! `/v1/edge`: for proxies only.

pub(crate) mod applications;
pub(crate) mod assertion_keys;
pub(crate) mod policy;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use marque_config::TokenId;
use marque_config::feed::{Ack, FORMAT_HEADER, Format, Subscription};

use crate::database::refused::Refused;
use crate::identity::operations::tokens;
use crate::kernel::scope::Scope;
use crate::web::Api;
use crate::web::body::{Input, Query};
use crate::web::caller::Caller;
use crate::web::problem::{Problem, ProblemDocument};

/// Streams what the edge must know, as signed batches of lines.
#[utoipa::path(get, path = "/v1/edge/feed", tag = "edge",
    params(("proxy" = String, Query), ("epoch" = Option<String>, Query), ("after" = Option<i64>, Query),
        ("Marque-Feed-Format" = Option<u32>, Header)),
    responses((status = 200, content_type = "application/x-ndjson", body = String),
        (status = "default", body = ProblemDocument)))]
pub(crate) async fn feed(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
    Query(subscription): Query<Subscription>,
) -> Result<Response, Problem> {
    caller.may(Scope::EdgeSync)?;
    tokens::check_proxy_name(&subscription.proxy)
        .map_err(|fault| Problem::bad_query(fault.said.english.into_owned(), fault.said.french.into_owned()))?;
    let token = only_its_own(&api, &caller, &subscription.proxy).await?;
    let format = Format::of_header(headers.get(FORMAT_HEADER).and_then(|value| value.to_str().ok()));
    let stream = api.inner.feed.open(subscription, token, format).await?;
    let spoken = HeaderValue::from(format.min(Format::CURRENT).0);
    let kind = HeaderValue::from_static("application/x-ndjson");
    let headers = [(header::CONTENT_TYPE, kind), (HeaderName::from_static(FORMAT_HEADER), spoken)];
    Ok((headers, Body::from_stream(stream)).into_response())
}

/// Takes a proxy's word that it has applied a revision.
#[utoipa::path(post, path = "/v1/edge/acks", tag = "edge", request_body(content = Object),
    responses((status = 204), (status = "default", body = ProblemDocument)))]
pub(crate) async fn acknowledge(
    State(api): State<Api>,
    caller: Caller,
    input: Input<Ack>,
) -> Result<StatusCode, Problem> {
    let ack = input.read(&caller.may(Scope::EdgeSync)?)?;
    tokens::check_proxy_name(&ack.proxy)?;
    only_its_own(&api, &caller, &ack.proxy).await?;
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

/// One token, one proxy: whoever has the token of one speaks for no other.
pub(crate) async fn only_its_own(api: &Api, caller: &Caller, proxy: &str) -> Result<TokenId, Problem> {
    let reach = caller.may(Scope::EdgeSync)?;
    let token = caller.token().ok_or_else(|| Problem::right_missing(Scope::EdgeSync))?;
    let bound = match &caller.limits.proxy {
        Some(bound) if !tokens::may_follow(bound, proxy) => bound.clone(),
        _ => {
            let mut write = api.inner.store.begin(reach.actor(), api.inner.store.now_ms()).await?;
            let bound = match tokens::bind(&mut write, token, proxy).await {
                // Revoked since it was looked up.
                Err(Refused::NotFound) => return Err(Problem::unauthenticated()),
                bound => bound?,
            };
            write.commit().await?;
            bound
        }
    };
    if bound == proxy { Ok(token) } else { Err(Problem::token_of_another_proxy(&bound)) }
}
