//! One request of an HTTP/1 connection, and the way back: the head is read once, the body piece by piece as it was framed,
//! and the answer is framed anew.

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, DATE, EXPECT, TRANSFER_ENCODING};
use http::{HeaderValue, Method, StatusCode, Version};
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::protocols::http::date::get_cached_date;
use pingora::{Error, ErrorType, OrErr};
use tokio::io::AsyncWriteExt;

use super::stream::{EdgeStream, Transport};
use crate::exchange::Visitor;
use crate::head::{is_lasting, write_line};

/// A request, and the stream by which it came.
pub(super) struct Http1<'a, S> {
    stream: &'a mut EdgeStream<S>,
    asked: RequestHeader,
    has_body: bool,
    is_lasting: bool,
    out: Out,
    answered: Option<StatusCode>,
    sent: usize,
}

/// What is still to be written of an answer.
#[derive(Debug, PartialEq, Eq)]
enum Out {
    /// Its head.
    Head,
    /// So many bytes.
    Length(u64),
    Chunks,
    /// A body that ends with the connection.
    Rest,
    Nothing,
}

impl<'a, S: Transport> Http1<'a, S> {
    /// A request whose body is the stream's to read; `may_last` when the connection may carry another.
    pub(super) fn new(stream: &'a mut EdgeStream<S>, mut asked: RequestHeader, may_last: bool) -> Self {
        let is_lasting = may_last && is_lasting(&asked.headers, asked.version);
        if asked.version == Version::HTTP_10 {
            // It doesn't wait for an interim answer (RFC 9110 section 10.1.1).
            asked.remove_header(&EXPECT);
        }
        let has_body = !stream.is_body_done();
        Self { stream, asked, has_body, is_lasting, out: Out::Head, answered: None, sent: 0 }
    }

    /// Whether the connection may carry another request.
    pub(super) fn is_reusable(&self) -> bool {
        self.is_lasting && self.out == Out::Nothing && self.stream.is_between_requests()
    }

    /// Whether an answer was begun and not finished.
    pub(super) fn is_cut(&self) -> bool {
        !matches!(self.out, Out::Head | Out::Nothing)
    }

    /// Settles how an answer's body is framed, and says so in its head.
    fn frame(&self, head: &mut ResponseHeader, is_last: bool) -> pingora::Result<Out> {
        // How the application framed it is of its connection alone.
        head.remove_header(&TRANSFER_ENCODING);
        let is_bare = matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        if is_bare || self.asked.method == Method::HEAD {
            return Ok(Out::Nothing);
        }
        if let Some(length) = head.headers.get(CONTENT_LENGTH) {
            let length = length.to_str().ok().and_then(|length| length.parse().ok());
            let length = length.ok_or_else(|| Error::new(ErrorType::InvalidHTTPHeader))?;
            return Ok(if length == 0 { Out::Nothing } else { Out::Length(length) });
        }
        if is_last {
            head.insert_header(CONTENT_LENGTH, HeaderValue::from_static("0"))?;
            return Ok(Out::Nothing);
        }
        if self.asked.version == Version::HTTP_10 {
            // It knows no chunks: the body ends with the connection (RFC 9112 section 6.1).
            return Ok(Out::Rest);
        }
        head.insert_header(TRANSFER_ENCODING, HeaderValue::from_static("chunked"))?;
        Ok(Out::Chunks)
    }

    /// Writes a head, which leaves with what follows it, or by a flush.
    fn write_head(&mut self, head: &ResponseHeader) {
        let out = self.stream.gathered();
        out.extend_from_slice(b"HTTP/1.1 ");
        out.extend_from_slice(head.status.as_str().as_bytes());
        out.extend_from_slice(b" ");
        out.extend_from_slice(head.get_reason_phrase().unwrap_or_default().as_bytes());
        out.extend_from_slice(b"\r\n");
        head.header_to_h1_wire(out);
        if !head.status.is_informational() {
            if !head.headers.contains_key(DATE) {
                write_line(out, &DATE, &get_cached_date());
            }
            let option = if self.is_lasting { "keep-alive" } else { "close" };
            write_line(out, &CONNECTION, &HeaderValue::from_static(option));
        }
        out.extend_from_slice(b"\r\n");
    }

    async fn write(&mut self, bytes: &[u8]) -> pingora::Result<()> {
        self.stream.write_all(bytes).await.or_err(ErrorType::WriteError, "while writing an answer")
    }
}

impl<S: Transport> Visitor for Http1<'_, S> {
    const MOST_PIECE: usize = 64 << 10;

    fn asked(&self) -> &RequestHeader {
        &self.asked
    }

    fn has_body(&mut self) -> bool {
        self.has_body
    }

    fn is_body_done(&mut self) -> bool {
        self.stream.is_body_done()
    }

    async fn read(&mut self) -> pingora::Result<Option<Bytes>> {
        self.stream.piece().await.or_err(ErrorType::ReadError, "while reading a request's body")
    }

    async fn idle(&mut self) -> Box<Error> {
        match self.stream.gone().await {
            Ok(()) => Error::explain(ErrorType::ConnectionClosed, "the client has gone"),
            Err(error) => Error::because(ErrorType::ReadError, "while waiting for the application", error),
        }
    }

    async fn answer(&mut self, mut head: Box<ResponseHeader>, is_last: bool) -> pingora::Result<()> {
        if self.out != Out::Head {
            return Ok(());
        }
        if head.status.is_informational() {
            if self.asked.version == Version::HTTP_10 {
                // It knows none (RFC 9110 section 15.2).
                return Ok(());
            }
            self.write_head(&head);
            return self.flush().await;
        }
        head.remove_header(&CONNECTION);
        self.out = self.frame(&mut head, is_last)?;
        // What is left of the request is not waited for.
        self.is_lasting &= self.stream.is_body_done() && self.out != Out::Rest;
        self.answered = Some(head.status);
        self.write_head(&head);
        if is_last || self.out == Out::Nothing { self.flush().await } else { Ok(()) }
    }

    async fn send(&mut self, piece: Bytes, is_last: bool) -> pingora::Result<()> {
        match &mut self.out {
            Out::Length(left) => {
                let count = usize::try_from(*left).map_or(piece.len(), |left| left.min(piece.len()));
                *left -= count as u64;
                if *left == 0 {
                    self.out = Out::Nothing;
                }
                self.write(piece.get(..count).unwrap_or_default()).await?;
                self.sent += count;
            }
            Out::Chunks => {
                if !piece.is_empty() {
                    self.write(format!("{:x}\r\n", piece.len()).as_bytes()).await?;
                    self.write(&piece).await?;
                    self.write(b"\r\n").await?;
                }
                self.sent += piece.len();
                if is_last {
                    self.write(b"0\r\n\r\n").await?;
                    self.out = Out::Nothing;
                }
            }
            Out::Rest => {
                self.write(&piece).await?;
                self.sent += piece.len();
                if is_last {
                    self.out = Out::Nothing;
                }
            }
            Out::Head | Out::Nothing => {}
        }
        if is_last { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> pingora::Result<()> {
        self.stream.flush().await.or_err(ErrorType::WriteError, "while writing an answer")
    }

    fn answered(&self) -> Option<StatusCode> {
        self.answered
    }

    fn sent(&self) -> usize {
        self.sent
    }

    fn close_after(&mut self) {
        self.is_lasting = false;
    }
}
