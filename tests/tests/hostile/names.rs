//! Who is asked and who asks: Q1, Q2, Q5 to Q9, Q11 to Q13, Q56, Q63.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::client::Raw;
use crate::edge::{A, B, Edge, PROOF, TOKEN, get_of};
use crate::frames::{DATA, END_STREAM, HEADERS, Http2, RST_STREAM, asking, block, frame, get, head};

/// Q1, Q2, Q5, Q6, Q8: one head for one connection, and its status; the application sees those with 200 only.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn a_host_that_is_not_plainly_the_handshakes_is_refused() -> Result<()> {
    let edge = Edge::plain().await?;
    let host = |host: &str| format!("GET /bad HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let mut cases = vec![
        (host(B), 421),
        (host("p.example.com"), 421),
        (host("x.a.p.example.com"), 421),
        (host("unknown.example"), 421),
        ("GET /bad HTTP/1.1\r\n\r\n".into(), 400),
        (format!("GET /bad HTTP/1.1\r\nHost: {A}\r\nHost: {A}\r\n\r\n"), 400),
        (format!("GET /bad HTTP/1.1\r\nHost: {A}\r\nHost: {B}\r\n\r\n"), 400),
        (format!("GET /bad HTTP/1.1\r\nHost: {A}\r\n {B}\r\n\r\n"), 400),
        (format!("GET /bad HTTP/1.1\r\nHost : {A}\r\n\r\n"), 400),
        (format!("GET http://{A}/bad HTTP/1.1\r\nHost: {A}\r\n\r\n"), 400),
        (format!("GET https://{B}/bad HTTP/1.1\r\nHost: {A}\r\n\r\n"), 400),
        (format!("GET https://{A}/bad HTTP/1.1\r\nHost: {B}\r\n\r\n"), 400),
        (format!("CONNECT {A}:443 HTTP/1.1\r\nHost: {A}\r\n\r\n"), 405),
        (format!("TRACE /bad HTTP/1.1\r\nHost: {A}\r\n\r\n"), 405),
        (format!("GET * HTTP/1.1\r\nHost: {A}\r\n\r\n"), 400),
        (format!("GET @{B}/bad HTTP/1.1\r\nHost: {A}\r\n\r\n"), 400),
    ];
    for odd in [
        "",
        ":443",
        "u@HOST",
        "HOST/x",
        "HOST?x",
        "HOST#x",
        "HOST\\x",
        "HOST%2e",
        "HO ST",
        "HOST..",
        "HOST:",
        "HOST:x",
        "HOST:65536",
        "HOST:+1",
        "HOST, OTHER",
        "[::1]",
        "127.0.0.1",
        "\u{e9}.example.com",
        "HOST\tOTHER",
        "HOST;x",
    ] {
        cases.push((host(&odd.replace("HOST", A).replace("OTHER", B)), 400));
    }
    for (bytes, status) in cases {
        let mut client = edge.http1().await?;
        client.say(&bytes).await?;
        let answered = client.status().await?;
        ensure!(answered == status, "{answered} for {bytes:?}");
    }
    ensure!(edge.upstream.everything().is_empty(), "{}", edge.upstream.everything());
    for good in [A.to_uppercase(), format!("{A}."), format!("{A}:443"), format!("{A}.:0"), format!("{A}:65535")] {
        let mut client = edge.http1().await?;
        client.say(format!("GET /good HTTP/1.1\r\nHost: {good}\r\n\r\n")).await?;
        ensure!(client.status().await? == 200, "{good}");
    }
    let seen = edge.upstream.everything();
    ensure!(seen.matches("GET /good HTTP/1.1\r\n").count() == 5, "{seen}");
    ensure!(seen.to_ascii_lowercase().matches(&format!("\nhost: {A}\r\n")).count() == 5, "{seen}");
    Ok(())
}

