//! What changes while a connection is open: it's seen by the next request, and wakes nobody whom it doesn't concern.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use h2::client::{SendRequest, handshake};
use http::Request;
use marque_config::Hostname;
use marque_config::brand::{Look, WhiteLabel};
use marque_config::certificate::Certificate;
use marque_config::feed::{Record, Revision};
use marque_config::tenant::{Address, AddressKind, TenantState};
use tokio::io::DuplexStream;
use tokio::task::yield_now;

use super::application::Application;
use super::{Client, Edge, HOST};
use crate::directory::Batch;
use crate::serve::{http1, http2};
use crate::test_support::{certificate, change, tenant};

/// A client that asks one thing after another by one connection.
enum Asking {
    Http1(Client),
    Http2(SendRequest<Bytes>),
}

impl Asking {
    async fn both(edge: &Edge) -> [Self; 2] {
        [Self::Http1(edge.http1()), Self::Http2(spoken_to(edge.http2()).await)]
    }

    async fn status(&mut self) -> u16 {
        match self {
            Self::Http1(client) => {
                client.say(format!("GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n")).await;
                client.status().await
            }
            Self::Http2(send) => {
                let request = Request::get(format!("https://{HOST}/")).body(()).unwrap();
                let (response, _) = send.clone().ready().await.unwrap().send_request(request, true).unwrap();
                response.await.unwrap().status().as_u16()
            }
        }
    }
}

async fn spoken_to(io: DuplexStream) -> SendRequest<Bytes> {
    let (send, connection) = handshake(io).await.unwrap();
    tokio::spawn(async move { drop(connection.await) });
    send
}

