//! What is to be written, gathered so that an answer's head and body leave in one TLS record and one system call.
//! The buffer exists only while it holds something.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::AsyncWrite;

/// As much as one TLS record holds.
const MOST: usize = 16 << 10;
/// What is as large isn't copied: it's written from where it is, behind what is kept.
const LARGE: usize = 4 << 10;
/// Room for an answer's head, and a body as small.
const FIRST: usize = 1 << 10;

/// Bytes that wait to be written.
#[derive(Debug, Default)]
pub(super) struct Output {
    bytes: Vec<u8>,
    written: usize,
}

impl Output {
    /// Keeps `bytes`, if they are few and fit.
    pub(super) fn keep(&mut self, bytes: &[u8]) -> bool {
        let is_kept = bytes.len() < LARGE && self.bytes.len() + bytes.len() <= MOST;
        if is_kept {
            self.gathered().extend_from_slice(bytes);
        }
        is_kept
    }

    /// What is kept, to be added to.
    pub(super) fn gathered(&mut self) -> &mut Vec<u8> {
        if self.bytes.capacity() == 0 {
            self.bytes.reserve(FIRST);
        }
        &mut self.bytes
    }

    /// Writes what is kept, and then some of `more`: ready with how much of that was taken, once nothing is kept. The
    /// number of bytes that were written is added to `progress`, also when not all were.
    pub(super) fn poll_write<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        context: &mut Context<'_>,
        more: &[u8],
        progress: &mut usize,
    ) -> Poll<io::Result<usize>> {
        while let Some(left) = self.bytes.get(self.written..).filter(|left| !left.is_empty()) {
            let kept = left.len();
            let pieces = [IoSlice::new(left), IoSlice::new(more)];
            let count = ready!(Pin::new(&mut *stream).poll_write_vectored(context, &pieces))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *progress += count;
            self.written += count.min(kept);
            if count > kept {
                self.clear();
                return Poll::Ready(Ok(count - kept));
            }
        }
        self.clear();
        if more.is_empty() { Poll::Ready(Ok(0)) } else { Pin::new(stream).poll_write(context, more) }
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.written = 0;
    }

    /// Gives the memory back.
    pub(super) fn free(&mut self) {
        *self = Self::default();
    }
}
