//! The database, and what the rows of all areas have in common: only here and in the areas' `store` is there SQL. One
//! portable text for SQLite and PostgreSQL; what really differs is in `database/connect.rs`
//! and `database/signal.rs`.
//!
//! Reads go through a pool and never wait for a writer. Every write goes through [`Store::begin`], which takes the
//! gate first, so writers are serial: look again after `begin`, and nothing changes until `commit`.

mod audit;
mod audit_addresses;
mod backlog;
mod change;
mod connect;
pub mod copy;
mod entries;
mod erasure;
mod events;
mod idempotency;
mod invariants;
pub mod key_checks;
pub mod measures;
pub(crate) mod presence;
mod prune;
pub mod refused;
pub mod row;
pub(crate) mod rows;
mod schema;
mod search;
mod seen;
pub(crate) mod signal;
pub(crate) mod statement;
pub(crate) mod stored;
pub mod task;
mod trace;
mod troubles;
pub(crate) mod within;
mod write;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use marque_config::feed::Format;
use marque_config::seal::{KeyRing, SealError};
use marque_config::settings::DatabaseSettings;
use sqlx::AnyPool;
use sqlx::any::AnyQueryResult;
use tokio::sync::watch;

use crate::database::measures::Measures;
use crate::kernel::actor::Actor;
use crate::kernel::parts::Parts;
use crate::kernel::sort_order::SortOrder;

pub use audit::{AuditFilter, AuditHead, Chained};
pub use audit_addresses::AuditAddress;
pub use backlog::{Backlog, Lag, Waiting};
pub use connect::Backend;
pub use erasure::{KeptAnswers, Place as HeldPlace};
pub use idempotency::Answered;
pub use invariants::Broken;
pub use prune::{BATCH, Old};
pub use schema::Schema;
pub use search::{Found, Indexed, Query};
pub use signal::Signal;
pub use trace::Audited;
pub use troubles::Trouble;
pub use write::{Whose, Write};

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
    pub(crate) seal: Option<Arc<KeyRing>>,
    /// Whether it reads through the strangers' connections.
    is_for_strangers: bool,
}

pub(crate) struct Inner {
    pub(crate) backend: Backend,
    pub(crate) readers: AnyPool,
    pub(crate) strangers: AnyPool,
    pub(crate) followers: AnyPool,
    pub(crate) writer: AnyPool,
    pub(crate) notes: AnyPool,
    pub(crate) presence: presence::Presence,
    pub(crate) seen: seen::Seen,
    pub(crate) writes: AtomicU64,
    pub(crate) signals: Arc<signal::Signals>,
    pub(crate) parts: Parts,
    pub(crate) measures: Measures,
    _listener: signal::Listener,
}

/// Which part of a list is wanted: what comes after `after` in the order of ids, or in the other, at most `limit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The last id that the caller has; empty for the beginning.
    pub after: String,
    /// The most that is wanted.
    pub limit: i64,
    /// Which come first.
    pub order: SortOrder,
    /// Only those of these identities, where there is such a limit.
    pub only: Option<Vec<String>>,
}

impl Page {
    /// The first of a list, the oldest first.
    #[must_use]
    pub fn first(limit: i64) -> Self {
        Self { after: String::new(), limit, order: SortOrder::Oldest, only: None }
    }

    /// Those of these identities, for a list that knows such a limit.
    pub(crate) fn of(identities: Vec<String>) -> Self {
        let limit = i64::try_from(identities.len()).unwrap_or(i64::MAX);
        Self { only: Some(identities), ..Self::first(limit) }
    }

