//! A write: the change, its audit rows, its feed changes and its signals, committed together or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use marque_config::feed::{Key, Record, Revision};
use marque_config::id::Kind;
use marque_config::seal::KeyRing;
use marque_config::{Id, PartnerId, TenantId};
use serde_json::Value;
use sqlx::{Any, AnyConnection, Transaction};
use tracing::Instrument;

use super::connect::Backend;
use super::{Signal, Store, StoreError, search, signal};
use crate::database::measures::Held;
use crate::kernel::actor::Actor;
use crate::kernel::parts::Parts;

/// A write that holds the gate. Dropped without [`Write::commit`], nothing of it happened.
pub struct Write {
    store: Store,
    transaction: Transaction<'static, Any>,
    actor: Actor,
    now_ms: i64,
    traces: Vec<Trace>,
    changes: BTreeMap<Key, Option<Record>>,
    pending: BTreeMap<search::Key, search::Pending>,
    signals: BTreeSet<Signal>,
    _held: Held,
}

/// One change, as the audit trail and the outbox tell it.
pub(crate) struct Trace {
    pub(crate) action: &'static str,
    pub(crate) object: String,
    pub(crate) whose: Whose,
    pub(crate) detail: Value,
}

/// Whose object a change is of: who may read its traces. With neither, only operators may.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Whose {
    /// The partner.
    pub partner: Option<PartnerId>,
    /// The tenant.
    pub tenant: Option<TenantId>,
}

impl Whose {
    /// The vendor's own.
    pub const VENDOR: Self = Self { partner: None, tenant: None };

    /// A partner's, but of none of its tenants.
    #[must_use]
    pub fn partner(id: PartnerId) -> Self {
        Self { partner: Some(id), tenant: None }
    }

    /// A tenant's, and its partner's.
    #[must_use]
    pub fn tenant(partner: PartnerId, tenant: TenantId) -> Self {
        Self { partner: Some(partner), tenant: Some(tenant) }
    }
}

impl Write {
    pub(crate) fn new(
        (store, held): (Store, Held),
        transaction: Transaction<'static, Any>,
        actor: Actor,
        now_ms: i64,
    ) -> Self {
        let (traces, changes, signals) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
        let pending = BTreeMap::new();
        Self { store, transaction, actor, now_ms, traces, changes, pending, signals, _held: held }
    }

    /// The connection, for statements.
    pub fn connection(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }

    /// When the write happens, milliseconds since 1970, UTC.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// The database that is written to.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Time and randomness.
    #[must_use]
    pub fn parts(&self) -> &Parts {
        self.store.parts()
    }

    /// The store key.
    pub(crate) fn key(&self) -> Result<Arc<KeyRing>, StoreError> {
        self.store.seal.clone().ok_or(StoreError::NoKey)
    }

    /// A fresh identity.
    #[must_use]
    pub fn id<K: Kind>(&self) -> Id<K> {
        let parts = self.store.parts();
        Id::new(u64::try_from(self.now_ms).unwrap_or_default(), &parts.bytes())
    }

    /// Says what was done to what, and whose it is: at commit it becomes one audit row and one outbox row. The detail
    /// holds what changed, before and after; never a secret.
    pub fn audit(&mut self, action: &'static str, object: &impl ToString, whose: Whose, detail: Value) {
        self.traces.push(Trace { action, object: object.to_string(), whose, detail });
    }

    /// Who makes the change.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Tells the edge that this is so; written at commit.
    pub fn feed(&mut self, record: Record) {
        self.changes.insert(record.key(), Some(record));
    }

    /// Tells the edge that this is no more; written at commit.
    pub fn feed_delete(&mut self, key: Key) {
        self.changes.insert(key, None);
    }

    /// Wakes who waits for `signal`, after the commit.
    pub fn wake(&mut self, signal: Signal) {
        self.signals.insert(signal);
    }

    /// Commits, and wakes who waits. Once asked it runs to its end, whatever becomes of who asked; what it logs belongs to
    /// the request all the same.
    ///
    /// # Errors
    /// When a statement or the commit itself fails: then nothing happened.
    pub async fn commit(self) -> Result<Revision, StoreError> {
        tokio::spawn(self.finish().in_current_span()).await.map_err(|_| StoreError::Interrupted)?
    }

    async fn finish(mut self) -> Result<Revision, StoreError> {
        self.end_baseless_entries().await?;
        let traces = std::mem::take(&mut self.traces);
        self.write_index().await?;
        self.write_traces(traces).await?;
        let revision = self.write_changes().await?;
        if self.store.inner.backend == Backend::Postgres {
            signal::notify(&mut self.transaction, &self.signals).await?;
        }
        self.transaction.commit().await?;
        for signal in self.signals {
            self.store.inner.signals.wake(signal);
        }
        Ok(revision)
    }

    /// What things are found by from now on, as far as that was said.
    pub(crate) fn pending(&mut self) -> &mut BTreeMap<search::Key, search::Pending> {
        &mut self.pending
    }

    /// What was done so far, as the traces say.
    pub(crate) fn actions(&self) -> impl Iterator<Item = &'static str> {
        self.traces.iter().map(|trace| trace.action)
    }

    /// The changes of the feed that were told so far.
    pub(crate) fn take_changes(&mut self) -> BTreeMap<Key, Option<Record>> {
        std::mem::take(&mut self.changes)
    }
}
