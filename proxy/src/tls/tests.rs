use marque_config::feed::{Record, Revision};
use marque_config::seal::{Context, Purpose};
use marque_config::tenant::TenantState;
use rustls::client::Tls13ClientSessionValue;
use rustls::client::{ClientSessionMemoryCache, ClientSessionStore, Resumption, Tls12ClientSessionValue};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{AlertDescription, ClientConfig, NamedGroup, ProtocolVersion, RootCertStore};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::time::Duration;
use tokio_rustls::TlsConnector;

use super::*;
use crate::directory::{Batch, Change};
use crate::test_support::{FakeClock, certificate, change, edge_key, secrets_with_tickets, snapshot, tenant, wildcard};

mod proofs;

const A: &str = "a.example.com";
const B: &str = "b.example.com";
const EXPIRY: i64 = 1_000_000;

/// A handshake stage that knows the names A and B, and what a client has to trust.
struct Bench {
    tls: Arc<Tls>,
    directory: Arc<Directory>,
    clock: Arc<FakeClock>,
    metrics: Arc<Metrics>,
    roots: RootCertStore,
}

type Client = tokio_rustls::client::TlsStream<TcpStream>;
type Done = (io::Result<Client>, Option<(TlsStream<TcpStream>, Hostname)>);

impl Bench {
    fn new() -> Self {
        let (directory, clock) = (Arc::new(Directory::default()), FakeClock::at(0));
        let metrics = Arc::new(Metrics::new(0));
        let ticketer = Arc::new(Ticketer::new());
        ticketer.renew(&secrets_with_tickets(&[1]));
        let tls = Tls::new(Arc::clone(&directory), edge_key(), ticketer, clock.clone(), Arc::clone(&metrics));
        let tls = Arc::new(tls.unwrap());
        let mut bench = Self { tls, directory, clock, metrics, roots: RootCertStore::empty() };
        bench.issue();
        bench
    }

    /// New certificates for both names.
    fn issue(&mut self) {
        let mut records = Vec::new();
        for (number, host) in [(1, A), (2, B)] {
            let (record, der) = certificate(number, host, EXPIRY);
            records.extend(tenant(number, host, TenantState::Active));
            records.push(record);
            self.roots.add(CertificateDer::from(der)).unwrap();
        }
        self.directory.apply(snapshot(1, records));
    }

    fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(self.roots.clone())
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec(), b"h2".to_vec()];
        config
    }

    async fn connect(&self, config: &Arc<ClientConfig>, name: &str) -> Done {
        let (client, server) = pair().await;
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let connecting = TlsConnector::from(Arc::clone(config)).connect(name, client);
        tokio::join!(connecting, self.tls.handshake(server, soon()))
    }

    /// Connects, and has the client read the tickets that come after the handshake.
    async fn resumed(&self, config: &Arc<ClientConfig>, name: &str) -> bool {
        let (client, server) = self.connect(config, name).await;
        let (mut client, (mut server, _)) = (client.unwrap(), server.unwrap());
        server.write_all(b"x").await.unwrap();
        client.read_exact(&mut [0]).await.unwrap();
        server.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed)
    }

    fn counted(&self, line: &str) -> bool {
        self.metrics.text(0, None).unwrap().lines().any(|it| it == line)
    }

    fn refused(&self, outcome: &str) -> bool {
        self.counted(&format!("proxy_handshakes_total{{outcome=\"{outcome}\"}} 1"))
    }
}

async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (client, listener.accept().await.unwrap().0)
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

