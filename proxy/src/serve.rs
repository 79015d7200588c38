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

/// Serves a connection until it is done. When `closing` turns true, requests that have begun are finished and nothing
/// new is begun.
pub async fn serve(accepted: Accepted, engine: Arc<Engine>, closing: watch::Receiver<bool>) {
    let (tcp, tls) = accepted.stream.get_ref();
    let is_http2 = tls.alpn_protocol() == Some(b"h2");
    let descriptor = tcp.as_raw_fd();
    let limits = &engine.shared().settings.limits;
    let facts = Connection::new(accepted.sni, accepted.peer, limits.requests_per_connection, &*engine.shared().random);
    let stream = EdgeStream::new(accepted.stream, facts, limits, descriptor);
    if is_http2 {
        http2::serve(stream, engine, closing).await;
    } else {
        http1::serve(stream, engine, closing).await;
    }
}
