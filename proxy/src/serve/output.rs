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
/// TLS copies what it's given, each slice at once. From 4 KiB on (2 KiB on old processors) the system's copy is a `rep
/// movsb`, which takes several times as long on some processors where the ends aren't aligned alike (measured on Zen:
/// half as much again of a large answer for the same time).
const SLICE: usize = (2 << 10) - 64;
/// Room for 64 KiB, and a head.
const SLICES: usize = 40;
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
        loop {
            let left = self.bytes.get(self.written..).unwrap_or_default();
            if left.is_empty() && more.is_empty() {
                self.clear();
                return Poll::Ready(Ok(0));
            }
            let kept = left.len();
            let count = ready!(poll_write_slices(stream, context, left, more))?;
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

/// Writes some of both, one behind the other.
fn poll_write_slices<S: AsyncWrite + Unpin>(
    stream: &mut S,
    context: &mut Context<'_>,
    first: &[u8],
    second: &[u8],
) -> Poll<io::Result<usize>> {
    let mut slices = [IoSlice::new(&[]); SLICES];
    let mut count = 0;
    for (place, slice) in slices.iter_mut().zip(first.chunks(SLICE).chain(second.chunks(SLICE))) {
        *place = IoSlice::new(slice);
        count += 1;
    }
    Pin::new(stream).poll_write_vectored(context, slices.get(..count).unwrap_or_default())
}
