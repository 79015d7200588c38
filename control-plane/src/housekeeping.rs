//! What is forgotten when it is old: deleted records of the feed, answers to idempotent requests, quarantines that are
//! over.

use std::sync::Arc;
use std::time::Duration;

use crate::model::actor::Actor;
use crate::store::{Store, StoreError};
use crate::telemetry::Metrics;

const EVERY: Duration = Duration::from_secs(3600);
const DAY_MS: i64 = 86_400_000;

/// Forgets what is old, once an hour, for ever.
pub async fn run(store: Store, metrics: Arc<Metrics>) {
    loop {
        let outcome = match once(&store).await {
            Ok(()) => "done",
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "housekeeping failed");
                "failed"
            }
        };
        metrics.task_run("housekeeping", outcome);
        tokio::time::sleep(EVERY).await;
    }
}

/// Forgets what is old.
///
/// # Errors
/// When the database is away.
pub async fn once(store: &Store) -> Result<(), StoreError> {
    let now_ms = store.now_ms();
    let mut write = store.begin(&Actor::system("housekeeping"), now_ms).await?;
    write.prune_answers(now_ms - DAY_MS).await?;
    write.prune_quarantines().await?;
    write.prune_feed(now_ms - DAY_MS).await?;
    write.commit().await?;
    Ok(())
}
