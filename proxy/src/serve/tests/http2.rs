//! HTTP/2 connections end to end.

use bytes::Bytes;
use h2::client::{SendRequest, handshake};
use http::{Request, StatusCode};
use marque_config::tenant::TenantState;

use super::application::Application;
use super::{Edge, HOST};

async fn connect(edge: &Edge) -> SendRequest<Bytes> {
    let (send, connection) = handshake(edge.http2()).await.unwrap();
    tokio::spawn(async move { drop(connection.await) });
    send
}

async fn ask(send: &mut SendRequest<Bytes>, request: Request<()>, body: Option<&'static str>) -> (StatusCode, Bytes) {
    let mut ready = send.clone().ready().await.unwrap();
    let (response, mut stream) = ready.send_request(request, body.is_none()).unwrap();
    if let Some(body) = body {
        stream.send_data(Bytes::from(body), true).unwrap();
    }
    let response = response.await.unwrap();
    let status = response.status();
    let mut body = response.into_body();
    let mut bytes = Vec::new();
    while let Some(piece) = body.data().await {
        bytes.extend_from_slice(&piece.unwrap());
    }
    (status, Bytes::from(bytes))
}

fn get(uri: &str) -> Request<()> {
    Request::get(uri).body(()).unwrap()
}

#[tokio::test]
async fn requests_reach_the_application_in_one_spelling() {
    let application = Application::start().await;
    let edge = Edge::new(application.port, "{}", |_| {});
    let mut send = connect(&edge).await;
    let request = Request::post(format!("https://{HOST}/x?y"))
        .header("cookie", "a=1")
        .header("cookie", "b=2")
        .header("x-forwarded-for", "6.6.6.6")
        .header("x_odd", "1");
    let (status, body) = ask(&mut send, request.body(()).unwrap(), Some("abc")).await;
    assert_eq!((status, &body[..]), (StatusCode::OK, &b"hello"[..]));
    let (head, body) = application.got().pop().unwrap();
    assert!(
        head.starts_with("POST /x?y HTTP/1.1\r\n") && !head.contains("x_odd") && !head.contains("6.6.6.6"),
        "{head}"
    );
    assert!(body.contains("abc"));
    assert_eq!(application.field("Cookie").as_deref(), Some("a=1; b=2"));
    assert_eq!(application.field("Host").as_deref(), Some(HOST));
}

#[tokio::test]
async fn another_authority_is_misdirected_and_the_connection_goes_on() {
    let application = Application::start().await;
    let edge = Edge::new(application.port, "{}", |_| {});
    let mut send = connect(&edge).await;
    for (uri, status) in [
        (format!("https://{HOST}/"), 200),
        ("https://b.p.example.com/".into(), 421),
        (format!("https://{}:443/", HOST.to_uppercase()), 200),
    ] {
        assert_eq!(ask(&mut send, get(&uri), None).await.0.as_u16(), status, "{uri}");
    }
    assert_eq!(application.got().len(), 2);
}

#[tokio::test]
async fn heads_are_judged_as_in_http1() {
    let application = Application::start().await;
    let edge = Edge::new(application.port, "{}", |_| {});
    let mut send = connect(&edge).await;
    let uri = format!("https://{HOST}/");
    for (request, status) in [
        (Request::get(&uri).header("transfer_encoding", "chunked"), 400),
        (Request::get(&uri).header("expect", "x"), 400),
        (Request::builder().method("TRACE").uri(&uri), 405),
        (Request::get(format!("{uri}{}", "x".repeat(17_000))), 414),
    ] {
        let request = request.body(()).unwrap();
        let shown = format!("{request:.60?}");
        assert_eq!(ask(&mut send, request, None).await.0.as_u16(), status, "{shown}");
    }
    assert!(application.got().is_empty());
}

#[tokio::test]
async fn a_suspension_bites_and_a_stream_ends_after_the_grace() {
    let application = Application::start().await;
    let edge = Edge::new(application.port, "{}", |_| {});
    let mut send = connect(&edge).await;
    let uri = format!("https://{HOST}/events");
    let (response, _) = send.clone().ready().await.unwrap().send_request(get(&uri), true).unwrap();
    let mut body = response.await.unwrap().into_body();
    assert!(body.data().await.unwrap().is_ok());
    edge.know(TenantState::Suspended);
    assert_eq!(ask(&mut send, get(&uri), None).await.0, StatusCode::FORBIDDEN);
    tokio::time::pause();
    let start = tokio::time::Instant::now();
    assert!(!matches!(body.data().await, Some(Ok(_))));
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_stream_whose_body_stops_is_cut() {
    let application = Application::start().await;
    let edge = Edge::new(application.port, "{}", |_| {});
    let send = connect(&edge).await;
    let request = Request::post(format!("https://{HOST}/")).body(()).unwrap();
    let (response, mut stream) = send.ready().await.unwrap().send_request(request, false).unwrap();
    stream.send_data(Bytes::from("abc"), false).unwrap();
    // The application is really connected to before time is stopped.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    tokio::time::pause();
    let start = tokio::time::Instant::now();
    assert!(response.await.is_err());
    assert!((25..40).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
}

#[tokio::test]
async fn the_body_of_a_procedure_call_may_pause() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let edge = Edge::new(listener.local_addr().unwrap().port(), r#"{"upstream_protocol": "http2"}"#, |_| {});
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        let mut connection = h2::server::handshake(listener.accept().await.unwrap().0).await.unwrap();
        let _call = connection.accept().await.unwrap().unwrap();
        begun.send(()).unwrap();
        connection.accept().await.is_none()
    });
    let request = Request::post(format!("https://{HOST}/till.Till/Sell")).header("content-type", "application/grpc");
    let request = request.body(()).unwrap();
    let (response, _stream) = connect(&edge).await.ready().await.unwrap().send_request(request, false).unwrap();
    has_begun.await.unwrap();
    tokio::time::pause();
    assert!(tokio::time::timeout(std::time::Duration::from_secs(50), response).await.is_err());
}

#[tokio::test]
async fn a_connection_that_has_carried_enough_ends_well() {
    let application = Application::start().await;
    let edge = Edge::new(application.port, "{}", |settings| settings.limits.requests_per_connection = 2);
    let (mut send, connection) = handshake(edge.http2()).await.unwrap();
    let connection = tokio::spawn(connection);
    for _ in 0..2 {
        assert_eq!(ask(&mut send, get(&format!("https://{HOST}/")), None).await.0, StatusCode::OK);
    }
    connection.await.unwrap().unwrap();
    assert!(send.ready().await.is_err());
}

#[tokio::test]
async fn a_connection_ends_well_when_the_process_does() {
    let application = Application::start().await;
    let edge = Edge::new(application.port, "{}", |_| {});
    let (mut send, connection) = handshake(edge.http2()).await.unwrap();
    let connection = tokio::spawn(connection);
    assert_eq!(ask(&mut send, get(&format!("https://{HOST}/")), None).await.0, StatusCode::OK);
    edge.closing.send_replace(true);
    connection.await.unwrap().unwrap();
    assert!(send.ready().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_goodbye_that_nobody_answers_is_not_waited_for() {
    let edge = Edge::new(1, "{}", |_| {});
    let mut client = super::Client { io: edge.http2(), seen: Vec::new() };
    client.say(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
    edge.closing.send_replace(true);
    let start = tokio::time::Instant::now();
    while client.more().await {}
    assert_eq!(start.elapsed().as_secs(), 30);
}
