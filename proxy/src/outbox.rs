//! What the edge saw, on its way to the control plane: kept in a file of its own until it has arrived, and for a week after
//! that, should the control plane's database be restored from before.
//!
//! The file is apart from the replica, which may be thrown away. What is appended is durable before anybody is told; what
//! can't be kept is refused by a name, and keeps nobody from being served.

mod box_file;
mod send;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use marque_config::clock::{Clock, Random};
use marque_config::contact::{CONTACT_MESSAGE, ContactMessage};
use marque_config::edge_events::{ENTRY_LEFT, EntryLeft, FIRST_USE, FirstUse};
use marque_config::{EntryId, LicenceId, TenantId};
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard, Notify};
use tokio::time::timeout;

use crate::telemetry::{Causes, Metrics};
pub use box_file::{Appended, Room};
use box_file::{BoxError, BoxFile, NewEvent, Waiting};

/// How long somebody waits for an event to be durable. It may be so later all the same.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long the sender of a message waits for that: its files are many bytes.
const MESSAGE_PATIENCE: Duration = Duration::from_secs(10);

/// How long it isn't asked of the file again whether a first use is in it.
const REMEMBERED_MS: i64 = 3_600_000;

/// The most first uses that are remembered in memory; the file remembers all.
const MOST_REMEMBERED: usize = 10_000;

/// What the edge saw and the control plane hasn't got.
pub struct Outbox {
    path: PathBuf,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    metrics: Arc<Metrics>,
    /// None while the file can't be opened; the next use tries again.
    file: Mutex<Option<BoxFile>>,
    /// First uses that the file has, and until when that is believed.
    remembered: parking_lot::Mutex<HashMap<LicenceId, i64>>,
    arrived: Notify,
}

/// Why an event isn't kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unkept {
    /// The disk is full.
    NoSpace,
    /// The file can't be opened, or written.
    Unusable,
    /// The disk doesn't take it in time.
    TooSlow,
    /// As many messages wait as may.
    Full,
}

impl Unkept {
    /// The word for it in the metrics.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NoSpace => "no_space",
            Self::Unusable => "unusable",
            Self::TooSlow => "too_slow",
            Self::Full => "full",
        }
    }
}

impl Outbox {
    /// An outbox in a file, which is opened when it's first used.
    #[must_use]
    pub fn new(path: PathBuf, clock: Arc<dyn Clock>, random: Arc<dyn Random>, metrics: Arc<Metrics>) -> Arc<Self> {
        let (file, remembered) = (Mutex::new(None), parking_lot::Mutex::default());
        Arc::new(Self { path, clock, random, metrics, file, remembered, arrived: Notify::new() })
    }

    /// Keeps that licences of a tenant were used for the first time, each once. Durable when it returns, unless it can't
    /// be kept: then that is counted, and the next login tries again.
    pub async fn first_use(self: &Arc<Self>, tenant: TenantId, licences: &[LicenceId]) {
        let now_ms = self.clock.now_ms();
        let known =
            |licence: &LicenceId| self.remembered.lock().get(licence).is_some_and(|until_ms| now_ms < *until_ms);
        let news: Vec<LicenceId> = licences.iter().filter(|licence| !known(licence)).copied().collect();
        for licence in news {
            if let Err(unkept) = self.keep_first_use(FirstUse { tenant, licence }).await {
                self.metrics.outbox.unkept(unkept.code());
                tracing::error!(tenant.id = %tenant, licence = %licence, code = unkept.code(), "a first use isn't kept");
            }
        }
    }

    async fn keep_first_use(self: &Arc<Self>, first_use: FirstUse) -> Result<(), Unkept> {
        let body = serde_json::to_value(first_use).map_err(|_| Unkept::Unusable)?;
        let once = Some(format!("{FIRST_USE}/{}", first_use.licence));
        // A place is there for each: only messages are bounded.
        let (body, at_ms, room) = (body.to_string(), self.clock.now_ms(), None);
        self.keep(NewEvent { kind: FIRST_USE, once, body, at_ms, room }, PATIENCE).await?;
        let mut remembered = self.remembered.lock();
        if remembered.len() >= MOST_REMEMBERED {
            remembered.clear();
        }
        remembered.insert(first_use.licence, self.clock.now_ms() + REMEMBERED_MS);
        Ok(())
    }

