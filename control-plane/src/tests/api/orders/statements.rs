//! How many statements an order takes: each is a way to the database while all other writers wait.

use std::fmt::Debug;
use std::sync::{LazyLock, Mutex, PoisonError};

use axum::http::StatusCode;
use axum::{Extension, body::Body};
use serde_json::{Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Instrument, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use super::counter::Counter;
use crate::tests::api::desk::{send, showing};
use crate::web::frame::Peer;

/// The most statements of an order, of whatever is sent between its beginning and its commit.
const MOST: usize = 35;

/// What was sent to any database within a span of this name, as sqlx logs it, by the span's number.
static HEARD: LazyLock<Mutex<Vec<(u64, String)>>> = LazyLock::new(Mutex::default);
const SPAN: &str = "counted";

/// Hears statements, wherever they are logged: SQLite's in a thread of its own, within the span of who asked.
struct Ear;

/// The words of a statement.
#[derive(Default)]
struct Words(String);

impl Visit for Words {
    fn record_str(&mut self, field: &Field, value: &str) {
        // Long statements are logged whole beside their first words.
        match field.name() {
            "summary" if self.0.is_empty() => value.clone_into(&mut self.0),
            "db.statement" if !value.is_empty() => self.0 = value.split_whitespace().collect::<Vec<_>>().join(" "),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Ear {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let counted = context.event_scope(event).into_iter().flatten().find(|span| span.name() == SPAN);
        let Some(span) = counted.filter(|_| event.metadata().target() == "sqlx::query") else { return };
        let mut words = Words::default();
        event.record(&mut words);
        HEARD.lock().unwrap_or_else(PoisonError::into_inner).push((span.id().into_u64(), words.0));
    }
}

/// Posts as somebody with an address does, and gives what was sent to the database for it, but for the commit.
async fn statements(counter: &Counter, path: &str, body: &Value) -> Vec<String> {
    // The first one of the process counts; others hear through it.
    let wanted =
        Targets::new().with_target("sqlx::query", tracing::Level::DEBUG).with_target("marque", tracing::Level::INFO);
    let _ = tracing_subscriber::registry().with(Ear.with_filter(wanted)).try_init();
    let router = counter.desk.router.clone().layer(Extension(Peer(([192, 0, 2, 1], 9).into())));
    let key = format!("key {}", counter.desk.next_key());
    let request = showing(axum::http::Request::post(path), counter.token())
        .header("content-type", "application/json")
        .header("idempotency-key", key)
        .body(Body::from(body.to_string()));
    let span = tracing::info_span!(SPAN);
    let number = span.id().map(|id| id.into_u64());
    let reply = send(&router, request.unwrap()).instrument(span).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    let heard = HEARD.lock().unwrap_or_else(PoisonError::into_inner);
    let mine = heard.iter().filter(|(span, words)| Some(*span) == number && !words.eq_ignore_ascii_case("commit"));
    mine.map(|(_, words)| words.clone()).collect()
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
