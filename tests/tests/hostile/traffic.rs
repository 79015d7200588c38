//! What real visitors and real applications do, and what must come of it, over HTTP/1 and HTTP/2: cases C1 to C11.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http::Method;
use marque_tests::visitor::{Answer, Connection, nothing, whole};
use serde_json::json;
use tokio::time::{Instant, timeout};

use crate::edge::{A, B, Edge, get_of};
use crate::frames::{DATA, END_STREAM, HEADERS, Http2, asking, frame, head, status};
use crate::upstream::Act;

fn say(head: &str, body: &str) -> Act {
    Act::Say(format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into())
}

async fn both(edge: &Edge, host: &str) -> Result<[Connection; 2]> {
    Ok([edge.visitor.http1(host).await?, edge.visitor.http2(host).await?])
}

async fn ask(client: &mut Connection, path: &str, fields: &[(&str, &str)]) -> Result<Answer> {
    let request =
        fields.iter().fold(client.request(Method::GET, path), |request, (name, value)| request.header(*name, *value));
    client.send(request.body(nothing())?).await
}

/// C1: a login of a connection (RFC 4559) is its visitor's alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_was_logged_in_serves_nobody_else() -> Result<()> {
    for scheme in ["ntlm", "negotiate"] {
        let edge = Edge::plain().await?;
        edge.upstream.on("/whoami", Act::Remember(scheme));
        let mut visitor = edge.visitor.http1(A).await?;
        for (step, expected) in [("", 401), ("one", 401), ("three", 200), ("", 200)] {
            let said = format!("{scheme} {step}");
            let fields = [("authorization", said.as_str())];
            let fields = if step.is_empty() { &[][..] } else { &fields };
            let answer = ask(&mut visitor, "/whoami", fields).await?;
            ensure!(answer.status == expected, "{scheme} {step}: {answer:?}");
        }
        let mut over_http2 = edge.visitor.http2(A).await?;
        for step in ["one", "three"] {
            ask(&mut over_http2, "/whoami", &[("authorization", &format!("{scheme} {step}"))]).await?;
        }
        for host in [A, B] {
            for mut other in both(&edge, host).await? {
                for _ in 0..20 {
                    let answer = ask(&mut other, "/whoami", &[]).await?;
                    ensure!(answer.status == 401, "{scheme} at {host}: {answer:?}");
                }
            }
        }
        // A request of HTTP/2 is alone, even on its own connection.
        ensure!(ask(&mut over_http2, "/whoami", &[]).await?.status == 401, "{scheme}");
        ensure!(ask(&mut visitor, "/whoami", &[]).await?.status == 200, "{scheme}");
    }
    Ok(())
}

/// C2 and C3: one cookie for each that a browser would have kept, however long.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_one_whatever_its_path_and_length() -> Result<()> {
    let edge = Edge::start(json!({"session_cookies": ["till"]}), |_| {}).await?;
    let long = "x".repeat(3_300);
    edge.upstream.on("/", say("200 OK\r\nSet-Cookie: till=anon; Path=/", ""));
    edge.upstream.on("/in", say(&format!("200 OK\r\nSet-Cookie: till={long}"), ""));
    edge.upstream.on("/huge", say(&format!("200 OK\r\nSet-Cookie: till={}", "x".repeat(17_000)), ""));
    edge.upstream.on("/out", say("200 OK\r\nSet-Cookie: till=; Max-Age=0", ""));
    for mut client in both(&edge, A).await? {
        for path in ["/", "/in", "/see"] {
            client.get(path).await?;
        }
        let seen = edge.upstream.everything();
        let sent = seen.rsplit("cookie: ").next().context("a cookie")?.split('\r').next().context("its end")?;
        ensure!(sent == format!("till={long}"), "{sent}");
        let answer = client.get("/out").await?;
        ensure!(answer.cookies().iter().all(|(_, value)| value.is_empty()), "{answer:?}");
        let pieces = client.cookies.len();
        ensure!(answer.cookies().len() == pieces && pieces > 1, "{answer:?}");
        let answer = client.get("/huge").await?;
        ensure!(answer.status == 502 && answer.cookies().is_empty(), "{answer:?}");
    }
    Ok(())
}

