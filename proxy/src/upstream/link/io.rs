//! What carries the bytes of a link: a plain socket of ours, or the engine's TLS.

use std::io::{IoSlice, Result};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use pingora::protocols::Stream;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A connection's bytes.
#[derive(Debug)]
pub(in crate::upstream) enum Io {
    /// As they are.
    Plain(TcpStream),
    /// In TLS.
    Tls(Stream),
}

impl Io {
    /// Whether nothing has come. A plain socket is asked itself where it's `is_thorough`, else what the runtime has heard.
    pub(super) fn is_quiet(&mut self, is_thorough: bool) -> bool {
        let would_block = |error: &std::io::Error| error.kind() == std::io::ErrorKind::WouldBlock;
        match self {
            Self::Plain(tcp) if is_thorough => {
                SockRef::from(&*tcp).peek(&mut [MaybeUninit::uninit()]).is_err_and(|error| would_block(&error))
            }
            Self::Plain(tcp) => tcp.try_read(&mut [0]).is_err_and(|error| would_block(&error)),
            // What isn't data, as a new ticket, is taken here.
            Self::Tls(stream) => {
                let mut place = [0];
                let mut context = Context::from_waker(Waker::noop());
                Pin::new(stream).poll_read(&mut context, &mut ReadBuf::new(&mut place)).is_pending()
            }
        }
    }
}

impl AsyncRead for Io {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Io {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write_vectored(context, pieces),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(context, pieces),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
