//! Batches: each is read from the database at its own pace, signed once, and sent to every proxy that needs it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use marque_config::feed::{Begin, Commit, Format, KeyText, Line, Revision};
use marque_config::signature::{BatchDigest, FeedSigner};
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};

use super::FeedError;
use super::spool::{Spool, Spooled};
use crate::database::Store;
use crate::edge::store::feed::{FeedPosition, FeedRow, FeedSnapshot};

/// So many batches lie in files at once: each is as large as the feed at most.
const FILES: usize = 4;
/// The most bytes of a commit's line.
const COMMIT: usize = 1024;
/// How long a batch is given to others who need the same: half a heartbeat, which looks at the database itself.
const FRESH: Duration = Duration::from_millis(500);
/// How long a snapshot is given to whoever needs one. What has changed since follows at once, as a batch.
const SNAPSHOT_FRESH: Duration = Duration::from_secs(10);

/// Builds batches, each once.
pub(super) struct Batches {
    store: Store,
    signer: Arc<FeedSigner>,
    files: Arc<Semaphore>,
    slots: Mutex<HashMap<Wanted, Slot>>,
}

/// Which batch a proxy needs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Wanted {
    /// The epoch of what it has.
    pub(super) epoch: String,
    /// The revision of what it has; none for nothing.
    pub(super) base: Option<Revision>,
    /// What it reads.
    pub(super) format: Format,
}

/// A batch that was built.
pub(super) struct Built {
    /// The database's name.
    pub(super) epoch: String,
    /// The revision that it leads to.
    pub(super) revision: Revision,
    /// The count of the news of the feed before it was read: what they told of is in it.
    pub(super) news: u64,
    /// Its lines.
    pub(super) spooled: Spooled,
    _file: Option<OwnedSemaphorePermit>,
}

type Outcome = Result<Arc<Built>, Arc<FeedError>>;

/// A batch, built or being built.
struct Slot {
    news: u64,
    begun: Instant,
    built: Arc<OnceCell<Outcome>>,
}

/// A batch, as it is being read.
struct Writing {
    format: Format,
    digest: BatchDigest,
    spool: Spool,
    /// Whether it may be larger than what is kept in memory.
    may_be_filed: bool,
}

impl Slot {
    /// Whether it serves somebody who knows of so many news.
    fn serves(&self, wanted: &Wanted, news: u64) -> bool {
        let age = self.begun.elapsed();
        match (wanted.base, self.built.get()) {
            (Some(_), _) => self.news == news && age < FRESH,
            (None, None) => true,
            // After an empty snapshot another one follows, not a batch.
            (None, Some(Ok(built))) => age < SNAPSHOT_FRESH && (built.revision.0 > 0 || self.news == news),
            (None, Some(Err(_))) => false,
        }
    }

    fn is_over(&self) -> bool {
        self.begun.elapsed() >= SNAPSHOT_FRESH && self.built.initialized()
    }
}

impl Batches {
    pub(super) fn new(store: Store, signer: Arc<FeedSigner>) -> Self {
        Self { store, signer, files: Arc::new(Semaphore::new(FILES)), slots: Mutex::default() }
    }

    /// What changed since what a proxy has, perhaps nothing; everything when that can't be said. Whoever wants the same at
    /// the same time gets the same.
    pub(super) async fn get(&self, wanted: &Wanted, news: u64) -> Outcome {
        let built = self.slot(wanted, news);
        built.get_or_init(|| self.build(wanted, news)).await.clone()
    }

