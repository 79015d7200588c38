//! Answers DNS questions about the zones that are delegated to the proxies, and about nothing else: the `_acme-challenge`
//! of a name, whose TXT records prove it by `dns-01` (RFC 8555 section 8.4). What they say comes with the feed.
//!
//! Refuses recursion, transfers, and every name outside those zones. Over UDP no answer is longer than twice its question:
//! what would be goes out truncated, and who asks in earnest asks again by TCP (RFC 7766). So nobody gains anything by
//! asking in another's name.

mod answer;
mod rate;
mod tcp;
mod udp;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use marque_config::clock::Clock;
use marque_config::settings::ResponderSettings;
use tokio::net::{TcpListener, UdpSocket};

use crate::directory::Directory;
use crate::telemetry::Metrics;
use rate::Rate;

/// The longest question that is read. A name has 255 bytes at most, and no question of ours has more than one.
const LONGEST: usize = 1_024;

/// What every question is answered with.
pub(crate) struct Responder {
    directory: Arc<Directory>,
    settings: ResponderSettings,
    clock: Arc<dyn Clock>,
    rate: Rate,
    metrics: Arc<Metrics>,
}

/// The sockets of one address, bound and not yet served.
#[derive(Debug)]
pub(crate) struct DnsSockets {
    tcp: TcpListener,
    udp: UdpSocket,
}

impl Responder {
    /// Answers from `directory`.
    pub(crate) fn new(
        directory: Arc<Directory>,
        settings: &ResponderSettings,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let rate = Rate::new(settings.answers_per_second);
        Self { directory, settings: settings.clone(), clock, rate, metrics }
    }

    /// Answers at one address until the task is dropped.
    pub(crate) async fn run(self: Arc<Self>, sockets: DnsSockets) {
        let DnsSockets { tcp, udp } = sockets;
        tokio::join!(udp::serve(&self, &udp), tcp::serve(&self, tcp));
    }

    /// The answer to one question; none where there is nobody to answer.
    fn answer(&self, question: &[u8]) -> Option<answer::Answer> {
        let answer = answer::answer(question, |host| self.directory.zone(host));
        if answer.is_none() {
            self.metrics.dns_question("dropped");
        }
        answer
    }
}

impl DnsSockets {
    /// Binds one address for TCP and UDP.
    ///
    /// # Errors
    /// When the address isn't ours to take.
    pub(crate) async fn bind(address: SocketAddr) -> io::Result<Self> {
        let tcp = TcpListener::bind(address).await?;
        // With port 0 in the settings, the one that was given.
        let udp = UdpSocket::bind(tcp.local_addr()?).await?;
        Ok(Self { tcp, udp })
    }

    /// Where they listen.
    ///
    /// # Errors
    /// When the socket doesn't know.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.udp.local_addr()
    }
}

#[cfg(test)]
mod tests;