/// C3: whatever its length, to 16 KiB, and however many cookies the application splits it over.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_any_length_comes_back_whole() -> Result<()> {
    let policy = json!({"session_cookies": ["till"], "session_families": ["part."]});
    let edge = Edge::start(policy, |_| {}).await?;
    for length in [1, 2_900, 3_000, 3_050, 3_300, 4_096, 8_000, 12_000, 16 << 10] {
        let long = "x".repeat(length);
        edge.upstream.on("/in", say(&format!("200 OK\r\nSet-Cookie: till={long}; HttpOnly"), ""));
        for mut client in both(&edge, A).await? {
            let answer = client.get("/in").await?;
            ensure!(answer.cookies().iter().all(|(name, value)| name.len() + 1 + value.len() <= 4_096), "{length}");
            ensure!(!answer.cookies().iter().any(|(_, value)| value.contains("xxxxxxxx")), "{length}");
            edge.upstream.forget();
            ensure!(client.get("/see").await?.status == 200, "{length}");
            ensure!(edge.upstream.count(&format!("ookie: till={long}\r\n")) == 1, "{length}");
        }
    }
    edge.upstream.on("/in", say("200 OK\r\nSet-Cookie: part.0=a\r\nSet-Cookie: part.1=b\r\nSet-Cookie: other=c", ""));
    for mut client in both(&edge, A).await? {
        let answer = client.get("/in").await?;
        let sealed = answer.cookies().iter().filter(|(name, _)| name.starts_with("__Host-part.")).count();
        ensure!(sealed == 2, "{answer:?}");
        edge.upstream.forget();
        client.get("/see").await?;
        let seen = edge.upstream.everything();
        ensure!(["part.0=a", "part.1=b", "other=c"].iter().all(|pair| seen.contains(pair)), "{seen}");
        ensure!(!seen.contains("__Host-"), "{seen}");
    }
    Ok(())
}

/// C4: whoever waits for `100` gets it, or an answer.
#[tokio::test(flavor = "multi_thread")]
async fn an_expectation_over_http2_is_met() -> Result<()> {
    let policy = json!({"logins": [{"path": "/login", "answer": [{"header": "x-account"}]}]});
    let edge = Edge::start(policy, |_| {}).await?;
    edge.upstream.on("/up", Act::Continue("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".into()));
    edge.upstream.on("/login", say("200 OK\r\nX-Account: a", ""));
    for path in ["/up", "/login"] {
        let mut client = Http2::connect(&edge).await?;
        let fields = [asking("POST", path), vec![("expect", "100-continue"), ("content-length", "5")]].concat();
        client.say(head(1, 0, &fields)).await?;
        let first = timeout(Duration::from_secs(2), client.status(1)).await.context("silence")??;
        ensure!(first == 100, "{path}: {first}");
        client.say(frame(DATA, END_STREAM, 1, b"hello")).await?;
        ensure!(client.status(1).await? == 200, "{path}");
        let mut client = edge.http1().await?;
        let fields = format!("Host: {A}\r\nExpect: 100-continue\r\nContent-Length: 5\r\n");
        client.say(format!("POST {path} HTTP/1.1\r\n{fields}\r\n")).await?;
        ensure!(client.status().await? == 100, "{path}");
        client.say("hello").await?;
        ensure!(client.status().await? == 200, "{path}");
    }
    Ok(())
}

