//! 1. Connection: accepts TCP, learns from listed peers who the client is, and lets nobody take more than a share.
//!
//! Refuses by closing: nothing is said to a client that has too many connections, or to a peer that should have
//! said whom it speaks for and didn't.

mod accept;
mod caps;
mod proxy_protocol;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use socket2::{Domain, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use crate::telemetry::{Causes, Metrics};
pub(crate) use accept::accept_local;
use accept::{Shortage, is_of_one_connection};
pub(crate) use caps::{Caps, Seat};
use proxy_protocol::ProxyProtocolError;

/// More than a burst of handshakes takes; the kernel bounds it by `net.core.somaxconn`.
const BACKLOG: i32 = 4_096;

/// How long a closing listener waits for seats for those in its backlog.
const SEAT_PATIENCE: Duration = Duration::from_secs(1);

/// A connection, and who is at its other end.
type Arrived = (TcpStream, SocketAddr);

/// What all listeners of a process share.
#[derive(Debug)]
pub(crate) struct Rules {
    /// Who may say for whom it speaks.
    pub proxies: Vec<IpNet>,
    /// From the TCP handshake to the end of the TLS one.
    pub deadline: Duration,
    /// How many connections there may be.
    pub caps: Arc<Caps>,
    /// Where refusals are counted.
    pub metrics: Arc<Metrics>,
}

/// A listening socket.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: TcpListener,
    rules: Arc<Rules>,
}

/// A connection that was let in.
#[derive(Debug)]
pub(crate) struct Incoming {
    /// The connection, before its first byte of payload.
    pub stream: TcpStream,
    /// Who is at its other end, past listed proxies.
    pub client: SocketAddr,
    /// Whom the client called.
    pub local: SocketAddr,
    /// Until when the TLS handshake must be done.
    pub deadline: Instant,
    /// To be kept as long as the connection.
    pub seat: Seat,
}

impl Listener {
    /// Binds an address; connections wait in the backlog until [`Listener::run`].
    ///
    /// # Errors
    /// When the address isn't ours to take.
    pub(crate) fn bind(address: SocketAddr, rules: Arc<Rules>) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        socket.set_reuse_address(true)?;
        // 0.0.0.0 and [::] may both be listed.
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        // Accepted sockets inherit it (Linux): one system call less for each.
        socket.set_tcp_nodelay(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        Ok(Self { socket: TcpListener::from_std(socket.into())?, rules })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the socket doesn't know.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Accepts until `closing` turns true and the backlog is empty, then closes the socket and returns the connections
    /// that are still open. Dropping them ends them.
    pub(crate) async fn run<S, F>(self, closing: watch::Receiver<bool>, serve: S) -> JoinSet<()>
    where
        S: Fn(Incoming) -> F + Clone + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let (mut connections, mut taken) = (JoinSet::new(), None);
        tokio::select! {
            biased;
            () = closed(closing) => {}
            () = self.accept_all(&mut connections, &mut taken, serve.clone()) => {}
        }
        self.empty(&mut connections, taken, serve).await;
        connections
    }

    /// Serves what waits in the backlog: whoever has connected would else be told that nobody is here. Who finds no seat
    /// in time isn't waited for.
    async fn empty<S, F>(self, connections: &mut JoinSet<()>, taken: Option<Arrived>, serve: S)
    where
        S: Fn(Incoming) -> F + Clone + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        // The runtime only looks at the socket when it's told of something; the system itself knows whether it's empty.
        let Ok(socket) = self.socket.into_std() else { return };
        let waiting =
            std::iter::from_fn(|| socket.accept().ok()).take(BACKLOG as usize).filter_map(|(stream, peer)| {
                stream.set_nonblocking(true).ok()?;
                Some((TcpStream::from_std(stream).ok()?, peer))
            });
        let deadline = Instant::now() + SEAT_PATIENCE;
        for arrived in taken.into_iter().chain(waiting) {
            let Ok(seat) = tokio::time::timeout_at(deadline, self.rules.caps.seat()).await else { return };
            serve_one(connections, (arrived, seat), &self.rules, &serve);
        }
    }

    async fn accept_all<S, F>(&self, connections: &mut JoinSet<()>, taken: &mut Option<Arrived>, serve: S)
    where
        S: Fn(Incoming) -> F + Clone + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let mut shortage = Shortage::default();
        loop {
            let arrived = tokio::select! {
                biased;
                Some(ended) = connections.join_next() => {
                    self.note(ended);
                    continue;
                }
                accepted = self.socket.accept() => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) if is_of_one_connection(&error) => continue,
                    Err(error) => {
                        self.rules.metrics.connection_refused("accept_failed");
                        shortage.wait_out(&error).await;
                        continue;
                    }
                }
            };
            // When every seat is taken the others wait in the backlog. This one isn't lost when the listener closes
            // meanwhile.
            *taken = Some(arrived);
            let seat = self.rules.caps.seat().await;
            if let Some(arrived) = taken.take() {
                serve_one(connections, (arrived, seat), &self.rules, &serve);
            }
        }
    }

    /// A panic ends one connection only; it is for a person to look at.
    fn note(&self, ended: Result<(), JoinError>) {
        if let Err(error) = ended
            && error.is_panic()
        {
            self.rules.metrics.panic();
            tracing::error!(error = %Causes(&error), "a connection's task panicked");
        }
    }
}

fn serve_one<S, F>(connections: &mut JoinSet<()>, (arrived, seat): (Arrived, Seat), rules: &Arc<Rules>, serve: &S)
where
    S: Fn(Incoming) -> F + Clone + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let (serve, rules, (stream, peer)) = (serve.clone(), Arc::clone(rules), arrived);
    connections.spawn(async move {
        if let Some(incoming) = admit(stream, peer, seat, rules).await {
            serve(incoming).await;
        }
    });
}

/// Learns who the client is; none when it isn't let in.
async fn admit(stream: TcpStream, peer: SocketAddr, seat: Seat, rules: Arc<Rules>) -> Option<Incoming> {
    let deadline = Instant::now() + rules.deadline;
    let local = stream.local_addr().ok()?;
    let mut incoming = Incoming { stream, client: peer, local, deadline, seat };
    if rules.proxies.iter().any(|net| net.contains(&peer.ip().to_canonical())) {
        // Boxed, so that it's no part of what a connection holds while it lives.
        let read = tokio::time::timeout_at(deadline, Box::pin(proxy_protocol::read(&mut incoming.stream)));
        match read.await.unwrap_or(Err(ProxyProtocolError::TooSlow)) {
            Ok(Some(header)) => (incoming.client, incoming.local) = (header.client, header.local),
            Ok(None) => {}
            Err(error) => {
                rules.metrics.connection_refused("proxy_protocol");
                tracing::warn!(peer = %peer, error = %Causes(&error), "a listed peer does not speak the PROXY protocol");
                return None;
            }
        }
    }
    if !incoming.seat.is_taken_by(incoming.client.ip()) {
        rules.metrics.connection_refused("too_many_from_client");
        return None;
    }
    Some(incoming)
}

/// Waits for the flag, or for its owner to be gone.
pub(crate) async fn closed(mut closing: watch::Receiver<bool>) {
    drop(closing.wait_for(|closing| *closing).await);
}

#[cfg(test)]
mod tests;
