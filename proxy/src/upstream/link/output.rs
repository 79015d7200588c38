//! What of a request waits to be written: a head or the framing of a piece, the piece, and what follows it. One system
//! call writes all of it where the socket takes it.

use std::io::{ErrorKind, IoSlice, Result, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::AsyncWrite;

/// What waits, in its order.
#[derive(Debug, Default)]
pub(super) struct Output {
    head: Vec<u8>,
    piece: Bytes,
    end: &'static [u8],
    /// Whether what was written may still lie in the connection's own buffer.
    is_buffered: bool,
}

impl Output {
    /// Where a head is written. Nothing of a body waits behind it.
    pub(super) fn head(&mut self) -> &mut Vec<u8> {
        &mut self.head
    }

    /// Takes a piece of a body as it is.
    pub(super) fn piece(&mut self, piece: Bytes) {
        self.piece = piece;
    }

    /// Takes a piece of a body as a chunk (RFC 9112 section 7.1).
    pub(super) fn chunk(&mut self, piece: Bytes) {
        // Writing into memory doesn't fail.
        let _ = write!(self.head, "{:x}\r\n", piece.len());
        (self.piece, self.end) = (piece, b"\r\n");
    }

    /// Ends a body of chunks, behind the chunk that waits if there is one.
    pub(super) fn last_chunk(&mut self) {
        self.end = match self.end {
            b"" => b"0\r\n\r\n",
            b"\n" => b"\n0\r\n\r\n",
            _ => b"\r\n0\r\n\r\n",
        };
    }

    /// Whether nothing waits.
    pub(super) fn is_written(&self) -> bool {
        self.head.is_empty() && !self.is_full()
    }

    /// Whether something of a body waits.
    pub(super) fn is_full(&self) -> bool {
        !self.piece.is_empty() || !self.end.is_empty() || self.is_buffered
    }

    fn is_empty(&self) -> bool {
        self.head.is_empty() && self.piece.is_empty() && self.end.is_empty()
    }

    /// Writes what waits; ready when nothing does any more.
    pub(super) fn poll_write(
        &mut self,
        io: &mut (impl AsyncWrite + Unpin),
        context: &mut Context<'_>,
    ) -> Poll<Result<()>> {
        while !self.is_empty() {
            let pieces = [&*self.head, &*self.piece, self.end].map(IoSlice::new);
            let count = ready!(Pin::new(&mut *io).poll_write_vectored(context, &pieces))?;
            if count == 0 {
                return Poll::Ready(Err(ErrorKind::WriteZero.into()));
            }
            self.is_buffered = true;
            self.advance(count);
        }
        ready!(Pin::new(io).poll_flush(context))?;
        self.is_buffered = false;
        Poll::Ready(Ok(()))
    }

    /// Drops what was written.
    fn advance(&mut self, count: usize) {
        let of_head = count.min(self.head.len());
        self.head.drain(..of_head);
        let of_piece = (count - of_head).min(self.piece.len());
        self.piece.advance(of_piece);
        if self.piece.is_empty() {
            // Whoever gave it may wait until it's let go.
            self.piece = Bytes::new();
        }
        self.end = self.end.get(count - of_head - of_piece..).unwrap_or_default();
    }
}