/// C4: what comes before an answer reaches those who know it, with nothing of ours.
#[tokio::test(flavor = "multi_thread")]
async fn an_interim_answer_reaches_those_who_know_it() -> Result<()> {
    let edge = Edge::plain().await?;
    let hint = "HTTP/1.1 103 Early Hints\r\nLink: </s.css>; rel=preload\r\nSet-Cookie: a=b\r\n\r\n";
    let answer = format!("{hint}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    edge.upstream.on("/hint", Act::Say(answer.into()));
    let mut client = edge.http1().await?;
    client.say(get_of("/hint")).await?;
    let interim = String::from_utf8(client.until(b"\r\n\r\n").await?)?.to_ascii_lowercase();
    ensure!(interim.starts_with("http/1.1 103") && interim.contains("link: </s.css>"), "{interim}");
    ensure!(!interim.contains("strict-transport") && !interim.contains("set-cookie"), "{interim}");
    ensure!(client.status().await? == 200);
    let mut client = Http2::connect(&edge).await?;
    client.say(head(1, END_STREAM, &asking("GET", "/hint"))).await?;
    let first = client.next_of(1).await?.context("an interim answer")?;
    ensure!(first.kind == HEADERS && status(&first.payload) == Some(103), "{first:?}");
    ensure!(!String::from_utf8_lossy(&first.payload).contains("max-age"), "{first:?}");
    ensure!(client.status(1).await? == 200);
    let mut client = edge.http1().await?;
    client.say(format!("GET /hint HTTP/1.0\r\nHost: {A}\r\nExpect: 100-continue\r\n\r\n")).await?;
    let rest = client.rest().await?;
    ensure!(rest.starts_with("HTTP/1.1 200") || rest.starts_with("HTTP/1.0 200"), "{rest}");
    Ok(())
}

/// C5: a redirect leads somewhere, or isn't one.
#[tokio::test(flavor = "multi_thread")]
async fn no_redirect_leaves_without_its_target() -> Result<()> {
    let edge = Edge::start(json!({"own_hosts": ["till.example.net"]}), |_| {}).await?;
    for (number, (from, to)) in [
        (&b"com.example.till:/oauth2redirect?code=1"[..], Some("com.example.till:/oauth2redirect?code=1")),
        (b"till-app://done", Some("till-app://done")),
        (b"intent://x#Intent;scheme=till;end", Some("intent://x#Intent;scheme=till;end")),
        (b"//cdn.example/x", Some("//cdn.example/x")),
        (b"//till.example.net/x", Some("https://a.p.example.com/x")),
        (b"https://till.example.net/caf\xe9", Some("https://a.p.example.com/caf%E9")),
        (b"/caf\xe9", Some("/caf%E9")),
        (b"javascript:alert(1)", None),
        (b"/\\evil.example", None),
    ]
    .into_iter()
    .enumerate()
    {
        let path = format!("/{number}");
        let answer = [b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: ", from, b"\r\n\r\n"].concat();
        edge.upstream.on(&path, Act::Say(Bytes::from(answer)));
        for mut client in both(&edge, A).await? {
            let answer = client.get(&path).await?;
            ensure!(answer.header("location") == to, "{}: {answer:?}", from.escape_ascii());
            ensure!(answer.status == if to.is_some() { 302 } else { 502 }, "{answer:?}");
        }
    }
    Ok(())
}

/// C6: a policy's own login isn't an account.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_under_a_selector_is_a_login() -> Result<()> {
    let policy = json!({
        "selectors": [{"path": "/users/{account}"}],
        "logins": [{"path": "/users/sign_in", "answer": [{"header": "x-account"}]}],
    });
    let edge = Edge::start(policy, |_| {}).await?;
    edge.upstream.on("/users/sign_in", say("200 OK\r\nX-Account: a", ""));
    for mut client in both(&edge, A).await? {
        ensure!(client.post_form("/users/sign_in", &[("user", "x")]).await?.status == 200);
        ensure!(client.get("/users/a").await?.status == 200);
        ensure!(client.get("/users/b").await?.status == 404);
    }
    Ok(())
}

/// C7: no request chooses what is spoken to the application, nor makes it rest.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_does_not_choose_the_protocol() -> Result<()> {
    let edge = Edge::plain().await?;
    for media in ["application/grpc", "application/grpc-web", "application/grpc+proto"] {
        for mut client in both(&edge, A).await? {
            let request = client.request(Method::POST, "/call").header("content-type", media);
            let answer = client.send(request.body(whole("x"))?).await?;
            ensure!(answer.status == 200 && answer.text() == "/call", "{media}: {answer:?}");
        }
    }
    // Where the policy says HTTP/2 and the application doesn't speak it, it's refused, and nothing rests.
    let edge = Edge::start(json!({"upstream_protocol": "http2"}), |_| {}).await?;
    for _ in 0..3 {
        for mut client in both(&edge, A).await? {
            let answer = timeout(Duration::from_secs(20), client.get("/x")).await.context("silence")??;
            ensure!(answer.status == 502, "{answer:?}");
        }
    }
    Ok(())
}

/// Paths that name nobody.
const ORDINARY: [&str; 21] = [
    "/a//b",
    "/api/projects/group%2Fproject",
    "/@scope%2fpackage",
    "/x;v=1",
    "/a%252Fb",
    "/caf%E9",
    "/accounts/a//x",
    "/a/./b",
    "/a/../b",
    "/x;jsessionid=1/y",
    "/%E4%BD%A0/%20",
    "/a+b,c=d:e@f",
    "/v1.0/file.tar.gz",
    "/index.php/page",
    "/wiki/C%23/%3f",
    "/100%",
    "/%zz/%u0041",
    "/~me//",
    "//",
    "/a%5cb",
    "/accounts/a/orders%2F7;v=2",
];

/// Paths that name another account, in some reading.
const DISGUISED: [&str; 15] = [
    "/accounts//b",
    "/accounts%2fb",
    "/accounts%252Fb",
    "/x/..;/accounts/b",
    "/accounts/b;v=1",
    "/accounts/a/../b",
    "/accounts/a/%2e%2e/b",
    "/accounts/a%2f..%2fb",
    "/accounts/./b",
    "/accounts%5cb",
    "/Accounts/b",
    "/accounts./b",
    "/index.php/accounts/b",
    "/accounts/b.json",
    "/accounts%ef%bc%8fb",
];

