//! `/healthz`, `/readyz`, `/metrics`: on loopback, without authentication. Neither of the first two lies: the first
//! says that the process runs, the second that the database answers.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;

use crate::database::Store;
use crate::telemetry::Metrics;

/// The status page.
pub(crate) fn router(store: Store, metrics: Arc<Metrics>) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready).with_state(store.clone()))
        .route("/metrics", get(shown).with_state((store, metrics)))
}

async fn ready(State(store): State<Store>) -> impl IntoResponse {
    match store.ping().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
        }
    }
}

async fn shown(State((store, metrics)): State<(Store, Arc<Metrics>)>) -> impl IntoResponse {
    // With the database away the rest is worth the more.
    match store.backlog().await {
        Ok(backlog) => metrics.waiting(&backlog, store.now_ms()),
        Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "what waits can't be counted"),
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], metrics.text())
}
