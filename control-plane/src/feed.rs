//! Database to feed: one stream for each proxy, a batch whenever something was committed, an empty one as heartbeat.
//!
//! State, not history: a batch holds every record that changed since the revision that the proxy has, as it is now.
//! A stream never holds more than a few chunks, and a proxy that doesn't take them is let go.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use marque_config::TokenId;
use marque_config::feed::{Begin, Commit, Format, HEARTBEAT_MS, KeyText, Line, Revision, Subscription};
use marque_config::signature::{BatchDigest, FeedSigner};
use tokio::sync::{Semaphore, mpsc, watch};

use crate::store::{FeedRow, FeedSnapshot, Signal, Store, StoreError};
use crate::telemetry::Metrics;

/// Opens streams.
#[derive(Clone)]
pub struct FeedServer {
    store: Store,
    signer: Arc<FeedSigner>,
    metrics: Arc<Metrics>,
    snapshots: Arc<Semaphore>,
    closing: watch::Receiver<bool>,
}

/// Why a stream ended before its proxy left.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The store didn't give what changed.
    #[error("the feed can't be read")]
    Store(#[from] StoreError),
    /// A line can't be written.
    #[error("a line can't be written")]
    Line(#[from] serde_json::Error),
    /// The proxy didn't take what it was sent.
    #[error("the proxy doesn't read")]
    Stuck,
    /// The proxy went away.
    #[error("the proxy left")]
    Left,
    /// A later stream has the proxy's name.
    #[error("another stream was opened under this name; no two proxies may have one name")]
    Followed,
    /// The token by which it was opened was revoked, or is over.
    #[error("the token is no longer valid")]
    TokenOver,
}

const HEARTBEAT: Duration = Duration::from_millis(HEARTBEAT_MS);
/// How often it's noted that a stream is still open.
const REFRESH: Duration = Duration::from_secs(3);
/// The longest that a proxy may leave a chunk lying.
const STUCK: Duration = Duration::from_secs(10);
/// So many snapshots are sent at once: a slow one holds a connection to the database, and the others need some too.
const SNAPSHOTS: usize = 4;
const CHUNK: usize = 64 * 1024;
const CHUNKS: usize = 16;

/// One proxy's stream, as it is being written.
struct Follower {
    server: FeedServer,
    proxy: String,
    /// Names the stream.
    stream: String,
    token: TokenId,
    out: mpsc::Sender<Bytes>,
}

/// A batch, as it is being written.
struct Batch<'a> {
    digest: BatchDigest,
    chunk: Vec<u8>,
    out: &'a mpsc::Sender<Bytes>,
    patience: Duration,
}

impl FeedServer {
    /// A server of the feed; its streams end when `closing` says so.
    #[must_use]
    pub fn new(store: Store, signer: Arc<FeedSigner>, metrics: Arc<Metrics>, closing: watch::Receiver<bool>) -> Self {
        Self { store, signer, metrics, snapshots: Arc::new(Semaphore::new(SNAPSHOTS)), closing }
    }

    /// Opens a stream for a proxy, which is live from now on, and for as long as the token is valid.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn open(
        &self,
        subscription: Subscription,
        token: TokenId,
    ) -> Result<impl Stream<Item = Result<Bytes, FeedError>> + use<>, StoreError> {
        let position = self.store.feed().await?.position().clone();
        let same = subscription.epoch.as_ref() == Some(&position.epoch);
        let goes_on = same && (position.floor..=position.revision).contains(&subscription.after);
        let has = if goes_on { subscription.after } else { Revision(0) };
        let stream = self.store.proxy_came(&subscription.proxy, has).await?;
        let (out, chunks) = mpsc::channel(CHUNKS);
        let follower = Follower { server: self.clone(), proxy: subscription.proxy, stream, token, out };
        tokio::spawn(follower.run(has));
        Ok(futures_util::stream::unfold(chunks, async |mut chunks| chunks.recv().await.map(|it| (Ok(it), chunks))))
    }
}

