//! What a request sends to the database, counted.

use std::fmt::Debug;
use std::sync::{LazyLock, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use tracing::field::{Field, Visit};
use tracing::{Event, Instrument, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use super::desk::{Reply, send};

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

/// Whether a request sends it itself: neither the commit, nor what a connection is told that the pool opens meanwhile.
fn is_own(words: &str) -> bool {
    let first = words.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    !["commit", "pragma", "set"].contains(&first.as_str())
}

/// The answer to a request, and what it sent to the database.
pub(super) async fn counted(router: &Router, request: Request<Body>) -> (Reply, Vec<String>) {
    // The first one of the process counts; others hear through it.
    let wanted =
        Targets::new().with_target("sqlx::query", tracing::Level::DEBUG).with_target("marque", tracing::Level::INFO);
    let _ = tracing_subscriber::registry().with(Ear.with_filter(wanted)).try_init();
    let span = tracing::info_span!(SPAN);
    let number = span.id().map(|id| id.into_u64());
    let reply = send(router, request).instrument(span).await;
    let heard = HEARD.lock().unwrap_or_else(PoisonError::into_inner);
    let mine = heard.iter().filter(|(span, words)| Some(*span) == number && is_own(words));
    (reply, mine.map(|(_, words)| words.clone()).collect())
}
