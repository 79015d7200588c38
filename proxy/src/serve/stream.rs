//! The client's stream as the engine reads and writes it: heads that were judged, bodies that are counted, writes that
//! are gathered, and a deadline wherever the client makes us wait.

use std::fmt::Debug;
use std::future::poll_fn;
use std::io;
use std::os::fd::RawFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use marque_config::settings::LimitSettings;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Instant, timeout};
use tokio_util::io::poll_read_buf;

use super::output::Output;
use super::pace::{Pace, Timer};
use crate::exchange::{Connection, Patience};
use crate::head::{Body, Framing};
use crate::refusal::Refusal;

/// What carries bytes: TLS over TCP, or a pipe in a test.
pub(super) trait Transport: AsyncRead + AsyncWrite + Unpin + Send + Sync + Debug + 'static {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + Sync + Debug + 'static> Transport for T {}

/// How much is read at once where no reader gives us room, and how much of the next request is taken early.
const PIECE: usize = 2 << 10;
const EARLY: usize = 16 << 10;

/// How much a client may still send after the last answer, and for how long, so that it gets to read that answer.
const DRAIN_SIZE: usize = 64 << 10;
const DRAIN_TIME: Duration = Duration::from_secs(2);

/// A client's stream.
#[derive(Debug)]
pub(super) struct EdgeStream<S> {
    io: S,
    pub(super) facts: Arc<Connection>,
    pub(super) descriptor: RawFd,
    /// Arrived, and not yet read by the engine.
    input: BytesMut,
    /// How much of `input` is the head that the engine is to read.
    head: usize,
    body: Body,
    has_ended: bool,
    output: Output,
    stall: Timer,
    /// How long the application may still take.
    pub(super) patience: Arc<Patience>,
    /// When that is looked at, and whether a client that sends nothing is still waited for.
    timer: Timer,
    pace: Pace,
    write_deadline: Duration,
    body_rate: u64,
}

impl<S: Transport> EdgeStream<S> {
    pub(super) fn new(io: S, facts: Arc<Connection>, limits: &LimitSettings, descriptor: RawFd) -> Box<Self> {
        Box::new(Self {
            io,
            patience: Arc::default(),
            timer: Timer::default(),
            facts,
            descriptor,
            input: BytesMut::new(),
            head: 0,
            body: Body::Done,
            has_ended: false,
            output: Output::default(),
            stall: Timer::default(),
            pace: Pace::default(),
            write_deadline: limits.write_deadline.duration(),
            body_rate: limits.body_rate.bytes() as u64,
        })
    }

    /// What has arrived and was not yet read.
    pub(super) fn input(&self) -> &[u8] {
        &self.input
    }

    /// Waits for more to arrive; false when nothing more will.
    pub(super) async fn more(&mut self) -> bool {
        poll_fn(|context| self.poll_more(context)).await.is_ok_and(|count| count > 0)
    }

    /// The same until a moment; false when nothing has come by then, too.
    pub(super) async fn more_by(&mut self, moment: Instant) -> bool {
        poll_fn(|context| match self.poll_more(context) {
            Poll::Pending if !self.timer.is_past(context, moment) => Poll::Pending,
            polled => Poll::Ready(matches!(polled, Poll::Ready(Ok(1..)))),
        })
        .await
    }

    /// Drops this many bytes that have arrived.
    pub(super) fn skip(&mut self, count: usize) {
        self.input.advance(count.min(self.input.len()));
    }

    /// Lets the engine read the head of this length, and then the body that follows it.
    pub(super) fn lend(&mut self, head: usize, framing: Framing) {
        self.head = head;
        self.body = Body::new(framing);
        self.pace = Pace::default();
    }

    /// Drops the head of this length, which was read; the body that follows it is read by [`EdgeStream::piece`].
    pub(super) fn skip_head(&mut self, length: usize, framing: Framing) {
        self.lend(0, framing);
        self.skip(length);
    }

    /// The next piece of the body's data; none at its end. It may be asked for again and again: nothing is lost between.
    pub(super) async fn piece(&mut self) -> io::Result<Option<Bytes>> {
        poll_fn(|context| self.poll_piece(context)).await
    }

    /// Whether the body was read to its end.
    pub(super) fn is_body_done(&self) -> bool {
        self.body.is_done()
    }

