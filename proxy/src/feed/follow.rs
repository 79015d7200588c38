//! Follows the feed: takes batches in order, into the file and then into memory, and says so.
//!
//! One control plane is followed at a time. When its stream breaks off or falls silent the next one is; after a while,
//! of a random length, the first is tried again.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use marque_config::clock::{Clock, Random};
use marque_config::signature::FeedVerifier;
use reqwest::Response;
use tokio::sync::watch;
use tokio::task::{JoinError, spawn_blocking};

use super::acks::{self, Outstanding};
use super::batch::{BatchError, BatchReader, Heard, Lines, SignedBatch};
use super::client::{ClientError, FeedClient, Plane};
use super::guard::BatchRefusal;
use super::silence::SilenceLimit;
use super::store::{Store, StoreError};
use super::{Position, ack, guard};
use crate::directory::Directory;
use crate::telemetry::{Causes, Metrics};

pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(100);
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(5);
pub(super) const AWAY: Duration = Duration::from_secs(60);

/// The one task that changes the replica.
pub struct Follower {
    pub(super) client: FeedClient,
    pub(super) verifier: FeedVerifier,
    pub(super) store: Store,
    pub(super) directory: Arc<Directory>,
    /// What the file has: memory may be ahead of it while the disk is full, never behind.
    pub(super) position: Option<Position>,
    /// The epoch of the position.
    pub(super) epochs: watch::Sender<Option<String>>,
    /// How long another control plane than the first is followed before the first is tried again, at least; at most
    /// twice as long.
    pub(super) away: Duration,
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
    #[error("the first control plane is back")]
    Back,
    #[error("the feed can't be understood")]
    Batch(#[from] BatchError),
    #[error("a batch was not taken")]
    Refused(#[from] BatchRefusal),
    #[error("the replica's file can't be written")]
    Store(#[from] StoreError),
    #[error("a batch can't be built")]
    Build(#[from] JoinError),
}

/// One stream, while it is followed.
struct Following<'a> {
    plane: Plane,
    acks: &'a watch::Sender<Outstanding>,
    limit: SilenceLimit,
}

impl Follower {
    /// How its control planes are asked.
    pub(crate) fn client(&self) -> FeedClient {
        self.client.clone()
    }

    /// The epoch of what it follows, once that is known.
    pub(crate) fn epochs(&self) -> watch::Receiver<Option<String>> {
        self.epochs.subscribe()
    }

    /// Follows until the task is dropped.
    pub async fn run(mut self) {
        let (acks, outstanding) = watch::channel(Outstanding::default());
        let sender = acks::send(self.client.clone(), outstanding);
        tokio::join!(self.follow_all(&acks), sender);
    }

    async fn follow_all(&mut self, acks: &watch::Sender<Outstanding>) {
        let (mut plane, mut pause, mut tried) = (Plane::default(), FIRST_PAUSE, 0);
        loop {
            let (heard, ended) = self.follow(plane, acks).await;
            self.report(plane, &ended);
            if heard {
                (pause, tried) = (FIRST_PAUSE, 0);
            }
            plane = if matches!(ended, Ended::Back) { Plane::default() } else { self.client.after(plane) };
            tried += 1;
            // Only when all were asked in vain is there something to wait for. One alone is not asked at once either.
            let is_round = tried >= self.client.planes();
            let rest = if is_round { pause } else { Duration::ZERO };
            tokio::time::sleep(rest + jitter(self.random.as_ref(), FIRST_PAUSE)).await;
            if is_round {
                (pause, tried) = ((pause * 2).min(LONGEST_PAUSE), 0);
            }
        }
    }

    /// Follows one stream to its end, which is always an error: the feed has none. Also whether it was any good.
    async fn follow(&mut self, plane: Plane, acks: &watch::Sender<Outstanding>) -> (bool, Ended) {
        let position = self.position.as_ref();
        let response = match self.client.feed(plane, position).await {
            Ok(response) => response,
            Err(error) => return (false, error.into()),
        };
        tracing::info!(url = self.client.url(plane), "following the feed");
        let mut following = Following { plane, acks, limit: SilenceLimit::new(response.headers()) };
        self.acknowledge(&following);
        let ended = self.read(response, &mut following).await;
        (following.limit.has_heard(), ended)
    }

    async fn read(&mut self, response: Response, following: &mut Following<'_>) -> Ended {
        let mut stream = response.bytes_stream();
        let (mut lines, mut reader) = (Lines::default(), BatchReader::new(self.verifier.clone()));
        let (client, away) = (self.client.clone(), self.away + jitter(self.random.as_ref(), self.away));
        let mut back = pin!(first_is_back(&client, following.plane, away, following.acks.subscribe()));
        loop {
            // Never left while a batch is being taken.
            let next = tokio::select! {
                next = tokio::time::timeout(following.limit.left(), stream.next()) => next,
                () = &mut back => return Ended::Back,
            };
            let bytes = match next {
                Ok(Some(Ok(bytes))) => bytes,
                Ok(Some(Err(error))) => return error.into(),
                Ok(None) => return Ended::Closed,
                Err(_) => return Ended::Silent,
            };
            lines.push(&bytes);
            if let Err(ended) = self.take_lines(&mut lines, &mut reader, following).await {
                return ended;
            }
        }
    }

    async fn take_lines(
        &mut self,
        lines: &mut Lines,
        reader: &mut BatchReader,
        following: &mut Following<'_>,
    ) -> Result<(), Ended> {
        while let Some(line) = lines.next()? {
            match reader.line(&line)? {
                Heard::Nothing => {}
                Heard::Wait => {
                    following.limit.wait();
                    self.metrics.feed_heard(self.clock.now_ms());
                }
                Heard::Batch(batch) => {
                    let beats = batch.beats;
                    self.take(batch, following).await?;
                    following.limit.heard(beats);
                }
            }
        }
        Ok(())
    }

    /// Takes a batch: the file first, so that what is acknowledged survives a crash, then memory. When the file can't
    /// be written, memory takes it all the same (a suspension must bite), nothing is acknowledged, and the stream is
    /// opened anew from what the file has. Reading and building are done beside the threads that serve.
    async fn take(&mut self, batch: SignedBatch, following: &Following<'_>) -> Result<(), Ended> {
        guard::check(self.position.as_ref(), batch.base, &batch.to)?;
        self.metrics.feed_heard(self.clock.now_ms());
        if self.position.as_ref() == Some(&batch.to) && batch.is_heartbeat() {
            return Ok(());
        }
        let to = batch.to.clone();
        let directory = Arc::clone(&self.directory);
        let batch = spawn_blocking(move || {
            let batch = batch.read()?;
            guard::check_size(&directory, &batch)?;
            Ok::<_, Ended>(batch)
        });
        let batch = batch.await??;
        let written = self.store.apply(&to, &batch).await;
        let (directory, changes) = (Arc::clone(&self.directory), batch.changes.len());
        spawn_blocking(move || directory.apply(batch)).await?;
        written?;
        if self.epochs.borrow().as_ref() != Some(&to.epoch) {
            self.epochs.send_replace(Some(to.epoch.clone()));
        }
        self.position = Some(to);
        self.metrics.batch("applied");
        tracing::debug!(revision = self.position.as_ref().map(|it| it.revision.0), changes, "batch applied");
        self.acknowledge(following);
        Ok(())
    }

    fn acknowledge(&self, following: &Following<'_>) {
        if let Some(position) = &self.position {
            let ack = Some(ack(self.client.proxy(), position));
            following.acks.send_replace(Outstanding { plane: following.plane, ack });
        }
    }

    fn report(&self, plane: Plane, ended: &Ended) {
        let (error, url) = (Causes(ended), self.client.url(plane));
        match ended {
            Ended::Back => tracing::info!(url, "leaving for the first control plane"),
            Ended::Client(_) | Ended::Broken(_) | Ended::Closed | Ended::Silent => {
                tracing::warn!(url, %error, "serving from the replica; this feed is not followed");
            }
            Ended::Batch(_) | Ended::Build(_) => {
                self.metrics.batch("unreadable");
                tracing::error!(url, %error, "serving from the replica as it was");
            }
            Ended::Refused(refused) => {
                self.metrics.batch(refused.outcome());
                tracing::error!(url, %error, "serving from the replica as it was");
            }
            Ended::Store(_) => {
                self.metrics.batch("not_stored");
                tracing::error!(url, %error, "serving what was heard; nothing is acknowledged");
            }
        }
    }
}

/// Comes back when another control plane is followed than the first, for long enough, and the first takes an
/// acknowledgement: it answers, and has the same database. Never when it is the first that is followed.
async fn first_is_back(client: &FeedClient, plane: Plane, away: Duration, known: watch::Receiver<Outstanding>) {
    let first = Plane::default();
    if plane == first {
        std::future::pending::<()>().await;
    }
    loop {
        tokio::time::sleep(away).await;
        let ack = known.borrow().ack.clone();
        if let Some(ack) = ack
            && client.acknowledge_at(first, &ack).await.is_ok()
        {
            return;
        }
    }
}

/// A random time up to `most`: proxies that lost the same control plane don't come back in step.
fn jitter(random: &dyn Random, most: Duration) -> Duration {
    let mut byte = [0];
    random.fill(&mut byte);
    most * u32::from(byte[0]) / 255
}

#[cfg(test)]
mod tests;
