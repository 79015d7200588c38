//! Seam: stands for the connection stage until it is merged. Answers 503 to everything.

use std::net::SocketAddr;
use std::sync::Arc;

use marque_config::Hostname;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::server::TlsStream;

use crate::edge::Engine;

/// A connection whose handshake is done.
pub struct Accepted {
    /// The connection.
    pub stream: TlsStream<TcpStream>,
    /// The name that the client asked for.
    pub sni: Hostname,
    /// The client.
    pub peer: SocketAddr,
    /// Whom it called.
    pub local: SocketAddr,
}

/// Serves a connection to its end.
pub async fn serve(mut accepted: Accepted, _engine: Arc<Engine>, _closing: watch::Receiver<bool>) {
    let mut head = [0; 4096];
    if accepted.stream.read(&mut head).await.is_ok_and(|read| read > 0) {
        let answer = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        drop(accepted.stream.write_all(answer).await);
        drop(accepted.stream.shutdown().await);
    }
}
