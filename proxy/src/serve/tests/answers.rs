//! What of an application's answer belongs to its connection, and where it ends.

use std::io::ErrorKind;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::application::read_head;
use super::{Edge, HOST, tls};

/// An edge before an application that answers one request with these bytes, and closes the connection if it `goes`.
async fn answering(answer: &'static str, goes: bool) -> Edge {
    Edge::before_one("{}", move |mut stream: TcpStream| async move {
        read_head(&mut stream).await;
        stream.write_all(answer.as_bytes()).await.unwrap();
        if !goes {
            std::future::pending::<()>().await;
        }
    })
    .await
}

/// The head of the answer to a request by this method, and the head that comes before it.
async fn heads(method: &str, answer: &'static str) -> (String, String) {
    let edge = answering(answer, false).await;
    let mut client = edge.http1();
    client.say(format!("{method} / HTTP/1.1\r\nHost: {HOST}\r\n\r\n")).await;
    let mut head = client.until(b"\r\n\r\n").await.to_ascii_lowercase();
    let mut before = String::new();
    if head.starts_with("http/1.1 1") {
        before = std::mem::replace(&mut head, client.until(b"\r\n\r\n").await.to_ascii_lowercase());
    }
    (head, before)
}

/// RFC 9110 section 7.6.1.
#[tokio::test]
async fn what_is_of_the_applications_connection_stays_there() {
    let answer = "HTTP/1.1 200 OK\r\nConnection: X-Hop, keep-alive\r\nConnection: x-more\r\nX-Hop: 1\r\nx-more: 2\r\n\
                  Keep-Alive: timeout=5\r\nX-Kept: yes\r\nContent-Length: 0\r\n\r\n";
    let (head, _) = heads("GET", answer).await;
    assert!(head.contains("x-kept: yes\r\n") && head.contains("content-length: 0\r\n"), "{head}");
    assert!(head.contains("connection: keep-alive\r\n"), "{head}");
    for gone in ["x-hop", "x-more", "timeout"] {
        assert!(!head.contains(gone), "{gone}: {head}");
    }
}

/// RFC 9110 section 8.6, RFC 9112 section 6.1.
#[tokio::test]
async fn an_answer_without_a_body_says_nothing_of_one() {
    for (method, answer) in [
        ("GET", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"),
        ("GET", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"),
        ("GET", "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n"),
        ("HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        ("HEAD", "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
        ("HEAD", "HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
    ] {
        let (head, before) = heads(method, answer).await;
        for name in ["content-length", "transfer-encoding"] {
            assert!(!head.contains(name) && !before.contains(name), "{answer}: {before}{head}");
        }
    }
    // What a body would have been may be said.
    for (method, status) in [("HEAD", "200 OK"), ("GET", "304 Not Modified")] {
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 5\r\n\r\n").leak();
        assert!(heads(method, answer).await.0.contains("content-length: 5\r\n"), "{method} {status}");
    }
}

/// RFC 9112 section 9.8: what ends with its connection is whole only when TLS says that it ends.
#[tokio::test]
async fn an_answer_that_is_cut_is_not_closed_like_one_that_is_whole() {
    for (answer, is_whole) in [
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", true),
        ("HTTP/1.1 200 OK\r\n\r\nhello", true),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", false),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nx", false),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", false),
    ] {
        let edge = answering(answer, true).await;
        let mut client = tls::connect(&edge, "http/1.1").await;
        client.write_all(format!("GET / HTTP/1.0\r\nHost: {HOST}\r\n\r\n").as_bytes()).await.unwrap();
        let mut seen = Vec::new();
        let end = client.read_to_end(&mut seen).await;
        let (_, body) = std::str::from_utf8(&seen).unwrap().split_once("\r\n\r\n").unwrap();
        assert!("hello".starts_with(body) && (!is_whole || body == "hello"), "{answer}: {body}");
        let is_cut = end.is_err_and(|error| error.kind() == ErrorKind::UnexpectedEof);
        assert_eq!(is_cut, !is_whole, "{answer}");
    }
}
