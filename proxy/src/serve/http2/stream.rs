//! One request of an HTTP/2 connection, as the engine reads and answers it.
//!
//! The engine's own drops what an application says before its answer (`100`, `103`), and has no deadline for one that
//! never answers; a client that waits for `100` would wait for ever (RFC 9110 section 10.1.1).

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use http::{HeaderMap, Response, StatusCode, header};
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::protocols::Digest;
use pingora::protocols::http::HttpTask;
use pingora::protocols::http::custom::CustomMessageWrite;
use pingora::protocols::http::custom::server::Session;
use pingora::protocols::http::date::get_cached_date;
use pingora::protocols::l4::socket::SocketAddr;
use pingora::{Error, ErrorType, OrErr};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::exchange::{Connection, Patience, Visitor};

type Messages = Box<dyn futures_util::Stream<Item = pingora::Result<Bytes>> + Unpin + Send + Sync + 'static>;

/// What a client takes of an answer within the write deadline, at least: a window may open by one byte at a time.
const LEAST: usize = 4 << 10;

/// A request and the way back.
pub(super) struct Stream {
    head: RequestHeader,
    body: RecvStream,
    received: usize,
    back: Back,
    digest: Digest,
    patience: Arc<Patience>,
}

/// The way back.
struct Back {
    respond: SendResponse<Bytes>,
    body: Option<SendStream<Bytes>>,
    written: Option<Box<ResponseHeader>>,
    has_ended: bool,
    sent: usize,
    deadline: Option<Duration>,
}

impl Stream {
    /// A request; none, and reset, when its target is no target.
    pub(super) fn judged(request: http::Request<RecvStream>, mut respond: SendResponse<Bytes>) -> Option<Self> {
        let has_odd_target = request.uri().path_and_query().is_some_and(|it| it.as_str().bytes().any(|b| b <= b' '));
        if has_odd_target {
            respond.send_reset(Reason::PROTOCOL_ERROR);
            return None;
        }
        let (head, body) = request.into_parts();
        let back = Back { respond, body: None, written: None, has_ended: false, sent: 0, deadline: None };
        Some(Self {
            head: RequestHeader::from(head),
            body,
            received: 0,
            back,
            digest: Digest::default(),
            patience: Arc::default(),
        })
    }

    /// Carries what the engine is to know of its connection.
    pub(super) fn for_engine(mut self, connection: &Arc<Connection>) -> Self {
        self.digest.proxy_digest = connection.digest_with(&self.patience);
        self
    }

    /// How long the application may take.
    pub(super) fn patience(&self) -> Arc<Patience> {
        Arc::clone(&self.patience)
    }

    /// Serves with this deadline for what the client takes.
    pub(super) fn with_deadline(mut self, deadline: Duration) -> Self {
        self.back.deadline = Some(deadline);
        self
    }

    /// Says goodbye. An answer that can't be finished is reset.
    pub(super) fn close(mut self, is_answered: bool) {
        if !is_answered && !self.back.has_ended {
            self.back.respond.send_reset(Reason::INTERNAL_ERROR);
        }
    }

    fn is_done(&self) -> bool {
        self.has_no_body() || self.body.is_end_stream()
    }

    fn has_no_body(&self) -> bool {
        let is_zero = |length: &http::HeaderValue| length.as_bytes() == b"0";
        let is_said = || self.head.headers.get(header::CONTENT_LENGTH).is_some_and(is_zero);
        self.received == 0 && (self.body.is_end_stream() || is_said())
    }

    async fn next_piece(&mut self) -> pingora::Result<Option<Bytes>> {
        let Some(piece) = self.body.data().await else { return Ok(None) };
        let piece = piece.or_err(ErrorType::ReadError, "while reading a request's body")?;
        self.received += piece.len();
        let released = self.body.flow_control().release_capacity(piece.len());
        released.or_err(ErrorType::ReadError, "while opening a stream's window")?;
        Ok(Some(piece))
    }

    /// Comes back when the client gives the request up, or the application takes too long.
    async fn given_up(&mut self) -> Box<Error> {
        let Self { back, patience, .. } = self;
        let given_up = poll_fn(|context| match &mut back.body {
            Some(body) => body.poll_reset(context),
            None => back.respond.poll_reset(context),
        });
        let over = async {
            match patience.due() {
                Some(due) => sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            reason = given_up => match reason {
                Ok(reason) => Error::explain(ErrorType::H2Error, format!("given up: {reason}")),
                Err(error) => Error::because(ErrorType::H2Error, "while waiting for the client", error),
            },
            () = over => {
                patience.give_up();
                Error::explain(ErrorType::ReadTimedout, "the application takes too long")
            }
        }
    }
}

impl Back {
    /// Writes a head without what belongs to an HTTP/1 connection (RFC 9113 section 8.2.2).
    fn head(&mut self, mut head: Box<ResponseHeader>, is_last: bool) -> pingora::Result<()> {
        const OF_CONNECTION: [&str; 5] =
            ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"];
        if self.has_ended || self.written.is_some() {
            return Ok(());
        }
        OF_CONNECTION.iter().for_each(|name| drop(head.remove_header(*name)));
        let response = Response::from_parts(head.as_owned_parts(), ());
        if head.status == StatusCode::SWITCHING_PROTOCOLS {
            return Error::e_explain(ErrorType::InvalidHTTPHeader, "an upgrade that HTTP/2 hasn't");
        }
        if head.status.is_informational() {
            let sent = self.respond.send_informational(response);
            return sent.or_err(ErrorType::WriteError, "while writing an interim answer");
        }
        let sent = self.respond.send_response(dated(response), is_last);
        self.body = Some(sent.or_err(ErrorType::WriteError, "while writing an answer's head")?);
        self.written = Some(head);
        self.has_ended = is_last;
        Ok(())
    }

