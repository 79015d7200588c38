//! One HTTP/1 connection to an application: a request goes up, its answer comes back, and then perhaps another.
//!
//! What can be read in two ways is refused, as an error of the application's side. Nothing is read ahead of what the
//! visitor takes but one piece.

mod answer;
mod io;

use std::io::IoSlice;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use pingora::http::ResponseHeader;
use pingora::{Error, ErrorType, OrErr, RetryType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::head::{Body, Framing};
use answer::{Follows, Head};
pub(super) use io::Io;

/// Room for the head of a request as most are.
const FIRST_HEAD: usize = 1 << 10;
/// How much is read at once where a head is expected.
const FIRST: usize = 16 << 10;
/// More answers before the answer (1xx) than any application has to give.
const MOST_INTERIM: usize = 16;

/// A connection to an application.
#[derive(Debug)]
pub(crate) struct Link {
    io: Io,
    /// What tells its place, and how that is spoken to, from others.
    place: u64,
    /// Arrived, and not yet looked at.
    input: BytesMut,
    /// A head that is still to be written.
    output: Vec<u8>,
    sending: Sending,
    receiving: Receiving,
    /// How much of an answer's body is held at once.
    most: usize,
    /// Why nothing more arrives, where that was found out before it was asked for.
    failure: Option<std::io::Error>,
    /// Whether anything of an answer has arrived.
    has_heard: bool,
    /// Whether the application keeps the connection open after the answer.
    is_lasting: bool,
    write_deadline: Option<Duration>,
}

/// What is left of a request's body.
#[derive(Debug, PartialEq, Eq)]
enum Sending {
    Done,
    Length(u64),
    Chunks,
}

/// What is left of an answer.
#[derive(Debug)]
enum Receiving {
    /// No request is out, or its answer is whole.
    Nothing,
    /// The head, after so many interim ones.
    Head { is_bare: bool, interim: usize },
    /// A body whose end is known.
    Body(Body),
    /// A body that ends with the connection.
    Rest,
}

/// A part of an answer.
#[derive(Debug)]
pub(crate) enum Part {
    /// A head, and whether nothing follows it.
    Head(Box<ResponseHeader>, bool),
    /// A piece of the body, and whether it's the last. The last may be empty.
    Body(Bytes, bool),
}

impl Link {
    pub(super) fn new(io: Io, place: u64, write_deadline: Option<Duration>) -> Self {
        Self {
            io,
            place,
            input: BytesMut::new(),
            output: Vec::new(),
            sending: Sending::Done,
            receiving: Receiving::Nothing,
            most: FIRST,
            failure: None,
            has_heard: false,
            is_lasting: true,
            write_deadline,
        }
    }

    /// What tells its place, and how that is spoken to, from others.
    pub(super) fn place(&self) -> u64 {
        self.place
    }

    /// Begins a request: its line and fields are `written`, but for what says that it comes in chunks. They leave with
    /// the first piece of its body, or by [`Link::flush`]. The answer to a request that `is_bare` has no body.
    pub(crate) fn begin(&mut self, is_bare: bool, framing: Framing, written: impl FnOnce(&mut Vec<u8>)) {
        self.sending = match framing {
            Framing::Empty => Sending::Done,
            Framing::Length(length) => Sending::Length(length),
            Framing::Chunked => Sending::Chunks,
        };
        self.receiving = Receiving::Head { is_bare, interim: 0 };
        self.has_heard = false;
        self.output.reserve(FIRST_HEAD);
        written(&mut self.output);
        if self.sending == Sending::Chunks {
            self.output.extend_from_slice(b"Transfer-Encoding: chunked\r\n");
        }
        self.output.extend_from_slice(b"\r\n");
    }

    /// Holds at most so much of the answer's body at once.
    pub(crate) fn hold(&mut self, most: usize) {
        self.most = most;
    }

    /// Writes what waits to be written.
    ///
    /// # Errors
    /// When the application takes nothing more, or not in time.
    pub(crate) async fn flush(&mut self) -> pingora::Result<()> {
        if self.output.is_empty() { Ok(()) } else { self.write([&[], &[], &[]]).await }
    }

    /// Sends a piece of the request's body.
    ///
    /// # Errors
    /// As [`Link::flush`]; or when there is more than was said.
    pub(crate) async fn send(&mut self, piece: &[u8]) -> pingora::Result<()> {
        match &mut self.sending {
            _ if piece.is_empty() => Ok(()),
            Sending::Done => Error::e_explain(ErrorType::InternalError, "more of a body than was said"),
            Sending::Length(left) => {
                let rest = left.checked_sub(piece.len() as u64);
                *left = rest.ok_or_else(|| Error::explain(ErrorType::InternalError, "more of a body than was said"))?;
                self.write([piece, &[], &[]]).await
            }
            Sending::Chunks => {
                let size = format!("{:x}\r\n", piece.len());
                self.write([size.as_bytes(), piece, b"\r\n"]).await
            }
        }
    }

    /// Ends the request's body.
    ///
    /// # Errors
    /// As [`Link::flush`]; or when there is less than was said.
    pub(crate) async fn finish(&mut self) -> pingora::Result<()> {
        match std::mem::replace(&mut self.sending, Sending::Done) {
            Sending::Done | Sending::Length(0) => self.flush().await,
            Sending::Chunks => self.write([b"0\r\n\r\n", &[], &[]]).await,
            left @ Sending::Length(_) => {
                self.sending = left;
                Error::e_explain(ErrorType::InternalError, "less of a body than was said")
            }
        }
    }

    /// Writes what waits, and then these pieces, with the deadline.
    async fn write(&mut self, pieces: [&[u8]; 3]) -> pingora::Result<()> {
        let output = std::mem::take(&mut self.output);
        let written = write_all(&mut self.io, [&output, pieces[0], pieces[1], pieces[2]]);
        let written = match self.write_deadline {
            Some(deadline) => {
                timeout(deadline, written).await.or_err(ErrorType::WriteTimedout, "while writing a request")?
            }
            None => written.await,
        };
        written.or_err(ErrorType::WriteError, "while writing a request").map_err(|error| self.may_be_stale(error))
    }

    /// A connection that was used before may have been closed meanwhile: nothing was done with what nobody heard.
    fn may_be_stale(&self, mut error: Box<Error>) -> Box<Error> {
        if !self.has_heard {
            error.retry = RetryType::ReusedOnly;
        }
        error
    }

    /// Whether something of the answer is at hand, so that [`Link::next`] need not wait for all of it.
    pub(crate) fn is_at_hand(&mut self) -> bool {
        if !self.input.is_empty() {
            return true;
        }
        match self.fill().now_or_never() {
            Some(Ok(count)) => count > 0,
            Some(Err(error)) => {
                self.failure = Some(error);
                false
            }
            None => false,
        }
    }

    /// Waits for the next part of the answer. It may be asked for again and again: nothing is lost between.
    ///
    /// # Errors
    /// [`ErrorType::InvalidHTTPHeader`] or [`ErrorType::H1Error`] when the application says what has no one meaning;
    /// [`ErrorType::ConnectionClosed`] when it goes before the end.
    pub(crate) async fn next(&mut self) -> pingora::Result<Part> {
        loop {
            if let Some(part) = self.part()? {
                return Ok(part);
            }
            let count = self.fill().await;
            match count.or_err(ErrorType::ReadError, "while reading an answer") {
                Ok(0) if matches!(self.receiving, Receiving::Rest) => {
                    self.receiving = Receiving::Nothing;
                    return Ok(Part::Body(Bytes::new(), true));
                }
                Ok(0) => {
                    let error = Error::explain(ErrorType::ConnectionClosed, "before the end of an answer");
                    return Err(self.may_be_stale(error));
                }
                Ok(_) => {}
                Err(error) => return Err(self.may_be_stale(error)),
            }
        }
    }

    /// Reads once. It may be dropped while it waits.
    async fn fill(&mut self) -> std::io::Result<usize> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let most = match &self.receiving {
            Receiving::Head { .. } | Receiving::Nothing => FIRST,
            Receiving::Body(Body::Length(left)) => usize::try_from(*left).map_or(self.most, |left| left.min(self.most)),
            Receiving::Body(_) | Receiving::Rest => self.most,
        };
        self.input.reserve(most);
        let count = (&mut self.io).take(most as u64).read_buf(&mut self.input).await?;
        self.has_heard |= count > 0;
        Ok(count)
    }

    /// The next part, if it's at hand.
    fn part(&mut self) -> pingora::Result<Option<Part>> {
        match &mut self.receiving {
            Receiving::Nothing => Error::e_explain(ErrorType::InternalError, "nothing was asked"),
            Receiving::Head { is_bare, interim } => {
                let (is_bare, interim) = (*is_bare, *interim);
                let Some(head) = answer::read(&mut self.input, is_bare)? else { return Ok(None) };
                self.begin_answer(head, is_bare, interim).map(Some)
            }
            Receiving::Rest => {
                let piece = self.input.split_to(self.input.len().min(self.most)).freeze();
                Ok((!piece.is_empty()).then_some(Part::Body(piece, false)))
            }
            Receiving::Body(body) => {
                let piece = body.next(&mut self.input, self.most).map_err(|_| bad_chunk())?;
                let is_last = body.is_done();
                if is_last {
                    self.receiving = Receiving::Nothing;
                }
                Ok(match piece {
                    Some(piece) => Some(Part::Body(piece, is_last)),
                    None => is_last.then(|| Part::Body(Bytes::new(), true)),
                })
            }
        }
    }

    fn begin_answer(&mut self, head: Head, is_bare: bool, interim: usize) -> pingora::Result<Part> {
        self.receiving = match head.follows {
            Follows::Answer if interim < MOST_INTERIM => Receiving::Head { is_bare, interim: interim + 1 },
            Follows::Answer => return Error::e_explain(ErrorType::H1Error, "too many interim answers"),
            Follows::Nothing => Receiving::Nothing,
            Follows::Framed(framing) => Receiving::Body(Body::new(framing)),
            Follows::Rest => Receiving::Rest,
        };
        self.is_lasting = head.is_lasting && !matches!(self.receiving, Receiving::Rest);
        Ok(Part::Head(head.fields, matches!(self.receiving, Receiving::Nothing)))
    }

    /// Whether another request may follow: this one was sent and answered whole, and nothing is left over.
    pub(super) fn is_reusable(&self) -> bool {
        self.is_lasting
            && self.sending == Sending::Done
            && matches!(self.receiving, Receiving::Nothing)
            && self.input.is_empty()
            && self.output.is_empty()
    }

    /// Gives back the memory that an idle connection doesn't need.
    pub(super) fn rest(&mut self) {
        (self.input, self.output) = (BytesMut::new(), Vec::new());
    }

    /// Whether nothing has come while nothing was asked: neither the connection's end, nor bytes of which nobody knows
    /// what they answer. `is_thorough` asks the system itself.
    pub(super) fn is_quiet(&mut self, is_thorough: bool) -> bool {
        self.io.is_quiet(is_thorough)
    }
}

fn bad_chunk() -> Box<Error> {
    Error::explain(ErrorType::H1Error, "a chunk that isn't one")
}

async fn write_all(io: &mut Io, pieces: [&[u8]; 4]) -> std::io::Result<()> {
    let mut slices = pieces.map(IoSlice::new);
    let mut left = slices.as_mut_slice();
    // Drops what is empty.
    IoSlice::advance_slices(&mut left, 0);
    while !left.is_empty() {
        let count = io.write_vectored(left).await?;
        if count == 0 {
            return Err(std::io::ErrorKind::WriteZero.into());
        }
        IoSlice::advance_slices(&mut left, count);
    }
    io.flush().await
}

#[cfg(test)]
mod tests;
