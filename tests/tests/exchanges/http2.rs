//! A visitor over HTTP/2: a stream for each exchange of a conversation, on one connection. It reads while it writes.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use anyhow::{Context, Result};
use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest, handshake};
use h2::{Reason, SendStream};
use http::{HeaderMap, Response};
use marque_tests::feed::A;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use crate::application::{Field, PATIENCE};
use crate::edge::Edge;
use crate::odd::OddRequest;
use crate::plan::{Framing, Request};
use crate::talk::{Asked, Outcome, Seen};

/// A visitor's connection.
pub(crate) struct Http2 {
    send: SendRequest<Bytes>,
    _connection: AbortOnDropHandle<()>,
}

/// A request's body on its way.
struct Upload {
    stream: SendStream<Bytes>,
    pieces: Vec<Bytes>,
    trailers: Option<HeaderMap>,
    is_broken_off: bool,
}

impl Http2 {
    pub(crate) async fn connect(edge: &Edge) -> Result<Self> {
        let (send, connection) = handshake(edge.connect("h2").await?).await?;
        let connection = tokio::spawn(async move { drop(connection.await) });
        Ok(Self { send, _connection: AbortOnDropHandle::new(connection) })
    }

    pub(crate) async fn ask(&self, asked: &Asked) -> Result<Outcome> {
        timeout(PATIENCE, self.exchange(asked)).await.context("the visitor waits for ever")?
    }

    async fn exchange(&self, asked: &Asked) -> Result<Outcome> {
        let request = &asked.exchange.request;
        let has_body = request.has_body();
        let mut send = self.send.clone().ready().await.context("the connection is over")?;
        let (response, stream) = send.send_request(head(request, &asked.marker)?, !has_body)?;
        let (go, may_go) = oneshot::channel();
        let may_go = request.is_expecting.then_some(may_go);
        let upload = has_body.then(|| Upload::of(request, &asked.marker, stream));
        let uploading = upload.map(|upload| AbortOnDropHandle::new(tokio::spawn(upload.send(may_go))));
        if matches!(request.flaw, Some(OddRequest::BrokenOff)) {
            if let Some(uploading) = uploading {
                uploading.await?;
            }
            return Ok(Outcome::Nothing);
        }
        let outcome = answer(response, go).await;
        let Outcome::Answer(mut seen) = outcome else { return Ok(outcome) };
        if let Some(uploading) = uploading.filter(|_| seen.is_whole) {
            seen.reset = uploading.await?;
        }
        Ok(Outcome::Answer(seen))
    }
}

fn head(request: &Request, marker: &str) -> Result<http::Request<()>> {
    let method = match request.flaw {
        Some(OddRequest::Method(method, _)) => method,
        _ => request.method,
    };
    let target = match request.flaw {
        Some(OddRequest::LongTarget(length)) => format!("/{}", "x".repeat(length)),
        _ => request.target.clone(),
    };
    let mut builder =
        http::Request::builder().method(method).uri(format!("https://{A}{target}")).header("x-marker", marker);
    for (name, value) in &request.fields {
        builder = builder.header(*name, &value.0[..]);
    }
    if request.is_expecting {
        builder = builder.header("expect", "100-continue");
    }
    if request.body.framing == Framing::Length {
        let other = if let Some(OddRequest::OtherLength(by)) = request.flaw { isize::from(by) } else { 0 };
        builder = builder.header("content-length", request.body.length.saturating_add_signed(other));
    }
    match request.flaw {
        Some(OddRequest::Field(name, value, _)) => builder = builder.header(name, value),
        Some(OddRequest::ManyFields(count)) => {
            for number in 0..count {
                builder = builder.header(format!("x-many-{number}"), "x");
            }
        }
        _ => {}
    }
    Ok(builder.body(())?)
}

/// The answer, with what comes before it; `go` is told of a `100`.
async fn answer(mut response: ResponseFuture, go: oneshot::Sender<()>) -> Outcome {
    let mut seen = Seen::default();
    let mut go = Some(go);
    let answer = poll_fn(|context| {
        while let Poll::Ready(Some(Ok(interim))) = response.poll_informational(context) {
            seen.interim.push(interim.status().as_u16());
            if let Some(go) = go.take_if(|_| interim.status() == 100) {
                let _ = go.send(());
            }
        }
        Pin::new(&mut response).poll(context)
    });
    let Ok(answer) = answer.await else { return Outcome::Nothing };
    let (head, mut body) = Response::into_parts(answer);
    seen.status = head.status.as_u16();
    seen.fields =
        head.headers.iter().map(|(name, value)| -> Field { (name.to_string(), value.as_bytes().to_vec()) }).collect();
    loop {
        match body.data().await {
            Some(Ok(piece)) => {
                seen.body.extend_from_slice(&piece);
                // A stream that is over has no window.
                let _ = body.flow_control().release_capacity(piece.len());
            }
            Some(Err(_)) => return Outcome::Answer(seen),
            None => break,
        }
    }
    seen.is_whole = matches!(body.trailers().await, Ok(None));
    Outcome::Answer(seen)
}

impl Upload {
    fn of(request: &Request, marker: &str, stream: SendStream<Bytes>) -> Self {
        let content = request.body.content("q", marker);
        let mut pieces: Vec<_> = request.body.pieces(&content).into_iter().map(Bytes::copy_from_slice).collect();
        let is_broken_off = matches!(request.flaw, Some(OddRequest::BrokenOff));
        if is_broken_off {
            pieces = vec![Bytes::copy_from_slice(&content[..content.len() / 2])];
        }
        let trailers =
            HeaderMap::from_iter([(http::HeaderName::from_static("x-trailer"), http::HeaderValue::from_static("x"))]);
        let trailers = (request.body.has_trailers && request.flaw.is_none()).then_some(trailers);
        Self { stream, pieces, trailers, is_broken_off }
    }

    /// Sends it; why the stream was reset before that was done, if it was.
    async fn send(mut self, may_go: Option<oneshot::Receiver<()>>) -> Option<Reason> {
        if let Some(may_go) = may_go
            && may_go.await.is_err()
        {
            return self.reset().await;
        }
        for mut piece in std::mem::take(&mut self.pieces) {
            while !piece.is_empty() {
                self.stream.reserve_capacity(piece.len());
                match poll_fn(|context| self.stream.poll_capacity(context)).await {
                    Some(Ok(room)) => {
                        let part = piece.split_to(room.min(piece.len()));
                        if self.stream.send_data(part, false).is_err() {
                            return self.reset().await;
                        }
                    }
                    _ => return self.reset().await,
                }
            }
        }
        let is_sent = match self.trailers.take() {
            _ if self.is_broken_off => {
                self.stream.send_reset(Reason::CANCEL);
                return None;
            }
            Some(trailers) => self.stream.send_trailers(trailers),
            None => self.stream.send_data(Bytes::new(), true),
        };
        if is_sent.is_err() { self.reset().await } else { None }
    }

    async fn reset(&mut self) -> Option<Reason> {
        poll_fn(|context| self.stream.poll_reset(context)).await.ok()
    }
}