/// Q9, Q7: on one connection A, B, A; and `Host` beside `:authority`.
#[tokio::test(flavor = "multi_thread")]
async fn a_coalesced_name_is_misdirected_and_the_connection_goes_on() -> Result<()> {
    let edge = Edge::plain().await?;
    let mut client = Http2::connect(&edge).await?;
    let of = |authority| vec![(":method", "GET"), (":scheme", "https"), (":authority", authority), (":path", "/x")];
    let with_host = |host| [of(A), vec![("host", host)]].concat();
    let upper = A.to_uppercase();
    for (number, (fields, status)) in [
        (of(A), 200),
        (of(B), 421),
        (of(A), 200),
        (with_host(A), 200),
        (with_host(&upper), 400),
        (with_host(B), 400),
        ([of(B), vec![("host", A)]].concat(), 400),
        ([with_host(A), vec![("host", A)]].concat(), 400),
        (of("u@a.p.example.com"), 400),
        (of("a.p.example.com:x"), 400),
        (of(""), 400),
        (vec![(":method", "GET"), (":scheme", "https"), (":path", "/x")], 400),
        (of(A), 200),
    ]
    .into_iter()
    .enumerate()
    {
        let stream = u32::try_from(2 * number + 1)?;
        client.say(head(stream, END_STREAM, &fields)).await?;
        let answer = loop {
            let frame = client.next_of(stream).await?.context("not an end of the connection")?;
            if matches!(frame.kind, HEADERS | RST_STREAM) {
                break frame;
            }
        };
        // A head that the decoder itself refuses is reset.
        let is_reset = answer.kind == RST_STREAM;
        ensure!(!is_reset || status == 400, "{fields:?}: {answer:?}");
        if !is_reset {
            let answered = crate::frames::status(&answer.payload).context("a status")?;
            ensure!(answered == status, "{answered} for {fields:?}");
        }
    }
    ensure!(edge.upstream.count("GET /x ") == 4, "{}", edge.upstream.everything());
    ensure!(edge.upstream.count(&format!("Host: {A}\r\n")) == 4 && edge.upstream.count(B) == 0);
    Ok(())
}

/// What no client may say to the application (Q11).
const FORGED: [&str; 48] = [
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Forwarded-Port",
    "X-Forwarded-Server",
    "X-Forwarded-Prefix",
    "X-Forwarded-User",
    "X-Forwarded",
    "Forwarded-For",
    "Forwarded",
    "X-Real-IP",
    "X-Original-URL",
    "X-Original-Host",
    "X-Rewrite-URL",
    "Proxy",
    "True-Client-IP",
    "CF-Connecting-IP",
    "Client-IP",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "X-ProxyUser-IP",
    "X-Remote-User",
    "X-Client-Cert",
    "X-SSL-Client-Verify",
    "X-SSL-Client-S-DN",
    "SSL-Client-Cert",
    "X-ARR-ClientCert",
    "X-Forwarded-Client-Cert",
    "Client-Cert",
    "X.SSL.Client.Verify",
    "X-User",
    "Remote-User",
    "Remote-Addr",
    "X-Remote-Addr",
    "X-Remote-IP",
    "X-HTTP-Method",
    "X-HTTP-Method-Override",
    "X-Method-Override",
    "X-HTTP-Host-Override",
    "X-Host",
    "Marque-Tenant",
    "Marque-Assertion",
    "Marque-Anything",
    "X-Request-Id",
    "X_Forwarded_For",
    "Marque_Tenant",
    "X_Tenant_Id",
    "Proxy_",
];

/// Q11, on both versions, in odd case and with underscores for hyphens.
#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_edge_may_say_is_said_by_the_edge_alone() -> Result<()> {
    let edge = Edge::plain().await?;
    for (number, name) in FORGED.iter().enumerate() {
        let swapped: String = name
            .chars()
            .map(|c| if c.is_uppercase() { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() })
            .collect();
        let mut client = edge.http1().await?;
        let fields: String =
            [name, &*swapped, &name.replace('-', "_")].map(|name| format!("{name}: forged\r\n")).concat();
        client.say(format!("GET /1/{number} HTTP/1.1\r\nHost: {A}\r\n{fields}\r\n")).await?;
        ensure!(client.status().await? == 200, "{name}");
        let (path, lower) = (format!("/2/{number}"), name.to_ascii_lowercase());
        let mut client = Http2::connect(&edge).await?;
        let under = lower.replace('-', "_");
        let fields = [asking("GET", &path), vec![(&*lower, "forged"), (&*under, "forged")]].concat();
        client.say(head(1, END_STREAM, &fields)).await?;
        ensure!(client.status(1).await? == 200, "{name}");
    }
    let seen = edge.upstream.everything();
    let told: Vec<_> = seen.lines().filter(|line| line.contains("forged")).collect();
    ensure!(told.is_empty(), "{told:?}");
    let seen = seen.to_ascii_lowercase();
    for once in
        ["\nx-forwarded-for: 127.0.0.1\r\n", "\nmarque-tenant: ten_", "\nmarque-assertion: ey", "\nx-request-id: "]
    {
        ensure!(seen.matches(once).count() == 2 * FORGED.len(), "{once}");
    }
    Ok(())
}

