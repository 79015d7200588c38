//! Where requests go: several places, sick ones, names, TLS, procedure calls.

use std::io::Write;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use marque_config::settings::Milliseconds;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::application::Application;
use super::{Edge, HOST, tls};

async fn status(edge: &Edge) -> u16 {
    let mut client = edge.http1();
    client.say(format!("GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n")).await;
    client.status().await
}

#[tokio::test]
async fn a_place_that_refuses_connections_is_passed_over() {
    let application = Application::start().await;
    let upstreams = format!("http://127.0.0.1:1 http://127.0.0.1:{}", application.port);
    let edge = Edge::before(&upstreams, "{}", |_| {});
    for _ in 0..4 {
        assert_eq!(status(&edge).await, 200);
    }
}

#[tokio::test]
async fn a_name_is_resolved() {
    let application = Application::start().await;
    let edge = Edge::before(&format!("http://localhost:{}", application.port), "{}", |_| {});
    assert_eq!(status(&edge).await, 200);
    let edge = Edge::before("http://nowhere.invalid:80", "{}", |_| {});
    assert_eq!(status(&edge).await, 502);
}

#[tokio::test]
async fn a_place_whose_name_is_not_resolved_is_passed_over() {
    let application = Application::start().await;
    let upstreams = format!("http://nowhere.invalid:80 http://127.0.0.1:{}", application.port);
    let edge = Edge::before(&upstreams, "{}", |_| {});
    for _ in 0..4 {
        assert_eq!(status(&edge).await, 200);
    }
}

#[tokio::test]
async fn a_place_that_fails_its_health_check_gets_no_requests() {
    let (well, sick) = (Application::start().await, Application::start().await);
    let upstreams = format!("http://127.0.0.1:{} http://127.0.0.1:{}", well.port, sick.port);
    let edge = Edge::before(&upstreams, r#"{"health_path":"/health"}"#, |settings| {
        settings.upstream.health_interval = Milliseconds::new(20);
    });
    sick.answer_health(false);
    tokio::spawn(Arc::clone(&edge.engine).watch_health(edge.closing.subscribe()));
    sick.wait_for("/health", 2).await;
    for _ in 0..4 {
        assert_eq!(status(&edge).await, 200);
    }
    let asked =
        |application: &Application| application.got().iter().filter(|(head, _)| head.contains("GET / ")).count();
    assert_eq!((asked(&well), asked(&sick)), (4, 0));
}

#[tokio::test]
async fn an_https_place_is_checked_against_the_given_roots() {
    let (server, _, pem) = tls::pair("localhost", &["http/1.1"]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = TlsAcceptor::from(Arc::new(server));
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(tcp).await else { continue };
            let _ = stream.read(&mut [0; 4096]).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        }
    });
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(pem.as_bytes()).unwrap();
    let root_file = file.path().to_owned();
    let at = |host: &str| format!("https://{host}:{port}");
    let trusted =
        Edge::before(&at("localhost"), "{}", |settings| settings.upstream.root_file = Some(root_file.clone()));
    assert_eq!(status(&trusted).await, 200);
    let untrusted = Edge::before(&at("localhost"), "{}", |_| {});
    assert_eq!(status(&untrusted).await, 502);
    let other_name = Edge::before(&at("127.0.0.1"), "{}", |settings| settings.upstream.root_file = Some(root_file));
    assert_eq!(status(&other_name).await, 502);
}

/// The engine's own timers take a thread that wakes a hundred times a second.
#[tokio::test]
async fn deadlines_of_seconds_take_no_thread() {
    const NAME: &str = "serve::tests::upstreams::deadlines_of_seconds_take_no_thread";
    if std::env::var_os("MARQUE_ALONE").is_none() {
        // Other tests have shorter ones, so this has a process of its own.
        let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
        let output = alone.args(["--exact", NAME]).env("MARQUE_ALONE", "1").output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    // What speaks TLS is reached by the engine's connector, which has a deadline of its own for it.
    let edge = Edge::before("https://127.0.0.1:1", "{}", |settings| {
        settings.upstream.connect_deadline = Milliseconds::new(5_000);
    });
    assert_eq!(status(&edge).await, 502);
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    let names = threads.map(|it| std::fs::read_to_string(it.unwrap().path().join("comm")).unwrap());
    let names: Vec<_> = names.map(|name| name.trim().to_owned()).collect();
    assert!(!names.contains(&"Timer thread".to_owned()), "{names:?}");
}

#[tokio::test]
async fn a_procedure_call_keeps_its_trailers_both_ways() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        let mut connection = h2::server::handshake(tcp).await.unwrap();
        while let Some(Ok((request, mut respond))) = connection.accept().await {
            assert_eq!(request.headers()["te"], "trailers");
            assert_eq!(request.uri().authority().unwrap().as_str(), HOST);
            let response = Response::builder().header("content-type", "application/grpc").body(()).unwrap();
            let mut stream = respond.send_response(response, false).unwrap();
            stream.send_data(Bytes::from_static(b"answer"), false).unwrap();
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", "0".parse().unwrap());
            trailers.insert("set-cookie", "till=x".parse().unwrap());
            trailers.insert("marque-tenant", "x".parse().unwrap());
            stream.send_trailers(trailers).unwrap();
        }
    });
    let edge = Edge::new(port, r#"{"upstream_protocol": "http2"}"#, |_| {});
    let (mut send, connection) = h2::client::handshake(edge.http2()).await.unwrap();
    tokio::spawn(async move { drop(connection.await) });
    let request = Request::post(format!("https://{HOST}/till.Till/Sell")).header("te", "trailers");
    let request = request.header("content-type", "application/grpc").body(()).unwrap();
    let (response, mut stream) = send.send_request(request, false).unwrap();
    stream.send_data(Bytes::from_static(b"question"), true).unwrap();
    let mut body = response.await.unwrap().into_body();
    assert_eq!(body.data().await.unwrap().unwrap(), "answer");
    assert!(body.data().await.is_none());
    let trailers = body.trailers().await.unwrap().unwrap();
    assert_eq!((trailers["grpc-status"].as_bytes(), trailers.len()), (&b"0"[..], 1));
}