    /// The identity that the caller has last, if any.
    pub(crate) fn after_identity(&self) -> Option<statement::Value> {
        (!self.after.is_empty()).then(|| self.after.as_str().into())
    }
}

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// `database.url` or `database.password_file` can't be used.
    #[error("{key}: {detail}")]
    Settings {
        /// The key of the settings.
        key: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// The database can't be reached at start.
    #[error("the database can't be opened")]
    Open(#[source] sqlx::Error),
    /// The tables can't be brought up to date.
    #[error("the database can't be migrated")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    /// The tables lack what this program needs.
    #[error(
        "the database lacks {count} migrations of this program, the first is {first}: run `marque-control-plane migrate`"
    )]
    Behind {
        /// The first migration that is missing.
        first: i64,
        /// How many are missing.
        count: usize,
    },
    /// A newer program took something away from the tables.
    #[error("the database was changed by a newer program (migration {needs}): this one can no longer use it")]
    TooNew {
        /// The migration that a program must know.
        needs: i64,
    },
    /// A statement failed.
    #[error("a statement failed")]
    Statement(#[from] sqlx::Error),
    /// A row holds what this version can't read.
    #[error("{what} in the database can't be read: {detail}")]
    Unreadable {
        /// Which column.
        what: &'static str,
        /// Why.
        detail: String,
    },
    /// A record of the feed is longer than a line may be.
    #[error("the feed's record {kind} {name} is too long")]
    RecordTooLong {
        /// The record's kind.
        kind: &'static str,
        /// The record's name.
        name: String,
    },
    /// Live proxies don't read what is to restrict from now on: they would go on without it.
    #[error("these proxies don't read format {} of the feed: {}", .format.0, .proxies.join(", "))]
    ProxiesLackFormat {
        /// The format that they need.
        format: Format,
        /// Their names.
        proxies: Vec<String>,
    },
    /// A row that was there a moment ago, behind the gate, isn't.
    #[error("a statement changed {0} rows instead of one")]
    RowCount(u64),
    /// There is no store key here, and what is secret isn't written without.
    #[error("there is no store key to seal with")]
    NoKey,
    /// What is secret can't be sealed.
    #[error("a secret cannot be sealed")]
    Seal(#[from] SealError),
    /// The commit's task ended before it was done.
    #[error("the commit was interrupted")]
    Interrupted,
}

impl StoreError {
    /// Whether the database is busy, full, read-only or away: nothing is wrong with what was asked, and later it may
    /// work.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Open(error) | Self::Statement(error) => match error {
                sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => true,
                sqlx::Error::Database(error) => error.code().is_some_and(|code| connect::is_passing(&code)),
                _ => false,
            },
            Self::Interrupted => true,
            _ => false,
        }
    }

    /// Whether a statement hit a unique index. Which one is known by the statement.
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Statement(sqlx::Error::Database(error)) if error.is_unique_violation())
    }
}

impl Store {
    /// Connects, brings the database up to date, and follows the signals of other processes.
    ///
    /// # Errors
    /// When the settings don't fit, or the database can't be reached or migrated.
    pub async fn open(settings: &DatabaseSettings, parts: Parts) -> Result<Self, StoreError> {
        let store = Self::reach(settings, parts, true).await?;
        store.migrate().await?;
        Ok(store)
    }

    /// Connects to a database that is as this program needs it, and follows the signals of other processes.
    ///
    /// # Errors
    /// [`StoreError::Behind`] and [`StoreError::TooNew`]; when the settings don't fit, or the database can't be reached.
    pub async fn connect(settings: &DatabaseSettings, parts: Parts) -> Result<Self, StoreError> {
        let store = Self::reach(settings, parts, false).await?;
        store.expect_current().await?;
        Ok(store)
    }