fn alert(failed: io::Result<Client>) -> AlertDescription {
    let error = failed.unwrap_err();
    match error.get_ref().and_then(|it| it.downcast_ref()) {
        Some(rustls::Error::AlertReceived(alert)) => *alert,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_known_name_gets_its_certificate_and_the_best_of_everything() {
    let bench = Bench::new();
    for name in [A, B] {
        let (client, server) = bench.connect(&Arc::new(bench.client()), name).await;
        let (client, (_, sni)) = (client.unwrap(), server.unwrap());
        let session = client.get_ref().1;
        assert_eq!(sni.as_str(), name);
        assert_eq!(session.alpn_protocol(), Some(&b"h2"[..]), "our order, not the client's");
        assert_eq!(session.protocol_version(), Some(ProtocolVersion::TLSv1_3));
        assert_eq!(session.negotiated_key_exchange_group().unwrap().name(), NamedGroup::X25519MLKEM768);
    }
    assert!(bench.counted("proxy_handshakes_total{outcome=\"full\"} 2"));
}

#[tokio::test]
async fn a_name_that_nobody_brought_is_refused_with_an_alert() {
    for name in ["c.example.com", "x.a.example.com", "example.com", "a.example.co"] {
        let bench = Bench::new();
        let (client, server) = bench.connect(&Arc::new(bench.client()), name).await;
        assert!(server.is_none());
        assert_eq!(alert(client), AlertDescription::UnrecognisedName, "{name}");
        assert!(bench.refused("unknown_name"));
    }
}

#[tokio::test]
async fn a_handshake_without_a_name_is_refused_with_an_alert() {
    let bench = Bench::new();
    let mut nameless = bench.client();
    nameless.enable_sni = false;
    let (client, _) = bench.connect(&Arc::new(nameless), A).await;
    assert_eq!(alert(client), AlertDescription::UnrecognisedName);
    assert!(bench.refused("no_name"));
    let (client, _) = bench.connect(&Arc::new(bench.client()), "192.0.2.1").await;
    assert_eq!(alert(client), AlertDescription::UnrecognisedName);
}

#[tokio::test]
async fn a_name_whose_address_is_gone_is_unknown_though_its_certificate_is_here() {
    let bench = Bench::new();
    bench.directory.apply(snapshot(2, vec![certificate(1, A, EXPIRY).0]));
    let (client, _) = bench.connect(&Arc::new(bench.client()), A).await;
    assert_eq!(alert(client), AlertDescription::UnrecognisedName);
}

#[tokio::test]
async fn without_a_protocol_in_common_there_is_an_alert() {
    let bench = Bench::new();
    let mut odd = bench.client();
    odd.alpn_protocols = vec![b"acme-tls/1".to_vec()];
    let (client, server) = bench.connect(&Arc::new(odd), A).await;
    assert!(server.is_none());
    assert_eq!(alert(client), AlertDescription::NoApplicationProtocol);
    assert!(bench.refused("no_protocol"));
    let mut silent = bench.client();
    silent.alpn_protocols = Vec::new();
    let (client, _) = bench.connect(&Arc::new(silent), A).await;
    assert_eq!(client.unwrap().get_ref().1.alpn_protocol(), None, "a client that names none is served");
}

#[tokio::test]
async fn a_session_is_resumed_in_both_versions() {
    let bench = Bench::new();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(bench.roots.clone())
            .with_no_client_auth();
        config.resumption = Resumption::in_memory_sessions(8);
        let config = Arc::new(config);
        assert!(!bench.resumed(&config, A).await);
        assert!(bench.resumed(&config, A).await, "{version:?}");
    }
}

/// Offers the sessions of one name to every name.
#[derive(Debug)]
struct Confused(ClientSessionMemoryCache);

fn one() -> ServerName<'static> {
    ServerName::try_from("one.example.com").unwrap()
}

impl ClientSessionStore for Confused {
    fn set_kx_hint(&self, _: ServerName<'static>, group: NamedGroup) {
        self.0.set_kx_hint(one(), group);
    }
    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        self.0.kx_hint(&one())
    }
    fn set_tls12_session(&self, _: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.0.set_tls12_session(one(), value);
    }
    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.0.tls12_session(&one())
    }
    fn remove_tls12_session(&self, _: &ServerName<'static>) {
        self.0.remove_tls12_session(&one());
    }
    fn insert_tls13_ticket(&self, _: ServerName<'static>, value: Tls13ClientSessionValue) {
        self.0.insert_tls13_ticket(one(), value);
    }
    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.0.take_tls13_ticket(&one())
    }
}

#[tokio::test]
async fn a_session_of_one_name_is_not_resumed_under_another() {
    let bench = Bench::new();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(bench.roots.clone())
            .with_no_client_auth();
        config.resumption = Resumption::store(Arc::new(Confused(ClientSessionMemoryCache::new(8))));
        let config = Arc::new(config);
        assert!(!bench.resumed(&config, A).await);
        assert!(bench.resumed(&config, A).await, "the store works: {version:?}");
        assert!(!bench.resumed(&config, B).await, "{version:?}");
    }
}

#[tokio::test]
async fn names_of_one_wildcard_are_served_by_one_key_and_share_no_session() {
    let mut bench = Bench::new();
    let (record, der) = wildcard("example.com", EXPIRY);
    let mut records = vec![record];
    records.extend([(1, A), (2, B)].into_iter().flat_map(|(number, host)| tenant(number, host, TenantState::Active)));
    bench.directory.apply(snapshot(2, records));
    bench.roots.add(CertificateDer::from(der.clone())).unwrap();
    let mut config = bench.client();
    config.resumption = Resumption::store(Arc::new(Confused(ClientSessionMemoryCache::new(8))));
    let config = Arc::new(config);
    for name in [A, B] {
        let (client, _) = bench.connect(&config, name).await;
        assert_eq!(client.unwrap().get_ref().1.peer_certificates().unwrap()[0].as_ref(), der);
        assert!(bench.tls.certificates.keeps("example.com") && !bench.tls.certificates.keeps(name));
    }
    assert!(!bench.resumed(&config, A).await);
    assert!(bench.resumed(&config, A).await, "the store works");
    assert!(!bench.resumed(&config, B).await);
    let (client, _) = bench.connect(&config, "c.example.com").await;
    assert_eq!(alert(client), AlertDescription::UnrecognisedName, "nobody brought it");
}

