//! One place where an application listens: its address, how to speak to it, and whether it answers.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use marque_config::application::Upstream;
use marque_config::settings::{LimitSettings, UpstreamSettings};
use parking_lot::Mutex;
use pingora::protocols::ALPN;
use pingora::protocols::tls::CaType;
use pingora::upstreams::peer::HttpPeer;
use tokio::net::lookup_host;
use tokio::time::{Instant, timeout};

use crate::limits::Slots;

/// How long an address that a name had is used before the name is asked for again.
const ADDRESS_LIFE: Duration = Duration::from_secs(10);

/// How long a place is passed over after a connection to it failed.
const REST: Duration = Duration::from_secs(2);

/// How many calls share one connection to an application that speaks HTTP/2.
const STREAMS: usize = 100;

/// How much of one call's answer is taken from an application before the visitor takes it.
const STREAM_WINDOW: u32 = 64 << 10;

/// A place where an application listens.
#[derive(Debug)]
pub(crate) struct Target {
    upstream: Upstream,
    is_healthy: AtomicBool,
    failed_at: Mutex<Option<Instant>>,
    found: Mutex<Option<Found>>,
    slots: OnceLock<Slots>,
}

/// How a place is spoken to.
#[derive(Debug)]
pub(crate) struct PeerOptions {
    /// Deadlines.
    pub(crate) settings: UpstreamSettings,
    /// Certificates to trust instead of the system's, which it contains.
    pub(crate) roots: Option<Arc<CaType>>,
}

/// What a look at the name service found.
#[derive(Debug)]
struct Found {
    /// One for each address; the first is used. Empty when the name has none.
    peers: VecDeque<Arc<HttpPeer>>,
    at: Instant,
    /// Whether the name is to be asked for again before its time.
    is_doubtful: bool,
}

impl Target {
    pub(super) fn new(upstream: Upstream) -> Self {
        let (failed_at, found) = (Mutex::new(None), Mutex::new(None));
        Self { upstream, is_healthy: AtomicBool::new(true), failed_at, found, slots: OnceLock::new() }
    }

