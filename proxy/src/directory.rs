//! The replica in memory: every record by its key, and the few questions that the stages ask.

mod change;
mod closed;
mod held;
pub mod route;
mod secrets;
mod tables;
mod watched;

use std::sync::Arc;

use marque_config::application::Application;
use marque_config::certificate::{DnsZone, SharedKey};
use marque_config::entry::Entry;
use marque_config::feed::{KeyText, RecordKind, Revision};
use marque_config::{EntryId, Hostname};
use parking_lot::{Mutex, RwLock};
use tokio::sync::watch;

pub(crate) use change::RawChange;
pub use change::{Batch, Change, Upsert};
use held::Issuers;
pub use held::{HeldCertificate, Owner};
pub use route::Route;
pub use secrets::{Secret, Secrets, Unopened};
use tables::{Step, Tables};
pub use watched::RouteWatch;
use watched::Watched;

/// Everything that the edge knows. A batch is applied whole: a reader sees all of it or nothing.
#[derive(Debug, Default)]
pub struct Directory {
    tables: RwLock<Tables>,
    /// Beside the tables, so that an issuer is held once across snapshots.
    issuers: Mutex<Issuers>,
    /// Locked before the tables, never while they are.
    watched: Mutex<Watched>,
    applied: watch::Sender<Applied>,
    /// How often entries have changed.
    entries: watch::Sender<u64>,
}

/// How far the directory has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Applied {
    /// The revision of the last batch.
    pub revision: Revision,
    /// Whether there has been any batch: without one nothing is known, and everything is refused.
    pub is_loaded: bool,
}

/// Why a name leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unrouted {
    /// Nothing is known yet.
    NoReplica,
    /// It is unknown, or what it leads to is not all here.
    Unknown,
    /// Something on its way is closed by a record that this version doesn't understand.
    Closed,
    /// Its tenant is locked.
    #[cfg(feature = "rehearsal")]
    Locked,
}

/// What of the replica isn't understood.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NotUnderstood {
    /// How many records are closed.
    pub closed: usize,
    /// How many count as absent.
    pub skipped: usize,
    /// Some of those that are closed.
    pub examples: Vec<KeyText>,
}

impl Directory {
    /// Applies a batch, then tells those who wait for it. Takes long for a large one: not for a thread that serves.
    pub fn apply(&self, batch: Batch) {
        let is_entry = |change: &Change| change.key().kind == RecordKind::Entry.as_str();
        let concerns_entries = batch.is_snapshot || batch.changes.iter().any(is_entry);
        let mut issuers = self.issuers.lock();
        let steps = batch.changes.into_iter().map(|change| Step::prepare(change, &mut issuers));
        if batch.is_snapshot {
            // Made and dropped outside the lock: handshakes and requests go on meanwhile.
            let mut tables = Tables { is_loaded: true, ..Tables::default() };
            steps.for_each(|step| tables.apply(step));
            let before = std::mem::replace(&mut *self.tables.write(), tables);
            drop(before);
        } else {
            let steps: Vec<Step> = steps.collect();
            let mut tables = self.tables.write();
            tables.is_loaded = true;
            steps.into_iter().for_each(|step| tables.apply(step));
        }
        self.watched.lock().refresh(|host| self.lookup(host.as_str()).map(Arc::new));
        if concerns_entries {
            self.entries.send_modify(|count| *count += 1);
        }
        self.applied.send_replace(Applied { revision: batch.revision, is_loaded: true });
    }

    /// How far the directory has come, and a way to wait for more.
    #[must_use]
    pub fn applied(&self) -> watch::Receiver<Applied> {
        self.applied.subscribe()
    }

    /// Where a name leads, from now on: one look-up for all who watch it.
    #[must_use]
    pub fn watch(&self, host: &Hostname) -> RouteWatch {
        self.watched.lock().watch(host, || self.lookup(host.as_str()).map(Arc::new))
    }

    /// Where a name leads, if it leads anywhere.
    #[must_use]
    pub fn route(&self, host: &str) -> Option<Route> {
        self.lookup(host).ok()
    }

    /// Where a name leads.
    ///
    /// # Errors
    /// [`Unrouted`].
    pub fn lookup(&self, host: &str) -> Result<Route, Unrouted> {
        let tables = self.tables.read();
        if !tables.is_loaded {
            return Err(Unrouted::NoReplica);
        }
        let open = |kind, name: &dyn Fn() -> String| {
            if tables.closed.has(kind, name) { Err(Unrouted::Closed) } else { Ok(()) }
        };
        open(RecordKind::Address, &|| host.to_owned())?;
        let address = tables.addresses.get(host).ok_or(Unrouted::Unknown)?;
        open(RecordKind::Tenant, &|| address.tenant.to_string())?;
        let tenant = tables.tenants.get(&address.tenant).ok_or(Unrouted::Unknown)?;
        open(RecordKind::Application, &|| tenant.application.to_string())?;
        #[cfg(feature = "rehearsal")]
        if tables.locks.contains(&tenant.id) {
            return Err(Unrouted::Locked);
        }
        let label = tables.labels.get(&tenant.id).cloned();
        Ok(Route {
            address: Arc::clone(address),
            tenant: Arc::clone(tenant),
            primary: label.as_deref().and_then(|label| tables.primary(label)).filter(|it| it.host != address.host),
            label,
            entry: None,
            application: tables.applications.get(&tenant.application).cloned().ok_or(Unrouted::Unknown)?,
            partner: tables.partners.get(&tenant.partner).cloned().ok_or(Unrouted::Unknown)?,
        })
    }