    /// Keeps that somebody ended their own entry. What can't be kept is counted: the entry then ends by its date.
    pub async fn entry_left(self: &Arc<Self>, entry: EntryId) {
        let body = serde_json::to_value(EntryLeft { entry }).unwrap_or_default().to_string();
        let once = Some(format!("{ENTRY_LEFT}/{entry}"));
        let event = NewEvent { kind: ENTRY_LEFT, once, body, at_ms: self.clock.now_ms(), room: None };
        if let Err(unkept) = self.keep(event, PATIENCE).await {
            self.metrics.outbox.unkept(unkept.code());
            tracing::error!(entry.id = %entry, code = unkept.code(), "that somebody left isn't kept");
        }
    }

    /// Keeps a message, once by its identity, where there is room for it. Durable when it returns.
    ///
    /// # Errors
    /// Why it isn't kept. One that was [too slow](Unkept::TooSlow) may be so all the same, and is the same when it comes
    /// again.
    pub(crate) async fn message(self: &Arc<Self>, message: &ContactMessage, room: Room) -> Result<Appended, Unkept> {
        let body = serde_json::to_string(message).map_err(|_| Unkept::Unusable)?;
        let once = Some(format!("{CONTACT_MESSAGE}/{}", message.id));
        let event = NewEvent { kind: CONTACT_MESSAGE, once, body, at_ms: self.clock.now_ms(), room: Some(room) };
        let kept = self.keep(event, MESSAGE_PATIENCE).await;
        if let Err(unkept) = kept {
            self.metrics.outbox.unkept(unkept.code());
        }
        kept
    }

    /// Keeps an event beside whoever waits: a visitor who leaves, or a slow disk, stops nothing that was begun.
    async fn keep(self: &Arc<Self>, event: NewEvent, patience: Duration) -> Result<Appended, Unkept> {
        let outbox = Arc::clone(self);
        let keeping = tokio::spawn(async move { outbox.append(event).await });
        match timeout(patience, keeping).await {
            Err(_) => Err(Unkept::TooSlow),
            Ok(Err(_)) => Err(Unkept::Unusable),
            Ok(Ok(kept)) => kept,
        }
    }

    async fn append(&self, event: NewEvent) -> Result<Appended, Unkept> {
        match self.append_to_file(&event).await {
            Ok(appended) => {
                if appended == Appended::New {
                    self.arrived.notify_one();
                }
                Ok(appended)
            }
            Err(BoxError::Full) => {
                tracing::error!("as many messages wait in the outbox as may");
                Err(Unkept::Full)
            }
            Err(error) => {
                self.failed(&error).await;
                tracing::error!(error = %Causes(&error), "the outbox can't be written");
                Err(if error.is_no_space() { Unkept::NoSpace } else { Unkept::Unusable })
            }
        }
    }

    async fn append_to_file(&self, event: &NewEvent) -> Result<Appended, BoxError> {
        let mut file = self.file().await?;
        let appended = file.append(event).await?;
        self.count(&mut file).await?;
        Ok(appended)
    }

    /// The file, opened if it isn't yet. A damaged one is set aside.
    async fn file(&self) -> Result<MappedMutexGuard<'_, BoxFile>, BoxError> {
        let mut place = self.file.lock().await;
        if place.is_none() {
            *place = Some(match BoxFile::open(&self.path, self.random.as_ref()).await {
                Err(error) if error.is_damage() => {
                    self.set_aside(&error)?;
                    BoxFile::open(&self.path, self.random.as_ref()).await?
                }
                opened => opened?,
            });
        }
        MutexGuard::try_map(place, Option::as_mut).map_err(|_| BoxError::Damaged("it isn't open".to_owned()))
    }

    /// Sets the file aside when it turned out to be damaged: the next use makes a new one.
    async fn failed(&self, error: &BoxError) {
        if !error.is_damage() {
            return;
        }
        self.file.lock().await.take();
        if let Err(error) = self.set_aside(error) {
            tracing::error!(error = %Causes(&error), "the outbox can't be set aside");
        }
    }

    fn set_aside(&self, error: &BoxError) -> Result<(), BoxError> {
        let aside = BoxFile::set_aside(&self.path, self.clock.now_ms())?;
        self.metrics.outbox.set_aside();
        self.remembered.lock().clear();
        let path = aside.display();
        tracing::error!(error = %Causes(error), %path, "the outbox is set aside; what waited in it isn't sent");
        Ok(())
    }

    async fn count(&self, file: &mut BoxFile) -> Result<(), BoxError> {
        let Waiting { events, oldest_ms, bytes } = file.counted().await?;
        self.metrics.outbox.waits(events, oldest_ms, bytes);
        Ok(())
    }
}

impl std::fmt::Debug for Outbox {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Outbox").field("path", &self.path).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