#[tokio::test]
async fn a_new_certificate_is_served_from_the_next_handshake_on() {
    let mut bench = Bench::new();
    let served = async |bench: &Bench| {
        let (client, _) = bench.connect(&Arc::new(bench.client()), A).await;
        client.unwrap().get_ref().1.peer_certificates().unwrap()[0].to_vec()
    };
    let first = served(&bench).await;
    assert_eq!(served(&bench).await, first);
    bench.issue();
    assert_ne!(served(&bench).await, first);
}

#[tokio::test]
async fn an_expired_certificate_is_served_and_counted() {
    let bench = Bench::new();
    bench.clock.advance(EXPIRY + 1);
    assert!(bench.connect(&Arc::new(bench.client()), A).await.1.is_some());
    assert!(bench.counted("proxy_expired_certificates_served_total 1"));
}

#[tokio::test]
async fn a_key_that_was_sealed_for_another_tenant_is_not_used() {
    let bench = Bench::new();
    let (record, _) = certificate(2, A, EXPIRY);
    let marque_config::feed::Record::Certificate(mut record) = record else { unreachable!() };
    record.tenant = crate::test_support::tenant_id(1);
    let mut records = tenant(1, A, TenantState::Active);
    records.push(marque_config::feed::Record::Certificate(record));
    bench.directory.apply(snapshot(2, records));
    let (client, server) = bench.connect(&Arc::new(bench.client()), A).await;
    assert!(server.is_none());
    assert_eq!(alert(client), AlertDescription::InternalError);
    assert!(bench.refused("key_unusable"));
}

#[tokio::test]
async fn a_client_hello_in_pieces_is_served() {
    let bench = Bench::new();
    let (client, mut outside) = tokio::io::duplex(1);
    let (mut far, server) = pair().await;
    let carry = async { drop(tokio::io::copy_bidirectional(&mut outside, &mut far).await) };
    let config = Arc::new(bench.client());
    let connecting = TlsConnector::from(config).connect(ServerName::try_from(A).unwrap(), client);
    tokio::select! {
        (client, server) = async { tokio::join!(connecting, bench.tls.handshake(server, soon())) } => {
            assert!(client.is_ok() && server.is_some());
        }
        () = carry => panic!("carried to the end"),
    }
}

#[tokio::test]
async fn bytes_that_are_no_hello_end_the_connection() {
    for bytes in
        [&b"GET / HTTP/1.1\r\n\r\n"[..], b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", &[22, 3, 1, 0, 4, 9, 0, 0, 0]]
    {
        let bench = Bench::new();
        let (mut client, server) = pair().await;
        client.write_all(bytes).await.unwrap();
        client.shutdown().await.unwrap();
        assert!(bench.tls.handshake(server, soon()).await.is_none());
        assert!(bench.refused("not_tls"), "{bytes:?}");
    }
}

#[tokio::test]
async fn a_handshake_has_a_deadline() {
    let bench = Bench::new();
    let (_client, server) = pair().await;
    assert!(bench.tls.handshake(server, Instant::now() + Duration::from_millis(1)).await.is_none());
    assert!(bench.refused("too_slow"));
    let (client, server) = pair().await;
    drop(client);
    assert!(bench.tls.handshake(server, soon()).await.is_none());
    assert!(bench.refused("gone"));
}

#[tokio::test]
async fn the_key_of_a_name_is_dropped_with_the_name() {
    let bench = Bench::new();
    let config = Arc::new(bench.client());
    for name in [A, B] {
        assert!(bench.connect(&config, name).await.1.is_some());
    }
    let dropping = tokio::spawn(Arc::clone(&bench.tls).drop_stale_keys(bench.directory.applied()));
    tokio::task::yield_now().await;
    let (record, _) = certificate(1, A, EXPIRY);
    bench.directory.apply(snapshot(2, vec![record]));
    let certificates = &bench.tls.certificates;
    while certificates.keeps(A) || certificates.keeps(B) {
        tokio::task::yield_now().await;
    }
    assert!(bench.connect(&config, B).await.1.is_none(), "it is gone");
    dropping.abort();
}
