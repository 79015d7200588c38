//! Database to feed: one stream for each proxy, a batch whenever something was committed, an empty one as heartbeat.
//!
//! State, not history: a batch holds every record that changed since the revision that the proxy has, as it is now. It is
//! read and signed once for all proxies that need the same. A stream never holds more than a few chunks, and a proxy that
//! doesn't take them is let go.

mod batch;
mod spool;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use marque_config::TokenId;
use marque_config::feed::{Format, HEARTBEAT_MS, Line, Subscription};
use marque_config::signature::FeedSigner;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::database::{Signal, Store, StoreError};
use crate::edge::store::proxies::OpenStream;
use crate::telemetry::Metrics;
use batch::{Batches, Built, Wanted, written};

/// Opens streams.
#[derive(Clone)]
pub struct FeedServer {
    store: Store,
    batches: Arc<Batches>,
    metrics: Arc<Metrics>,
    closing: watch::Receiver<bool>,
    _upkeep: Arc<Upkeep>,
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
    /// What waits to be sent can't be kept.
    #[error("a batch can't be kept in a file")]
    Spool(#[from] std::io::Error),
    /// A batch is too large to be kept in memory: it is built again, for a file.
    #[error("the batch is large")]
    TooLarge,
    /// The batch that several proxies wait for wasn't built.
    #[error(transparent)]
    Build(Arc<FeedError>),
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
/// How often it's written down which streams are open and what their proxies acknowledged.
const NOTED: Duration = Duration::from_secs(1);
/// The longest that it goes unnoticed that a token is over.
const REFRESH: Duration = Duration::from_secs(3);
/// The longest that a proxy may leave a chunk lying.
const STUCK: Duration = Duration::from_secs(10);
/// How fast a proxy takes a batch at least, bytes a second: what waits for it lies in a file as long.
const PACE: u64 = 128 * 1024;
const CHUNKS: usize = 16;

/// One proxy's stream, as it is being written.
struct Follower {
    server: FeedServer,
    stream: OpenStream,
    token: TokenId,
    format: Format,
    out: mpsc::Sender<Bytes>,
    patience: Duration,
}

/// The task that writes down who is live; it ends with this value.
struct Upkeep(JoinHandle<()>);

impl FeedServer {
    /// A server of the feed; its streams end when `closing` says so.
    #[must_use]
    pub fn new(store: Store, signer: Arc<FeedSigner>, metrics: Arc<Metrics>, closing: watch::Receiver<bool>) -> Self {
        let batches = Arc::new(Batches::new(store.clone(), signer));
        let upkeep = Upkeep(tokio::spawn(keep_up(store.clone(), Arc::clone(&batches))));
        Self { store, batches, metrics, closing, _upkeep: Arc::new(upkeep) }
    }

    /// Opens a stream for a proxy, which is live from now on, and for as long as the token is valid. Nothing is sent that
    /// a reader of this format doesn't read.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn open(
        &self,
        subscription: Subscription,
        token: TokenId,
        format: Format,
    ) -> Result<impl Stream<Item = Result<Bytes, FeedError>> + use<>, StoreError> {
        let position = self.store.feed().await?.position().clone();
        let after = subscription.after;
        let base = subscription.epoch.filter(|epoch| position.continues(epoch, after)).map(|_| after);
        let stream = self.store.open_stream(&subscription.proxy, base.unwrap_or_default(), format).await?;
        let (out, chunks) = mpsc::channel(CHUNKS);
        let format = format.min(Format::CURRENT);
        let follower = Follower { server: self.clone(), stream, token, format, out, patience: STUCK };
        tokio::spawn(follower.run(Wanted { epoch: position.epoch, base, format }));
        Ok(futures_util::stream::unfold(chunks, async |mut chunks| chunks.recv().await.map(|it| (Ok(it), chunks))))
    }
}

impl Follower {
    /// Writes until the proxy leaves, is stuck, or this process closes.
    async fn run(self, wanted: Wanted) {
        self.server.metrics.streams.inc();
        let mut closing = self.server.closing.clone();
        let ended = tokio::select! {
            ended = self.write(wanted) => ended,
            // Both would acknowledge as one, and what only one has would count as being with both.
            () = self.stream.replaced() => Err(FeedError::Followed),
            () = self.token_over() => Err(FeedError::TokenOver),
            () = self.out.closed() => Err(FeedError::Left),
            _ = closing.wait_for(|closing| *closing) => Ok(()),
        };
        self.server.metrics.streams.dec();
        match ended {
            Ok(()) | Err(FeedError::Left) => tracing::info!(proxy = self.stream.proxy(), "a proxy's stream ended"),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(proxy = self.stream.proxy(), error, "a proxy's stream was ended");
            }
        }
    }

