//! The directory's tables, and the steps by which they change. A step is prepared outside the lock that guards the
//! tables: under it, values are put in their places and nothing is read or built.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::str::FromStr;
use std::sync::Arc;

use marque_config::application::Application;
use marque_config::brand::{Partner, WhiteLabel};
use marque_config::certificate::{DnsZone, SharedKey};
use marque_config::entry;
use marque_config::feed::{KeyText, Reading, Record, RecordKind};
use marque_config::tenant::{Address, Tenant};
use marque_config::{ApplicationId, EntryId, Hostname, PartnerId, TenantId};

use super::change::Change;
use super::closed::Closed;
use super::held::{HeldCertificate, Issuers};

/// Every record by its key.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// Whether there has been any batch.
    pub(super) is_loaded: bool,
    pub(super) applications: HashMap<ApplicationId, Arc<Application>>,
    pub(super) partners: HashMap<PartnerId, Arc<Partner>>,
    pub(super) tenants: HashMap<TenantId, Arc<Tenant>>,
    pub(super) addresses: HashMap<Hostname, Arc<Address>>,
    pub(super) certificates: HashMap<Hostname, Arc<HeldCertificate>>,
    /// By `HOST/TOKEN`.
    pub(super) challenges: HashMap<String, Arc<str>>,
    /// By the zone that they stand for.
    pub(super) wildcards: HashMap<Hostname, Arc<HeldCertificate>>,
    /// By the name that they prove.
    pub(super) zones: HashMap<Hostname, Arc<DnsZone>>,
    pub(super) labels: HashMap<TenantId, Arc<WhiteLabel>>,
    /// By the name that they prove.
    pub(super) proofs: HashMap<Hostname, Arc<HeldCertificate>>,
    pub(super) shared_keys: HashMap<String, Arc<SharedKey>>,
    pub(super) entries: HashMap<EntryId, Arc<entry::Entry>>,
    #[cfg(feature = "rehearsal")]
    pub(super) locks: HashSet<TenantId>,
    pub(super) closed: Closed,
    /// What isn't understood, restricts nothing and counts as absent.
    pub(super) skipped: HashSet<KeyText>,
}

/// A change that is ready to be made.
pub(super) struct Step {
    key: KeyText,
    what: What,
}

enum What {
    Put(Entry),
    Close(Vec<KeyText>),
    Skip,
    Remove,
}

enum Entry {
    Application(Arc<Application>),
    Partner(Arc<Partner>),
    Tenant(Arc<Tenant>),
    Address(Arc<Address>),
    Certificate(Arc<HeldCertificate>),
    Challenge(Arc<str>),
    Wildcard(Arc<HeldCertificate>),
    DnsZone(Arc<DnsZone>),
    WhiteLabel(Arc<WhiteLabel>),
    AlpnProof(Arc<HeldCertificate>),
    SharedKey(Arc<SharedKey>),
    Opened(Arc<entry::Entry>),
    #[cfg(feature = "rehearsal")]
    Lock(TenantId),
}

impl Step {
    /// Makes a change ready; certificates of issuers are shared with all that `issuers` knows.
    pub(super) fn prepare(change: Change, issuers: &mut Issuers) -> Self {
        let (key, reading) = change.understood();
        let what = match reading {
            None => What::Remove,
            Some(Reading::Known(record)) => What::Put(Entry::of(*record, issuers)),
            Some(Reading::Closed(governed)) => What::Close(governed),
            Some(Reading::Skipped) => What::Skip,
        };
        Self { key, what }
    }
}

impl Entry {
    fn of(record: Record, issuers: &mut Issuers) -> Self {
        match record {
            Record::Application(it) => Self::Application(Arc::from(it)),
            Record::Partner(it) => Self::Partner(Arc::new(it)),
            Record::Tenant(it) => Self::Tenant(Arc::new(it)),
            Record::Address(it) => Self::Address(Arc::new(it)),
            Record::Certificate(it) => Self::Certificate(Arc::new(issuers.hold(it))),
            Record::Challenge(it) => Self::Challenge(it.key_authorization.into()),
            Record::Wildcard(it) => Self::Wildcard(Arc::new(issuers.hold(it))),
            Record::DnsZone(it) => Self::DnsZone(Arc::new(it)),
            Record::WhiteLabel(it) => Self::WhiteLabel(Arc::new(it)),
            Record::AlpnProof(it) => Self::AlpnProof(Arc::new(issuers.hold(it))),
            Record::SharedKey(it) => Self::SharedKey(Arc::new(it)),
            Record::Entry(it) => Self::Opened(Arc::from(it)),
            #[cfg(feature = "rehearsal")]
            Record::Lock(it) => Self::Lock(it.tenant),
        }
    }
}

