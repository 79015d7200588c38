//! The same over TLS and TCP, as the listener hands connections on.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::application::Application;
use super::{Edge, HOST};
use crate::serve::{Accepted, Connected};

/// A server's and a client's settings that trust each other, for these protocols.
pub(super) fn pair(host: &str, protocols: &[&str]) -> (ServerConfig, ClientConfig, String) {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let made = rcgen::generate_simple_self_signed(vec![host.to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let server = ServerConfig::builder().with_no_client_auth();
    let mut server = server.with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    let mut client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let protocols: Vec<_> = protocols.iter().map(|it| it.as_bytes().to_vec()).collect();
    server.alpn_protocols.clone_from(&protocols);
    client.alpn_protocols = protocols;
    (server, client, made.cert.pem())
}

/// A client's end of a TLS connection for this protocol.
pub(super) async fn connect(edge: &Edge, protocol: &str) -> TlsStream<TcpStream> {
    let (server, client, _) = pair(HOST, &[protocol]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let local = listener.local_addr().unwrap();
    let (engine, closing) = (Arc::clone(&edge.engine), edge.closing.subscribe());
    tokio::spawn(async move {
        let (tcp, peer) = listener.accept().await.unwrap();
        let stream = TlsAcceptor::from(Arc::new(server)).accept(tcp).await.unwrap();
        let accepted = Accepted { stream, sni: HOST.parse().unwrap(), peer, local };
        Connected::new(accepted, &engine).serve(engine, closing).await;
    });
    let tcp = TcpStream::connect(local).await.unwrap();
    TlsConnector::from(Arc::new(client)).connect(ServerName::try_from(HOST).unwrap(), tcp).await.unwrap()
}

#[tokio::test]
async fn an_http1_connection_over_tls_ends_with_a_goodbye() {
    let application = Application::start().await;
    let edge = Edge::new(application.port, "{}", |_| {});
    let mut client = connect(&edge, "http/1.1").await;
    let request = format!("GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n");
    client.write_all(request.as_bytes()).await.unwrap();
    client.write_all(request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    // An error here would be a connection that ended without the alert that says so.
    client.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 2, "{answer}");
    let local: SocketAddr = client.get_ref().0.local_addr().unwrap();
    assert_eq!(application.field("X-Real-IP"), Some(local.ip().to_string()));
}

#[tokio::test]
async fn a_refused_body_does_not_cost_the_client_its_answer() {
    let application = Application::start().await;
    let edge = Edge::new(application.port, "{}", |_| {});
    let mut client = connect(&edge, "http/1.1").await;
    let head = "POST / HTTP/1.1\r\nHost: b.p.example.com\r\nContent-Length: 60000\r\n\r\n";
    client.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 421 "), "{answer}");
    // A connection that was just closed would answer this with a reset, which can overtake the answer.
    for _ in 0..2 {
        client.write_all(&[b'x'; 30_000]).await.unwrap();
        client.flush().await.unwrap();
    }
}

#[tokio::test]
async fn an_http2_connection_over_tls_is_served() {
    let application = Application::start().await;
    let edge = Edge::new(application.port, "{}", |_| {});
    let (mut send, connection) = h2::client::handshake(connect(&edge, "h2").await).await.unwrap();
    tokio::spawn(async move { drop(connection.await) });
    let request = http::Request::get(format!("https://{HOST}/")).body(()).unwrap();
    let (response, _) = send.send_request(request, true).unwrap();
    assert_eq!(response.await.unwrap().status(), 200);
}
