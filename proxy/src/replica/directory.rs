//! The replica in memory: every record by its key, and the few questions that the stages ask.

use std::collections::HashMap;
use std::hash::Hash;
use std::str::FromStr;
use std::sync::Arc;

use marque_config::application::Application;
use marque_config::brand::Partner;
use marque_config::certificate::SharedKey;
use marque_config::feed::{Key, Record, RecordKind, Revision};
use marque_config::tenant::{Address, Tenant};
use marque_config::{ApplicationId, Hostname, PartnerId, TenantId};
use parking_lot::RwLock;
use tokio::sync::watch;

use super::held::{HeldCertificate, Issuers};
use crate::route::Route;

/// Everything that the edge knows. A batch is applied whole: a reader sees all of it or nothing.
#[derive(Debug, Default)]
pub struct Directory {
    tables: RwLock<Tables>,
    applied: watch::Sender<Applied>,
}

/// How far the directory has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Applied {
    /// The revision of the last batch.
    pub revision: Revision,
    /// Whether there has been any batch: without one nothing is known, and everything is refused.
    pub is_loaded: bool,
}

/// One change to the directory.
#[derive(Debug, Clone)]
pub enum Change {
    /// This record is so from now on.
    Upsert(Box<Record>),
    /// This record is no more.
    Delete(Key),
}

/// Changes that belong together.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Where it leads.
    pub revision: Revision,
    /// Whether it replaces everything that was known before.
    pub is_snapshot: bool,
    /// In the order in which they are applied.
    pub changes: Vec<Change>,
}

#[derive(Debug, Default)]
struct Tables {
    applications: HashMap<ApplicationId, Arc<Application>>,
    partners: HashMap<PartnerId, Arc<Partner>>,
    tenants: HashMap<TenantId, Arc<Tenant>>,
    addresses: HashMap<Hostname, Arc<Address>>,
    certificates: HashMap<Hostname, Arc<HeldCertificate>>,
    issuers: Issuers,
    /// By `HOST/TOKEN`.
    challenges: HashMap<String, Arc<str>>,
    shared_keys: HashMap<String, Arc<SharedKey>>,
}

impl Directory {
    /// Applies a batch, then tells those who wait for it.
    pub fn apply(&self, batch: Batch) {
        if batch.is_snapshot {
            // Made and dropped outside the lock: handshakes and requests go on meanwhile.
            let mut tables = Tables::default();
            batch.changes.into_iter().for_each(|change| tables.apply(change));
            let before = std::mem::replace(&mut *self.tables.write(), tables);
            drop(before);
        } else {
            let mut tables = self.tables.write();
            batch.changes.into_iter().for_each(|change| tables.apply(change));
        }
        self.applied.send_replace(Applied { revision: batch.revision, is_loaded: true });
    }

    /// How far the directory has come, and a way to wait for more.
    #[must_use]
    pub fn applied(&self) -> watch::Receiver<Applied> {
        self.applied.subscribe()
    }

    /// Where a name leads. None when the name is unknown, or when what it leads to is not all here.
    #[must_use]
    pub fn route(&self, host: &str) -> Option<Route> {
        let tables = self.tables.read();
        let address = tables.addresses.get(host)?;
        let tenant = tables.tenants.get(&address.tenant)?;
        Some(Route {
            address: Arc::clone(address),
            tenant: Arc::clone(tenant),
            application: Arc::clone(tables.applications.get(&tenant.application)?),
            partner: Arc::clone(tables.partners.get(&tenant.partner)?),
        })
    }

    /// The certificate to serve for a name; none when the name leads nowhere.
    #[must_use]
    pub fn certificate(&self, host: &str) -> Option<Arc<HeldCertificate>> {
        let tables = self.tables.read();
        tables.certificates.get(host).filter(|_| tables.addresses.contains_key(host)).cloned()
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
        self.tables.read().tenants.len()
    }

    /// When the certificate that ends first does so, milliseconds since 1970.
    #[must_use]
    pub fn first_expiry_ms(&self) -> Option<i64> {
        self.tables.read().certificates.values().map(|it| it.not_after_ms).min()
    }
}

impl Tables {
    fn apply(&mut self, change: Change) {
        match change {
            Change::Upsert(record) => self.upsert(*record),
            Change::Delete(key) => self.delete(&key),
        }
    }

    fn upsert(&mut self, record: Record) {
        let name = record.key().name;
        match record {
            Record::Application(it) => drop(self.applications.insert(it.id, Arc::new(it))),
            Record::Partner(it) => drop(self.partners.insert(it.id, Arc::new(it))),
            Record::Tenant(it) => drop(self.tenants.insert(it.id, Arc::new(it))),
            Record::Address(it) => drop(self.addresses.insert(it.host.clone(), Arc::new(it))),
            Record::Certificate(it) => {
                let held = self.issuers.hold(it);
                self.certificates.insert(held.host.clone(), Arc::new(held));
            }
            Record::Challenge(it) => drop(self.challenges.insert(name, it.key_authorization.into())),
            Record::SharedKey(it) => drop(self.shared_keys.insert(name, Arc::new(it))),
        }
    }

    fn delete(&mut self, key: &Key) {
        match key.kind {
            RecordKind::Application => remove(&mut self.applications, &key.name),
            RecordKind::Partner => remove(&mut self.partners, &key.name),
            RecordKind::Tenant => remove(&mut self.tenants, &key.name),
            RecordKind::Address => remove(&mut self.addresses, &key.name),
            RecordKind::Certificate => remove(&mut self.certificates, &key.name),
            RecordKind::Challenge => drop(self.challenges.remove(&key.name)),
            RecordKind::SharedKey => drop(self.shared_keys.remove(&key.name)),
        }
    }
}

fn remove<K: FromStr + Hash + Eq, V>(table: &mut HashMap<K, V>, name: &str) {
    if let Ok(key) = name.parse::<K>() {
        table.remove(&key);
    }
}