    /// Comes back when the client has gone; fails when the application takes too long.
    pub(super) async fn gone(&mut self) -> io::Result<()> {
        poll_fn(|context| self.poll_end(context)).await
    }

    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Option<Bytes>>> {
        loop {
            let piece = self.body.next(&mut self.input, EARLY).map_err(|refusal| self.refuse(refusal))?;
            if piece.is_some() || self.body.is_done() {
                return Poll::Ready(Ok(piece));
            }
            self.input.reserve(EARLY);
            let Poll::Ready(count) = poll_read_buf(Pin::new(&mut self.io), context, &mut self.input)? else {
                ready!(self.pace.poll_too_slow(context, self.body_rate));
                return Poll::Ready(Err(self.refuse(Refusal::TooSlow)));
            };
            self.pace.received(count);
            if count == 0 {
                self.has_ended = true;
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
        }
    }

    /// What is to be written next, to be added to.
    pub(super) fn gathered(&mut self) -> &mut Vec<u8> {
        self.output.gathered()
    }

    /// Lets everything through from now on, after a head of this length.
    pub(super) fn open(&mut self, head: usize) {
        self.head = head;
        self.body = Body::Through;
    }

    /// Whether the last request was read to its end, so that what comes next is a head.
    pub(super) fn is_between_requests(&self) -> bool {
        self.head == 0 && matches!(self.body, Body::Done)
    }

    /// Gives back the memory that an idle connection doesn't need.
    pub(super) fn rest(&mut self) {
        if self.input.is_empty() {
            self.input = BytesMut::new();
        }
        self.output.free();
    }

    /// Says goodbye. What the client still sends is read and dropped for a while: closing at once would make its
    /// system throw the answer away with the connection.
    pub(super) async fn close(mut self: Box<Self>) {
        let _ = timeout(DRAIN_TIME, async {
            if self.shutdown().await.is_ok() && !self.has_ended && !self.is_between_requests() {
                self.drain().await;
            }
        })
        .await;
    }

    /// Ends the connection behind an answer that was cut, without TLS's goodbye: where an answer ends with its connection, it
    /// would look whole (RFC 9112 section 9.8).
    pub(super) async fn break_off(mut self: Box<Self>) {
        // What was passed on of it leaves; a client that doesn't take it isn't waited for.
        let _ = timeout(DRAIN_TIME, self.flush()).await;
    }

    async fn drain(&mut self) {
        let mut left = DRAIN_SIZE;
        while left > 0 && self.more().await {
            left = left.saturating_sub(self.input.len());
            self.input.clear();
        }
    }

    /// Reads a piece into `input`, without a place for it while nothing has come.
    fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut place = [0; PIECE];
        let mut piece = ReadBuf::new(&mut place);
        ready!(Pin::new(&mut self.io).poll_read(context, &mut piece))?;
        self.has_ended = piece.filled().is_empty();
        self.input.extend_from_slice(piece.filled());
        Poll::Ready(Ok(piece.filled().len()))
    }

    /// Hands on up to `most` bytes of `input`.
    fn hand_on(&mut self, most: usize, buffer: &mut ReadBuf<'_>) {
        let count = most.min(self.input.len()).min(buffer.remaining());
        buffer.put_slice(self.input.get(..count).unwrap_or_default());
        self.input.advance(count);
    }

    /// After the body: the engine may hear that the client is gone, but nothing of the next request.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.input.len() < EARLY && !self.has_ended {
            match self.poll_more(context)? {
                Poll::Ready(_) => {}
                Poll::Pending => return self.poll_late(context),
            }
        }
        if self.input.is_empty() { Poll::Ready(Ok(())) } else { self.poll_late(context) }
    }

    /// Fails when the application takes too long: the engine looks at nothing else while it waits.
    fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.patience.due() {
            Some(due) if self.timer.is_past(context, due) => {
                self.patience.give_up();
                Poll::Ready(Err(self.refuse(Refusal::UpstreamSlow)))
            }
            _ => Poll::Pending,
        }
    }

    fn poll_through(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if Pin::new(&mut self.io).poll_read(context, buffer)?.is_pending() {
            return self.poll_late(context);
        }
        self.patience.moved();
        Poll::Ready(Ok(()))
    }

    fn poll_body(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.input.is_empty() {
            let most = self.input.len().min(buffer.remaining());
            let count = self.count(most)?;
            self.hand_on(count, buffer);
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        if Pin::new(&mut self.io).poll_read(context, buffer)?.is_pending() {
            ready!(self.pace.poll_too_slow(context, self.body_rate));
            return Poll::Ready(Err(self.refuse(Refusal::TooSlow)));
        }
        let piece = buffer.filled().get(before..).unwrap_or_default();
        self.pace.received(piece.len());
        let taken = self.body.take(piece);
        if let Ok(count) = taken {
            self.input.extend_from_slice(piece.get(count..).unwrap_or_default());
        }
        // What belongs to the next request, or can't be read in one way only, stays here.
        buffer.set_filled(before + taken.unwrap_or_default());
        Poll::Ready(taken.map(drop).map_err(|refusal| self.refuse(refusal)))
    }

    /// How many of the first `most` bytes of `input` belong to the body.
    fn count(&mut self, most: usize) -> io::Result<usize> {
        let bytes = self.input.get(..most).unwrap_or_default();
        self.body.take(bytes).map_err(|refusal| self.refuse(refusal))
    }

    /// Keeps the refusal for the answer; the engine only hears of an error.
    fn refuse(&self, refusal: Refusal) -> io::Error {
        self.facts.fail(refusal);
        io::ErrorKind::InvalidData.into()
    }

    /// Writes what was gathered, then `bytes`, then flushes if there are none; with the deadline.
    fn poll_write_out(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut progress = 0;
        let polled = match self.output.poll_write(&mut self.io, context, bytes, &mut progress) {
            Poll::Ready(Ok(_)) if bytes.is_empty() => Pin::new(&mut self.io).poll_flush(context).map_ok(|()| 0),
            polled => polled,
        };
        if polled.is_ready() || progress > 0 {
            self.stall.stop();
            self.patience.moved();
        }
        if polled.is_pending() && self.stall.is_over(context, self.write_deadline) {
            return Poll::Ready(Err(self.refuse(Refusal::TooSlow)));
        }
        polled
    }
}

impl<S: Transport> AsyncRead for EdgeStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.head > 0 {
            let before = buffer.filled().len();
            let head = self.head;
            self.hand_on(head, buffer);
            self.head -= buffer.filled().len() - before;
            return Poll::Ready(Ok(()));
        }
        match self.body {
            Body::Done => self.poll_end(context),
            Body::Length(_) | Body::Chunks(_) => self.poll_body(context, buffer),
            Body::Through if self.input.is_empty() => self.poll_through(context, buffer),
            Body::Through => {
                self.hand_on(usize::MAX, buffer);
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl<S: Transport> AsyncWrite for EdgeStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if bytes.is_empty() || self.output.keep(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        self.poll_write_out(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_write_out(context, &[]))?;
        self.output.free();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_flush(context))?;
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
