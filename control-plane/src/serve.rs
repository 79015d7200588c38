//! Connections of the API and of the status page: accepted, perhaps TLS, served until the process closes. Whoever is
//! slow is let go; whoever is in the middle of a request may finish.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::TcpUserTimeout;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;

use crate::web::frame::Peer;

const HANDSHAKE: Duration = Duration::from_secs(10);
const HEAD: Duration = Duration::from_secs(30);
/// How long what was sent may stay unacknowledged, milliseconds.
const GONE_MS: u32 = 10_000;
const MOST_CONNECTIONS: usize = 4096;
/// Between two tries to accept when the process is out of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);
const DRAIN: Duration = Duration::from_secs(10);

/// A listener that isn't served yet.
#[derive(Debug)]
pub(crate) struct Listening {
    listener: TcpListener,
    /// Where it listens, with the port that it got.
    pub(crate) address: SocketAddr,
}

impl Listening {
    pub(crate) async fn bind(address: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Serves until `closing`, then lets requests finish for a while.
    pub(crate) async fn serve(self, tls: Option<TlsAcceptor>, router: Router, mut closing: watch::Receiver<bool>) {
        let tracker = TaskTracker::new();
        let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        loop {
            let accepted = tokio::select! {
                accepted = accept(&self.listener, &room) => accepted,
                _ = closing.wait_for(|closing| *closing) => break,
            };
            let (stream, peer, permit) = accepted;
            let router = router.clone().layer(Extension(Peer(peer)));
            let (tls, closing) = (tls.clone(), closing.clone());
            tracker.spawn(async move {
                secured(stream, tls, router, closing).await;
                drop(permit);
            });
        }
        drop(self.listener);
        tracker.close();
        if tokio::time::timeout(DRAIN, tracker.wait()).await.is_err() {
            tracing::warn!(connections = tracker.len(), "connections were cut at shutdown");
        }
    }
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<tokio::sync::OwnedSemaphorePermit>) {
    let permit = Arc::clone(room).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, permit),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a connection can't be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn secured(stream: TcpStream, tls: Option<TlsAcceptor>, router: Router, closing: watch::Receiver<bool>) {
    prepare(&stream);
    match tls {
        None => connection(stream, router, closing).await,
        Some(tls) => match tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await {
            Ok(Ok(stream)) => connection(stream, router, closing).await,
            Ok(Err(error)) => tracing::debug!(error = &error as &dyn std::error::Error, "a handshake failed"),
            Err(_) => tracing::debug!("a handshake took too long"),
        },
    }
}

fn prepare(stream: &TcpStream) {
    // Without it the feed's small batches wait for the peer's acknowledgements.
    let no_delay = stream.set_nodelay(true);
    // A proxy whose machine vanished says nothing. Its stream must not count as open until the kernel gives up after a
    // quarter of an hour: no challenge would be told ready meanwhile.
    let gone = setsockopt(stream, TcpUserTimeout, &GONE_MS);
    if no_delay.is_err() || gone.is_err() {
        tracing::debug!("a connection's options can't be set");
    }
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    mut closing: watch::Receiver<bool>,
) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(HEAD);
    let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = async { closing.wait_for(|closing| *closing).await.is_ok() } => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(error = &*error, "a connection ended badly");
    }
}