/// The account that the last request's assertion names.
fn asserted(application: &Application) -> String {
    let assertion = application.field("Marque-Assertion").unwrap();
    let claims = URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice::<serde_json::Value>(&claims).unwrap()["sub"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_changes_between_two_requests_of_a_connection_is_seen_by_the_second() {
    let application = Application::start().await;
    let mut edge = Edge::new(application.port, "{}", |_| {});
    let before = edge.records.clone();
    for mut client in Asking::both(&edge).await {
        assert_eq!(client.status().await, 200);
        assert_eq!((asserted(&application), application.field("X-Forwarded-Port")), ("a".into(), Some("443".into())));
        for record in &mut edge.records {
            match record {
                Record::Tenant(tenant) => tenant.account = "b".parse().ok(),
                Record::Application(application) => application.policy.public_https_port = 8443,
                _ => {}
            }
        }
        edge.know(TenantState::Active);
        assert_eq!(client.status().await, 200);
        assert_eq!((asserted(&application), application.field("X-Forwarded-Port")), ("b".into(), Some("8443".into())));
        edge.know(TenantState::Suspended);
        assert_eq!(client.status().await, 403);
        edge.records.retain(|record| !matches!(record, Record::Address(_)));
        edge.know(TenantState::Active);
        assert_eq!(client.status().await, 404);
        edge.records.clone_from(&before);
        edge.know(TenantState::Active);
        assert_eq!(client.status().await, 200);
        assert_eq!(asserted(&application), "a");
    }
}

/// Serves a connection, and counts how often it's looked at.
fn counted(serving: impl Future<Output = ()> + Send + 'static) -> Arc<AtomicUsize> {
    let count = Arc::<AtomicUsize>::default();
    let looks = Arc::clone(&count);
    tokio::spawn(async move {
        let mut serving = pin!(serving);
        poll_fn(|context| {
            looks.fetch_add(1, Ordering::SeqCst);
            serving.as_mut().poll(context)
        })
        .await;
    });
    count
}

/// How often a connection was looked at, once nothing more is to be done.
async fn settled(count: &AtomicUsize) -> usize {
    loop {
        let before = count.load(Ordering::SeqCst);
        for _ in 0..100 {
            yield_now().await;
        }
        if count.load(Ordering::SeqCst) == before {
            return before;
        }
    }
}

/// Which of the connections are looked at for what is said to the directory.
async fn woken<const COUNT: usize>(
    edge: &Edge,
    counts: &[Arc<AtomicUsize>; COUNT],
    say: impl FnOnce(&Edge),
) -> [bool; COUNT] {
    let mut before = [0; COUNT];
    for (before, count) in before.iter_mut().zip(counts) {
        *before = settled(count).await;
    }
    say(edge);
    let mut woken = [false; COUNT];
    for (woken, (count, before)) in woken.iter_mut().zip(counts.iter().zip(before)) {
        *woken = settled(count).await > before;
    }
    woken
}

#[tokio::test]
async fn a_batch_wakes_connections_that_carry_something_of_its_own_tenant_alone() {
    let application = Application::start().await;
    let edge = Edge::new(application.port, "{}", |_| {});
    let ((stream, io), (stream_http2, io_http2)) = (edge.stream(), edge.stream());
    let http1 = counted(http1::serve(stream, Arc::clone(&edge.engine), edge.closing.subscribe()));
    let http2 = counted(http2::serve(stream_http2, Arc::clone(&edge.engine), edge.closing.subscribe()));
    let mut client = Client { io, seen: Vec::new() };
    client.say(format!("GET /events HTTP/1.1\r\nHost: {HOST}\r\n\r\n")).await;
    client.until(b"tick\n").await;
    let send = spoken_to(io_http2).await;
    let request = Request::get(format!("https://{HOST}/events")).body(()).unwrap();
    let (response, _) = send.ready().await.unwrap().send_request(request, true).unwrap();
    let mut body = response.await.unwrap().into_body();
    assert!(body.data().await.unwrap().is_ok());
    let another = |edge: &Edge| {
        let revision = Revision(edge.directory.applied().borrow().revision.0 + 1);
        let changes = tenant(2, "b.example.com", TenantState::Suspended).iter().map(change).collect();
        edge.directory.apply(Batch { revision, is_snapshot: false, changes });
    };
    let counts = [http1, http2];
    assert_eq!(woken(&edge, &counts, another).await, [false; 2], "another tenant");
    assert_eq!(woken(&edge, &counts, |edge| edge.know(TenantState::Active)).await, [false; 2], "nothing new");
    assert_eq!(woken(&edge, &counts, |edge| edge.know(TenantState::Suspended)).await, [true; 2], "their own tenant");
}

#[tokio::test]
async fn a_visitor_of_another_name_is_sent_to_the_primary_one_and_comes_back_when_it_changes() {
    let application = Application::start().await;
    let mut edge = Edge::new(application.port, "{}", |_| {});
    let own = edge.records.clone();
    let tenant =
        own.iter().find_map(|record| if let Record::Tenant(it) = record { Some(it.id) } else { None }).unwrap();
    let host: Hostname = "fournil.example".parse().unwrap();
    let (kind, label) =
        (AddressKind::Custom, WhiteLabel { tenant, brand: None, look: Look::default(), primary: vec![host.clone()] });
    let Record::Certificate(certificate) = certificate(1, host.as_str(), i64::MAX).0 else { unreachable!() };
    edge.records.extend([
        Record::Address(Address { host, tenant, kind, hsts: true }),
        Record::Certificate(Certificate { tenant, ..certificate }),
        Record::WhiteLabel(label),
    ]);
    edge.know(TenantState::Active);
    let mut client = edge.http1();
    client.say(format!("GET /caisse?jour=1 HTTP/1.1\r\nHost: {HOST}\r\n\r\n")).await;
    let head = client.answer().await.0.to_lowercase();
    assert!(head.starts_with("http/1.1 308") && head.contains("cache-control: no-cache"), "{head}");
    assert!(head.contains("location: https://fournil.example/caisse?jour=1\r\n"), "{head}");
    assert_eq!(application.field("Marque-Assertion"), None, "the application hears nothing of it");
    client.say(format!("POST /caisse HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 1\r\n\r\nx")).await;
    assert_eq!(client.status().await, 200);
    edge.records = own;
    edge.know(TenantState::Active);
    client.say(format!("GET /caisse HTTP/1.1\r\nHost: {HOST}\r\n\r\n")).await;
    assert_eq!(client.status().await, 200);
}