    fn slot(&self, wanted: &Wanted, news: u64) -> Arc<OnceCell<Outcome>> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(wanted).filter(|slot| slot.serves(wanted, news)) {
            return Arc::clone(&slot.built);
        }
        let built = Arc::default();
        slots.insert(wanted.clone(), Slot { news, begun: Instant::now(), built: Arc::clone(&built) });
        built
    }

    /// Keeps everybody from building what may lie in a file.
    #[cfg(test)]
    pub(super) async fn hold_every_file(&self) -> OwnedSemaphorePermit {
        let all = u32::try_from(FILES).unwrap();
        Arc::clone(&self.files).acquire_many_owned(all).await.unwrap()
    }

    /// Forgets what nobody is given any more. To be called once a second.
    pub(super) fn forget(&self) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|wanted, slot| {
            let is_past = wanted.base.is_some() && slot.begun.elapsed() >= FRESH && slot.built.initialized();
            !is_past && !slot.is_over()
        });
    }

    async fn build(&self, wanted: &Wanted, news: u64) -> Outcome {
        let small = if wanted.base.is_some() { self.read(wanted, news, None).await } else { Err(FeedError::TooLarge) };
        let built = match small {
            // The room is waited for without holding the database.
            Err(FeedError::TooLarge) => {
                let file = Arc::clone(&self.files).acquire_owned().await.ok();
                self.read(wanted, news, file).await
            }
            other => other,
        };
        built.map(Arc::new).map_err(Arc::new)
    }

    async fn read(&self, wanted: &Wanted, news: u64, file: Option<OwnedSemaphorePermit>) -> Result<Built, FeedError> {
        let mut snapshot = self.store.feed().await?;
        let position = snapshot.position().clone();
        let base = wanted.base.filter(|base| position.continues(&wanted.epoch, *base));
        let mut writing = Writing::begin(&position, base, wanted.format, file.is_some()).await?;
        if base != Some(position.revision) {
            writing.changes(&mut snapshot, base).await?;
        }
        drop(snapshot);
        let spooled = writing.commit(&self.signer).await?;
        let file = file.filter(|_| spooled.is_filed());
        Ok(Built { epoch: position.epoch, revision: position.revision, news, spooled, _file: file })
    }
}

impl Writing {
    async fn begin(
        position: &FeedPosition,
        base: Option<Revision>,
        format: Format,
        may_be_filed: bool,
    ) -> Result<Self, FeedError> {
        let begin = Begin { epoch: position.epoch.clone(), base, revision: position.revision, format };
        let line = written(&Line::Begin(begin))?;
        let mut spool = Spool::default();
        spool.push(&line).await?;
        Ok(Self { format, digest: BatchDigest::begin(&line), spool, may_be_filed })
    }

    async fn changes(&mut self, snapshot: &mut FeedSnapshot, base: Option<Revision>) -> Result<(), FeedError> {
        let mut last: Option<FeedRow> = None;
        loop {
            let page = snapshot.page(base.unwrap_or_default(), last.as_ref()).await?;
            if page.is_empty() {
                return Ok(());
            }
            for row in &page {
                self.change(row, base.is_none()).await?;
            }
            last = page.into_iter().next_back();
        }
    }

    async fn change(&mut self, row: &FeedRow, is_snapshot: bool) -> Result<(), FeedError> {
        let line = match row.text(self.format) {
            Some(text) => Line::upsert_text(text).into_bytes(),
            // A snapshot replaces everything: what is deleted isn't in it.
            None if is_snapshot => return Ok(()),
            None => written(&Line::Delete(KeyText { kind: row.kind.clone(), name: row.name.clone() }))?,
        };
        if !self.may_be_filed && !self.spool.fits(line.len() + COMMIT) {
            return Err(FeedError::TooLarge);
        }
        self.digest.change(&line);
        Ok(self.spool.push(&line).await?)
    }

    async fn commit(mut self, signer: &FeedSigner) -> Result<Spooled, FeedError> {
        let changes = self.digest.changes();
        let commit = written(&Line::Commit(Commit { changes, signature: signer.sign(self.digest) }))?;
        self.spool.push(&commit).await?;
        Ok(self.spool.done().await?)
    }
}

/// A line, with its end.
pub(super) fn written(line: &Line) -> Result<Vec<u8>, FeedError> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    Ok(text)
}