    async fn body(&mut self, data: Bytes, is_last: bool) -> pingora::Result<()> {
        if self.has_ended {
            return Ok(());
        }
        let Some(out) = &mut self.body else {
            return Error::e_explain(ErrorType::H2Error, "a body before its head");
        };
        self.sent += data.len();
        self.has_ended = is_last;
        send(out, data, is_last, self.deadline).await
    }

    fn trailers(&mut self, trailers: HeaderMap) -> pingora::Result<()> {
        match &mut self.body {
            Some(out) if !self.has_ended => {
                self.has_ended = true;
                out.send_trailers(trailers).or_err(ErrorType::WriteError, "while writing trailers")
            }
            _ => Ok(()),
        }
    }

    fn finish(&mut self) -> pingora::Result<()> {
        match &mut self.body {
            Some(out) if !self.has_ended => {
                self.has_ended = true;
                out.send_data(Bytes::new(), true).or_err(ErrorType::WriteError, "while ending an answer")
            }
            // Without an answer the stream is reset when it's dropped.
            _ => Ok(()),
        }
    }

    async fn task(&mut self, task: HttpTask) -> pingora::Result<bool> {
        match task {
            HttpTask::Header(head, is_last) => self.head(head, is_last).map(|()| is_last),
            HttpTask::Body(Some(data), is_last) if !data.is_empty() => self.body(data, is_last).await.map(|()| is_last),
            HttpTask::Body(_, is_last) => Ok(is_last),
            HttpTask::UpgradedBody(..) => Error::e_explain(ErrorType::InternalError, "a tunnel that HTTP/2 hasn't"),
            HttpTask::Trailer(Some(trailers)) => self.trailers(*trailers).map(|()| true),
            HttpTask::Trailer(None) | HttpTask::Done => Ok(true),
            HttpTask::Failed(error) => Err(error),
        }
    }
}

impl Visitor for Stream {
    fn asked(&self) -> &RequestHeader {
        &self.head
    }

    fn has_body(&mut self) -> bool {
        !self.has_no_body()
    }

    fn is_body_done(&mut self) -> bool {
        self.is_done()
    }

    async fn read(&mut self) -> pingora::Result<Option<Bytes>> {
        self.next_piece().await
    }

    async fn idle(&mut self) -> Box<Error> {
        self.given_up().await
    }

    async fn answer(&mut self, head: Box<ResponseHeader>, is_last: bool) -> pingora::Result<()> {
        self.back.head(head, is_last)
    }

    async fn send(&mut self, piece: Bytes, is_last: bool) -> pingora::Result<()> {
        self.back.body(piece, is_last).await
    }

    fn answered(&self) -> Option<StatusCode> {
        self.back.written.as_ref().map(|head| head.status)
    }

    fn sent(&self) -> usize {
        self.back.sent
    }

    fn close_after(&mut self) {}
}

/// An answer that says when it was given (RFC 9110 section 6.6.1).
fn dated(mut response: Response<()>) -> Response<()> {
    response.headers_mut().entry(header::DATE).or_insert_with(get_cached_date);
    response
}

/// Writes data as the client takes it: [`LEAST`] bytes, or what is left, within each deadline.
async fn send(
    out: &mut SendStream<Bytes>,
    mut data: Bytes,
    is_last: bool,
    deadline: Option<Duration>,
) -> pingora::Result<()> {
    if data.is_empty() {
        return out.send_data(data, is_last).or_err(ErrorType::WriteError, "while writing a body");
    }
    let next = || deadline.map(|deadline| Instant::now() + deadline);
    let (mut due, mut taken) = (next(), 0);
    while !data.is_empty() {
        out.reserve_capacity(data.len());
        let room = room(out, due).await?;
        let piece = data.split_to(room.min(data.len()));
        taken += piece.len();
        let sent = out.send_data(piece, is_last && data.is_empty());
        sent.or_err(ErrorType::WriteError, "while writing a body")?;
        if taken >= LEAST {
            (due, taken) = (next(), 0);
        }
    }
    Ok(())
}

/// Waits until the client takes something; how much.
async fn room(out: &mut SendStream<Bytes>, due: Option<Instant>) -> pingora::Result<usize> {
    let room = poll_fn(|context| out.poll_capacity(context));
    let room = match due {
        Some(due) => timeout_at(due, room).await.or_err(ErrorType::WriteTimedout, "the client takes too long")?,
        None => room.await,
    };
    match room.unwrap_or(Ok(0)).or_err(ErrorType::WriteError, "while waiting for a window")? {
        0 => Error::e_explain(ErrorType::ConnectionClosed, "the stream is over"),
        room => Ok(room),
    }
}

#[async_trait]
impl Session for Stream {
    fn req_header(&self) -> &RequestHeader {
        &self.head
    }