    async fn write(&self, mut wanted: Wanted) -> Result<(), FeedError> {
        let mut news = self.server.store.watch(Signal::Feed);
        loop {
            let known = *news.borrow_and_update();
            let built = self.built(&wanted, known).await?;
            self.send(&built).await?;
            wanted.epoch.clone_from(&built.epoch);
            wanted.base = Some(built.revision).filter(|revision| revision.0 > 0);
            if built.news == known || wanted.base.is_none() {
                // A heartbeat looks at the database too: a lost signal costs no more than that.
                let _ = timeout(HEARTBEAT, news.changed()).await;
            }
        }
    }

    /// The batch that the proxy needs. While it isn't there yet, the proxy is told to stay.
    async fn built(&self, wanted: &Wanted, news: u64) -> Result<Arc<Built>, FeedError> {
        let building = self.server.batches.get(wanted, news);
        tokio::pin!(building);
        loop {
            tokio::select! {
                built = &mut building => return built.map_err(FeedError::Build),
                () = sleep(HEARTBEAT) => self.wait().await?,
            }
        }
    }

    async fn wait(&self) -> Result<(), FeedError> {
        if self.format.is_landed() { Ok(()) } else { self.out(written(&Line::Wait {})?.into()).await }
    }

    async fn send(&self, built: &Built) -> Result<(), FeedError> {
        let slowest = self.patience + Duration::from_secs(built.spooled.len() / PACE);
        let end = Instant::now() + slowest;
        let mut at = 0;
        while let Some(chunk) = built.spooled.read(at).await? {
            at += chunk.len() as u64;
            self.out(chunk).await?;
            if Instant::now() > end {
                return Err(FeedError::Stuck);
            }
        }
        Ok(())
    }

    async fn out(&self, chunk: Bytes) -> Result<(), FeedError> {
        let sent = timeout(self.patience, self.out.send(chunk)).await;
        sent.map_err(|_| FeedError::Stuck)?.map_err(|_| FeedError::Left)
    }

    /// Comes back when the token was revoked or is over. A lost signal costs no more than a look is late; while the
    /// database is away nothing new is told anyway.
    async fn token_over(&self) {
        let store = &self.server.store;
        let mut revocations = store.watch(Signal::Tokens);
        while !matches!(store.is_token_valid(self.token).await, Ok(false)) {
            let _ = timeout(REFRESH, revocations.changed()).await;
        }
    }
}

/// Writes down once a second who is live, and forgets batches that nobody needs. What can't be written now is written
/// later; until then what this process knows counts here.
async fn keep_up(store: Store, batches: Arc<Batches>) {
    let mut fails = false;
    loop {
        sleep(NOTED).await;
        batches.forget();
        match store.note_proxies().await {
            Ok(()) => fails = false,
            Err(error) if !fails => {
                fails = true;
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "which proxies are live can't be written down");
            }
            Err(_) => {}
        }
    }
}

impl Drop for Upkeep {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl std::fmt::Debug for FeedServer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("FeedServer")
    }
}

#[cfg(test)]
mod tests;
