//! Forgets what is over: attempts to get certificates, and mails that were sent or failed, after three months; people's
//! sessions, and what others were told, after one; what was deleted from the feed after a day; answers kept for
//! idempotent requests, and quarantines, when they end.

use super::{Pass, PassError};
use crate::model::actor::Actor;
use crate::store::Store;

const DAY_MS: i64 = 86_400_000;

pub(super) async fn pass(store: Store) -> Result<Pass, PassError> {
    let now_ms = store.now_ms();
    let mut write = store.begin(&Actor::system("prune"), now_ms).await?;
    write.prune_issuances(now_ms - 90 * DAY_MS).await?;
    write.prune_feed(now_ms - DAY_MS).await?;
    write.prune_sessions(now_ms - 30 * DAY_MS).await?;
    write.prune_answers().await?;
    write.prune_quarantines().await?;
    write.prune_deliveries(now_ms - 30 * DAY_MS).await?;
    write.prune_events(now_ms - 30 * DAY_MS).await?;
    write.prune_mails(now_ms - 90 * DAY_MS).await?;
    write.commit().await?;
    Ok(Pass::Worked)
}
