//! One place where an application listens: its address, how to speak to it, and whether it answers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use marque_config::application::Upstream;
use marque_config::settings::UpstreamSettings;
use parking_lot::Mutex;
use pingora::protocols::ALPN;
use pingora::protocols::tls::CaType;
use pingora::upstreams::peer::HttpPeer;
use tokio::net::lookup_host;
use tokio::time::{Instant, timeout};

/// How long an address that a name had is used before the name is asked for again.
const ADDRESS_LIFE: Duration = Duration::from_secs(10);

/// How long a place is passed over after a connection to it failed.
const REST: Duration = Duration::from_secs(2);

/// How many calls share one connection to an application that speaks HTTP/2.
const STREAMS: usize = 100;

/// A place where an application listens.
#[derive(Debug)]
pub(crate) struct Target {
    upstream: Upstream,
    is_healthy: AtomicBool,
    failed_at: Mutex<Option<Instant>>,
    peer: Mutex<Option<Found>>,
}

/// How a place is spoken to.
#[derive(Debug)]
pub(crate) struct PeerOptions {
    /// Deadlines.
    pub(crate) settings: UpstreamSettings,
    /// Certificates to trust instead of the system's, which it contains.
    pub(crate) roots: Option<Arc<CaType>>,
}

#[derive(Debug, Clone)]
struct Found {
    peer: Arc<HttpPeer>,
    at: Instant,
}

impl Target {
    pub(super) fn new(upstream: Upstream) -> Self {
        Self { upstream, is_healthy: AtomicBool::new(true), failed_at: Mutex::new(None), peer: Mutex::new(None) }
    }

    pub(super) fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// Whether requests should go here.
    pub(super) fn is_usable(&self) -> bool {
        let is_resting = || self.failed_at.lock().is_some_and(|at| at.elapsed() < REST);
        self.is_healthy.load(Ordering::Relaxed) && !is_resting()
    }

    /// Notes what a health check found. True when that is new.
    pub(super) fn set_healthy(&self, is_healthy: bool) -> bool {
        self.is_healthy.swap(is_healthy, Ordering::Relaxed) != is_healthy
    }

    /// Notes that no connection could be made: the next requests go elsewhere, and a name is asked for again.
    pub(crate) fn failed(&self) {
        *self.failed_at.lock() = Some(Instant::now());
        *self.peer.lock() = None;
    }

    /// How to reach the place. A name is resolved at its first use and then by [`Target::refresh`], not by requests.
    pub(super) async fn peer(&self, options: &PeerOptions) -> Option<Arc<HttpPeer>> {
        let found = self.peer.lock().as_ref().map(|found| Arc::clone(&found.peer));
        match found {
            Some(peer) => Some(peer),
            None => self.resolve(options).await,
        }
    }

    /// Looks a name up again when its address has grown old.
    pub(super) async fn refresh(&self, options: &PeerOptions) {
        let is_name = self.upstream.host.parse::<std::net::IpAddr>().is_err();
        let is_old = self.peer.lock().as_ref().is_some_and(|found| found.at.elapsed() >= ADDRESS_LIFE);
        if is_name && is_old {
            self.resolve(options).await;
        }
    }

    async fn resolve(&self, options: &PeerOptions) -> Option<Arc<HttpPeer>> {
        let place = (&*self.upstream.host, self.upstream.port);
        let mut addresses =
            timeout(options.settings.connect_deadline.duration(), lookup_host(place)).await.ok()?.ok()?;
        let peer = Arc::new(self.peer_at(addresses.next()?, options));
        *self.peer.lock() = Some(Found { peer: Arc::clone(&peer), at: Instant::now() });
        Some(peer)
    }

    fn peer_at(&self, address: SocketAddr, options: &PeerOptions) -> HttpPeer {
        // Without a name the engine would not check the certificate: an address is given as one.
        let name = if self.upstream.tls { self.upstream.host.to_string() } else { String::new() };
        let mut peer = HttpPeer::new(address, self.upstream.tls, name);
        let settings = &options.settings;
        peer.options.connection_timeout = Some(settings.connect_deadline.duration());
        peer.options.total_connection_timeout = Some(settings.connect_deadline.duration() * 2);
        peer.options.read_timeout = Some(settings.read_deadline.duration());
        peer.options.write_timeout = Some(settings.write_deadline.duration());
        peer.options.idle_timeout = Some(settings.idle_deadline.duration());
        peer.options.ca.clone_from(&options.roots);
        peer
    }
}

/// The same place, spoken to in HTTP/2: procedure calls need its trailers.
pub(super) fn in_http2(mut peer: HttpPeer) -> HttpPeer {
    peer.options.alpn = ALPN::H2;
    peer.options.max_h2_streams = STREAMS;
    peer.group_key = 2;
    peer
}
