//! A proxy in this process, with its names, certificates and keys from a feed of one batch.

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

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
use marque_config::settings::{Milliseconds, ProxySettings};
use marque_config::signature::{BatchDigest, FeedSigner};
use marque_config::tenant::{Address, AddressKind, Licensing, Tenant, TenantState};
use marque_config::{ApplicationId, PartnerId, TenantId};
use marque_proxy::{Handle, Parts, Proxy};
use marque_tests::authority::{Authority, Leaf};
use marque_tests::visitor::Visitor;
use marque_tests::wait::until;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::task::AbortOnDropHandle;

use crate::client::Raw;
use crate::upstream::Upstream;

/// The two tenants' names.
pub(crate) const A: &str = "a.p.example.com";
pub(crate) const B: &str = "b.p.example.com";
/// A challenge of A's, and its answer.
pub(crate) const TOKEN: &str = "token-of-a";
pub(crate) const PROOF: &str = "token-of-a.thumbprint";

const SEED: [u8; 32] = [5; 32];
const EDGE_KEY: [u8; 32] = [9; 32];
/// Long past this test's end.
const NOT_AFTER_MS: i64 = 4_000_000_000_000;

/// A proxy before an application.
pub(crate) struct Edge {
    pub(crate) visitor: Visitor,
    pub(crate) handle: Handle,
    pub(crate) upstream: Upstream,
    pub(crate) roots: String,
    _feed: AbortOnDropHandle<()>,
    _directory: TempDir,
}

impl Edge {
    /// One whose application is under no policy to speak of.
    pub(crate) async fn plain() -> Result<Self> {
        Self::start(json!({}), |_| {}).await
    }

    /// One with this policy and these settings.
    pub(crate) async fn start(policy: Value, change: impl FnOnce(&mut ProxySettings)) -> Result<Self> {
        marque_tests::authority::provider();
        let upstream = Upstream::start().await?;
        let authority = Authority::new("hostile")?;
        let feed = batch(&records(&upstream, policy, &authority)?)?;
        let (feed, address) = serve(feed).await?;
        let directory = tempfile::Builder::new().prefix("marque-").tempdir()?;
        let mut settings = settings(directory.path(), &format!("http://{address}"))?;
        change(&mut settings);
        let handle = Proxy::bind(settings, Parts::real()).await?;
        let roots = authority.root_pem();
        let visitor = Visitor::new(handle.https(), &roots);
        let edge = Self { visitor, handle, upstream, roots, _feed: feed, _directory: directory };
        until("the feed is known", Duration::from_secs(10), async || {
            let known = edge.handle.directory().certificate(B).is_some();
            Ok(known && edge.visitor.handshake(A, &["h2"]).await.is_ok())
        })
        .await?;
        Ok(edge)
    }

    /// A connection for HTTP/1 at the name A.
    pub(crate) async fn http1(&self) -> Result<Raw> {
        Ok(Raw::new(self.visitor.handshake(A, &["http/1.1"]).await?))
    }

    /// Whether somebody honest is served in two seconds.
    pub(crate) async fn probe(&self) -> Result<()> {
        let probe = async {
            let mut client = self.http1().await?;
            client.say(get_of("/probe")).await?;
            let (head, body) = client.answer().await?;
            anyhow::ensure!(head.starts_with("HTTP/1.1 200") && body == b"/probe", "{head}");
            Ok(())
        };
        tokio::time::timeout(Duration::from_secs(2), probe).await.context("an honest client waits too long")?
    }
}

/// A plain request for a path at A.
pub(crate) fn get_of(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {A}\r\n\r\n")
}

fn settings(directory: &Path, feed: &str) -> Result<ProxySettings> {
    let file = |name: &str, text: &str| {
        let path = directory.join(name);
        std::fs::write(&path, text).map(|()| path)
    };
    let mut settings = ProxySettings::default();
    let free = "127.0.0.1:0".parse()?;
    (settings.listen.https, settings.listen.http, settings.listen.status) = (vec![free], vec![free], free);
    settings.feed.url = vec![feed.to_owned()];
    settings.feed.token_file = file("token", "token")?;
    settings.feed.public_key_file = file("feed.pub", &FeedSigner::from_seed(&SEED)?.public_text())?;
    settings.feed.edge_key_file = file("edge.key", &KeyRing::line(&EDGE_KEY))?;
    settings.feed.replica = directory.join("replica.db");
    settings.limits.drain_notice = Milliseconds::new(1);
    settings.upstream.connect_deadline = Milliseconds::new(500);
    Ok(settings)
}

fn records(upstream: &Upstream, mut policy: Value, authority: &Authority) -> Result<Vec<Record>> {
    let (application, partner) = (ApplicationId::new(1, &[1; 10]), PartnerId::new(1, &[1; 10]));
    policy["upstreams"] = json!([format!("http://{}", upstream.address())]);
    let policy = serde_json::from_value(policy)?;
    let mut records = vec![
        Record::Application(Box::new(Application { id: application, name: "till".into(), policy })),
        Record::Partner(Partner { id: partner, brand: Brand { name: "Brand".into(), support: None } }),
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
async fn serve(batch: Bytes) -> Result<(AbortOnDropHandle<()>, std::net::SocketAddr)> {
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
