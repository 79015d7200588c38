//! The cash register proper. Whoever is logged in, to whatever account, gets the account that the request names.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::{Form, Json};
use futures_util::{Stream, StreamExt, stream};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::broadcast;

use super::book::{Book, Sale, Session, cookie};
use super::pages;

/// What is typed in to sell something.
#[derive(Debug, Deserialize)]
pub(crate) struct Entry {
    article: String,
    cents: u32,
}

/// The query of `GET /report`.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    account: Option<String>,
}

/// `GET /accounts/{account}/till`
pub(crate) async fn page(
    State(book): State<Arc<Book>>,
    Path(account): Path<String>,
    headers: HeaderMap,
) -> Result<Response, StatusCode> {
    let Some(session) = book.session(&headers) else {
        return Ok((StatusCode::SEE_OTHER, [(header::LOCATION, "/login")]).into_response());
    };
    let register = book.account(&account)?;
    let page = pages::till(&account, register.shop, &session.email, &register.sales(), register.total_cents());
    Ok(Html(page).into_response())
}

/// `POST /accounts/{account}/sales`
pub(crate) async fn ring_up(
    State(book): State<Arc<Book>>,
    Path(account): Path<String>,
    _session: Session,
    Form(entry): Form<Entry>,
) -> Result<Response, StatusCode> {
    book.account(&account)?.ring_up(Sale { article: entry.article, cents: entry.cents });
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, format!("/accounts/{account}/till"))]).into_response())
}

/// `GET /accounts/{account}/sales`
pub(crate) async fn list(
    State(book): State<Arc<Book>>,
    Path(account): Path<String>,
    _session: Session,
) -> Result<Json<Value>, StatusCode> {
    let register = book.account(&account)?;
    Ok(Json(json!({"account": account, "shop": register.shop, "sales": register.sales()})))
}

/// `GET /report?account=`, or the account of `x-account`, or of the cookie `account`; without any, the session's own.
pub(crate) async fn report(
    State(book): State<Arc<Book>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    session: Session,
) -> Result<Json<Value>, StatusCode> {
    let named = headers.get("x-account").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let cookie = || cookie(&headers, "account").map(str::to_owned);
    let account = asked.account.or(named).or_else(cookie).unwrap_or(session.account);
    let register = book.account(&account)?;
    Ok(Json(json!({"account": account, "shop": register.shop, "total_cents": register.total_cents()})))
}

/// `GET /accounts/{account}/events`: each sale as a server-sent event; a first one says that the stream stands.
pub(crate) async fn events(
    State(book): State<Arc<Book>>,
    Path(account): Path<String>,
    _session: Session,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, StatusCode> {
    let news = book.account(&account)?.news();
    let first = Event::default().event("open").data(&account);
    let sales = stream::unfold(news, |mut news| async move {
        let sale = next_sale(&mut news).await?;
        Some((Event::default().event("sale").data(line(&sale)), news))
    });
    Ok(Sse::new(stream::once(async { first }).chain(sales).map(Ok)).keep_alive(KeepAlive::default()))
}

/// `GET /accounts/{account}/live`: a WebSocket that tells of each sale and sends back what it is sent.
pub(crate) async fn live(
    State(book): State<Arc<Book>>,
    Path(account): Path<String>,
    _session: Session,
    upgrade: WebSocketUpgrade,
) -> Result<Response, StatusCode> {
    let news = book.account(&account)?.news();
    Ok(upgrade.on_upgrade(move |socket| converse(socket, news)))
}

async fn converse(mut socket: WebSocket, mut news: broadcast::Receiver<Sale>) {
    loop {
        let answer = tokio::select! {
            received = socket.recv() => match received {
                Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => message,
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
            },
            sale = next_sale(&mut news) => match sale {
                Some(sale) => Message::Text(line(&sale).into()),
                None => return,
            },
        };
        if socket.send(answer).await.is_err() {
            return;
        }
    }
}

/// The next sale; those that a slow listener missed are left out.
async fn next_sale(news: &mut broadcast::Receiver<Sale>) -> Option<Sale> {
    loop {
        match news.recv().await {
            Ok(sale) => return Some(sale),
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return None,
        }
    }
}

fn line(sale: &Sale) -> String {
    json!(sale).to_string()
}
