//! The stream while the engine has it. The engine may drop it at any point and in any state; whatever it does, the
//! stream comes back to the loop, which closes it properly or reads the next head.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use async_trait::async_trait;
use parking_lot::Mutex;
use pingora::protocols::raw_connect::ProxyDigest;
use pingora::protocols::{
    ALPN, GetProxyDigest, GetSocketDigest, GetTimingDigest, Peek, Shutdown, SocketDigest, Ssl, TimingDigest, UniqueID,
    UniqueIDType,
};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::stream::{EdgeStream, Transport};

/// Where a lent stream comes back to.
pub(super) type Home<S> = Arc<Mutex<Option<Box<EdgeStream<S>>>>>;

/// A stream that was lent.
#[derive(Debug)]
pub(super) struct Lent<S: Transport> {
    stream: Option<Box<EdgeStream<S>>>,
    home: Home<S>,
    is_http2: bool,
}

impl<S: Transport> Lent<S> {
    pub(super) fn new(stream: Box<EdgeStream<S>>, home: &Home<S>, is_http2: bool) -> Box<Self> {
        Box::new(Self { stream: Some(stream), home: Arc::clone(home), is_http2 })
    }

    fn poll<T>(&mut self, poll: impl FnOnce(Pin<&mut EdgeStream<S>>) -> Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        match self.stream.as_deref_mut() {
            Some(stream) => poll(Pin::new(stream)),
            // It's there until it's dropped.
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }
}

impl<S: Transport> Drop for Lent<S> {
    fn drop(&mut self) {
        *self.home.lock() = self.stream.take();
    }
}

impl<S: Transport> AsyncRead for Lent<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.poll(|stream| stream.poll_read(cx, buffer))
    }
}

impl<S: Transport> AsyncWrite for Lent<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll(|stream| stream.poll_write(cx, bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(|stream| stream.poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(|stream| stream.poll_shutdown(cx))
    }
}

#[async_trait]
impl<S: Transport> Shutdown for Lent<S> {
    /// The loop closes the connection when it has the stream back; here only what was written is sent.
    async fn shutdown(&mut self) {
        let _ = self.flush().await;
    }
}

impl<S: Transport> UniqueID for Lent<S> {
    fn id(&self) -> UniqueIDType {
        self.stream.as_ref().map_or(-1, |stream| stream.descriptor)
    }
}

impl<S: Transport> Ssl for Lent<S> {
    fn selected_alpn_proto(&self) -> Option<ALPN> {
        Some(if self.is_http2 { ALPN::H2 } else { ALPN::H1 })
    }
}

impl<S: Transport> GetProxyDigest for Lent<S> {
    fn get_proxy_digest(&self) -> Option<Arc<ProxyDigest>> {
        let stream = self.stream.as_ref()?;
        stream.facts.digest_with(&stream.patience)
    }
}

impl<S: Transport> GetTimingDigest for Lent<S> {
    fn get_timing_digest(&self) -> Vec<Option<TimingDigest>> {
        Vec::new()
    }
}

impl<S: Transport> GetSocketDigest for Lent<S> {
    fn get_socket_digest(&self) -> Option<Arc<SocketDigest>> {
        None
    }
}

impl<S: Transport> Peek for Lent<S> {}