/// C8: a path that names nobody in any reading passes as it came.
#[tokio::test(flavor = "multi_thread")]
async fn ordinary_paths_pass_as_they_came() -> Result<()> {
    let policy = json!({"selectors": [{"path": "/accounts/{account}"}]});
    let edge = Edge::start(policy, |_| {}).await?;
    for mut client in both(&edge, A).await? {
        for path in ORDINARY {
            edge.upstream.forget();
            let answer = client.get(path).await?;
            ensure!(answer.status == 200, "{path}: {answer:?}");
            ensure!(edge.upstream.count(&format!("GET {path} HTTP/1.1\r\n")) == 1, "{}", edge.upstream.everything());
        }
        for path in DISGUISED {
            ensure!(client.get(path).await?.status == 404, "{path}");
        }
        for path in ["/a%00", "/a%2500/b"] {
            ensure!(client.get(path).await?.status == 400, "{path}");
        }
    }
    Ok(())
}

/// C9: an empty line before a request is nothing (RFC 9112 section 2.2).
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_line_before_a_request_is_nothing() -> Result<()> {
    let edge = Edge::plain().await?;
    let mut client = edge.http1().await?;
    client.say(format!("\r\n{}", get_of("/1"))).await?;
    ensure!(client.status().await? == 200);
    // As some clients end a body.
    client.say(format!("POST /2 HTTP/1.1\r\nHost: {A}\r\nContent-Length: 3\r\n\r\nabc\r\n{}", get_of("/3"))).await?;
    ensure!(client.status().await? == 200 && client.status().await? == 200);
    for byte in format!("\r\n{}", get_of("/4")).bytes() {
        client.say([byte]).await?;
    }
    ensure!(client.status().await? == 200);
    for bad in ["\n", "\r\n\r\n", "\r\r\n", " \r\n", "\r\n\n"] {
        let mut client = edge.http1().await?;
        client.say(format!("{bad}{}", get_of("/bad"))).await?;
        ensure!(client.status().await? == 400, "{bad:?}");
    }
    ensure!(edge.upstream.count("/bad") == 0);
    Ok(())
}

/// C10 and what an application's framework uses: a front's words are removed, others pass unless the policy lists them.
#[tokio::test(flavor = "multi_thread")]
async fn only_the_words_of_fronts_are_removed() -> Result<()> {
    for (policy, passes) in [(json!({}), true), (json!({"trusted_fields": ["X-Auth-User", "x-api-user"]}), false)] {
        let edge = Edge::start(policy, |_| {}).await?;
        for mut client in both(&edge, A).await? {
            edge.upstream.forget();
            let fields = [
                ("x-auth-user", "own"),
                ("x-api-user", "own"),
                ("x-ssl-client-verify", "forged"),
                ("ssl-client-cert", "forged"),
                ("x-client-cert", "forged"),
                ("x-arr-clientcert", "forged"),
                ("x_ssl_client_dn", "forged"),
                ("x-remote-user", "forged"),
                ("X-Ssl_Client-Cert", "forged"),
                ("proxy-authorization", "NTLM forged"),
            ];
            ensure!(ask(&mut client, "/x", &fields).await?.status == 200);
            ensure!(edge.upstream.count("forged") == 0, "{}", edge.upstream.everything());
            ensure!(edge.upstream.count(": own") == if passes { 2 } else { 0 }, "{}", edge.upstream.everything());
        }
    }
    Ok(())
}

/// C11: an application that never answers costs its visitor the policy's time and no more; one that has begun is given
/// its own.
#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_never_answers_is_given_up() -> Result<()> {
    let policy = json!({
        "deadlines": {"answer": "300ms", "stream_idle": "10s"}, "websocket": true,
        "logins": [{"path": "/login", "answer": [{"header": "x-account"}]}],
    });
    let edge = Edge::start(policy, |_| {}).await?;
    edge.upstream.on("/hang", Act::Hang);
    edge.upstream.on("/login", Act::Hang);
    edge.upstream.on("/half", Act::Say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: ".into()));
    let events = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n";
    edge.upstream.on("/events", Act::Say(events.into()));
    for mut client in both(&edge, A).await? {
        for path in ["/hang", "/login", "/half"] {
            let started = Instant::now();
            let answer = client.post_form(path, &[("a", "b")]).await?;
            ensure!(answer.status == 504, "{path}: {answer:?}");
            ensure!(started.elapsed() < Duration::from_secs(5), "{path}: {:?}", started.elapsed());
            if client.get("/after").await.is_err() {
                client = edge.visitor.http1(A).await?;
            }
        }
        // A stream that has begun may be silent for longer than an answer may take to begin.
        let request = client.request(Method::GET, "/events").body(nothing())?;
        let mut answer = client.open(request).await?;
        let mut pieces = 0;
        let more = async {
            while let Some(Ok(_)) = http_body_util::BodyExt::frame(answer.body_mut()).await {
                pieces += 1;
            }
        };
        ensure!(timeout(Duration::from_secs(1), more).await.is_err() && pieces == 1, "it ended after {pieces}");
    }
    let mut client = edge.http1().await?;
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: a\r\n";
    client.say(format!("GET /hang HTTP/1.1\r\nHost: {A}\r\n{upgrade}\r\n")).await?;
    ensure!(client.status().await? == 504);
    Ok(())
}

