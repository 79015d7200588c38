//! How many connections there may be, in all and from one client.

use std::net::IpAddr;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::{Client, Share, Shares};
use crate::telemetry::Metrics;

/// The seats of a process: one for each connection, on whichever listener.
#[derive(Debug)]
pub(crate) struct Caps {
    free: Arc<Semaphore>,
    clients: Arc<Shares<Client>>,
    metrics: Arc<Metrics>,
}

/// One connection's place; free again when dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    caps: Arc<Caps>,
    client: Option<Share<Client>>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Caps {
    /// As many seats as `connections`, and no more than `per_client` for one client.
    #[must_use]
    pub(crate) fn new(connections: usize, per_client: usize, metrics: Arc<Metrics>) -> Arc<Self> {
        let free = Arc::new(Semaphore::new(connections.min(Semaphore::MAX_PERMITS)));
        Arc::new(Self { free, clients: Shares::new(per_client), metrics })
    }

    /// A seat, once one is free; nobody's yet.
    pub(crate) async fn seat(self: &Arc<Self>) -> Seat {
        // The semaphore is never closed; a seat without a permit would only miss being counted.
        let permit = Arc::clone(&self.free).acquire_owned().await.ok();
        self.metrics.connections().inc();
        Seat { caps: Arc::clone(self), client: None, _permit: permit }
    }
}

impl Seat {
    /// Whether the client may have this seat too.
    #[must_use]
    pub(crate) fn is_taken_by(&mut self, address: IpAddr) -> bool {
        self.client = self.caps.clients.take(address.into());
        self.client.is_some()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.caps.metrics.connections().dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caps(connections: usize, per_client: usize) -> Arc<Caps> {
        Caps::new(connections, per_client, Arc::new(Metrics::new(0)))
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn one_client_has_its_share_and_no_more() {
        let caps = caps(10, 2);
        let (mut a, mut b, mut c) = (caps.seat().await, caps.seat().await, caps.seat().await);
        assert!(a.is_taken_by(ip("192.0.2.1")) && b.is_taken_by(ip("::ffff:192.0.2.1")));
        assert!(!c.is_taken_by(ip("192.0.2.1")));
        assert!(c.is_taken_by(ip("192.0.2.2")), "another client");
        drop(a);
        assert!(caps.seat().await.is_taken_by(ip("192.0.2.1")));
        drop((b, c));
        assert_eq!(caps.clients.keys(), 0, "nothing is kept of who left");
        assert_eq!(caps.metrics.connections().get(), 0);
    }

    #[tokio::test]
    async fn a_full_house_waits_for_a_seat() {
        let caps = caps(1, 1);
        let seat = caps.seat().await;
        let waiting = tokio::spawn({
            let caps = Arc::clone(&caps);
            async move { drop(caps.seat().await) }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(seat);
        waiting.await.unwrap();
    }
}
