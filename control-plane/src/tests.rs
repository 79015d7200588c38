//! A control plane from its settings to its end, over sockets.

#[cfg(test)]
pub(crate) mod api;

use std::sync::Arc;
use std::time::Duration;

use marque_config::settings::ControlPlaneSettings;
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::*;
use crate::database::tests::{landed, migrated};
use crate::identity::operations::tokens::{self, Maker, NewToken};
use crate::kernel::parts::Parts;
use crate::kernel::principal::{Principal, Reach};

async fn settings(directory: &std::path::Path) -> ControlPlaneSettings {
    keys::make(directory, &*Parts::real().random).unwrap();
    let mut settings = ControlPlaneSettings::default();
    settings.listen.api.set_port(0);
    settings.listen.status.set_port(0);
    settings.database.url = migrated(directory).await;
    settings.keys.store_key_file = directory.join("store.key");
    settings.keys.edge_key_file = directory.join("edge.key");
    settings.keys.feed_key_file = directory.join("feed.key");
    settings.dns.servers = vec!["127.0.0.1:9".parse().unwrap()];
    settings
}

async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn it_says_that_it_is_ready_and_what_it_does() {
    let directory = tempfile::tempdir().unwrap();
    let handle = ControlPlane::start(settings(directory.path()).await, Parts::real()).await.unwrap();
    let status = async |path| ask(TcpStream::connect(handle.status()).await.unwrap(), path).await;
    assert!(status("/healthz").await.starts_with("HTTP/1.1 200"));
    assert!(status("/readyz").await.starts_with("HTTP/1.1 200"));
    let api = ask(TcpStream::connect(handle.api()).await.unwrap(), "/v1/openapi.json").await;
    assert!(api.contains("\"openapi\":\"3.1"), "{api}");
    let metrics = status("/metrics").await;
    assert!(metrics.contains("control_requests_total{route=\"/v1/openapi.json\",status=\"200\"} 1"), "{metrics}");
    for line in [
        "control_request_seconds_bucket{le=\"30.0\",route=\"/v1/openapi.json\"} 1",
        "control_waiting{kind=\"mail\"} 0",
        "control_overdue_seconds{kind=\"webhook\"} 0",
        "control_certificate_days 365000",
        "control_logins_total{outcome=\"wrong\"} 0",
        "control_issuances_total{outcome=\"failed\"} 0",
        "control_gate_wait_seconds_bucket{le=\"5.0\"}",
        "control_gate_hold_seconds_count",
        "control_pool_connections{state=\"open\"}",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    handle.store.close().await;
    assert!(status("/metrics").await.contains("control_waiting"), "with the database away there are metrics");
    assert!(status("/readyz").await.starts_with("HTTP/1.1 503"));
}

#[tokio::test]
async fn an_open_stream_does_not_keep_it_from_ending() {
    let directory = tempfile::tempdir().unwrap();
    let handle = ControlPlane::start(settings(directory.path()).await, Parts::real()).await.unwrap();
    let reach = Reach::command("test");
    let mut write = handle.store.begin(reach.actor(), handle.store.now_ms()).await.unwrap();
    let scopes = ["edge:sync".parse().unwrap()].into();
    let new = NewToken { name: "edge".into(), principal: Principal::Edge, scopes, expires_ms: None };
    let (_, token) = tokens::create(&mut write, &reach, Maker::Machine, new).await.unwrap();
    write.commit().await.unwrap();
    let mut stream = TcpStream::connect(handle.api()).await.unwrap();
    let request =
        format!("GET /v1/edge/feed?proxy=a HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\n\r\n", token.reveal());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut begun = [0; 64];
    stream.read_exact(&mut begun).await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), handle.shutdown()).await.expect("it ends");
}

#[tokio::test]
async fn with_a_certificate_it_speaks_tls() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = settings(directory.path()).await;
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".into()]).unwrap().self_signed(&key).unwrap();
    let (chain_file, key_file) = (directory.path().join("api.pem"), directory.path().join("store.key.pem"));
    std::fs::write(&chain_file, certificate.pem()).unwrap();
    std::fs::write(&key_file, key.serialize_pem()).unwrap();
    settings.listen.certificate_file = Some(chain_file);
    settings.listen.key_file = Some(key_file.clone());
    // The key was written for all to read.
    let refused = ControlPlane::start(settings.clone(), Parts::real()).await.unwrap_err();
    assert!(refused.is_about_settings() && refused.to_string().starts_with("listen.key_file"), "{refused}");
    std::fs::set_permissions(&key_file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let handle = ControlPlane::start(settings, Parts::real()).await.unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate.der().clone()).unwrap();
    let client = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(handle.api()).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TlsConnector::from(Arc::new(client)).connect(name, stream).await.unwrap();
    assert!(ask(stream, "/v1/openapi.json").await.starts_with("HTTP/1.1 200"));
    handle.shutdown().await;
}