/// A session comes from where the policy says, for the account that the answer names; elsewhere it's one from before the
/// login.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_comes_from_where_the_policy_says() -> Result<()> {
    let policy = json!({
        "session_cookies": ["till"], "sessions_from": ["/magic/*"],
        "logins": [{"path": "/login", "answer": [{"header": "x-account"}]}],
    });
    let edge = Edge::start(policy, |_| {}).await?;
    let set = "Set-Cookie: till=secret";
    for (path, answered, status, is_set) in [
        ("/magic/own", format!("302 Found\r\nLocation: /\r\nX-Account: a\r\n{set}"), 302, true),
        ("/magic/nobody", format!("200 OK\r\n{set}"), 200, false),
        ("/magic/foreign", format!("200 OK\r\nX-Account: b\r\n{set}"), 403, false),
        ("/magic/out", "200 OK\r\nSet-Cookie: till=; Max-Age=0".into(), 200, true),
        ("/home", format!("200 OK\r\n{set}"), 200, true),
    ] {
        edge.upstream.on(path, say(&answered, ""));
        for mut client in both(&edge, A).await? {
            let answer = client.get(path).await?;
            ensure!(answer.status == status && answer.cookies().is_empty() != is_set, "{path}: {answer:?}");
        }
    }
    Ok(())
}

/// C11: a stream that has begun and is silent for too long is ended, and looks unfinished.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_silent_for_too_long_is_ended() -> Result<()> {
    let policy = json!({"deadlines": {"stream_idle": "300ms"}, "websocket": true});
    let edge = Edge::start(policy, |_| {}).await?;
    let events = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n";
    edge.upstream.on("/events", Act::Say(events.into()));
    for mut client in both(&edge, A).await? {
        let request = client.request(Method::GET, "/events").body(nothing())?;
        let answer = client.open(request).await?;
        ensure!(answer.status() == 200);
        let whole = http_body_util::BodyExt::collect(answer.into_body());
        ensure!(timeout(Duration::from_secs(10), whole).await.context("it goes on")?.is_err(), "it looks whole");
    }
    let agrees = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    edge.upstream.on("/tunnel", Act::Say(agrees.into()));
    let mut client = edge.http1().await?;
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: a\r\n";
    client.say(format!("GET /tunnel HTTP/1.1\r\nHost: {A}\r\n{upgrade}\r\n")).await?;
    let rest = timeout(Duration::from_secs(10), client.rest()).await.context("the tunnel goes on")??;
    ensure!(rest.starts_with("HTTP/1.1 101 "), "{rest}");
    Ok(())
}

/// An application's failure at a login is told as what it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_failure_at_a_login_is_no_wrong_password() -> Result<()> {
    let policy = json!({
        "session_cookies": ["till"], "logins": [{"path": "/login", "answer": [{"header": "x-account"}]}],
    });
    let edge = Edge::start(policy, |_| {}).await?;
    for (answered, expected) in
        [(429, 429), (500, 502), (501, 502), (502, 502), (503, 503), (504, 504), (401, 403), (422, 403)]
    {
        let body = "secret of the application";
        edge.upstream.on("/login", say(&format!("{answered} X\r\nRetry-After: 7\r\nSet-Cookie: till=x"), body));
        for mut client in both(&edge, A).await? {
            let answer = client.post_form("/login", &[("user", "x")]).await?;
            ensure!(answer.status == expected, "{answered}: {answer:?}");
            ensure!(answer.cookies().is_empty() && !answer.text().contains("secret"), "{answer:?}");
            let is_told = matches!(expected, 429 | 502 | 503 | 504);
            ensure!(answer.header("retry-after") == is_told.then_some("7"), "{answered}: {answer:?}");
        }
    }
    Ok(())
}
