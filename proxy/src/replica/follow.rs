//! Follows the feed: takes batches in order, into the file and then into memory, and says so.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use marque_config::clock::{Clock, Random};
use marque_config::feed::HEARTBEAT_MS;
use marque_config::signature::FeedVerifier;
use tokio::sync::watch;

use super::batch::{BatchError, BatchReader, Lines, SignedBatch};
use super::client::{ClientError, FeedClient};
use super::directory::Batch;
use super::guard::Refused;
use super::store::{Store, StoreError};
use super::{Acks, Directory, Position, ack, guard};
use crate::telemetry::{Causes, Metrics};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const SILENCE: Duration = Duration::from_millis(3 * HEARTBEAT_MS);

/// The one task that changes the replica.
pub struct Follower {
    pub(super) client: FeedClient,
    pub(super) verifier: FeedVerifier,
    pub(super) store: Store,
    pub(super) directory: Arc<Directory>,
    /// What the file has: memory may be ahead of it while the disk is full, never behind.
    pub(super) position: Option<Position>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Arc<dyn Random>,
    pub(super) metrics: Arc<Metrics>,
}

/// Why a stream ended.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("the feed can't be opened")]
    Client(#[from] ClientError),
    #[error("the feed broke off")]
    Broken(#[from] reqwest::Error),
    #[error("the feed was closed")]
    Closed,
    #[error("the feed fell silent")]
    Silent,
    #[error("the feed can't be understood")]
    Batch(#[from] BatchError),
    #[error("a batch was not taken")]
    Refused(#[from] Refused),
    #[error("the replica's file can't be written")]
    Store(#[from] StoreError),
}

impl Follower {
    /// Follows until the task is dropped.
    pub async fn run(mut self) {
        let (acks, outstanding) = watch::channel(None);
        let sender = acknowledge(self.client.clone(), outstanding);
        let following = async {
            let mut pause = FIRST_PAUSE;
            loop {
                let (heard, ended) = self.follow(&acks).await;
                if heard {
                    pause = FIRST_PAUSE;
                }
                self.report(&ended);
                tokio::time::sleep(pause + jitter(self.random.as_ref())).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        };
        tokio::join!(following, sender);
    }

    /// Follows one stream to its end, which is always an error: the feed has none. Also whether it was any good.
    async fn follow(&mut self, acks: &Acks) -> (bool, Ended) {
        let mut heard = false;
        match self.read(acks, &mut heard).await {
            Ok(never) => match never {},
            Err(ended) => (heard, ended),
        }
    }

    async fn read(&mut self, acks: &Acks, heard: &mut bool) -> Result<Infallible, Ended> {
        let mut stream = self.client.feed(self.position.as_ref()).await?.bytes_stream();
        tracing::info!("following the feed");
        self.acknowledge(acks);
        let (mut lines, mut reader) = (Lines::default(), BatchReader::new(self.verifier.clone()));
        loop {
            let next = tokio::time::timeout(SILENCE, stream.next()).await.map_err(|_| Ended::Silent)?;
            lines.push(&next.ok_or(Ended::Closed)??);
            while let Some(line) = lines.next()? {
                if let Some(batch) = reader.line(&line)? {
                    self.take(batch, acks).await?;
                    *heard = true;
                }
            }
        }
    }

    /// Takes a batch: the file first, so that what is acknowledged survives a crash, then memory. When the file can't
    /// be written, memory takes it all the same (a suspension must bite), nothing is acknowledged, and the stream is
    /// opened anew from what the file has.
    async fn take(&mut self, batch: SignedBatch, acks: &Acks) -> Result<(), Ended> {
        guard::check(self.position.as_ref(), self.directory.tenant_count(), &batch)?;
        self.metrics.feed_heard(self.clock.now_ms());
        if self.position.as_ref() == Some(&batch.to) && batch.changes.is_empty() && batch.base.is_some() {
            return Ok(());
        }
        let to = batch.to.clone();
        let batch = Batch::from(batch);
        let written = self.store.apply(&to, &batch).await;
        let changes = batch.changes.len();
        self.directory.apply(batch);
        written?;
        self.position = Some(to);
        self.metrics.batch("applied");
        tracing::debug!(revision = self.position.as_ref().map(|it| it.revision.0), changes, "batch applied");
        self.acknowledge(acks);
        Ok(())
    }

    fn acknowledge(&self, acks: &Acks) {
        if let Some(position) = &self.position {
            acks.send_replace(Some(ack(self.client.proxy(), position)));
        }
    }

    fn report(&self, ended: &Ended) {
        let error = Causes(ended);
        match ended {
            Ended::Client(_) | Ended::Broken(_) | Ended::Closed | Ended::Silent => {
                tracing::warn!(%error, "serving from the replica; the feed is not followed");
            }
            Ended::Batch(_) => {
                self.metrics.batch("unreadable");
                tracing::error!(%error, "serving from the replica as it was");
            }
            Ended::Refused(refused) => {
                self.metrics.batch(refused.outcome());
                tracing::error!(%error, "serving from the replica as it was");
            }
            Ended::Store(_) => {
                self.metrics.batch("not_stored");
                tracing::error!(%error, "serving what was heard; nothing is acknowledged");
            }
        }
    }
}

/// Sends the newest acknowledgement until it has arrived; beside the stream, so that a slow answer delays no batch.
async fn acknowledge(client: FeedClient, mut outstanding: watch::Receiver<Option<marque_config::feed::Ack>>) {
    let mut pause = FIRST_PAUSE;
    while outstanding.changed().await.is_ok() {
        loop {
            let ack = outstanding.borrow_and_update().clone();
            let Some(ack) = ack else { break };
            match client.acknowledge(&ack).await {
                Ok(()) => break,
                Err(error) => tracing::warn!(error = %Causes(&error), "not acknowledged"),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        pause = FIRST_PAUSE;
    }
}

/// Up to 100 ms: proxies that lost the same control plane don't come back in step.
fn jitter(random: &dyn Random) -> Duration {
    let mut byte = [0];
    random.fill(&mut byte);
    Duration::from_millis(u64::from(byte[0]) * 100 / 255)
}

#[cfg(test)]
mod tests;
