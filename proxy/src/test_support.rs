//! What the tests of several stages need: a clock that a test moves, keys, certificates, records.

pub(crate) mod feed;

use std::alloc::System;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cap::Cap;
use marque_config::application::{Application, Policy};
use marque_config::brand::{Brand, Partner};
use marque_config::certificate::{Certificate, KeyUse, SharedKey, WildcardCertificate, wildcard_of};
use marque_config::clock::{Clock, Random};
use marque_config::feed::{Record, Revision};
use marque_config::seal::{Context, KeyRing, Purpose};
use marque_config::settings::{Milliseconds, ProxySettings};
use marque_config::tenant::{Address, AddressKind, LicenceUse, Licensing, Tenant, TenantState};
use marque_config::{ApplicationId, PartnerId, TenantId};
use serde_json::value::to_raw_value;
use zeroize::Zeroizing;

use crate::directory::{Batch, Change, Secret, Secrets};

/// The tests' allocator, which knows how much is allocated.
#[global_allocator]
pub(crate) static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// A clock that stands still until it is moved.
pub(crate) struct FakeClock(AtomicI64);

impl FakeClock {
    pub(crate) fn at(now_ms: i64) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(now_ms)))
    }

    pub(crate) fn advance(&self, by_ms: i64) {
        self.0.fetch_add(by_ms, Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Randomness that isn't.
pub(crate) struct Fixed(pub(crate) u8);

impl Random for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

pub(crate) fn edge_key() -> Arc<KeyRing> {
    Arc::new(KeyRing::single(&[9; 32]).unwrap())
}

pub(crate) fn snapshot(revision: i64, records: Vec<Record>) -> Batch {
    let changes = records.iter().map(change).collect();
    Batch { revision: Revision(revision), is_snapshot: true, changes }
}

/// A record as it comes.
pub(crate) fn change(record: &Record) -> Change {
    Change::upsert(to_raw_value(&record.envelope().unwrap()).unwrap()).unwrap()
}

pub(crate) fn tenant_id(number: u8) -> TenantId {
    TenantId::new(1, &[number; 10])
}

/// A name with everything that it leads to; its application is at a port that nobody listens at.
pub(crate) fn tenant(number: u8, host: &str, state: TenantState) -> Vec<Record> {
    let (application, partner) = (ApplicationId::new(1, &[number; 10]), PartnerId::new(1, &[number; 10]));
    let policy: Policy = serde_json::from_str(r#"{"upstreams":["http://127.0.0.1:1"]}"#).unwrap();
    vec![
        Record::Application(Box::new(Application { id: application, name: "till".into(), policy })),
        Record::Partner(Partner::new(partner, Brand { name: "Brand".into(), support: None })),
        Record::Tenant(Tenant {
            id: tenant_id(number),
            application,
            partner,
            account: "a".parse().ok(),
            state,
            licence: Licensing::NotRequired,
            licence_use: LicenceUse::default(),
            awaits_handover: false,
        }),
        Record::Address(Address {
            host: host.parse().unwrap(),
            tenant: tenant_id(number),
            kind: AddressKind::Custom,
            hsts: false,
        }),
    ]
}

/// A self-signed certificate for a tenant's name, its key sealed as the feed has it; and its DER.
pub(crate) fn certificate(number: u8, host: &str, not_after_ms: i64) -> (Record, Vec<u8>) {
    let made = rcgen::generate_simple_self_signed(vec![host.to_owned()]).unwrap();
    let owner = tenant_id(number).to_string();
    let context = Context { purpose: Purpose::CertificateKey, owner: &owner, name: host };
    let key = edge_key().seal(context, &[0; 12], &made.signing_key.serialize_der()).unwrap();
    let der = made.cert.der().to_vec();
    let chain = vec![STANDARD.encode(&der)];
    let (host, tenant) = (host.parse().unwrap(), tenant_id(number));
    (Record::Certificate(Certificate { host, tenant, chain, key, not_after_ms }), der)
}

/// A self-signed certificate for every name below a zone, its key sealed as the feed has it; and its DER.
pub(crate) fn wildcard(zone: &str, not_after_ms: i64) -> (Record, Vec<u8>) {
    let zone = zone.parse().unwrap();
    let name = wildcard_of(&zone);
    let made = rcgen::generate_simple_self_signed(vec![name.clone()]).unwrap();
    let context = Context { purpose: Purpose::CertificateKey, owner: zone.as_str(), name: &name };
    let key = edge_key().seal(context, &[0; 12], &made.signing_key.serialize_der()).unwrap();
    let der = made.cert.der().to_vec();
    let chain = vec![STANDARD.encode(&der)];
    (Record::Wildcard(WildcardCertificate { zone, chain, key, not_after_ms }), der)
}

pub(crate) fn shared_ticket_key(id: &str, use_from_ms: i64) -> Record {
    shared_key(KeyUse::Ticket, id, use_from_ms)
}

pub(crate) fn shared_key(use_: KeyUse, id: &str, use_from_ms: i64) -> Record {
    let context = Context { purpose: Purpose::SharedKey, owner: id, name: use_.as_str() };
    let secret = edge_key().seal(context, &[0; 12], &[id.as_bytes()[0]; 32]).unwrap();
    Record::SharedKey(SharedKey { id: id.into(), use_, use_from_ms, secret })
}

pub(crate) fn secrets_with_tickets(seeds: &[u8]) -> Secrets {
    let secret = |&seed| Secret { id: format!("{seed}"), use_from_ms: 0, bytes: Zeroizing::new([seed; 32]) };
    Secrets { ticket: seeds.iter().map(secret).collect(), ..Secrets::default() }
}

/// Settings of a proxy on free ports of loopback, with its key files in `directory` and its control plane at `feed`.
pub(crate) fn settings(directory: &Path, feed: SocketAddr) -> ProxySettings {
    let file = |name: &str, text: &str| {
        std::fs::write(directory.join(name), text).unwrap();
        directory.join(name)
    };
    let mut settings = ProxySettings::default();
    let free: SocketAddr = "127.0.0.1:0".parse().unwrap();
    (settings.listen.https, settings.listen.http, settings.listen.status) = (vec![free], vec![free], free);
    settings.limits.drain_notice = Milliseconds::new(1);
    settings.feed.url = vec![format!("http://{feed}")];
    settings.feed.token_file = file("token", "token\n");
    settings.feed.public_key_file = file("feed.pub", &feed::signer().public_text());
    settings.feed.edge_key_file = file("edge.key", &KeyRing::line(&[9; 32]));
    settings.feed.replica = directory.join("replica.db");
    settings
}
