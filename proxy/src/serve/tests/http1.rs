//! HTTP/1 connections end to end.

mod logins;

use std::sync::Arc;
use std::time::Duration;

use marque_config::certificate::Challenge;
use marque_config::feed::Record;
use marque_config::tenant::TenantState;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use super::application::Application;
use super::{Edge, HOST};

const PLAIN: &str = "{}";

async fn edge(policy: &str) -> (Application, Edge) {
    let application = Application::start().await;
    let edge = Edge::new(application.port, policy, |_| {});
    (application, edge)
}

pub(super) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n")
}

pub(super) fn post(path: &str, fields: &str, body: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: {HOST}\r\n{fields}\r\n{body}")
}

#[tokio::test]
async fn a_connection_carries_one_request_after_another() {
    let (application, edge) = edge(PLAIN).await;
    let mut client = edge.http1();
    for path in ["/a", "/b?c=d", "/chunked"] {
        client.say(get(path)).await;
        let (head, body) = client.answer().await;
        assert!(head.starts_with("HTTP/1.1 200") && body.contains("hello"), "{head}{body}");
    }
    assert_eq!(application.got().len(), 3);
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order_and_none_is_taken_for_a_body() {
    let (application, edge) = edge(PLAIN).await;
    let mut client = edge.http1();
    let chunked = post("/2", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n");
    client.say([get("/1"), chunked, post("/3", "Content-Length: 2\r\n", "xy"), get("/4")].concat()).await;
    for _ in 0..4 {
        assert_eq!(client.status().await, 200);
    }
    let got: Vec<_> = application.got().into_iter().map(|(head, body)| (head[..8].to_owned(), body)).collect();
    let bodies: Vec<_> = got.iter().map(|(_, body)| body.as_str()).collect();
    assert_eq!(bodies, ["", "3\r\nabc\r\n0\r\n\r\n", "xy", ""], "{got:?}");
}

#[tokio::test]
async fn the_application_gets_one_strict_spelling_and_what_only_the_edge_may_say() {
    let (application, edge) = edge(PLAIN).await;
    let mut client = edge.http1();
    let fields = "X-Forwarded-For: 6.6.6.6\r\nx_forwarded_for: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\n\
                  X-Forwarded-Host: evil\r\nMarque-Tenant: evil\r\nMarque_Assertion: evil\r\nX-Remote-User: evil\r\n\
                  X-HTTP-Method-Override: DELETE\r\nX-Request-Id: evil\r\nCookie: a=1\r\nCookie: b=2\r\nX-Kept: yes\r\n";
    client.say(format!("GET /x?y HTTP/1.1\r\nhost: A.P.example.com.:443\r\n{fields}\r\n")).await;
    assert_eq!(client.status().await, 200);
    let (head, _) = application.got().pop().unwrap();
    assert!(head.starts_with("GET /x?y HTTP/1.1\r\n"), "{head}");
    assert!(!head.contains("6.6.6.6") && !head.contains("evil"), "{head}");
    for (name, value) in [
        ("Host", HOST),
        ("X-Forwarded-For", "192.0.2.7"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", HOST),
        ("X-Forwarded-Port", "443"),
        ("X-Real-IP", "192.0.2.7"),
        ("Forwarded", "for=192.0.2.7;host=\"a.p.example.com\";proto=https"),
        ("X-Request-Id", "0707070707070707-0"),
        ("Cookie", "a=1; b=2"),
        ("X-Kept", "yes"),
    ] {
        assert_eq!(application.field(name).as_deref(), Some(value), "{name}");
    }
    assert!(application.field("Marque-Assertion").unwrap().split('.').count() == 3);
    assert!(application.field("Marque-Tenant").unwrap().starts_with("ten_"));
    assert_eq!(application.field("X-HTTP-Method-Override"), None);
}

#[tokio::test]
async fn a_head_that_is_refused_never_reaches_the_application_and_ends_the_connection() {
    let (application, edge) = edge(PLAIN).await;
    for (bytes, status) in [
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), 400),
        (post("/", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400),
        (post("/", "Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), 400),
        (format!("GET / HTTP/1.1\nHost: {HOST}\n\n"), 400),
        (format!("GET http://{HOST}/ HTTP/1.1\r\nHost: {HOST}\r\n\r\n"), 400),
        (format!("TRACE / HTTP/1.1\r\nHost: {HOST}\r\n\r\n"), 405),
        (format!("CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}\r\n\r\n"), 405),
        (get(&format!("/{}", "x".repeat(20_000))), 414),
        (format!("GET / HTTP/1.1\r\nHost: {HOST}\r\nA: {}\r\n\r\n", "x".repeat(33_000)), 431),
        (format!("GET /{}", "x".repeat(33_000)), 414),
    ] {
        let mut client = edge.http1();
        client.say(&bytes).await;
        client.say(get("/smuggled")).await;
        let answer = client.rest().await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{bytes:.80}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
    }
    assert!(application.got().is_empty());
}

#[tokio::test]
async fn another_name_than_the_handshakes_is_misdirected() {
    let (application, edge) = edge(PLAIN).await;
    let mut client = edge.http1();
    client.say("GET / HTTP/1.1\r\nHost: b.p.example.com\r\n\r\n").await;
    assert_eq!(client.status().await, 421);
    client.say(get("/")).await;
    assert_eq!(client.status().await, 200);
    assert_eq!(application.got().len(), 1);
}

#[tokio::test]
async fn what_is_of_the_clients_connection_stays_here() {
    let (application, edge) = edge(PLAIN).await;
    let mut client = edge.http1();
    let fields = "Connection: x-hop, keep-alive\r\nConnection: TE\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\n\
                  X-Kept: yes\r\n";
    client.say(format!("GET / HTTP/1.1\r\nHost: {HOST}\r\n{fields}\r\n")).await;
    assert_eq!(client.status().await, 200);
    for name in ["Connection", "X-Hop", "Keep-Alive", "TE"] {
        assert_eq!(application.field(name), None, "{name}");
    }
    assert_eq!(application.field("X-Kept").as_deref(), Some("yes"));
}

#[tokio::test]
async fn a_connection_goes_on_as_long_as_both_sides_want() {
    let (_, edge) = edge(PLAIN).await;
    for (version, option, goes_on) in
        [("1.1", "x", true), ("1.1", "a, Close", false), ("1.0", "Keep-Alive", true), ("1.0", "x", false)]
    {
        let mut client = edge.http1();
        let request = format!("GET / HTTP/{version}\r\nHost: {HOST}\r\nConnection: {option}\r\n\r\n");
        client.say([request.as_str(), &request].concat()).await;
        let (head, _) = client.answer().await;
        assert_eq!(head.contains("Connection: keep-alive\r\n"), goes_on, "{version} {option}: {head}");
        if goes_on {
            assert_eq!(client.status().await, 200, "{version} {option}");
        } else {
            assert_eq!(client.rest().await, "", "{version} {option}");
        }
    }
}

#[tokio::test]
async fn a_bad_chunk_is_answered_and_ends_the_connection() {
    let (_, edge) = edge(PLAIN).await;
    for body in ["\r\n", "3\nabc\r\n0\r\n\r\n", "3;\0\r\nabc", "3\r\nabcd\r\n0\r\n\r\n", "x\r\n"] {
        let mut client = edge.http1();
        client.say(post("/", "Transfer-Encoding: chunked\r\n", body)).await;
        let answer = client.rest().await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{body:?}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    }
}

#[tokio::test]
async fn a_client_that_waits_for_100_gets_it_from_the_application() {
    let (application, edge) = edge(PLAIN).await;
    let mut client = edge.http1();
    client.say(post("/", "Expect: 100-continue\r\nContent-Length: 3\r\n", "")).await;
    assert!(client.until(b"\r\n\r\n").await.starts_with("HTTP/1.1 100 "));
    client.say("abc").await;
    assert_eq!(client.status().await, 200);
    assert_eq!(application.got()[0].1, "abc");
}

#[tokio::test]
async fn a_large_body_passes_whole() {
    let (application, edge) = edge(PLAIN).await;
    let mut client = edge.http1();
    let body = "0123456789abcdef".repeat(20_000);
    client.say(post("/", &format!("Content-Length: {}\r\n", body.len()), "")).await;
    client.say(&body).await;
    client.say(get("/next")).await;
    assert_eq!(client.status().await, 200);
    assert_eq!(client.status().await, 200);
    assert!(application.got()[0].1 == body);
}

#[tokio::test]
async fn a_websocket_is_carried_where_the_application_takes_it() {
    let upgrade = format!(
        "GET /ws HTTP/1.1\r\nHost: {HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n"
    );
    let (_, taken) = edge(r#"{"websocket":true}"#).await;
    let mut client = taken.http1();
    client.say(&upgrade).await;
    assert!(client.until(b"\r\n\r\n").await.starts_with("HTTP/1.1 101 "));
    for message in ["ping\0\n", "\r\n\r\nGET / HTTP/1.1\r\n\r\n"] {
        client.say(message).await;
        assert_eq!(client.exactly(message.len()).await, message);
    }
    let (application, refused) = edge(PLAIN).await;
    let mut client = refused.http1();
    client.say(&upgrade).await;
    assert_eq!(client.status().await, 403);
    assert!(application.got().is_empty());
}

#[tokio::test]
async fn nothing_is_tunnelled_before_the_application_agrees() {
    let (application, edge) = edge(r#"{"websocket":true}"#).await;
    let mut client = edge.http1();
    let upgrade = format!("GET /hangs HTTP/1.1\r\nHost: {HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    client.say(upgrade + &get("/smuggled")).await;
    assert_eq!(timeout(Duration::from_secs(5), client.rest()).await.unwrap(), "");
    assert!(application.got().iter().all(|(head, body)| !head.contains("smuggled") && body.is_empty()));
}

#[tokio::test]
async fn answers_without_a_body_and_to_old_clients_end_where_they_should() {
    let (_, edge) = edge(PLAIN).await;
    let mut client = edge.http1();
    client.say(get("/chunked").replace("GET", "HEAD")).await;
    assert!(client.until(b"\r\n\r\n").await.starts_with("HTTP/1.1 200 "));
    client.say(get("/empty")).await;
    assert!(client.until(b"\r\n\r\n").await.starts_with("HTTP/1.1 204 "));
    client.say(get("/missing").replace(HOST, "b.p.example.com").replace("GET", "HEAD")).await;
    assert!(client.until(b"\r\n\r\n").await.starts_with("HTTP/1.1 421 "));
    client.say(get("/chunked").replace("HTTP/1.1", "HTTP/1.0")).await;
    let rest = client.rest().await;
    assert!(rest.ends_with("\r\n\r\nhello") && !rest.contains("chunked"), "{rest}");
}

#[tokio::test]
async fn an_answer_is_contained() {
    let (_, edge) = edge(r#"{"own_hosts":["app.internal"]}"#).await;
    let mut client = edge.http1();
    client.say(get("/leave")).await;
    let (head, _) = client.answer().await;
    let head = head.to_ascii_lowercase();
    assert!(head.contains("location: https://a.p.example.com/x\r\n"), "{head}");
    assert!(!head.contains("app.internal") && !head.contains("server:") && !head.contains("keep-alive:"), "{head}");
}

#[tokio::test]
async fn a_failing_application_has_its_named_page() {
    let (application, here) = edge(PLAIN).await;
    // A tunnel that nobody asked for is none.
    for (path, status) in [("/dies", 502), ("/nonsense", 502), ("/ws", 502)] {
        let mut client = here.http1();
        client.say(get(path)).await;
        assert_eq!(client.status().await, status, "{path}");
    }
    let mut client = here.http1();
    client.say(get("/cut")).await;
    let rest = client.rest().await;
    assert!(rest.contains("Content-Length: 10") && rest.ends_with("hal"), "{rest}");
    // A POST that may have been taken is never sent twice.
    let before = application.got().len();
    let mut client = here.http1();
    client.say(post("/dies", "Content-Length: 1\r\n", "x")).await;
    assert_eq!(client.status().await, 502);
    assert_eq!(application.got().len(), before + 1);
    let gone = Edge::new(1, PLAIN, |_| {});
    let mut client = gone.http1();
    client.say(get("/")).await;
    assert_eq!(client.status().await, 502);
    let hanging = Edge::new(application.port, r#"{"deadlines": {"answer": "50ms"}}"#, |_| {});
    let mut client = hanging.http1();
    client.say(get("/hangs")).await;
    assert_eq!(client.status().await, 504);
}

#[tokio::test]
async fn a_challenges_path_is_never_passed_on() {
    let (application, edge) = edge(PLAIN).await;
    let mut client = edge.http1();
    for path in [
        "/.well-known/acme-challenge/x",
        "/.well-known/ACME-challenge/x/y",
        "//.well-known/acme-challenge/x",
        "/x/../.well-known/acme-challenge/x",
        "/.well-known/x/%2e%2e/acme%2dchallenge/x",
        "/.well-known%2facme-challenge/x",
        "/.well-known/acme-challenge;a/x",
    ] {
        client.say(get(path)).await;
        assert_eq!(client.status().await, 404, "{path}");
    }
    assert!(application.got().is_empty());
}

#[tokio::test]
async fn a_challenge_is_told_over_tls_only_under_the_name_of_the_handshake() {
    let (_, mut edge) = edge(PLAIN).await;
    for host in [HOST, "b.p.example.com"] {
        let host = host.parse().unwrap();
        edge.records.push(Record::Challenge(Challenge { host, token: "t".into(), key_authorization: "t.x".into() }));
    }
    edge.know(TenantState::Active);
    let mut client = edge.http1();
    for (host, status) in [("b.p.example.com", 421), (HOST, 200)] {
        client.say(format!("GET /.well-known/acme-challenge/t HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
        assert_eq!(client.status().await, status, "{host}");
    }
}

#[tokio::test]
async fn a_suspension_bites_on_an_open_connection() {
    let (_, edge) = edge(PLAIN).await;
    let mut client = edge.http1();
    client.say(get("/")).await;
    assert_eq!(client.status().await, 200);
    edge.know(TenantState::Suspended);
    client.say(get("/")).await;
    assert_eq!(client.status().await, 403);
    edge.know(TenantState::Active);
    client.say(get("/")).await;
    assert_eq!(client.status().await, 200);
}

#[tokio::test]
async fn a_stream_of_a_suspended_tenant_ends_after_the_grace() {
    let (_, edge) = edge(PLAIN).await;
    let mut client = edge.http1();
    client.say(get("/events")).await;
    client.until(b"tick\n").await;
    tokio::time::pause();
    edge.know(TenantState::Suspended);
    let start = tokio::time::Instant::now();
    let rest = client.rest().await;
    assert!(!rest.contains("0\r\n\r\n"), "an end that was none: {rest}");
    assert!((3..5).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
}

#[tokio::test]
async fn an_idle_connection_closes_soon_after_the_flag_and_a_begun_request_finishes() {
    let (_, edge) = edge(PLAIN).await;
    let (mut idle, mut busy) = (edge.http1(), edge.http1());
    idle.say(get("/")).await;
    assert_eq!(idle.status().await, 200);
    busy.say(post("/", "Content-Length: 2\r\n", "a")).await;
    edge.closing.send_replace(true);
    assert_eq!(timeout(Duration::from_secs(5), idle.rest()).await.unwrap(), "");
    busy.say("b").await;
    let rest = timeout(Duration::from_secs(5), busy.rest()).await.unwrap();
    assert!(rest.starts_with("HTTP/1.1 200") && rest.contains("Connection: close"), "{rest}");
}

#[tokio::test]
async fn a_connection_has_a_bounded_number_of_requests() {
    let application = Application::start().await;
    let edge = Edge::new(application.port, PLAIN, |settings| settings.limits.requests_per_connection = 2);
    let mut client = edge.http1();
    client.say([get("/1"), get("/2"), get("/3")].concat()).await;
    assert_eq!(client.status().await, 200);
    let (head, _) = client.answer().await;
    assert!(head.contains("Connection: close"), "{head}");
    assert_eq!(client.rest().await, "");
    assert_eq!(application.got().len(), 2);
}

#[tokio::test]
async fn answers_are_never_crossed_even_after_bodies_that_were_broken_off() {
    let (_, edge) = edge(PLAIN).await;
    let mut clients = tokio::task::JoinSet::new();
    for number in 0..20 {
        let mut client = edge.http1();
        let mut broken = edge.http1();
        clients.spawn(async move {
            for round in 0..20 {
                let path = format!("/echo/{number}/{round}");
                let request = if round % 2 == 0 { get(&path) } else { post(&path, "Content-Length: 3\r\n", "abc") };
                client.say(request).await;
                assert_eq!(client.answer().await.1, path);
                if round == 5 {
                    broken.say(post("/echo/broken", "Content-Length: 9\r\n", "abc")).await;
                }
                if round == 10 {
                    broken.io.shutdown().await.unwrap();
                }
            }
        });
    }
    clients.join_all().await;
}

#[tokio::test]
async fn a_connection_that_waits_costs_nothing_of_what_serves_a_request() {
    let edge = Edge::new(1, "{}", |_| {});
    let (stream, _client) = edge.stream();
    let serving = super::super::http1::serve(stream, Arc::clone(&edge.engine), edge.closing.subscribe());
    let bytes = std::mem::size_of_val(&serving);
    assert!(bytes <= 2 << 10, "{bytes} bytes for each idle connection");
}
