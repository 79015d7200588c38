//! The downstream side of one request: its head, its body, and the way back.

use std::future::Future;

use bytes::Bytes;
use http::{StatusCode, Version};
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::proxy::Session;
use pingora::{Error, ErrorType};

/// Who asks. On HTTP/1 and HTTP/2 it's our own; the engine's is for what the engine serves.
pub(crate) trait Visitor: Send {
    /// How much of an answer's body is held for the visitor at once, in bytes.
    const MOST_PIECE: usize = 16 << 10;

    /// The head of the request.
    fn asked(&self) -> &RequestHeader;

    /// Whether the request asks for a tunnel.
    fn is_upgrade(&self) -> bool {
        false
    }

    /// Whether the request has a body, read or not.
    fn has_body(&mut self) -> bool;

    /// Whether nothing of the body is left to read.
    fn is_body_done(&mut self) -> bool;

    /// The next piece of the body; none at its end. It may be asked for again and again: nothing is lost between.
    fn read(&mut self) -> impl Future<Output = pingora::Result<Option<Bytes>>> + Send;

    /// Comes back when the visitor has gone, or has waited for the application long enough.
    fn idle(&mut self) -> impl Future<Output = Box<Error>> + Send;

    /// Writes a head: an interim one, or the answer's; `is_last` when no body follows.
    fn answer(&mut self, head: Box<ResponseHeader>, is_last: bool) -> impl Future<Output = pingora::Result<()>> + Send;

    /// Writes a piece of the answer's body, as soon as the visitor takes it.
    fn send(&mut self, piece: Bytes, is_last: bool) -> impl Future<Output = pingora::Result<()>> + Send;

    /// Sees to it that what was written leaves.
    fn flush(&mut self) -> impl Future<Output = pingora::Result<()>> + Send {
        async { Ok(()) }
    }

    /// The status of the answer, once it has begun.
    fn answered(&self) -> Option<StatusCode>;

    /// How many bytes of the answer's body were written.
    fn sent(&self) -> usize;

    /// Sees to it that the connection, where it carries one request at a time, carries no other after this one.
    fn close_after(&mut self);

    /// Whether the request came by HTTP/2.
    fn is_http2(&self) -> bool {
        self.asked().version == Version::HTTP_2
    }
}

impl Visitor for Session {
    fn asked(&self) -> &RequestHeader {
        self.req_header()
    }

    fn is_upgrade(&self) -> bool {
        self.is_upgrade_req()
    }

    fn has_body(&mut self) -> bool {
        !self.is_body_empty()
    }

    fn is_body_done(&mut self) -> bool {
        self.as_downstream_mut().is_body_done()
    }

    async fn read(&mut self) -> pingora::Result<Option<Bytes>> {
        self.read_request_body().await
    }

    async fn idle(&mut self) -> Box<Error> {
        match self.as_downstream_mut().read_body_or_idle(true).await {
            Err(error) => error,
            Ok(_) => Error::new_down(ErrorType::ConnectionClosed),
        }
    }

    async fn answer(&mut self, head: Box<ResponseHeader>, is_last: bool) -> pingora::Result<()> {
        self.write_response_header(head, is_last).await
    }

    async fn send(&mut self, piece: Bytes, is_last: bool) -> pingora::Result<()> {
        self.write_response_body(Some(piece), is_last).await
    }

    fn answered(&self) -> Option<StatusCode> {
        self.response_written().map(|head| head.status).filter(|status| !status.is_informational())
    }

    fn sent(&self) -> usize {
        self.body_bytes_sent()
    }

    fn close_after(&mut self) {
        self.set_keepalive(None);
    }
}