/// Q12: `Connection` names what the edge says.
#[tokio::test(flavor = "multi_thread")]
async fn a_nominated_field_is_not_dropped() -> Result<()> {
    let edge = Edge::plain().await?;
    for name in [
        "X-Forwarded-For",
        "x-real-ip",
        "MARQUE-TENANT",
        "Marque-Assertion",
        "Host",
        "Cookie",
        "Forwarded",
        "Content-Length",
        "Transfer-Encoding",
        "X-Request-Id",
        "X_Forwarded_For",
    ] {
        for listed in [
            name.to_owned(),
            format!("close, {name}"),
            format!("keep-alive,{name} ,"),
            format!("x\r\nConnection: {name}"),
        ] {
            let mut client = edge.http1().await?;
            client
                .say(format!("GET /nominated HTTP/1.1\r\nHost: {A}\r\nCookie: a=1\r\nConnection: {listed}\r\n\r\n"))
                .await?;
            let answered = client.status().await?;
            ensure!(answered == 400, "{answered} for {listed:?}");
        }
    }
    ensure!(edge.upstream.count("/nominated") == 0);
    let mut client = edge.http1().await?;
    client.say(format!("GET /ok HTTP/1.1\r\nHost: {A}\r\nX-Hop: secret\r\nConnection: X-Hop, close\r\n\r\n")).await?;
    ensure!(client.status().await? == 200);
    let seen = edge.upstream.everything();
    let seen = seen.to_ascii_lowercase();
    ensure!(seen.contains("\nx-forwarded-for: ") && seen.contains("\nmarque-tenant: "), "{seen}");
    ensure!(!seen.contains("secret") && !seen.contains("connection: x-hop"), "{seen}");
    Ok(())
}

/// Q13: trailers never become fields, neither of their own request nor of the next.
#[tokio::test(flavor = "multi_thread")]
async fn trailers_are_not_passed_on() -> Result<()> {
    let edge = Edge::plain().await?;
    let mut client = edge.http1().await?;
    let trailers = "X-Forwarded-For: 6.6.6.6\r\nMarque-Tenant: trailed\r\nX-Trailed: trailed\r\n";
    client
        .say(format!("POST /t1 HTTP/1.1\r\nHost: {A}\r\nTransfer-Encoding: chunked\r\nTrailer: X-Trailed\r\n\r\n3\r\nabc\r\n0\r\n{trailers}\r\n"))
        .await?;
    ensure!(client.status().await? == 200);
    client.say(get_of("/t2")).await?;
    ensure!(client.status().await? == 200);
    let mut client = Http2::connect(&edge).await?;
    let trailers = block(&[("x-trailed", "trailed"), ("marque-tenant", "trailed"), ("x-forwarded-for", "6.6.6.6")]);
    client
        .say([head(1, 0, &asking("POST", "/t3")), frame(DATA, 0, 1, b"abc"), frame(HEADERS, 5, 1, &trailers)].concat())
        .await?;
    ensure!(client.status(1).await? == 200);
    let mut pseudo = Http2::connect(&edge).await?;
    let trailers = block(&[(":path", "/trailed")]);
    pseudo
        .say([head(1, 0, &asking("POST", "/t4")), frame(DATA, 0, 1, b"abc"), frame(HEADERS, 5, 1, &trailers)].concat())
        .await?;
    // Malformed (RFC 9113 section 8.1); the library lets it pass, so it must be dropped with the rest.
    pseudo.body(1).await?;
    let seen = edge.upstream.everything();
    ensure!(!seen.contains("trailed") && !seen.contains("6.6.6.6"), "{seen}");
    ensure!(!seen.to_ascii_lowercase().contains("\ntrailer:"), "{seen}");
    Ok(())
}

