//! What is to be written, gathered so that a response's head and body leave in one TLS record and one system call.
//! The buffer exists only while it holds something.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::AsyncWrite;

/// As much as one TLS record holds; more goes through.
const MOST: usize = 16 << 10;
const FIRST: usize = 4 << 10;

/// Bytes that wait to be written.
#[derive(Debug, Default)]
pub(super) struct Output {
    bytes: Vec<u8>,
    written: usize,
}

impl Output {
    /// Keeps `bytes`, if they fit.
    pub(super) fn keep(&mut self, bytes: &[u8]) -> bool {
        if self.bytes.len() + bytes.len() > MOST {
            return false;
        }
        if self.bytes.capacity() == 0 {
            self.bytes.reserve(bytes.len().max(FIRST));
        }
        self.bytes.extend_from_slice(bytes);
        true
    }

    /// Writes what is kept. The number of bytes that were taken is added to `progress`, also when not all were.
    pub(super) fn poll_drain<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        context: &mut Context<'_>,
        progress: &mut usize,
    ) -> Poll<io::Result<()>> {
        while let Some(left) = self.bytes.get(self.written..).filter(|left| !left.is_empty()) {
            let count = ready!(Pin::new(&mut *stream).poll_write(context, left))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += count;
            *progress += count;
        }
        self.bytes.clear();
        self.written = 0;
        Poll::Ready(Ok(()))
    }

    /// Gives the memory back.
    pub(super) fn free(&mut self) {
        *self = Self::default();
    }
}
