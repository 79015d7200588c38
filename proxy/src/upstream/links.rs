//! Connections to applications, kept for the next request. The one that was used last is used first, so that what isn't
//! needed grows old.
//!
//! None is used without a look: one that the application has closed, or on which it said what nobody asked for, is
//! dropped. No task watches them; [`Links::sweep`] looks at all from time to time.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use pingora::connectors::ConnectorOptions;
use pingora::connectors::TransportConnector;
use pingora::protocols::l4::socket::SocketAddr;
use pingora::upstreams::peer::{HttpPeer, Peer};
use pingora::{Error, ErrorType, OrErr};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::link::{Io, Link};

/// How often idle connections are looked at.
const SWEEP: Duration = Duration::from_secs(1);

/// All connections that wait for a request, and how to make another.
pub(crate) struct Links {
    connector: TransportConnector,
    most: usize,
    idle: Mutex<Idle>,
}

/// By what a place is and how it's spoken to; in each list the one that was used last is the last.
#[derive(Default)]
struct Idle {
    lists: HashMap<u64, Vec<Waiting>>,
    count: usize,
}

struct Waiting {
    link: Link,
    until: Instant,
}

impl Links {
    /// Keeps at most so many.
    pub(crate) fn new(most: usize) -> Self {
        // The engine's own pool isn't used.
        let connector = TransportConnector::new(Some(ConnectorOptions::new(1)));
        Self { connector, most, idle: Mutex::default() }
    }

    /// A connection to a place, and whether it was used before. `is_careful` for what can't be sent again.
    ///
    /// # Errors
    /// When no connection can be made.
    pub(crate) async fn connect(&self, peer: &HttpPeer, is_careful: bool) -> pingora::Result<(Link, bool)> {
        let key = peer.reuse_hash();
        while let Some(mut waiting) = self.idle.lock().take(key) {
            if waiting.until > Instant::now() && waiting.link.is_quiet(is_careful) {
                return Ok((waiting.link, true));
            }
        }
        let io = if peer.tls() { Io::Tls(self.connector.new_stream(peer).await?) } else { plain(peer).await? };
        Ok((Link::new(io, key, peer.options.write_timeout), false))
    }

    /// Keeps a connection for the next request to the same place, if it can carry one.
    pub(crate) fn keep(&self, mut link: Link, peer: &HttpPeer) {
        if !link.is_reusable() || self.most == 0 {
            return;
        }
        link.rest();
        let span = peer.options.idle_timeout.unwrap_or_default();
        let waiting = Waiting { link, until: Instant::now() + span };
        self.idle.lock().put(waiting, self.most);
    }

    /// Drops what has waited too long, or was closed, until `closing`; then all.
    pub(crate) async fn sweep(self: Arc<Self>, mut closing: watch::Receiver<bool>) {
        let mut ticks = interval(SWEEP);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = closing.wait_for(|is_closing| *is_closing) => break,
                _ = ticks.tick() => self.idle.lock().drop_stale(Instant::now()),
            }
        }
        *self.idle.lock() = Idle::default();
    }
}

impl Idle {
    fn take(&mut self, key: u64) -> Option<Waiting> {
        let list = self.lists.get_mut(&key)?;
        let waiting = list.pop();
        if list.is_empty() {
            self.lists.remove(&key);
        }
        self.count -= usize::from(waiting.is_some());
        waiting
    }

    /// Keeps one more; the one that has waited longest goes when there are too many.
    fn put(&mut self, waiting: Waiting, most: usize) {
        self.lists.entry(waiting.link.place()).or_default().push(waiting);
        self.count += 1;
        if self.count > most {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let first = |list: &Vec<Waiting>| list.first().map(|waiting| waiting.until);
        let Some(key) = self.lists.iter().min_by_key(|(_, list)| first(list)).map(|(key, _)| *key) else { return };
        if let Some(list) = self.lists.get_mut(&key).filter(|list| !list.is_empty()) {
            list.remove(0);
            self.count -= 1;
            if list.is_empty() {
                self.lists.remove(&key);
            }
        }
    }

    fn drop_stale(&mut self, now: Instant) {
        for list in self.lists.values_mut() {
            list.retain_mut(|waiting| waiting.until > now && waiting.link.is_quiet(false));
        }
        self.lists.retain(|_, list| !list.is_empty());
        self.count = self.lists.values().map(Vec::len).sum();
    }
}

/// Connects to a place that is spoken to as it is.
async fn plain(peer: &HttpPeer) -> pingora::Result<Io> {
    let SocketAddr::Inet(address) = peer.address() else {
        return Error::e_explain(ErrorType::InternalError, "a place that is no address");
    };
    let connecting = TcpStream::connect(address);
    let connected = match peer.connection_timeout() {
        Some(span) => timeout(span, connecting).await.or_err(ErrorType::ConnectTimedout, "while connecting")?,
        None => connecting.await,
    };
    let tcp = connected.map_err(|error| Error::because(meaning(&error), "while connecting", error))?;
    tcp.set_nodelay(true).or_err(ErrorType::SocketError, "while connecting")?;
    Ok(Io::Plain(tcp))
}

/// What a failed connection means, in the engine's words.
fn meaning(error: &std::io::Error) -> ErrorType {
    match error.kind() {
        ErrorKind::ConnectionRefused => ErrorType::ConnectRefused,
        ErrorKind::TimedOut => ErrorType::ConnectTimedout,
        ErrorKind::AddrNotAvailable => ErrorType::BindError,
        ErrorKind::PermissionDenied | ErrorKind::AddrInUse => ErrorType::InternalError,
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable => ErrorType::ConnectNoRoute,
        _ => ErrorType::ConnectError,
    }
}

#[cfg(test)]
mod tests;