    fn req_header_mut(&mut self) -> &mut RequestHeader {
        &mut self.head
    }

    async fn read_body_bytes(&mut self) -> pingora::Result<Option<Bytes>> {
        self.next_piece().await
    }

    async fn drain_request_body(&mut self) -> pingora::Result<()> {
        // What isn't read is reset with the stream.
        Ok(())
    }

    async fn write_response_header(&mut self, head: Box<ResponseHeader>, is_last: bool) -> pingora::Result<()> {
        self.back.head(head, is_last).map_err(|error| error.into_down())
    }

    async fn write_response_header_ref(&mut self, head: &ResponseHeader, is_last: bool) -> pingora::Result<()> {
        self.back.head(Box::new(head.clone()), is_last).map_err(|error| error.into_down())
    }

    async fn write_body(&mut self, data: Bytes, is_last: bool) -> pingora::Result<()> {
        self.back.body(data, is_last).await.map_err(|error| error.into_down())
    }

    async fn write_trailers(&mut self, trailers: HeaderMap) -> pingora::Result<()> {
        self.back.trailers(trailers).map_err(|error| error.into_down())
    }

    async fn response_duplex_vec(&mut self, tasks: Vec<HttpTask>) -> pingora::Result<bool> {
        let mut has_ended = false;
        for task in tasks {
            let is_failure = matches!(task, HttpTask::Failed(_));
            let ended = self.back.task(task).await;
            has_ended |= if is_failure { ended? } else { ended.map_err(|error| error.into_down())? };
            self.patience.moved();
        }
        if has_ended {
            self.back.finish().map_err(|error| error.into_down())?;
        }
        Ok(has_ended)
    }

    fn set_read_timeout(&mut self, _: Option<Duration>) {}

    fn get_read_timeout(&self) -> Option<Duration> {
        None
    }

    fn set_write_timeout(&mut self, deadline: Option<Duration>) {
        self.back.deadline = deadline;
    }

    fn get_write_timeout(&self) -> Option<Duration> {
        self.back.deadline
    }

    fn set_total_drain_timeout(&mut self, _: Option<Duration>) {}

    fn get_total_drain_timeout(&self) -> Option<Duration> {
        None
    }

    fn request_summary(&self) -> String {
        format!("{} {}", self.head.method, self.head.uri.path())
    }

    fn response_written(&self) -> Option<&ResponseHeader> {
        self.back.written.as_deref()
    }

    async fn shutdown(&mut self, code: u32, _: &str) {
        if !self.back.has_ended {
            self.back.respond.send_reset(Reason::from(code));
        }
    }

    async fn abandon(&mut self, context: &str) {
        self.shutdown(u32::from(Reason::INTERNAL_ERROR), context).await;
    }

    fn is_body_done(&mut self) -> bool {
        self.is_done()
    }

    async fn finish(&mut self) -> pingora::Result<()> {
        self.back.finish().map_err(|error| error.into_down())
    }

    fn is_body_empty(&mut self) -> bool {
        self.has_no_body()
    }

    async fn read_body_or_idle(&mut self, no_body_expected: bool) -> pingora::Result<Option<Bytes>> {
        if no_body_expected || self.is_done() { Err(self.given_up().await) } else { self.next_piece().await }
    }

    fn body_bytes_sent(&self) -> usize {
        self.back.sent
    }

    fn body_bytes_read(&self) -> usize {
        self.received
    }

    fn digest(&self) -> Option<&Digest> {
        Some(&self.digest)
    }

    fn digest_mut(&mut self) -> Option<&mut Digest> {
        Some(&mut self.digest)
    }

    fn client_addr(&self) -> Option<&SocketAddr> {
        None
    }

    fn server_addr(&self) -> Option<&SocketAddr> {
        None
    }

    fn pseudo_raw_h1_request_header(&self) -> Bytes {
        // For subrequests, which nothing here makes.
        Bytes::new()
    }

    fn enable_retry_buffering(&mut self) {}

    fn retry_buffer_truncated(&self) -> bool {
        // A body isn't kept: only what has none is asked for again.
        self.received > 0
    }

    fn get_retry_buffer(&self) -> Option<Bytes> {
        None
    }

    async fn finish_custom(&mut self) -> pingora::Result<()> {
        Ok(())
    }

    fn take_custom_message_reader(&mut self) -> Option<Messages> {
        None
    }

    fn restore_custom_message_reader(&mut self, _: Messages) -> pingora::Result<()> {
        Ok(())
    }

    fn take_custom_message_writer(&mut self) -> Option<Box<dyn CustomMessageWrite>> {
        None
    }

    fn restore_custom_message_writer(&mut self, _: Box<dyn CustomMessageWrite>) -> pingora::Result<()> {
        Ok(())
    }
}
