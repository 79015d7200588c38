//! Forgets what is over: attempts to get certificates, and mails that were sent or failed, after three months; people's
//! sessions, and what others were told, after one; what was deleted from the feed after a day; answers kept for
//! idempotent requests, and quarantines, when they end; troubles of tasks that nobody tries again; support messages, what goes along with them, and from where
//! things were done, when the settings say. A few rows at a time, and at most a tenth of the time: who orders meanwhile
//! doesn't notice. Not woken by what others commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use marque_config::settings::RetentionSettings;

use crate::database::task::{Pass, PassError, Runs};
use crate::database::{BATCH, Old, Store, StoreError};
use crate::kernel::actor::Actor;
use crate::kernel::period::DAY_MS;

pub(crate) struct Prune {
    store: Store,
    retention: RetentionSettings,
    runs: Runs,
    /// Events up to this number were looked at: what is left of them is their objects' newest.
    looked_at: AtomicI64,
    /// When all of them are looked at again.
    again_ms: AtomicI64,
}

/// What is forgotten while the gate is held once.
#[derive(Debug, Clone, Copy)]
enum Batch {
    /// What is over since before a time.
    Dated(Old, i64),
    /// Records that were deleted before a time.
    Feed(i64),
    /// Events behind one number, up to another.
    Events(i64, i64),
}

/// How many times as long as a batch took nothing is done after it.
const REST: u32 = 9;
/// How many events are gone through behind the gate.
const SPAN: i64 = 5_000;

impl Prune {
    pub(crate) fn new(store: &Store, retention: RetentionSettings, runs: &Runs) -> Self {
        Self {
            store: store.clone(),
            retention,
            runs: runs.clone(),
            looked_at: AtomicI64::new(0),
            again_ms: AtomicI64::new(0),
        }
    }

    pub(crate) async fn pass(self: Arc<Self>) -> Result<Pass, PassError> {
        let now_ms = self.store.now_ms();
        let dated = Old::ALL.map(|old| Batch::Dated(old, now_ms - self.kept_ms(old)));
        let (mut count, troubled) = (0, self.store.trouble_counts().await?);
        for batch in dated.into_iter().chain([Batch::Feed(now_ms - DAY_MS)]) {
            count += self.until_short(batch).await?;
        }
        count += self.events(now_ms).await?;
        let still_troubled = self.store.trouble_counts().await?;
        troubled.iter().for_each(|(task, _)| self.runs.troubles(&still_troubled, task));
        Ok(if count > 0 { Pass::Worked } else { Pass::Idle })
    }

    /// How long it is kept once it is over.
    fn kept_ms(&self, old: Old) -> i64 {
        let days = match old {
            Old::Issuances | Old::Mails => 90,
            Old::ExpiredSessions | Old::EndedSessions | Old::PasswordResets | Old::Deliveries => 30,
            Old::Answers | Old::Quarantines => 0,
            // Whatever is due is tried again within minutes.
            Old::Troubles | Old::Tickets => 1,
            Old::Attachments => self.retention.attachment_days.min(self.retention.message_days),
            Old::Replies | Old::Messages => self.retention.message_days,
            Old::AuditAddresses | Old::MessageAddresses | Old::ConsentAddresses => self.retention.address_days,
        };
        i64::from(days) * DAY_MS
    }

    async fn events(&self, now_ms: i64) -> Result<i64, StoreError> {
        if self.again_ms.load(Ordering::Relaxed) <= now_ms {
            self.looked_at.store(0, Ordering::Relaxed);
            self.again_ms.store(now_ms + DAY_MS, Ordering::Relaxed);
        }
        let last = self.store.last_event_before(now_ms - 30 * DAY_MS).await?;
        let mut count = 0;
        while let Some(first) = self.store.old_event(self.looked_at.load(Ordering::Relaxed), last).await? {
            self.looked_at.store(first - 1, Ordering::Relaxed);
            count += self.forget(Batch::Events(first - 1, last.min(first + SPAN))).await?;
        }
        self.looked_at.fetch_max(last, Ordering::Relaxed);
        Ok(count)
    }

    /// Batch after batch, until one finds less than it may.
    async fn until_short(&self, batch: Batch) -> Result<i64, StoreError> {
        let mut count = 0;
        loop {
            let forgotten = self.forget(batch).await?;
            count += forgotten;
            if forgotten < batch.most() {
                return Ok(count);
            }
        }
    }

    async fn forget(&self, batch: Batch) -> Result<i64, StoreError> {
        let mut write = self.store.begin(&Actor::system("prune"), self.store.now_ms()).await?;
        let begun = Instant::now();
        let forgotten = match batch {
            Batch::Dated(old, before_ms) => write.forget(old, before_ms).await?,
            Batch::Feed(before_ms) => write.prune_feed(before_ms).await?,
            Batch::Events(after, last) => write.forget_events(after, last).await?,
        };
        if forgotten > 0 {
            write.commit().await?;
            tokio::time::sleep(begun.elapsed() * REST).await;
        }
        Ok(forgotten)
    }
}

impl Batch {
    fn most(self) -> i64 {
        match self {
            Self::Dated(old, _) => old.batch(),
            Self::Feed(_) | Self::Events(..) => BATCH,
        }
    }
}

#[cfg(test)]
mod tests;