#[tokio::test]
async fn what_keeps_it_from_starting_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let good = settings(directory.path()).await;
    let mut taken = good.clone();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    taken.listen.api = listener.local_addr().unwrap();
    let error = ControlPlane::start(taken, Parts::real()).await.unwrap_err();
    assert!(error.to_string().starts_with("listen.api") && !error.is_about_settings(), "{error}");
    let mut missing = good.clone();
    missing.keys.feed_key_file = directory.path().join("nothing");
    let error = ControlPlane::start(missing, Parts::real()).await.unwrap_err();
    assert!(error.to_string().starts_with("keys.feed_key_file") && error.is_about_settings(), "{error}");
    let mut away = good;
    away.database.url = "sqlite:///nowhere/at/all.db".into();
    let error = ControlPlane::start(away, Parts::real()).await.unwrap_err();
    assert!(matches!(error, StartError::Store(StoreError::Open(_))), "{error}");
}

#[tokio::test]
async fn a_wrong_key_never_starts_and_changes_nothing() {
    let (directory, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let good = settings(directory.path()).await;
    keys::make(other.path(), &*Parts::real().random).unwrap();
    ControlPlane::start(good.clone(), Parts::real()).await.unwrap().shutdown().await;
    let before = seen(&good).await;
    let wrong = |change: fn(&mut marque_config::settings::Keys, PathBuf), file: &str| {
        let mut wrong = good.clone();
        change(&mut wrong.keys, other.path().join(file));
        wrong
    };
    for (key, settings) in [
        ("keys.store_key_file", wrong(|keys, path| keys.store_key_file = path, "store.key")),
        ("keys.edge_key_file", wrong(|keys, path| keys.edge_key_file = path, "edge.key")),
        ("keys.feed_key_file", wrong(|keys, path| keys.feed_key_file = path, "feed.key")),
    ] {
        let error = ControlPlane::start(settings, Parts::real()).await.unwrap_err();
        assert!(error.to_string().starts_with(key) && error.is_about_settings(), "{error}");
        assert_eq!(seen(&good).await, before);
    }
    ControlPlane::start(good, Parts::real()).await.unwrap().shutdown().await;
}

/// What a control plane writes by itself, and the proof of its keys.
async fn seen(settings: &ControlPlaneSettings) -> Vec<(String, i64)> {
    let store = Store::connect(&settings.database, Parts::real()).await.unwrap();
    let statement = "select id, use_from_ms from shared_key
        union all select epoch, revision from feed_counter
        union all select name, 0 from key_check union all select hash, seq from audit_head order by 1";
    sqlx::query_as(statement).fetch_all(store.reader()).await.unwrap()
}

#[tokio::test]
async fn the_first_versions_database_is_served_and_a_server_only_once_it_is_migrated() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = settings(directory.path()).await;
    settings.database = landed::landed(directory.path()).await;
    let error = ControlPlane::start(settings.clone(), Parts::real()).await.unwrap_err();
    assert!(error.to_string().starts_with("keys.store_key_file"), "{error}");
    for (path, secret) in [&settings.keys.store_key_file, &settings.keys.edge_key_file].into_iter().zip(landed::KEYS) {
        std::fs::write(path, marque_config::seal::KeyRing::line(&secret).as_bytes()).unwrap();
    }
    if settings.database.url.starts_with("postgres") {
        let error = ControlPlane::start(settings.clone(), Parts::real()).await.unwrap_err();
        assert!(matches!(error, StartError::Store(StoreError::Behind { .. })), "{error}");
        Store::open(&settings.database, Parts::real()).await.unwrap().close().await;
    }
    let handle = ControlPlane::start(settings, Parts::real()).await.unwrap();
    landed::write_as_the_first_version(&handle.store).await;
    let orders = asked(&handle, "/v1/orders").await;
    let states: Vec<_> = orders["items"].as_array().unwrap().iter().map(|order| &order["state"]).collect();
    assert_eq!(states, ["fulfilled", "completed"], "the voided one is left out: {orders}");
    let tenants = asked(&handle, "/v1/tenants").await;
    assert!(tenants.to_string().contains("Le Fournil"), "{tenants}");
    handle.shutdown().await;
}

/// What an operator is answered.
async fn asked(handle: &Handle, path: &str) -> serde_json::Value {
    let reach = Reach::command("test");
    let mut write = handle.store.begin(reach.actor(), handle.store.now_ms()).await.unwrap();
    let scopes = Principal::Operator.everything();
    let new = NewToken { name: "operator".into(), principal: Principal::Operator, scopes, expires_ms: None };
    let (_, token) = tokens::create(&mut write, &reach, Maker::Machine, new).await.unwrap();
    write.commit().await.unwrap();
    let url = format!("http://{}{path}", handle.api());
    // A client of HTTP asks for a provider, though nothing is encrypted here.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let answer = reqwest::Client::builder().no_proxy().build().unwrap().get(url).bearer_auth(token.reveal()).send();
    answer.await.unwrap().json().await.unwrap()
}