impl Follower {
    /// Writes until the proxy leaves, is stuck, or this process closes.
    async fn run(self, has: Revision) {
        self.server.metrics.streams.inc();
        let mut closing = self.server.closing.clone();
        let ended = tokio::select! {
            ended = self.write(has) => ended,
            ended = self.stay_live() => ended,
            () = self.token_over() => Err(FeedError::TokenOver),
            () = self.out.closed() => Err(FeedError::Left),
            _ = closing.wait_for(|closing| *closing) => Ok(()),
        };
        self.server.metrics.streams.dec();
        match ended {
            Ok(()) | Err(FeedError::Left) => tracing::info!(proxy = self.proxy, "a proxy's stream ended"),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(proxy = self.proxy, error, "a proxy's stream was ended");
            }
        }
    }

    async fn write(&self, mut has: Revision) -> Result<(), FeedError> {
        let mut news = self.server.store.watch(Signal::Feed);
        loop {
            news.mark_unchanged();
            has = self.batch(has).await?;
            // A heartbeat looks at the database too: a lost signal costs no more than that.
            let _ = tokio::time::timeout(HEARTBEAT, news.changed()).await;
        }
    }

    async fn stay_live(&self) -> Result<(), FeedError> {
        loop {
            tokio::time::sleep(REFRESH).await;
            match self.server.store.proxy_is_live(&self.proxy, &self.stream).await {
                Ok(true) => {}
                // Both would acknowledge as one, and what only one has would count as being with both.
                Ok(false) => return Err(FeedError::Followed),
                // The next time may work; until then the proxy may count as gone, which only delays issuance.
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(proxy = self.proxy, error, "a proxy's life isn't noted");
                }
            }
        }
    }

    /// Comes back when the token was revoked or is over. A lost signal costs no more than a look is late; while the
    /// database is away nothing new is told anyway.
    async fn token_over(&self) {
        let store = &self.server.store;
        let mut revocations = store.watch(Signal::Tokens);
        while !matches!(store.is_token_valid(self.token).await, Ok(false)) {
            let _ = tokio::time::timeout(REFRESH, revocations.changed()).await;
        }
    }

    /// Sends what changed after `has`, perhaps nothing, and tells to which revision that leads.
    async fn batch(&self, has: Revision) -> Result<Revision, FeedError> {
        let _room = if has.0 == 0 { self.server.snapshots.acquire().await.ok() } else { None };
        let mut snapshot = self.server.store.feed().await?;
        let position = snapshot.position().clone();
        let base = (has.0 > 0 && has >= position.floor && has <= position.revision).then_some(has);
        let (revision, format) = (position.revision, Format::LANDED);
        let begin = Line::Begin(Begin { epoch: position.epoch, base, revision, format });
        let mut batch = Batch::begin(&self.out, &begin)?;
        if base != Some(revision) {
            batch.changes(&mut snapshot, base).await?;
        }
        drop(snapshot);
        batch.commit(&self.server.signer).await?;
        Ok(revision)
    }
}

impl<'a> Batch<'a> {
    fn begin(out: &'a mpsc::Sender<Bytes>, begin: &Line) -> Result<Self, FeedError> {
        let mut chunk = serde_json::to_vec(begin)?;
        chunk.push(b'\n');
        Ok(Self { digest: BatchDigest::begin(&chunk), chunk, out, patience: STUCK })
    }

    async fn changes(&mut self, snapshot: &mut FeedSnapshot, base: Option<Revision>) -> Result<(), FeedError> {
        let mut last: Option<FeedRow> = None;
        loop {
            let page = snapshot.page(base.unwrap_or_default(), last.as_ref()).await?;
            if page.is_empty() {
                return Ok(());
            }
            for row in &page {
                // A snapshot replaces everything: what is deleted isn't in it.
                if row.body.is_some() || base.is_some() {
                    self.change(row).await?;
                }
            }
            last = page.into_iter().next_back();
        }
    }

    async fn change(&mut self, row: &FeedRow) -> Result<(), FeedError> {
        let line = match &row.body {
            Some(body) => Line::upsert_text(body).into_bytes(),
            None => {
                let key = KeyText { kind: row.kind.clone(), name: row.name.clone() };
                let mut line = serde_json::to_vec(&Line::Delete(key))?;
                line.push(b'\n');
                line
            }
        };
        self.digest.change(&line);
        self.chunk.extend_from_slice(&line);
        if self.chunk.len() >= CHUNK { self.flush().await } else { Ok(()) }
    }

    async fn commit(mut self, signer: &FeedSigner) -> Result<(), FeedError> {
        let changes = self.digest.changes();
        let commit = Line::Commit(Commit { changes, signature: signer.sign(self.digest) });
        self.digest = BatchDigest::begin(b"");
        self.chunk.extend_from_slice(&serde_json::to_vec(&commit)?);
        self.chunk.push(b'\n');
        self.flush().await
    }

    async fn flush(&mut self) -> Result<(), FeedError> {
        let chunk = Bytes::from(std::mem::take(&mut self.chunk));
        let sent = tokio::time::timeout(self.patience, self.out.send(chunk)).await;
        sent.map_err(|_| FeedError::Stuck)?.map_err(|_| FeedError::Left)
    }
}

impl std::fmt::Debug for FeedServer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("FeedServer")
    }
}

#[cfg(test)]
mod tests;
