//! What anybody may open: the way in, the health check, the contact form, and what a naive application leaks.

use std::sync::Arc;

use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::{Form, Json};
use serde::Deserialize;
use serde_json::{Value, json};

use super::book::Book;
use super::{OWN_HOST, pages};

/// The query of `GET /go`.
#[derive(Debug, Deserialize)]
pub(crate) struct Onward {
    to: String,
}

/// What is typed into the contact form.
#[derive(Debug, Deserialize)]
pub(crate) struct Written {
    email: String,
    message: String,
}

/// `GET /`: leads on, always by an absolute address on the application's own host.
pub(crate) async fn home(State(book): State<Arc<Book>>, headers: HeaderMap) -> Response {
    let path = match book.session(&headers) {
        Some(session) => format!("/accounts/{}/till", session.account),
        None => "/login".to_owned(),
    };
    (StatusCode::FOUND, [(header::LOCATION, format!("http://{OWN_HOST}{path}"))]).into_response()
}

/// `GET /health`
pub(crate) async fn health() -> &'static str {
    "ok\n"
}

/// `/echo`: the head as it arrived.
pub(crate) async fn echo(request: Request) -> Json<Value> {
    let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let fields: Vec<_> = request.headers().iter().map(|(name, value)| json!([name.as_str(), text(value)])).collect();
    Json(json!({
        "method": request.method().as_str(),
        "target": request.uri().to_string(),
        "version": format!("{:?}", request.version()),
        "headers": fields,
    }))
}

/// `GET /go?to=`: an open redirect, as many applications have one.
pub(crate) async fn go(Query(Onward { to }): Query<Onward>) -> Response {
    match axum::http::HeaderValue::from_str(&to) {
        Ok(location) => (StatusCode::FOUND, [(header::LOCATION, location)]).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// `GET /contact`
pub(crate) async fn contact() -> Html<String> {
    Html(pages::contact())
}

/// `POST /contact`
pub(crate) async fn leave_message(State(book): State<Arc<Book>>, Form(written): Form<Written>) -> Html<String> {
    let number = book.leave_message(format!("{}: {}", written.email, written.message));
    Html(pages::thanks(number))
}
