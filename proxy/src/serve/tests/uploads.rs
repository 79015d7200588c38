//! Bodies that are on their way while the application answers.

use std::future::poll_fn;
use std::time::Duration;

use bytes::Bytes;
use h2::client::handshake;
use h2::{Reason, SendStream};
use http::Request;
use tokio::io::{AsyncReadExt, AsyncWriteExt, split};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::application::read_head;
use super::{Client, Edge, HOST};

/// More than the system holds on the way to an application.
const MUCH: usize = 16 << 20;
const EARLY: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// Answers before it reads the body, and then goes, or stays without reading.
async fn answer_early(mut stream: TcpStream, goes: bool) {
    read_head(&mut stream).await;
    stream.write_all(EARLY).await.unwrap();
    if !goes {
        std::future::pending::<()>().await;
    }
}

/// Answers with much before it reads as much.
async fn answer_much(mut stream: TcpStream) {
    read_head(&mut stream).await;
    let answer = vec![b'a'; MUCH];
    stream.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {MUCH}\r\n\r\n").as_bytes()).await.unwrap();
    stream.write_all(&answer).await.unwrap();
    stream.read_exact(&mut vec![0; MUCH]).await.unwrap();
    std::future::pending::<()>().await;
}

/// An HTTP/1 client that sends this body while it reads; what it reads until the connection is closed, or this much came.
async fn exchange_http1(edge: &Edge, body: usize, most: usize) -> Vec<u8> {
    let Client { io, .. } = edge.http1();
    let (mut read, mut write) = split(io);
    let upload = tokio::spawn(async move {
        let head = format!("POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {body}\r\n\r\n");
        write.write_all(head.as_bytes()).await?;
        write.write_all(&vec![b'q'; body]).await
    });
    let mut seen = Vec::new();
    while seen.len() < most && read.read_buf(&mut seen).await.is_ok_and(|count| count > 0) {}
    // It's broken off when the answer doesn't wait for it.
    upload.abort();
    seen
}

/// An HTTP/2 client that sends this body while it reads: the answer's body, and why the stream was reset, if it was.
async fn exchange_http2(edge: &Edge, length: usize) -> (Bytes, Option<Reason>) {
    let (send, connection) = handshake(edge.http2()).await.unwrap();
    tokio::spawn(async move { drop(connection.await) });
    let request = Request::post(format!("https://{HOST}/")).header("content-length", length).body(()).unwrap();
    let (response, stream) = send.ready().await.unwrap().send_request(request, false).unwrap();
    let upload = tokio::spawn(upload(stream, length));
    let mut body = response.await.unwrap().into_body();
    let mut seen = Vec::new();
    while let Some(piece) = body.data().await {
        let piece = piece.unwrap();
        // A stream that is over has no window.
        let _ = body.flow_control().release_capacity(piece.len());
        seen.extend_from_slice(&piece);
    }
    (seen.into(), timeout(Duration::from_secs(10), upload).await.unwrap().unwrap())
}

/// Sends so much as the windows open; why it was reset before the end, if it was.
async fn upload(mut stream: SendStream<Bytes>, mut left: usize) -> Option<Reason> {
    while left > 0 {
        stream.reserve_capacity(left);
        let Some(Ok(room)) = poll_fn(|context| stream.poll_capacity(context)).await else { break };
        left -= room;
        if stream.send_data(vec![b'q'; room].into(), left == 0).is_err() {
            break;
        }
    }
    if left == 0 { None } else { poll_fn(|context| stream.poll_reset(context)).await.ok() }
}

/// RFC 9113 section 8.1: an answer that doesn't wait for its request is whole, and then the request is let go without an
/// error.
#[tokio::test]
async fn an_early_answer_over_http2_is_whole_and_no_error() {
    for goes in [true, false] {
        let edge = Edge::before_one("{}", move |stream| answer_early(stream, goes)).await;
        let (body, reset) = exchange_http2(&edge, MUCH).await;
        assert_eq!((&body[..], reset), (&b"hello"[..], Some(Reason::NO_ERROR)), "goes: {goes}");
    }
}

#[tokio::test]
async fn an_early_answer_over_http1_is_whole_and_the_last() {
    for goes in [true, false] {
        let edge = Edge::before_one("{}", move |stream| answer_early(stream, goes)).await;
        let seen = String::from_utf8(exchange_http1(&edge, MUCH, usize::MAX).await).unwrap();
        assert!(seen.starts_with("HTTP/1.1 200 OK\r\n") && seen.ends_with("\r\n\r\nhello"), "goes: {goes}: {seen}");
        assert!(seen.contains("Connection: close\r\n"), "goes: {goes}: {seen}");
    }
}

#[tokio::test]
async fn an_application_may_answer_much_before_it_reads_much() {
    let edge = Edge::before_one("{}", answer_much).await;
    let seen = exchange_http1(&edge, MUCH, MUCH).await;
    assert!(seen.starts_with(b"HTTP/1.1 200 OK\r\n"), "{}", seen[..seen.len().min(200)].escape_ascii());
    assert!(seen.ends_with(&[b'a'; 1024]));
    let edge = Edge::before_one("{}", answer_much).await;
    let (body, _) = exchange_http2(&edge, MUCH).await;
    assert!(body.len() == MUCH && body.iter().all(|byte| *byte == b'a'));
}

/// The client isn't waited for once its body is whole, however long the application thinks.
#[tokio::test]
async fn a_stream_whose_body_is_whole_waits_for_the_application() {
    let ((has_come, came), (go, gone)) = (oneshot::channel(), oneshot::channel::<()>());
    let edge = Edge::before_one(r#"{"deadlines": {"answer": "5m"}}"#, |mut stream| async move {
        read_head(&mut stream).await;
        stream.read_exact(&mut [0; 3]).await.unwrap();
        has_come.send(()).unwrap();
        gone.await.unwrap();
        stream.write_all(EARLY).await.unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    let asked = async {
        let (send, connection) = handshake(edge.http2()).await.unwrap();
        tokio::spawn(async move { drop(connection.await) });
        let request = Request::post(format!("https://{HOST}/")).header("content-length", 3).body(()).unwrap();
        let (response, mut stream) = send.ready().await.unwrap().send_request(request, false).unwrap();
        stream.send_data("abc".into(), true).unwrap();
        response.await.map(|response| response.status().as_u16())
    };
    let thinking = async {
        came.await.unwrap();
        tokio::time::pause();
        tokio::time::sleep(Duration::from_secs(100)).await;
        tokio::time::resume();
        go.send(()).unwrap();
    };
    let (status, ()) = tokio::join!(asked, thinking);
    assert_eq!(status.unwrap(), 200);
}
