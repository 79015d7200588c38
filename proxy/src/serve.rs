//! One client's connection, from the end of its handshake to its close. Owns every deadline from here on.
//!
//! On HTTP/1 a loop of ours reads and judges each head, and the stream reads each body as it's framed (`http1`). On
//! HTTP/2 the heads are judged when the decoder has them (`http2`). What only the engine can serve (a tunnel, an
//! application that speaks HTTP/2) it gets as one request, and never a byte that was not understood. A connection belongs to one SNI, so to one tenant.

mod gone;
mod http1;
mod http2;
mod lent;
mod output;
mod pace;
mod stream;
#[cfg(test)]
mod tests;
mod visitor;

use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::sync::Arc;

use marque_config::Hostname;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::server::TlsStream;

use crate::exchange::{Connection, Engine};
use stream::EdgeStream;

/// A connection whose handshake is done.
#[derive(Debug)]
pub struct Accepted {
    /// What is read and written.
    pub stream: TlsStream<TcpStream>,
    /// The name that the client asked for in its handshake.
    pub sni: Hostname,
    /// The client, as the PROXY protocol or the socket says.
    pub peer: SocketAddr,
    /// Where it connected to.
    pub local: SocketAddr,
}

/// A connection that is ready to be served. It's small: what waits for a client's next request holds it, and moves it.
pub struct Connected {
    stream: Box<EdgeStream<TlsStream<TcpStream>>>,
    is_http2: bool,
}

impl Connected {
    /// Makes a connection ready.
    #[must_use]
    pub fn new(accepted: Accepted, engine: &Engine) -> Self {
        let (tcp, tls) = accepted.stream.get_ref();
        let (is_http2, descriptor) = (tls.alpn_protocol() == Some(b"h2"), tcp.as_raw_fd());
        let shared = engine.shared();
        let limits = &shared.settings.limits;
        let Accepted { stream, sni, peer, .. } = accepted;
        let route = shared.directory.watch(&sni);
        let facts = Connection::new(sni, route, peer, limits.requests_per_connection, &*shared.random);
        Self { stream: EdgeStream::new(stream, facts, limits, descriptor), is_http2 }
    }

    /// Serves the connection until it is done. When `closing` turns true, requests that have begun are finished and
    /// nothing new is begun.
    pub async fn serve(self, engine: Arc<Engine>, closing: watch::Receiver<bool>) {
        if self.is_http2 {
            // Boxed, so that an idle HTTP/1 connection costs nothing of it.
            Box::pin(http2::serve(self.stream, engine, closing)).await;
        } else {
            http1::serve(self.stream, engine, closing).await;
        }
    }
}
