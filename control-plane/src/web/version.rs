//! Versions of objects (RFC 9110 section 8.8.3): an object is shown with an `ETag`, and changed only by who has seen its
//! newest. The tag is a digest of what is shown, so nothing else has to be kept.

use std::convert::Infallible;

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::{Object, Type};

use super::problem::Problem;
use crate::kernel::token::hex;

/// One object as an answer, with its version as the `ETag`.
pub(crate) struct Versioned<T>(pub(crate) T);

/// The header `If-Match`, where there is one: what PATCH, PUT and DELETE need.
pub(crate) struct IfMatch(Option<String>);

impl<T: Serialize> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        match serde_json::to_string(&self.0) {
            Ok(text) => tagged(StatusCode::OK, text),
            Err(_) => Problem::internal().into_response(),
        }
    }
}

impl IfMatch {
    /// Refuses unless the caller has seen this version: compared behind the gate, so nobody changes it in between.
    pub(crate) fn check(&self, current: &impl Serialize) -> Result<(), Problem> {
        let seen = self.0.as_deref().ok_or_else(Problem::version_missing)?;
        let tag = tag(&serde_json::to_string(current).map_err(|_| Problem::internal())?);
        let matches = seen.split(',').map(str::trim).any(|seen| seen == "*" || seen == tag);
        if matches { Ok(()) } else { Err(Problem::stale_version()) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let value = parts.headers.get(header::IF_MATCH);
        // What is no text is no tag of ours: it matches nothing.
        Ok(Self(value.map(|value| value.to_str().unwrap_or_default().to_owned())))
    }
}

impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![required_header("If-Match")]
    }
}

/// A header that a request needs, as the description shows it.
pub(crate) fn required_header(name: &str) -> Parameter {
    let parameter = Parameter::builder().name(name).parameter_in(ParameterIn::Header).required(Required::True);
    parameter.schema(Some(Object::with_type(Type::String))).build()
}

/// An answer with a JSON text and its tag.
pub(crate) fn tagged(status: StatusCode, text: String) -> Response {
    let tag = HeaderValue::from_str(&tag(&text)).unwrap_or(HeaderValue::from_static("\"\""));
    let kind = HeaderValue::from_static("application/json");
    (status, [(header::CONTENT_TYPE, kind), (header::ETAG, tag)], Body::from(text)).into_response()
}

fn tag(text: &str) -> String {
    let digest = digest(&SHA256, text.as_bytes());
    format!("\"{}\"", hex(digest.as_ref().get(..12).unwrap_or_default()))
}
