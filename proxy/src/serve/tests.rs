//! Whole connections, from the bytes of a client to those that an application sees.

mod answers;
mod application;
mod changes;
mod contact;
mod http1;
mod http2;
mod slow;
mod tls;
mod uploads;
mod upstreams;

use std::sync::Arc;

use marque_config::feed::Record;
use marque_config::settings::{Milliseconds, ProxySettings};
use marque_config::tenant::TenantState;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::stream::EdgeStream;
use crate::directory::Directory;
use crate::entry::Tickets;
use crate::exchange::{Connection, Engine, EngineParts};
use crate::feed::FeedClient;
use crate::lockdown::fixture;
use crate::outbox::Outbox;
use crate::telemetry::Metrics;
use crate::test_support::{FakeClock, Fixed, snapshot, tenant};

const HOST: &str = "a.p.example.com";

/// An engine that knows one tenant, whose application is at a port, under a policy with these fields.
struct Edge {
    engine: Arc<Engine>,
    directory: Arc<Directory>,
    closing: watch::Sender<bool>,
    records: Vec<Record>,
}

impl Edge {
    fn new(port: u16, policy: &str, settings: impl FnOnce(&mut ProxySettings)) -> Self {
        Self::before(&format!("http://127.0.0.1:{port}"), policy, settings)
    }

    fn before(upstreams: &str, policy: &str, change: impl FnOnce(&mut ProxySettings)) -> Self {
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let directory = Arc::new(Directory::default());
        let mut settings = ProxySettings::default();
        settings.upstream.connect_deadline = Milliseconds::new(500);
        settings.feed.outbox = Some("/nowhere/outbox".into());
        change(&mut settings);
        let metrics = Arc::new(Metrics::new(0));
        let tickets = Tickets::new(FeedClient::of_nobody(), Arc::clone(&metrics));
        let engine = Engine::new(EngineParts {
            tickets,
            outbox: Outbox::new(settings.feed.outbox(), FakeClock::at(1_000), Arc::new(Fixed(7)), metrics),
            settings: Arc::new(settings),
            directory: Arc::clone(&directory),
            secrets: watch::Sender::new(Arc::new(fixture::secrets())).subscribe(),
            clock: FakeClock::at(1_000),
            random: Arc::new(Fixed(7)),
            metrics: Arc::new(Metrics::new(0)),
        });
        let edge = Self {
            engine: engine.unwrap(),
            directory,
            closing: watch::Sender::new(false),
            records: records(upstreams, policy),
        };
        edge.know(TenantState::Active);
        edge
    }

    /// One before an application that serves one connection, in this way.
    async fn before_one<F: Future<Output = ()> + Send + 'static>(
        policy: &str,
        serve: impl FnOnce(TcpStream) -> F + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let edge = Self::new(listener.local_addr().unwrap().port(), policy, |_| {});
        tokio::spawn(async move { serve(listener.accept().await.unwrap().0).await });
        edge
    }

    /// Makes the tenant be in this state.
    fn know(&self, state: TenantState) {
        let mut records = self.records.clone();
        for record in &mut records {
            if let Record::Tenant(tenant) = record {
                tenant.state = state;
            }
        }
        let revision = self.directory.applied().borrow().revision.0 + 1;
        self.directory.apply(snapshot(revision, records));
    }

    fn stream(&self) -> (Box<EdgeStream<DuplexStream>>, DuplexStream) {
        let (ours, client) = duplex(64 << 10);
        let limits = &self.engine.shared().settings.limits;
        let peer = ([192, 0, 2, 7], 4000).into();
        let sni = HOST.parse().unwrap();
        let route = self.directory.watch(&sni);
        let facts = Connection::new(sni, route, peer, limits.requests_per_connection, &Fixed(7));
        (EdgeStream::new(ours, facts, limits, -1), client)
    }

    /// A client's end of an HTTP/1 connection.
    fn http1(&self) -> Client {
        let (stream, client) = self.stream();
        tokio::spawn(super::http1::serve(stream, Arc::clone(&self.engine), self.closing.subscribe()));
        Client { io: client, seen: Vec::new() }
    }

    /// A client's end of an HTTP/2 connection.
    fn http2(&self) -> DuplexStream {
        let (stream, client) = self.stream();
        tokio::spawn(super::http2::serve(stream, Arc::clone(&self.engine), self.closing.subscribe()));
        client
    }
}

/// The tenant's records; its application is at these places, with spaces between.
fn records(upstreams: &str, policy: &str) -> Vec<Record> {
    let mut records = tenant(1, HOST, TenantState::Active);
    let mut fields: serde_json::Value = serde_json::from_str(policy).unwrap();
    fields["upstreams"] = serde_json::json!(upstreams.split(' ').collect::<Vec<_>>());
    for record in &mut records {
        if let Record::Application(application) = record {
            application.policy = serde_json::from_value(fields.clone()).unwrap();
        }
    }
    records
}

/// A client that says exactly what it's told to.
struct Client {
    io: DuplexStream,
    seen: Vec<u8>,
}

impl Client {
    async fn say(&mut self, bytes: impl AsRef<[u8]>) {
        self.io.write_all(bytes.as_ref()).await.unwrap();
    }

    /// The next answer's head and body, the body by its length or its chunks' end.
    async fn answer(&mut self) -> (String, String) {
        let head = self.until(b"\r\n\r\n").await;
        let length =
            head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let body = match length {
            Some(length) => self.exactly(length).await,
            None if head.to_ascii_lowercase().contains("transfer-encoding: chunked") => self.until(b"0\r\n\r\n").await,
            None => String::new(),
        };
        (head, body)
    }

    async fn status(&mut self) -> u16 {
        let (head, _) = self.answer().await;
        head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    async fn until(&mut self, end: &[u8]) -> String {
        loop {
            if let Some(at) = self.seen.windows(end.len()).position(|window| window == end) {
                let rest = self.seen.split_off(at + end.len());
                return String::from_utf8(std::mem::replace(&mut self.seen, rest)).unwrap();
            }
            assert!(self.more().await, "closed after {:?}", String::from_utf8_lossy(&self.seen));
        }
    }

    async fn exactly(&mut self, length: usize) -> String {
        while self.seen.len() < length {
            assert!(self.more().await, "closed after {:?}", String::from_utf8_lossy(&self.seen));
        }
        let rest = self.seen.split_off(length);
        String::from_utf8(std::mem::replace(&mut self.seen, rest)).unwrap()
    }

    async fn more(&mut self) -> bool {
        self.io.read_buf(&mut self.seen).await.is_ok_and(|count| count > 0)
    }

    /// What comes until the connection is closed.
    async fn rest(mut self) -> String {
        while self.more().await {}
        String::from_utf8(self.seen).unwrap()
    }
}