    /// An entry that is open, as far as is known here.
    #[must_use]
    pub fn entry(&self, id: EntryId) -> Option<Arc<Entry>> {
        self.tables.read().entries.get(&id).cloned()
    }

    /// A way to wait until entries change.
    #[must_use]
    pub fn entries(&self) -> watch::Receiver<u64> {
        self.entries.subscribe()
    }

    /// Forgets an entry whose person left here, before the control plane has heard of it.
    pub fn forget_entry(&self, id: EntryId) {
        self.tables.write().entries.remove(&id);
        self.entries.send_modify(|count| *count += 1);
    }

    /// The certificate to serve for a name: its own, or else, or once that has ended, its zone's. None when the name leads
    /// nowhere, whatever a wildcard covers. A closed name has one: its visitors are told.
    #[must_use]
    pub fn certificate(&self, host: &str, now_ms: i64) -> Option<Arc<HeldCertificate>> {
        let tables = self.tables.read();
        let is_there = tables.has_address(host);
        let own = tables.certificates.get(host).filter(|_| is_there);
        if own.is_some_and(|own| own.not_after_ms > now_ms) {
            return own.cloned();
        }
        let zones = host.split_once('.').and_then(|(_, zone)| tables.wildcards.get(zone)).filter(|_| is_there);
        zones.filter(|zones| own.is_none_or(|own| own.not_after_ms < zones.not_after_ms)).or(own).cloned()
    }

    /// The certificate that proves a name to a certificate authority on port 443, whether or not it leads anywhere yet.
    #[must_use]
    pub fn proof(&self, host: &str) -> Option<Arc<HeldCertificate>> {
        self.tables.read().proofs.get(host).cloned()
    }

    /// Whether a certificate is still one that may be served: it was replaced by no other, and its name leads somewhere.
    #[must_use]
    pub fn holds(&self, certificate: &Arc<HeldCertificate>) -> bool {
        let (tables, host) = (self.tables.read(), certificate.host.as_str());
        let held = match certificate.owner {
            Owner::Zone => tables.wildcards.get(host),
            Owner::Tenant(_) => tables.certificates.get(host).filter(|_| tables.has_address(host)),
            Owner::Proof => tables.proofs.get(host),
        };
        held.is_some_and(|held| Arc::ptr_eq(held, certificate))
    }

    /// The zone whose DNS questions are answered here that proves a name.
    #[must_use]
    pub fn zone(&self, host: &str) -> Option<Arc<DnsZone>> {
        self.tables.read().zones.get(host).cloned()
    }

    /// The answer to a challenge for a name that is being proved.
    #[must_use]
    pub fn challenge(&self, host: &Hostname, token: &str) -> Option<Arc<str>> {
        self.tables.read().challenges.get(&format!("{host}/{token}")).cloned()
    }

    /// All shared keys.
    #[must_use]
    pub fn shared_keys(&self) -> Vec<Arc<SharedKey>> {
        self.tables.read().shared_keys.values().cloned().collect()
    }

    /// All applications.
    #[must_use]
    pub fn applications(&self) -> Vec<Arc<Application>> {
        self.tables.read().applications.values().cloned().collect()
    }

    /// How many tenants there are.
    #[must_use]
    pub fn tenant_count(&self) -> usize {
        self.count(RecordKind::Tenant)
    }

    /// How many records of a kind there are, understood or closed.
    #[must_use]
    pub fn count(&self, kind: RecordKind) -> usize {
        self.tables.read().count(kind)
    }

    /// What isn't understood, with at most `examples` examples.
    #[must_use]
    pub fn not_understood(&self, examples: usize) -> NotUnderstood {
        let tables = self.tables.read();
        let closed = tables.closed.keys();
        let (count, skipped) = (closed.len(), tables.skipped.len());
        NotUnderstood { closed: count, skipped, examples: closed.take(examples).cloned().collect() }
    }

    /// When the certificate that ends first does so, milliseconds since 1970.
    #[must_use]
    pub fn first_expiry_ms(&self) -> Option<i64> {
        let tables = self.tables.read();
        tables.certificates.values().chain(tables.wildcards.values()).map(|it| it.not_after_ms).min()
    }
}

#[cfg(test)]
mod tests;
