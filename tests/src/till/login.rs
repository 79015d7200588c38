//! The three ways in: a form that names the account, JSON that names it, and a form that names only a person.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::{Form, Json};
use serde::Deserialize;
use serde_json::json;

use super::book::{Book, Session};
use super::{OWN_HOST, SESSION_COOKIE, pages};

/// What is typed into a login form.
#[derive(Debug, Deserialize)]
pub(crate) struct Credentials {
    #[serde(default)]
    account: Option<String>,
    email: String,
    password: String,
}

/// `GET /login`
pub(crate) async fn form() -> Html<String> {
    Html(pages::login(None))
}

/// `POST /login`: the account is in the form, and in the path that the answer leads to.
pub(crate) async fn by_form(State(book): State<Arc<Book>>, Form(typed): Form<Credentials>) -> Response {
    let account = typed.account.unwrap_or_default();
    match book.log_in(Some(&account), &typed.email, &typed.password) {
        Some((token, session)) => entered(&token, format!("/accounts/{}/till", session.account)),
        None => refused(),
    }
}

/// `POST /login/email`: only the answer says which account was entered, by an address on the application's own host.
pub(crate) async fn by_email(State(book): State<Arc<Book>>, Form(typed): Form<Credentials>) -> Response {
    match book.log_in(None, &typed.email, &typed.password) {
        Some((token, session)) => entered(&token, format!("http://{OWN_HOST}/accounts/{}/till", session.account)),
        None => refused(),
    }
}

/// `POST /api/login`: as an installed app logs in.
pub(crate) async fn by_json(State(book): State<Arc<Book>>, Json(typed): Json<Credentials>) -> Response {
    match book.log_in(typed.account.as_deref(), &typed.email, &typed.password) {
        Some((token, Session { account, email })) => {
            let body = json!({"account": {"id": account}, "email": email});
            (StatusCode::OK, session_headers(&token), Json(body)).into_response()
        }
        None => (StatusCode::UNAUTHORIZED, Json(json!({"error": "wrong e-mail or password"}))).into_response(),
    }
}

/// `POST /logout`
pub(crate) async fn log_out(State(book): State<Arc<Book>>, headers: HeaderMap) -> Response {
    book.log_out(&headers);
    let cookie = format!("{SESSION_COOKIE}=; Path=/; Max-Age=0");
    (StatusCode::SEE_OTHER, [(header::SET_COOKIE, cookie), (header::LOCATION, "/login".to_owned())]).into_response()
}

fn entered(token: &str, location: String) -> Response {
    (StatusCode::SEE_OTHER, session_headers(token), [(header::LOCATION, location)]).into_response()
}

/// The session's cookie as frameworks set it by default: for the application's own host, not even `Secure`.
fn session_headers(token: &str) -> axum::response::AppendHeaders<[(HeaderName, String); 2]> {
    axum::response::AppendHeaders([
        (header::SET_COOKIE, format!("{SESSION_COOKIE}={token}; Path=/; HttpOnly; Domain={OWN_HOST}")),
        (header::SET_COOKIE, format!("theme=flour; Path=/; Domain={OWN_HOST}")),
    ])
}

fn refused() -> Response {
    (StatusCode::UNAUTHORIZED, Html(pages::login(Some("Wrong account, e-mail or password.")))).into_response()
}
