//! A feed of one batch, signed and sealed as a control plane does it: two tenants of one application, their names,
//! certificates and keys. For suites that need a proxy and no control plane.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::body::Body;
use axum::extract::RawQuery;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{once, pending};
use marque_config::application::Application;
use marque_config::brand::{Brand, Partner};
use marque_config::certificate::{Certificate, Challenge, KeyUse, SharedKey};
use marque_config::feed::{Begin, Commit, Format, Line, Record, Revision};
use marque_config::seal::{Context, KeyRing, Purpose};
use marque_config::signature::{BatchDigest, FeedSigner};
use marque_config::tenant::{Address, AddressKind, LicenceUse, Licensing, Tenant, TenantState};
use marque_config::{ApplicationId, PartnerId, TenantId};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};
use tokio_util::task::AbortOnDropHandle;

use crate::authority::{Authority, Leaf};

/// The first tenant's name.
pub const A: &str = "a.p.example.com";
/// The second tenant's name.
pub const B: &str = "b.p.example.com";
/// The token of a challenge of A's.
pub const TOKEN: &str = "token-of-a";
/// The challenge's answer.
pub const PROOF: &str = "token-of-a.thumbprint";

const SEED: [u8; 32] = [5; 32];
const EDGE_KEY: [u8; 32] = [9; 32];
/// Long past any test's end.
const NOT_AFTER_MS: i64 = 4_000_000_000_000;

/// A feed that is served; dropping it ends it.
#[derive(Debug)]
pub struct Feed {
    address: SocketAddr,
    _task: AbortOnDropHandle<()>,
}

impl Feed {
    /// Serves a feed in which the tenants' application is at `upstream`, under this policy but for where it is.
    ///
    /// # Errors
    /// When the policy is none.
    pub async fn start(upstream: SocketAddr, policy: Value, authority: &Authority) -> Result<Self> {
        let batch = batch(&records(upstream, policy, authority)?)?;
        let (task, address) = serve(batch).await?;
        Ok(Self { address, _task: task })
    }

    /// Where it's served.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Writes the files that a proxy follows it with: `token`, `feed.pub` and `edge.key`.
    ///
    /// # Errors
    /// When a file can't be written.
    pub fn write_files(directory: &Path) -> Result<()> {
        let file = |name: &str, text: &str| {
            std::fs::write(directory.join(name), text).with_context(|| format!("write {name}"))
        };
        file("token", "token")?;
        file("feed.pub", &FeedSigner::from_seed(&SEED)?.public_text())?;
        file("edge.key", &KeyRing::line(&EDGE_KEY))
    }
}

fn records(upstream: SocketAddr, mut policy: Value, authority: &Authority) -> Result<Vec<Record>> {
    let (application, partner) = (ApplicationId::new(1, &[1; 10]), PartnerId::new(1, &[1; 10]));
    policy["upstreams"] = json!([format!("http://{upstream}")]);
    let policy = serde_json::from_value(policy)?;
    let mut records = vec![
        Record::Application(Box::new(Application { id: application, name: "till".into(), policy })),
        Record::Partner(Partner::new(partner, Brand { name: "Brand".into(), support: None })),
        Record::Challenge(Challenge { host: A.parse()?, token: TOKEN.into(), key_authorization: PROOF.into() }),
    ];
    for (id, use_) in [("t", KeyUse::Ticket), ("c", KeyUse::Cookie), ("s", KeyUse::Assertion)] {
        let context = Context { purpose: Purpose::SharedKey, owner: id, name: key_name(use_) };
        let secret = KeyRing::single(&EDGE_KEY)?.seal(context, &[0; 12], &[7; 32])?;
        records.push(Record::SharedKey(SharedKey { id: id.into(), use_, use_from_ms: 0, secret }));
    }
    for (number, host) in [(1, A), (2, B)] {
        let id = TenantId::new(1, &[number; 10]);
        let account = host.split('.').next().context("an account")?.parse()?;
        let state = TenantState::Active;
        records.push(Record::Tenant(Tenant {
            id,
            application,
            partner,
            account: Some(account),
            state,
            licence: Licensing::NotRequired,
            licence_use: LicenceUse::default(),
            awaits_handover: false,
        }));
        let kind = AddressKind::Platform;
        records.push(Record::Address(Address { host: host.parse()?, tenant: id, kind, hsts: true }));
        records.push(Record::Certificate(certificate(id, host, &authority.issue(&[host])?)?));
    }
    Ok(records)
}

fn key_name(use_: KeyUse) -> &'static str {
    match use_ {
        KeyUse::Ticket => "ticket",
        KeyUse::Cookie => "cookie",
        KeyUse::Assertion => "assertion",
    }
}

fn certificate(tenant: TenantId, host: &str, leaf: &Leaf) -> Result<Certificate> {
    let owner = tenant.to_string();
    let context = Context { purpose: Purpose::CertificateKey, owner: &owner, name: host };
    let key = PrivatePkcs8KeyDer::from_pem_slice(leaf.key.as_bytes())?;
    let key = KeyRing::single(&EDGE_KEY)?.seal(context, &[0; 12], key.secret_pkcs8_der())?;
    let chain = CertificateDer::pem_slice_iter(leaf.chain.as_bytes())
        .map(|der| der.map(|der| STANDARD.encode(der)))
        .collect::<Result<_, _>>()?;
    Ok(Certificate { host: host.parse()?, tenant, chain, key, not_after_ms: NOT_AFTER_MS })
}

/// The records as a signed snapshot.
fn batch(records: &[Record]) -> Result<Bytes> {
    let text = |line: &Line| anyhow::Ok(serde_json::to_string(line)? + "\n");
    let mut wire = text(&Line::Begin(Begin {
        epoch: "epoch".into(),
        base: None,
        revision: Revision(1),
        format: Format::CURRENT,
    }))?;
    let mut digest = BatchDigest::begin(wire.as_bytes());
    for record in records {
        let line = text(&Line::upsert(record, Format::CURRENT)?)?;
        digest.change(line.as_bytes());
        wire.push_str(&line);
    }
    let changes = digest.changes();
    wire.push_str(&text(&Line::Commit(Commit { changes, signature: FeedSigner::from_seed(&SEED)?.sign(digest) }))?);
    Ok(wire.into())
}

/// Serves the batch to whoever doesn't have it; then nothing more comes.
async fn serve(batch: Bytes) -> Result<(AbortOnDropHandle<()>, SocketAddr)> {
    let batch = Arc::new(batch);
    let feed = move |RawQuery(query): RawQuery| {
        let knows = query.is_some_and(|query| query.contains("epoch="));
        let first = if knows { Bytes::from_static(b"") } else { Bytes::clone(&batch) };
        let stream = once(async move { Ok::<_, Infallible>(first) }).chain(pending());
        async move { Body::from_stream(stream) }
    };
    let router = Router::new().route("/v1/edge/feed", get(feed)).route("/v1/edge/acks", post(async || "{}"));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let task = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
    Ok((AbortOnDropHandle::new(task), address))
}
