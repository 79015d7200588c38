//! Answers that must reach whom they are for, once: Q23, Q24.

use anyhow::{Result, ensure};
use tokio::task::JoinSet;

use crate::edge::{A, Edge, get_of};
use crate::frames::{DATA, END_STREAM, Http2, asking, frame, get, head, reset};
use crate::upstream::Act;

/// Q23: 400 requests on both versions, between bodies that are broken off.
#[tokio::test(flavor = "multi_thread")]
async fn answers_are_never_crossed() -> Result<()> {
    let edge = std::sync::Arc::new(Edge::plain().await?);
    let mut clients = JoinSet::new();
    for number in 0..10 {
        let (first, second) = (edge.clone(), edge.clone());
        clients.spawn(async move { over_http1(&first, number).await });
        clients.spawn(async move { over_http2(&second, number).await });
    }
    while let Some(done) = clients.join_next().await {
        done??;
    }
    Ok(())
}

async fn over_http1(edge: &Edge, number: usize) -> Result<()> {
    let mut client = edge.http1().await?;
    for round in 0..20 {
        if round % 10 == 5 {
            let mut broken = edge.http1().await?;
            broken.say(format!("POST /broken HTTP/1.1\r\nHost: {A}\r\nContent-Length: 9\r\n\r\nabc")).await?;
        }
        let path = format!("/1/{number}/{round}");
        let post =
            format!("POST {path} HTTP/1.1\r\nHost: {A}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
        client.say(if round % 2 == 0 { get_of(&path) } else { post }).await?;
        let (_, body) = client.answer().await?;
        ensure!(body == path.as_bytes(), "{path}: {}", body.escape_ascii());
    }
    Ok(())
}

async fn over_http2(edge: &Edge, number: usize) -> Result<()> {
    let mut client = Http2::connect(edge).await?;
    for round in 0..20 {
        let path = format!("/2/{number}/{round}");
        let stream = 4 * round + 1;
        let broken = [head(stream, 0, &asking("POST", "/broken")), frame(DATA, 0, stream, b"abc"), reset(stream)];
        if round % 10 == 5 {
            client.say(broken.concat()).await?;
        }
        let stream = stream + 2;
        let post = [head(stream, 0, &asking("POST", &path)), frame(DATA, END_STREAM, stream, b"abc")].concat();
        client.say(if round % 2 == 0 { get(stream, &path) } else { post }).await?;
        let (body, is_whole) = client.body(stream).await?;
        ensure!(is_whole && body == path.as_bytes(), "{path}: {}", body.escape_ascii());
    }
    Ok(())
}

/// Q24: what may have been done isn't done again, on a connection that is new or that was used before.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_may_have_been_taken_is_sent_once() -> Result<()> {
    let edge = Edge::plain().await?;
    edge.upstream.on("/closes", Act::SayAndClose("".into()));
    edge.upstream.on("/half", Act::SayAndClose("HTTP/1.1 200 OK\r\nContent-Le".into()));
    for path in ["/closes", "/half"] {
        for method in ["POST", "PATCH", "PUT", "DELETE"] {
            for (fields, body) in
                [("Content-Length: 3", "abc"), ("Transfer-Encoding: chunked", "3\r\nabc\r\n0\r\n\r\n")]
            {
                for is_used in [false, true] {
                    let mut client = edge.http1().await?;
                    if is_used {
                        client.say(get_of("/warm")).await?;
                        ensure!(client.status().await? == 200);
                    }
                    edge.upstream.forget();
                    client.say(format!("{method} {path} HTTP/1.1\r\nHost: {A}\r\n{fields}\r\n\r\n{body}")).await?;
                    let answered = client.status().await?;
                    let times = edge.upstream.count(&format!("{method} {path} "));
                    ensure!((answered, times) == (502, 1), "{answered}, {times} times: {method} {path} {fields}");
                }
            }
        }
    }
    for (stream, method) in [(1, "POST"), (3, "PATCH")] {
        let mut client = Http2::connect(&edge).await?;
        edge.upstream.forget();
        client.say(head(stream, END_STREAM, &asking(method, "/closes"))).await?;
        let answered = client.status(stream).await?;
        let times = edge.upstream.count(&format!("{method} /closes "));
        ensure!((answered, times) == (502, 1), "{answered}, {times} times: {method} without a body");
    }
    // A response has begun: not even GET.
    edge.upstream.on("/begun", Act::SayAndClose("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc".into()));
    edge.upstream.forget();
    let mut client = edge.http1().await?;
    client.say(get_of("/begun")).await?;
    client.rest().await?;
    ensure!(edge.upstream.count("GET /begun ") == 1);
    Ok(())
}
