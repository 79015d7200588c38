//! Reading what a request brings: its JSON body, its path, its query. What can't be read is refused with the pointer
//! of the field.

use std::borrow::Cow;
use std::marker::PhantomData;

use axum::body::{Body, Bytes};
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{self, FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use marque_config::PartnerId;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

use super::problem::Problem;
use crate::kernel::fault::FieldFault;
use crate::kernel::json::{missing_field, push, wrong_field};
use crate::kernel::language::Sentence;
use crate::kernel::principal::{Principal, Reach};

/// The most that a body may have, where a route doesn't say otherwise.
pub(crate) const MOST: usize = 1 << 20;

/// A JSON body, not yet read: that takes the right to do what it asks.
pub(crate) struct Input<T> {
    headers: HeaderMap,
    bytes: Bytes,
    input: PhantomData<fn() -> T>,
}

/// No text of ours has NUL, and PostgreSQL takes none: what brings one is refused where it is read.
const ENCODED_NUL: &str = "%00";
const NUL_IN_TEXT: (&str, &str) = ("A text has no NUL.", "Un texte n’a pas de caractère nul.");

/// The id in the path. What is no id names nothing.
pub(crate) struct PathId<T>(pub(crate) T);

/// The query, without unknown fields where `T` denies them.
pub(crate) struct Query<T>(pub(crate) T);

impl<S: Send + Sync, T> FromRequest<S> for Input<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        Ok(Self { headers: parts.headers, bytes: read(body, MOST).await?, input: PhantomData })
    }
}

impl<T: DeserializeOwned> Input<T> {
    /// Reads the body where nobody has to be known: of those who are yet to come in.
    pub(crate) fn read_of_anybody(self) -> Result<T, Problem> {
        parse(&self.headers, &self.bytes)
    }

    /// Reads the body.
    pub(crate) fn read(&self, _: &Reach) -> Result<T, Problem> {
        parse(&self.headers, &self.bytes)
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for PathId<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        if parts.uri.path().contains(ENCODED_NUL) {
            return Err(Problem::not_found());
        }
        let path: Result<Path<T>, PathRejection> = Path::from_request_parts(parts, state).await;
        path.map(|Path(id)| Self(id)).map_err(|_| Problem::not_found())
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// Reads a query.
pub(crate) fn query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    without_nul(query)?;
    let uri = Uri::builder().path_and_query(format!("/?{query}")).build().map_err(|_| wrong_query(""))?;
    let read: Result<extract::Query<T>, QueryRejection> = extract::Query::try_from_uri(&uri);
    read.map(|extract::Query(query)| query).map_err(|error| wrong_query(&error.body_text()))
}

/// The name and the value of a parameter, as they are written in a query.
pub(crate) fn parameter(pair: &str) -> (Cow<'_, str>, Cow<'_, str>) {
    form_urlencoded::parse(pair.as_bytes()).next().unwrap_or_default()
}

/// Reads a body of at most so many bytes.
pub(crate) async fn read(body: Body, most: usize) -> Result<Bytes, Problem> {
    match Limited::new(body, most).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => Err(Problem::too_large()),
        Err(_) => Err(Problem::body_unread()),
    }
}

/// Reads a body as JSON; an empty one is an empty object.
pub(crate) fn parse<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Problem> {
    let body = if body.is_empty() {
        b"{}"
    } else if is_json(headers) {
        body
    } else {
        return Err(Problem::not_json());
    };
    if let Some(pointer) = nul_in(body) {
        return Err(FieldFault::new(pointer, "invalid-text", Sentence::fixed(NUL_IN_TEXT.0, NUL_IN_TEXT.1)).into());
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        if error.inner().is_data() { wrong_field(&error).into() } else { Problem::malformed(error.inner()) }
    })?;
    deserializer.end().map_err(|error| Problem::malformed(&error))?;
    Ok(value)
}

/// Refuses a query that holds NUL, and names the parameter.
fn without_nul(query: &str) -> Result<(), Problem> {
    match query.split('&').find(|pair| pair.contains(ENCODED_NUL)) {
        Some(pair) => {
            let name = pair.split('=').next().filter(|name| !name.contains(ENCODED_NUL));
            Err(wrong_query(&name.map(|name| format!("`{name}`")).unwrap_or_default()))
        }
        None => Ok(()),
    }
}

/// The pointer of the first text of a JSON body that holds NUL, which JSON can only write escaped.
fn nul_in(body: &[u8]) -> Option<String> {
    body.windows(6).find(|bytes| bytes == br"\u0000")?;
    let value: Value = serde_json::from_slice(body).ok()?;
    let mut pointer = String::new();
    holds_nul(&value, &mut pointer).then_some(pointer)
}

/// Whether a text in the value, or a name, holds NUL; the pointer then leads to it.
fn holds_nul(value: &Value, pointer: &mut String) -> bool {
    let here = pointer.len();
    let mut inside = |segment: &str, value: &Value| {
        push(pointer, segment);
        let found = segment.contains('\0') || holds_nul(value, pointer);
        if !found {
            pointer.truncate(here);
        }
        found
    };
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().enumerate().any(|(index, item)| inside(&index.to_string(), item)),
        Value::Object(fields) => fields.iter().any(|(name, value)| inside(name, value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

/// Names the parameter that is wrong, where what was said of the query names one; the rest of that is in English only.
fn wrong_query(said: &str) -> Problem {
    let said = said.rsplit_once("query string: ").map_or(said, |(_, said)| said);
    // Where a name comes first, what is quoted is its value.
    let named = said.split_once(": ").map(|(name, _)| name).filter(|name| !name.contains([' ', '`']));
    match named.or_else(|| said.split('`').nth(1)) {
        Some(name) => Problem::bad_query(
            format!("The parameter {name} is wrong, missing or unknown."),
            format!("Le paramètre {name} est erroné, manquant ou inconnu."),
        ),
        None => Problem::bad_query("A parameter is wrong.", "Un paramètre est erroné."),
    }
}

/// Tells a field that is null from one that isn't given.
pub(crate) fn given<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: serde::Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    serde::Deserialize::deserialize(deserializer).map(Some)
}

/// Whose business it is: a partner's own unless it says another, which isn't there for it; an operator says whose.
pub(crate) fn partner(reach: &Reach, given: Option<PartnerId>) -> Result<PartnerId, FieldFault> {
    match (given, reach.principal()) {
        (Some(partner), _) | (None, Principal::Partner(partner)) => Ok(partner),
        (None, _) => Err(missing_field("/partner")),
    }
}

/// Nothing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}