/// Q56: the challenge's path is the edge's own, however it's spelt, and at its own host only.
#[tokio::test(flavor = "multi_thread")]
async fn the_challenges_path_is_the_edges_own() -> Result<()> {
    let edge = Edge::plain().await?;
    let mut plain = Raw::new(tokio::net::TcpStream::connect(edge.handle.http().context("a plain listener")?).await?);
    plain.say(get_of(&format!("/.well-known/acme-challenge/{TOKEN}"))).await?;
    ensure!(plain.answer().await?.1 == PROOF.as_bytes());
    let mut other = Raw::new(tokio::net::TcpStream::connect(edge.handle.http().context("a plain listener")?).await?);
    other.say(format!("GET /.well-known/acme-challenge/{TOKEN} HTTP/1.1\r\nHost: {B}\r\n\r\n")).await?;
    ensure!(other.status().await? == 404);
    for path in [
        "/.well-known/acme-challenge/x",
        "/.well-known/acme-challenge",
        "/.well-known/acme-challenge/",
        "/.WELL-KNOWN/ACME-CHALLENGE/x",
        "//.well-known/acme-challenge/x",
        "/.well-known//acme-challenge/x",
        "/%2ewell-known/acme%2dchallenge/x",
        "/./.well-known/acme-challenge/x",
        "/x/../.well-known/acme-challenge/x",
        "/x/%2e%2e/.well-known/acme-challenge/x",
        "/.well-known/x/../acme-challenge/x",
        "/.well-known%2facme-challenge/x",
        "/.well-known\\acme-challenge/x",
        "/.well-known/acme-challenge;a=b/x",
        "/.well-known/acme-challenge%00/x",
        "/.well-known/acme-challenge/x?y=z",
    ] {
        let mut client = edge.http1().await?;
        client.say(get_of(path)).await?;
        let answered = client.status().await?;
        ensure!((400..500).contains(&answered), "{answered} for {path}");
    }
    ensure!(edge.upstream.everything().is_empty(), "{}", edge.upstream.everything());
    Ok(())
}

/// Q63: where paths count, a spelling that could be another path is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_path_with_two_readings_is_refused_where_paths_count() -> Result<()> {
    let edge = Edge::start(json!({"selectors": [{"path": "/accounts/{account}"}]}), |_| {}).await?;
    for (path, status) in [
        ("/accounts/a/x", 200),
        ("/accounts/b/x", 404),
        ("/accounts/%62/x", 404),
        ("/accounts/a%2f..%2fb/x", 400),
        ("/accounts/a/../b/x", 400),
        ("/accounts/a/%2e%2e/b/x", 400),
        ("/accounts/a/..;/b/x", 400),
        ("/accounts/a%5c..%5cb/x", 400),
        ("/accounts/a\\..\\b/x", 400),
        ("/accounts/a%00/x", 400),
        ("/x/../accounts/b", 400),
        ("//accounts/b", 400),
        ("/./accounts/b", 400),
        ("/%2e/accounts/b", 400),
        ("/accounts/a/%c0%ae%c0%ae/b", 400),
        ("/accounts;x/b", 400),
        ("/ACCOUNTS/b", 400),
    ] {
        let mut client = edge.http1().await?;
        client.say(get_of(path)).await?;
        let answered = client.status().await?;
        ensure!(answered == status || (status == 400 && answered == 404), "{answered} for {path}");
        let mut client = Http2::connect(&edge).await?;
        client.say(get(1, path)).await?;
        let answered = client.status(1).await?;
        ensure!(answered == status || (status == 400 && answered == 404), "{answered} for {path} in HTTP/2");
    }
    ensure!(edge.upstream.count(" HTTP/1.1\r\n") == 2, "{}", edge.upstream.everything());
    Ok(())
}
