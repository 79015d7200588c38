mod idle;

use marque_config::settings::Milliseconds;
use marque_config::tenant::TenantState;
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::*;
use crate::test_support::feed::{FeedServer, batch, upserts};
use crate::test_support::{FakeClock, Fixed, certificate, settings, tenant};

const HOST: &str = "a.example.com";

fn parts() -> Parts {
    Parts { clock: FakeClock::at(0), random: Arc::new(Fixed(0)) }
}

/// An address that nobody listens at.
async fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// One request, and its answer's head and body.
async fn ask(address: SocketAddr, host: &str, target: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// Whether a client that trusts this certificate completes a handshake.
async fn shakes_hands(address: SocketAddr, der: &[u8]) -> bool {
    let mut roots = RootCertStore::empty();
    roots.add(der.to_vec().into()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let stream = TcpStream::connect(address).await.unwrap();
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(HOST).unwrap(), stream).await.is_ok()
}

#[tokio::test]
async fn a_proxy_serves_what_it_heard_and_after_a_restart_without_anybody() {
    let (files, mut feed) = (TempDir::new().unwrap(), FeedServer::start().await);
    let proxy = Proxy::bind(settings(files.path(), feed.address), parts()).await.unwrap();
    assert!(ask(proxy.status(), "x", "/healthz").await.starts_with("HTTP/1.1 200"));
    assert!(ask(proxy.status(), "x", "/readyz").await.starts_with("HTTP/1.1 503"), "it knows nothing yet");
    let (record, der) = certificate(1, HOST, i64::MAX);
    let mut records = tenant(1, HOST, TenantState::Active);
    records.push(record);
    let stream = feed.stream().await;
    stream.send(batch(None, 1, &upserts(records)));
    assert_eq!(feed.acked().await, 1);
    assert!(shakes_hands(proxy.https(), &der).await);
    proxy.shutdown().await;

    drop((feed, stream));
    let proxy = Proxy::bind(settings(files.path(), nobody().await), parts()).await.unwrap();
    assert!(shakes_hands(proxy.https(), &der).await, "from the file alone");
    assert!(ask(proxy.status(), "x", "/readyz").await.starts_with("HTTP/1.1 200"));
    let redirect = ask(proxy.http().unwrap(), HOST, "/x?y").await;
    assert!(redirect.starts_with("HTTP/1.1 308") && redirect.contains("location: https://a.example.com/x?y\r\n"));
    assert!(ask(proxy.http().unwrap(), "b.example.com", "/").await.starts_with("HTTP/1.1 404"));
    assert!(ask(proxy.status(), "x", "/metrics").await.contains("proxy_handshakes_total{outcome=\"full\"} 1"));
}

#[tokio::test]
async fn whoever_asks_hears_first_that_the_process_ends_and_is_served_meanwhile() {
    let (files, mut feed) = (TempDir::new().unwrap(), FeedServer::start().await);
    let mut settings = settings(files.path(), feed.address);
    settings.limits.drain_notice = Milliseconds::new(3_600_000);
    let proxy = Proxy::bind(settings, parts()).await.unwrap();
    let (record, der) = certificate(1, HOST, i64::MAX);
    let mut records = tenant(1, HOST, TenantState::Active);
    records.push(record);
    feed.stream().await.send(batch(None, 1, &upserts(records)));
    assert_eq!(feed.acked().await, 1);
    let (status, https) = (proxy.status(), proxy.https());
    assert!(ask(status, "x", "/readyz").await.starts_with("HTTP/1.1 200"));
    let leaving = AbortOnDropHandle::new(tokio::spawn(proxy.shutdown()));
    while !ask(status, "x", "/readyz").await.starts_with("HTTP/1.1 503") {}
    assert!(shakes_hands(https, &der).await, "a new connection is served as before");
    assert!(!leaving.is_finished());
}

#[tokio::test]
async fn a_control_plane_with_a_certificate_of_its_own_is_followed_over_tls() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    let (files, tls) = (TempDir::new().unwrap(), TlsAcceptor::from(Arc::new(config)));
    let mut feed = FeedServer::start_with(Some(tls)).await;
    let root = files.path().join("root.pem");
    std::fs::write(&root, made.cert.pem()).unwrap();
    let mut settings = settings(files.path(), feed.address);
    settings.feed.url = vec![format!("https://localhost:{}", feed.address.port())];
    settings.feed.root_file = Some(root);
    let _proxy = Proxy::bind(settings, parts()).await.unwrap();
    feed.stream().await.send(batch(None, 1, &[]));
    assert_eq!(feed.acked().await, 1);
}

#[tokio::test]
async fn what_is_wrong_with_the_settings_is_named() {
    let files = TempDir::new().unwrap();
    let good = settings(files.path(), nobody().await);
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    for (key, spoil) in [
        ("feed.edge_key_file", (|it, _| it.feed.edge_key_file = "/nowhere".into()) as fn(&mut ProxySettings, _)),
        ("feed.edge_key_file", |it, _| it.feed.edge_key_file = it.feed.token_file.clone()),
        ("feed.public_key_file", |it, _| it.feed.public_key_file = "/nowhere".into()),
        ("feed.token_file", |it, _| it.feed.token_file = "/nowhere".into()),
        ("feed.root_file", |it, _| it.feed.root_file = Some("/nowhere".into())),
        ("feed.replica", |it, _| it.feed.replica = "/nowhere/replica.db".into()),
        ("listen.https", |it, taken| it.listen.https = vec![taken]),
        ("listen.http", |it, taken| it.listen.http = vec![taken]),
        ("listen.status", |it, taken| it.listen.status = taken),
        ("dns.listen", |it, taken| it.dns.listen = vec![taken]),
    ] {
        let mut settings = good.clone();
        spoil(&mut settings, taken.local_addr().unwrap());
        let error = Proxy::bind(settings, parts()).await.err().unwrap();
        let text = crate::telemetry::Causes(&error).to_string();
        assert!(text.contains(key), "{key}: {text}");
    }
}
