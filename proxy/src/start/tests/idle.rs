//! What a connection costs that waits for its client's next request.

use marque_config::certificate::KeyUse;
use marque_config::feed::Record;

use super::*;
use crate::test_support::{ALLOCATOR, shared_key};

/// As much may be allocated for each idle HTTP/1 connection over TLS 1.3, in bytes.
const MOST: usize = 10 << 10;

/// So many are looked at.
const COUNT: usize = 100;

/// The tenant's records, with its application at this port.
fn records(port: u16) -> (Vec<Record>, Vec<u8>) {
    let (certificate, der) = certificate(1, HOST, i64::MAX);
    let mut records = tenant(1, HOST, TenantState::Active);
    records.extend([certificate, shared_key(KeyUse::Assertion, "a", 0)]);
    if let Record::Application(application) = &mut records[0] {
        application.policy.upstreams = vec![format!("http://127.0.0.1:{port}").parse().unwrap()];
    }
    (records, der)
}

/// An application that has one answer, and says it again and again.
async fn application() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            tokio::spawn(async move {
                let mut seen = Vec::new();
                while stream.read_buf(&mut seen).await.is_ok_and(|count| count > 0) {
                    if seen.ends_with(b"\r\n\r\n") {
                        seen.clear();
                        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").await.unwrap();
                    }
                }
            });
        }
    });
    port
}

/// The socket of a connection that has been answered once, without anything of the client's own; and the answer.
async fn asked_once(address: SocketAddr, connector: &TlsConnector) -> (std::net::TcpStream, String) {
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut stream = connector.connect(ServerName::try_from(HOST).unwrap(), stream).await.unwrap();
    stream.write_all(format!("GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"hello") && stream.read_buf(&mut answer).await.unwrap() > 0 {}
    (stream.into_inner().0.into_std().unwrap(), String::from_utf8(answer).unwrap())
}

#[tokio::test]
async fn a_connection_that_waits_for_a_request_holds_little() {
    let (files, mut feed) = (TempDir::new().unwrap(), FeedServer::start().await);
    let proxy = Proxy::bind(settings(files.path(), feed.address), parts()).await.unwrap();
    let (records, der) = records(application().await);
    let stream = feed.stream().await;
    stream.send(batch(None, 1, &upserts(records)));
    assert_eq!(feed.acked().await, 1);
    let mut roots = RootCertStore::empty();
    roots.add(der.into()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    // What is made once is made now, and the application's secret is known.
    let mut kept = Vec::new();
    while kept.len() < 20 {
        let (socket, answer) = asked_once(proxy.https(), &connector).await;
        kept.extend(answer.starts_with("HTTP/1.1 200 ").then_some(socket));
    }
    kept.reserve(COUNT);
    let before = ALLOCATOR.allocated();
    for _ in 0..COUNT {
        let (socket, answer) = asked_once(proxy.https(), &connector).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        kept.push(socket);
    }
    let each = (ALLOCATOR.allocated() - before) / COUNT;
    assert!(each <= MOST, "{each} bytes for each connection");
}
