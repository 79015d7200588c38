//! `Idempotency-Key`: what a POST did is done once. The answer is kept in the transaction of the effects; writers are
//! serial, so a second request waits for the first and then gets its answer.

use std::marker::PhantomData;

use aws_lc_rs::digest::{Context, SHA256};
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::problem::Problem;
use super::version::{required_header, tagged};
use super::{Api, body};
use crate::database::{Answered, Write};
use crate::kernel::period::DAY_MS;
use crate::kernel::principal::Reach;
use crate::kernel::token::hex;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A POST of so many bytes at most, not yet read: that takes the right to do it.
pub(crate) struct Post<T, const MOST: usize = { body::MOST }> {
    parts: Parts,
    bytes: Bytes,
    input: PhantomData<fn() -> T>,
}

/// Names a request: by its key, and by what it asks; and says how long its answer is kept.
struct Once {
    key: String,
    hash: String,
    keep_ms: i64,
}

/// Where money moves: a request that is sent again after days must not move it twice.
const MONEY: [&str; 6] =
    ["/v1/adjustments", "/v1/licences", "/v1/orders", "/v1/payments", "/v1/subscriptions", "/v1/wallets"];

/// The header, as the description shows it of a POST that is done once.
pub(crate) struct IdempotencyKey;

/// How a POST ends whose write isn't committed: the error of its handlers.
pub(crate) enum Outcome {
    /// It is refused.
    Refused(Problem),
    /// It was done before under the same key, and this was its answer.
    Replayed(Response),
}

/// What a POST is answered.
pub(crate) type Answer = Result<Response, Outcome>;

/// A POST in flight: its write isn't committed, and its answer isn't kept yet.
pub(crate) struct InFlight {
    pub(crate) write: Write,
    asker: String,
    once: Once,
}

impl IntoParams for IdempotencyKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![required_header("Idempotency-Key")]
    }
}

impl<T, const MOST: usize> FromRequest<Api> for Post<T, MOST> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Api) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        Ok(Self { parts, bytes: body::read(body, MOST).await?, input: PhantomData })
    }
}

impl<T: DeserializeOwned, const MOST: usize> Post<T, MOST> {
    /// Reads the body and begins the write, unless it was done before.
    pub(crate) async fn begin(self, api: &Api, reach: &Reach) -> Result<(T, InFlight), Outcome> {
        let keep_ms = kept_for(self.parts.uri.path());
        let once = Once { key: key(&self.parts.headers)?, hash: self.hash(), keep_ms };
        let input = body::parse(&self.parts.headers, &self.bytes)?;
        let store = &api.inner.store;
        let mut write = store.begin(reach.actor(), store.now_ms()).await?;
        let asker = reach.asker();
        match write.answered(&asker, &once.key).await? {
            None => Ok((input, InFlight { write, asker, once })),
            Some(answered) if answered.request_hash != once.hash => Err(Problem::key_reused().into()),
            Some(answered) => Err(Outcome::Replayed(replayed(answered))),
        }
    }

    /// What is asked, before it is looked whether it was done before.
    pub(crate) fn peek(&self) -> Result<T, Problem> {
        key(&self.parts.headers)?;
        body::parse(&self.parts.headers, &self.bytes)
    }

    fn hash(&self) -> String {
        let mut digest = Context::new(&SHA256);
        // With its query: asking what would be done is not doing it.
        let place = self.parts.uri.path_and_query().map_or(self.parts.uri.path(), |place| place.as_str());
        for part in [self.parts.method.as_str().as_bytes(), place.as_bytes(), &self.bytes] {
            digest.update(&(part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        hex(digest.finish().as_ref())
    }
}

impl InFlight {
    /// Commits, and answers with `body`.
    pub(crate) async fn done(self, status: StatusCode, body: &impl Serialize) -> Result<Response, Outcome> {
        self.done_keeping(status, body, body).await
    }

    /// Commits, answers with `body`, and keeps `kept` for a second request: for what may be told only once.
    pub(crate) async fn done_keeping(
        mut self,
        status: StatusCode,
        body: &impl Serialize,
        kept: &impl Serialize,
    ) -> Result<Response, Outcome> {
        let (body, kept) = (text(body)?, text(kept)?);
        let answer = Answered { request_hash: self.once.hash, status: status.as_u16(), body: kept };
        self.write.answer(&self.asker, &self.once.key, &answer, self.once.keep_ms).await?;
        self.write.commit().await?;
        Ok(tagged(status, body))
    }
}

impl<E: Into<Problem>> From<E> for Outcome {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

impl IntoResponse for Outcome {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(problem) => problem.into_response(),
            Self::Replayed(response) => response,
        }
    }
}

fn text(body: &impl Serialize) -> Result<String, Problem> {
    serde_json::to_string(body).map_err(|_| Problem::internal())
}

fn replayed(answered: Answered) -> Response {
    let status = StatusCode::from_u16(answered.status).unwrap_or(StatusCode::OK);
    let mut response = tagged(status, answered.body);
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

/// How long an answer is kept: thirty days where money moves, else one.
fn kept_for(path: &str) -> i64 {
    let below = |root: &&str| path.strip_prefix(*root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if MONEY.iter().any(below) { 30 * DAY_MS } else { DAY_MS }
}

/// One key of 1 to 255 printable characters; a structured field's quotes (RFC 9651) are taken off.
fn key(headers: &HeaderMap) -> Result<String, Problem> {
    let mut values = headers.get_all(KEY).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(Problem::key_missing()) };
    let text = value.to_str().map_err(|_| Problem::key_missing())?;
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let fits = (1..=255).contains(&text.len()) && text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    if fits { Ok(text.to_owned()) } else { Err(Problem::key_missing()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_money_is_kept_for_thirty_days() {
        for (path, days) in [
            ("/v1/orders", 30),
            ("/v1/orders/ord_1/void", 30),
            ("/v1/payments", 30),
            ("/v1/licences/lic_1/change", 30),
            ("/v1/ordersx", 1),
            ("/v1/tenants", 1),
        ] {
            assert_eq!(kept_for(path), days * DAY_MS, "{path}");
        }
    }
}