    /// Connects to whatever is there. A SQLite file that isn't there is made only where `may_make` says so.
    ///
    /// # Errors
    /// When the settings don't fit, or the database can't be reached.
    pub async fn reach(settings: &DatabaseSettings, parts: Parts, may_make: bool) -> Result<Self, StoreError> {
        let pools = connect::open(settings, may_make).await?;
        let signals = Arc::new(signal::Signals::default());
        let listener = signal::follow(&pools, &signals).await?;
        let connect::Pools { backend, readers, strangers, followers, writer, notes, .. } = pools;
        let (presence, writes, measures) = (presence::Presence::default(), AtomicU64::new(0), Measures::default());
        let inner = Inner {
            backend,
            readers,
            strangers,
            followers,
            writer,
            notes,
            presence,
            seen: seen::Seen::default(),
            writes,
            signals,
            parts,
            measures,
            _listener: listener,
        };
        Ok(Self { inner: Arc::new(inner), seal: None, is_for_strangers: false })
    }

    /// Which database serves.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.inner.backend
    }

    /// The same database, by who has the store key: only so can mails with secrets be written and read.
    #[must_use]
    pub fn sealed_by(self, seal: Arc<KeyRing>) -> Self {
        Self { seal: Some(seal), ..self }
    }

    /// The same database, for who isn't known: it reads through connections that nobody else needs.
    #[must_use]
    pub fn for_strangers(&self) -> Self {
        Self { is_for_strangers: true, ..self.clone() }
    }

    /// The pool that reads.
    #[must_use]
    pub fn reader(&self) -> &AnyPool {
        if self.is_for_strangers { &self.inner.strangers } else { &self.inner.readers }
    }

    /// Time and randomness.
    #[must_use]
    pub fn parts(&self) -> &Parts {
        &self.inner.parts
    }

    /// Milliseconds since 1970, UTC.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.inner.parts.now_ms()
    }

    /// Changes whenever something of the kind may have been committed, here or in another process. It may also change
    /// for nothing: look at the database.
    #[must_use]
    pub fn watch(&self, signal: Signal) -> watch::Receiver<u64> {
        self.inner.signals.watch(signal)
    }

    /// What is measured of who works with it.
    #[must_use]
    pub fn measures(&self) -> &Measures {
        &self.inner.measures
    }

    /// Takes the gate and begins a write.
    ///
    /// # Errors
    /// When the gate isn't free within a few seconds, or the database is away.
    pub async fn begin(&self, actor: &Actor, now_ms: i64) -> Result<Write, StoreError> {
        self.inner.writes.fetch_add(1, Ordering::Relaxed);
        let asked = Instant::now();
        let statement = self.inner.backend.begin_write();
        let mut transaction = self.inner.writer.begin_with(statement).await?;
        if let Some(gate) = self.inner.backend.gate() {
            sqlx::query(gate).execute(&mut *transaction).await?;
        }
        let held = self.measures().gate_taken(asked.elapsed());
        Ok(Write::new((self.clone(), held), transaction, actor.clone(), now_ms))
    }

    /// How many writes have asked for the gate since this process began.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.inner.writes.load(Ordering::Relaxed)
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it doesn't.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("select 1").execute(self.reader()).await?;
        Ok(())
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.inner.writer.close().await;
        self.inner.notes.close().await;
        self.inner.followers.close().await;
        self.inner.strangers.close().await;
        self.inner.readers.close().await;
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Store({:?})", self.inner.backend)
    }
}

/// Asserts that a statement changed one row.
pub(crate) fn one_row(done: &AnyQueryResult) -> Result<(), StoreError> {
    match done.rows_affected() {
        1 => Ok(()),
        other => Err(StoreError::RowCount(other)),
    }
}

/// Reads a column that holds the text of `T`.
pub(crate) fn parsed<T>(what: &'static str, text: &str) -> Result<T, StoreError>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    text.parse().map_err(|error| StoreError::Unreadable { what, detail: format!("{error}") })
}

/// Reads a column that holds JSON.
pub(crate) fn from_json<T: serde::de::DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Unreadable { what, detail: error.to_string() })
}

/// Writes a column that holds JSON.
pub(crate) fn to_json<T: serde::Serialize>(what: &'static str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Unreadable { what, detail: error.to_string() })
}

#[cfg(test)]
pub(crate) mod tests;