    pub(super) fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// How many requests may be here at once, and those that are.
    pub(crate) fn slots(&self, limits: &LimitSettings) -> &Slots {
        self.slots.get_or_init(|| Slots::new(limits))
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

    /// Notes that no connection could be made: the next requests go elsewhere, or to the name's next address.
    pub(crate) fn failed(&self) {
        *self.failed_at.lock() = Some(Instant::now());
        if let Some(found) = &mut *self.found.lock() {
            found.peers.rotate_left(found.peers.len().min(1));
            found.is_doubtful = true;
        }
    }

    /// How to reach the place. A name is resolved at its first use and then by [`Target::refresh`], not by requests.
    pub(super) async fn peer(&self, options: &PeerOptions) -> Option<Arc<HttpPeer>> {
        if let Some(found) = &*self.found.lock() {
            let peer = found.peers.front().cloned();
            if peer.is_some() || found.at.elapsed() < REST {
                return peer;
            }
        }
        self.resolve(options).await;
        self.found.lock().as_ref()?.peers.front().cloned()
    }

    /// Looks a name up again when its addresses have grown old, or have failed.
    pub(super) async fn refresh(&self, options: &PeerOptions) {
        let is_name = self.upstream.host.parse::<IpAddr>().is_err();
        let is_due = |found: &Found| found.is_doubtful || found.at.elapsed() >= ADDRESS_LIFE;
        let is_old = self.found.lock().as_ref().is_some_and(is_due);
        if is_name && is_old {
            self.resolve(options).await;
        }
    }

    /// Looks the name up. Addresses that it had are kept when it can't be: what worked may still work. A look-up that
    /// failed for a shortage here found nothing out.
    async fn resolve(&self, options: &PeerOptions) {
        let place = (&*self.upstream.host, self.upstream.port);
        let looked_up = timeout(options.settings.connect_deadline.duration(), lookup_host(place)).await;
        if matches!(&looked_up, Ok(Err(error)) if is_shortage(error) || is_short_of_sockets()) {
            return;
        }
        let addresses = looked_up.ok().and_then(Result::ok).into_iter().flatten();
        let peers: VecDeque<_> = addresses.map(|address| Arc::new(self.peer_at(address, options))).collect();
        let mut found = self.found.lock();
        let before = found.take().map(|found| found.peers).unwrap_or_default();
        let peers = if peers.is_empty() { before } else { peers };
        *found = Some(Found { peers, at: Instant::now(), is_doubtful: false });
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

/// Whether no socket can be had: the system's resolver then says that there is no such name.
fn is_short_of_sockets() -> bool {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).is_err_and(|error| is_shortage(&error))
}

/// Whether the system refused because it's short of something here, or doesn't let this process: it says nothing of
/// whoever was to be reached.
pub(crate) fn is_shortage(error: &io::Error) -> bool {
    // EPERM, EAGAIN, ENOMEM, EACCES, ENFILE, EMFILE, EADDRNOTAVAIL, ENOBUFS.
    const SHORTAGES: [i32; 8] = [1, 11, 12, 13, 23, 24, 99, 105];
    error.raw_os_error().is_some_and(|code| SHORTAGES.contains(&code))
}

/// The same place, spoken to in HTTP/2.
pub(super) fn in_http2(mut peer: HttpPeer) -> HttpPeer {
    peer.options.alpn = ALPN::H2;
    peer.options.max_h2_streams = STREAMS;
    // What a visitor doesn't take is held back at the application, not kept here; and one slow visitor must not keep the
    // others of the same connection from theirs.
    peer.options.h2_stream_window_size = Some(STREAM_WINDOW);
    peer.options.h2_connection_window_size = Some(STREAM_WINDOW * STREAMS as u32);
    peer.group_key = 2;
    peer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> PeerOptions {
        PeerOptions { settings: UpstreamSettings::default(), roots: None }
    }

    #[tokio::test]
    async fn after_a_failure_the_next_address_of_a_name_is_taken() {
        let target = Target::new("http://localhost:80".parse().unwrap());
        target.resolve(&options()).await;
        let peers =
            ["127.0.0.1:80", "127.0.0.2:80"].map(|at| Arc::new(target.peer_at(at.parse().unwrap(), &options())));
        target.found.lock().as_mut().unwrap().peers = VecDeque::from(peers.to_vec());
        for expected in [&peers[0], &peers[1], &peers[0]] {
            assert!(Arc::ptr_eq(&target.peer(&options()).await.unwrap(), expected));
            target.failed();
        }
    }

    /// All descriptors that the process may have: `ulimit` says how many, in a process of the test's own.
    fn all_descriptors() -> Vec<std::fs::File> {
        std::iter::from_fn(|| std::fs::File::open("/dev/null").ok()).collect()
    }

    /// C7: what is short here says nothing of the place.
    #[tokio::test]
    async fn a_look_up_without_a_descriptor_left_makes_no_place_rest() {
        const NAME: &str = "upstream::target::tests::a_look_up_without_a_descriptor_left_makes_no_place_rest";
        if std::env::var_os("MARQUE_FEW_DESCRIPTORS").is_none() {
            let script = r#"ulimit -n 64 && exec "$0" "$@""#;
            let mut few = std::process::Command::new("sh");
            few.arg("-c").arg(script).arg(std::env::current_exe().unwrap()).args(["--exact", NAME]);
            let output = few.env("MARQUE_FEW_DESCRIPTORS", "1").output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && said.contains("1 passed"), "{said}");
            return;
        }
        let target = Target::new("http://localhost:80".parse().unwrap());
        let taken = all_descriptors();
        assert!(target.peer(&options()).await.is_none());
        drop(taken);
        assert!(target.is_usable());
        assert!(target.peer(&options()).await.is_some(), "the name is asked for again at once");
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_without_an_address_is_not_asked_for_by_every_request() {
        let target = Target::new("http://nowhere.invalid:80".parse().unwrap());
        assert!(target.peer(&options()).await.is_none());
        let at = target.found.lock().as_ref().unwrap().at;
        assert!(target.peer(&options()).await.is_none());
        assert_eq!(target.found.lock().as_ref().unwrap().at, at);
    }
}
