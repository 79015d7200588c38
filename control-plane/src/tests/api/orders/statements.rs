//! How many statements an order takes: each is a way to the database while all other writers wait.

use axum::Extension;
use axum::body::Body;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::counter::Counter;
use crate::tests::api::counted::counted;
use crate::tests::api::desk::showing;
use crate::web::frame::Peer;

/// The most statements of an order, of whatever is sent between its beginning and its commit.
const MOST: usize = 35;

/// Posts as somebody with an address does, and gives what was sent to the database for it, but for the commit.
async fn statements(counter: &Counter, path: &str, body: &Value) -> Vec<String> {
    let router = counter.desk.router.clone().layer(Extension(Peer(([192, 0, 2, 1], 9).into())));
    let key = format!("key {}", counter.desk.next_key());
    let request = showing(axum::http::Request::post(path), counter.token())
        .header("content-type", "application/json")
        .header("idempotency-key", key)
        .body(Body::from(body.to_string()));
    let (reply, statements) = counted(&router, request.unwrap()).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    statements
}

fn assert_few(what: &str, statements: &[String]) {
    let listed: Vec<_> =
        statements.iter().enumerate().map(|(index, words)| format!("{:3} {words}", index + 1)).collect();
    assert!(statements.len() <= MOST, "{what} is {} statements:\n{}", statements.len(), listed.join("\n"));
    // Had nothing been heard, nothing would be said either.
    assert!(statements.len() > 10, "{what} is {} statements:\n{}", statements.len(), listed.join("\n"));
}

#[tokio::test]
async fn an_order_is_at_most_35_statements() {
    let counter = Counter::open().await;
    // The token is known from now on.
    counter.desk.get(counter.token(), "/v1/orders").await;
    let order = statements(&counter, "/v1/orders", &counter.asked("order", "a@b.fr")).await;
    assert_few("an order for a new client", &order);
    let trial = statements(&counter, "/v1/orders", &counter.asked("trial", "c@d.fr")).await;
    assert_few("a trial for a new client", &trial);
    let client = counter.placed(counter.asked("trial", "e@f.fr")).await["client"].clone();
    let mut again = counter.asked("order", "e@f.fr");
    again.as_object_mut().unwrap().remove("client");
    again["client_id"] = client;
    assert_few("an order for a client that is there", &statements(&counter, "/v1/orders", &again).await);
}

#[tokio::test]
async fn a_licence_without_an_order_is_at_most_35_statements() {
    let counter = Counter::open().await;
    counter.desk.get(counter.token(), "/v1/orders").await;
    let (tenant, plan, list) = (&counter.world.partners[0].tenant, &counter.shop.production, &counter.shop.euros);
    let body = json!({ "tenant": tenant, "plan": plan, "term": "monthly", "price_list": list });
    assert_few("a licence that is added", &statements(&counter, "/v1/licences", &body).await);
}
