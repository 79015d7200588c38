//! One HTTP/1 connection to an application: a request goes up, its answer comes back, and then perhaps another.
//!
//! What can be read in two ways is refused, as an error of the application's side. Nothing is read ahead of what the
//! visitor takes but one piece.

mod answer;
mod io;
mod output;

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::FutureExt;
use pingora::http::ResponseHeader;
use pingora::{Error, ErrorType, OrErr, RetryType};
use tokio::time::{Instant, timeout_at};
use tokio_util::io::poll_read_buf;

use crate::head::{Body, Framing};
use answer::{Follows, Head};
pub(super) use io::Io;
use output::Output;

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
    /// What is still to be written.
    output: Output,
    /// By when it's to be written.
    due: Option<Instant>,
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
    /// The application takes no more of it.
    Failed,
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

/// What happened first.
#[derive(Debug)]
pub(crate) enum Turn {
    /// A part of the answer came.
    Part(Part),
    /// What waited to be written was, or can't be.
    Written(pingora::Result<()>),
}

impl Link {
    pub(super) fn new(io: Io, place: u64, write_deadline: Option<Duration>) -> Self {
        Self {
            io,
            place,
            input: BytesMut::new(),
            output: Output::default(),
            due: None,
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

    /// Begins a request: its line and fields are `written`, but for what says that it comes in chunks. They leave by
    /// [`Link::turn`] or [`Link::flush`], with the first piece of its body if that is given before. The answer to a request that `is_bare` has no body.
    pub(crate) fn begin(&mut self, is_bare: bool, framing: Framing, written: impl FnOnce(&mut Vec<u8>)) {
        self.sending = match framing {
            Framing::Empty => Sending::Done,
            Framing::Length(length) => Sending::Length(length),
            Framing::Chunked => Sending::Chunks,
        };
        self.receiving = Receiving::Head { is_bare, interim: 0 };
        self.has_heard = false;
        let out = self.output.head();
        out.reserve(FIRST_HEAD);
        written(out);
        if self.sending == Sending::Chunks {
            out.extend_from_slice(b"Transfer-Encoding: chunked\r\n");
        }
        out.extend_from_slice(b"\r\n");
        self.expect_written();
    }

    /// Holds at most so much of the answer's body at once.
    pub(crate) fn hold(&mut self, most: usize) {
        self.most = most;
    }

    /// Takes a piece of the request's body, to be written by [`Link::turn`] or [`Link::flush`]. There is room for one.
    ///
    /// # Errors
    /// When there is more than was said, or no room.
    pub(crate) fn send(&mut self, piece: Bytes) -> pingora::Result<()> {
        let is_full = self.is_full();
        match &mut self.sending {
            _ if piece.is_empty() => return Ok(()),
            _ if is_full => return Error::e_explain(ErrorType::InternalError, "two pieces of a body at once"),
            Sending::Done | Sending::Failed => {
                return Error::e_explain(ErrorType::InternalError, "more of a body than was said");
            }
            Sending::Length(left) => {
                let rest = left.checked_sub(piece.len() as u64);
                *left = rest.ok_or_else(|| Error::explain(ErrorType::InternalError, "more of a body than was said"))?;
                self.output.piece(piece);
            }
            Sending::Chunks => self.output.chunk(piece),
        }
        self.expect_written();
        Ok(())
    }

    /// Ends the request's body.
    ///
    /// # Errors
    /// When there is less than was said.
    pub(crate) fn finish(&mut self) -> pingora::Result<()> {
        match std::mem::replace(&mut self.sending, Sending::Done) {
            Sending::Done | Sending::Length(0) => {}
            Sending::Chunks => {
                self.output.last_chunk();
                self.expect_written();
            }
            left @ (Sending::Length(_) | Sending::Failed) => {
                self.sending = left;
                return Error::e_explain(ErrorType::InternalError, "less of a body than was said");
            }
        }
        Ok(())
    }

    /// Whether a piece of the body waits to be written, so that there is no room for another.
    pub(crate) fn is_full(&self) -> bool {
        self.output.is_full()
    }

    /// Whether the request is at the application, whole.
    pub(crate) fn is_sent(&self) -> bool {
        self.sending == Sending::Done && self.output.is_written()
    }

    fn expect_written(&mut self) {
        self.due = self.write_deadline.map(|deadline| Instant::now() + deadline);
    }

    /// Writes what waits to be written, and reads nothing meanwhile.
    ///
    /// # Errors
    /// When the application takes nothing more, or not in time.
    pub(crate) async fn flush(&mut self) -> pingora::Result<()> {
        let due = self.due.filter(|_| !self.output.is_written());
        let written = poll_fn(|context| self.poll_written(context));
        match due {
            Some(due) => timeout_at(due, written).await.unwrap_or_else(|_| Err(not_taken())),
            None => written.await,
        }
    }

    /// Writes what waits to be written, and waits for the next part of the answer, until the one is done or the other has
    /// come: neither waits for the other. What can't be written is given up, for it may have been answered all the same.
    /// It may be asked for again and again: nothing is lost between.
    ///
    /// # Errors
    /// As [`Link::next`].
    pub(crate) async fn turn(&mut self) -> pingora::Result<Turn> {
        let due = self.due.filter(|_| !self.output.is_written());
        let turn = poll_fn(|context| self.poll_turn(context));
        let turn = match due {
            Some(due) => timeout_at(due, turn).await.unwrap_or_else(|_| Ok(Turn::Written(Err(not_taken())))),
            None => turn.await,
        };
        if let Ok(Turn::Written(Err(_))) = &turn {
            (self.output, self.sending) = (Output::default(), Sending::Failed);
        }
        turn
    }

    fn poll_turn(&mut self, context: &mut Context<'_>) -> Poll<pingora::Result<Turn>> {
        let written = if self.output.is_written() { Poll::Pending } else { self.poll_written(context) };
        match self.poll_next(context) {
            Poll::Ready(part) => Poll::Ready(part.map(Turn::Part)),
            Poll::Pending => written.map(|written| Ok(Turn::Written(written))),
        }
    }

    fn poll_written(&mut self, context: &mut Context<'_>) -> Poll<pingora::Result<()>> {
        let written = ready!(self.output.poll_write(&mut self.io, context));
        let written = written.or_err(ErrorType::WriteError, "while writing a request");
        Poll::Ready(written.map_err(|error| self.may_be_stale(error)))
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
        match poll_fn(|context| self.poll_fill(context)).now_or_never() {
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
        poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<pingora::Result<Part>> {
        loop {
            if let Some(part) = self.part()? {
                return Poll::Ready(Ok(part));
            }
            let count = ready!(self.poll_fill(context));
            match count.or_err(ErrorType::ReadError, "while reading an answer") {
                Ok(0) if matches!(self.receiving, Receiving::Rest) => {
                    self.receiving = Receiving::Nothing;
                    return Poll::Ready(Ok(Part::Body(Bytes::new(), true)));
                }
                Ok(0) => {
                    let error = Error::explain(ErrorType::ConnectionClosed, "before the end of an answer");
                    return Poll::Ready(Err(self.may_be_stale(error)));
                }
                Ok(_) => {}
                Err(error) => return Poll::Ready(Err(self.may_be_stale(error))),
            }
        }
    }

    /// Reads once.
    fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<std::io::Result<usize>> {
        if let Some(failure) = self.failure.take() {
            return Poll::Ready(Err(failure));
        }
        let most = match &self.receiving {
            Receiving::Head { .. } | Receiving::Nothing => FIRST,
            Receiving::Body(Body::Length(left)) => usize::try_from(*left).map_or(self.most, |left| left.min(self.most)),
            Receiving::Body(_) | Receiving::Rest => self.most,
        };
        self.input.reserve(most);
        let count = ready!(poll_read_buf(Pin::new(&mut self.io), context, &mut (&mut self.input).limit(most)))?;
        self.has_heard |= count > 0;
        Poll::Ready(Ok(count))
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
        self.is_lasting && self.is_sent() && matches!(self.receiving, Receiving::Nothing) && self.input.is_empty()
    }

    /// Gives back the memory that an idle connection doesn't need.
    pub(super) fn rest(&mut self) {
        (self.input, self.output) = (BytesMut::new(), Output::default());
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

fn not_taken() -> Box<Error> {
    Error::explain(ErrorType::WriteTimedout, "while writing a request")
}

#[cfg(test)]
mod tests;