impl Tables {
    /// Makes a change. What isn't understood shadows what was known of it before.
    pub(super) fn apply(&mut self, Step { key, what }: Step) {
        self.closed.lift(&key);
        self.skipped.remove(&key);
        match what {
            What::Put(entry) => self.put(key.name, entry),
            What::Close(governed) => {
                self.remove(&key);
                self.closed.close(key, governed);
            }
            What::Skip => {
                self.remove(&key);
                self.skipped.insert(key);
            }
            What::Remove => self.remove(&key),
        }
    }

    fn put(&mut self, name: String, entry: Entry) {
        match entry {
            Entry::Application(it) => drop(self.applications.insert(it.id, it)),
            Entry::Partner(it) => drop(self.partners.insert(it.id, it)),
            Entry::Tenant(it) => drop(self.tenants.insert(it.id, it)),
            Entry::Address(it) => drop(self.addresses.insert(it.host.clone(), it)),
            Entry::Certificate(it) => drop(self.certificates.insert(it.host.clone(), it)),
            Entry::Challenge(it) => drop(self.challenges.insert(name, it)),
            Entry::Wildcard(it) => drop(self.wildcards.insert(it.host.clone(), it)),
            Entry::DnsZone(it) => drop(self.zones.insert(it.host.clone(), it)),
            Entry::WhiteLabel(it) => drop(self.labels.insert(it.tenant, it)),
            Entry::AlpnProof(it) => drop(self.proofs.insert(it.host.clone(), it)),
            Entry::SharedKey(it) => drop(self.shared_keys.insert(name, it)),
            Entry::Opened(it) => drop(self.entries.insert(it.id, it)),
            #[cfg(feature = "rehearsal")]
            Entry::Lock(it) => drop(self.locks.insert(it)),
        }
    }

    fn remove(&mut self, key: &KeyText) {
        let Some(kind) = RecordKind::parse(&key.kind) else { return };
        match kind {
            RecordKind::Application => remove(&mut self.applications, &key.name),
            RecordKind::Partner => remove(&mut self.partners, &key.name),
            RecordKind::Tenant => remove(&mut self.tenants, &key.name),
            RecordKind::Address => remove(&mut self.addresses, &key.name),
            RecordKind::Certificate => remove(&mut self.certificates, &key.name),
            RecordKind::Challenge => drop(self.challenges.remove(&key.name)),
            RecordKind::Wildcard => remove(&mut self.wildcards, &key.name),
            RecordKind::DnsZone => remove(&mut self.zones, &key.name),
            RecordKind::WhiteLabel => remove(&mut self.labels, &key.name),
            RecordKind::AlpnProof => remove(&mut self.proofs, &key.name),
            RecordKind::SharedKey => drop(self.shared_keys.remove(&key.name)),
            RecordKind::Entry => remove(&mut self.entries, &key.name),
            #[cfg(feature = "rehearsal")]
            RecordKind::Lock => drop(key.name.parse().map(|tenant| self.locks.remove(&tenant))),
        }
    }

    /// Whether a name leads somewhere, if only to a page that says that it is closed.
    pub(super) fn has_address(&self, host: &str) -> bool {
        self.addresses.contains_key(host) || self.closed.has(RecordKind::Address, || host.to_owned())
    }

    /// The name that a white label's visitors are sent to: the first that leads to the tenant and has a certificate.
    pub(super) fn primary(&self, label: &WhiteLabel) -> Option<Arc<Address>> {
        let addresses = label.primary.iter().filter_map(|host| self.addresses.get(host));
        let mut served = addresses.filter(|address| {
            address.tenant == label.tenant
                && self.is_covered(address.host.as_str())
                && !self.closed.has(RecordKind::Address, || address.host.to_string())
        });
        served.next().cloned()
    }

    fn is_covered(&self, host: &str) -> bool {
        let zone = || host.split_once('.').is_some_and(|(_, zone)| self.wildcards.contains_key(zone));
        self.certificates.contains_key(host) || zone()
    }

    /// How many records of a kind there are, understood or closed.
    pub(super) fn count(&self, kind: RecordKind) -> usize {
        let understood = match kind {
            RecordKind::Application => self.applications.len(),
            RecordKind::Partner => self.partners.len(),
            RecordKind::Tenant => self.tenants.len(),
            RecordKind::Address => self.addresses.len(),
            RecordKind::Certificate => self.certificates.len(),
            RecordKind::Challenge => self.challenges.len(),
            RecordKind::Wildcard => self.wildcards.len(),
            RecordKind::DnsZone => self.zones.len(),
            RecordKind::WhiteLabel => self.labels.len(),
            RecordKind::AlpnProof => self.proofs.len(),
            RecordKind::SharedKey => self.shared_keys.len(),
            RecordKind::Entry => self.entries.len(),
            #[cfg(feature = "rehearsal")]
            RecordKind::Lock => self.locks.len(),
        };
        understood + self.closed.count(kind)
    }
}

fn remove<K: FromStr + Hash + Eq, V>(table: &mut HashMap<K, V>, name: &str) {
    if let Ok(key) = name.parse::<K>() {
        table.remove(&key);
    }
}
