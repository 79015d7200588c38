//! The proxy's settings.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;

use super::{ContactSettings, LogSettings, Milliseconds, ResponderSettings, Settings, SettingsError, Size};

/// Everything that a proxy is told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProxySettings {
    /// Where it listens.
    pub listen: ListenSettings,
    /// Where it follows the control plane.
    pub feed: FeedSettings,
    /// What one client may take.
    pub limits: LimitSettings,
    /// What it takes by the contact form.
    pub contact: ContactSettings,
    /// Where it answers DNS questions.
    pub dns: ResponderSettings,
    /// How it talks to applications.
    pub upstream: UpstreamSettings,
    /// How it logs.
    pub log: LogSettings,
}

/// Where a proxy listens.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ListenSettings {
    /// TLS.
    pub https: Vec<SocketAddr>,
    /// `http-01` answers, and redirects to `https`.
    pub http: Vec<SocketAddr>,
    /// `/healthz`, `/readyz` and `/metrics`: loopback only.
    pub status: SocketAddr,
    /// Peers that speak the PROXY protocol (version 1 or 2) to us; from all others those bytes end the connection.
    pub proxy_protocol_from: Vec<IpNet>,
    /// Threads that serve; 0 is one for each core.
    pub threads: usize,
}

/// Where a proxy follows the control plane.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FeedSettings {
    /// The control planes, the preferred one first: `https://`, or `http://` on loopback. One alone may be written as
    /// a string. One is followed at a time; when it breaks off or falls silent, the next is.
    #[serde(deserialize_with = "super::values::one_or_many")]
    pub url: Vec<String>,
    /// Certificates to trust for it beside the system's, PEM.
    pub root_file: Option<PathBuf>,
    /// An API token with the scope `edge:sync`.
    pub token_file: PathBuf,
    /// The feed's public key, pinned.
    pub public_key_file: PathBuf,
    /// The edge key: opens what the feed carries sealed.
    pub edge_key_file: PathBuf,
    /// The local copy: an SQLite file.
    pub replica: PathBuf,
    /// What this proxy saw and the control plane hasn't got: another SQLite file, of whose contents there is no other
    /// copy. Beside the replica, with the ending `.outbox`, when not given.
    pub outbox: Option<PathBuf>,
    /// The name under which this proxy acknowledges, unique among proxies; drawn once and kept with the replica
    /// when not given.
    pub name: Option<String>,
}

/// What one client may take, in time and in space.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitSettings {
    /// Connections at once, over all clients.
    pub connections: usize,
    /// Connections at once from one IPv4 /32 or IPv6 /56.
    pub connections_per_client: usize,
    /// From the first byte to the end of the TLS handshake.
    pub handshake_deadline: Milliseconds,
    /// From a request's first byte to the end of its head.
    pub head_deadline: Milliseconds,
    /// A request's head.
    pub head_size: Size,
    /// A request's target.
    pub target_size: Size,
    /// Fields in a request's head.
    pub fields: usize,
    /// Between two requests on one connection, or HTTP/2 frames.
    pub idle_deadline: Milliseconds,
    /// A request's body: the least bytes a second, averaged over 30 seconds.
    pub body_rate: Size,
    /// A client that takes no byte of an answer for so long is cut.
    pub write_deadline: Milliseconds,
    /// Requests on one connection.
    pub requests_per_connection: u32,
    /// Requests in flight, over all clients. A WebSocket or a stream of events is in flight as long as it lasts.
    pub requests: usize,
    /// Requests in flight from one IPv4 /32 or IPv6 /56.
    pub requests_per_client: usize,
    /// Requests in flight for one tenant, so that one whose application hangs leaves room for the others.
    pub requests_per_tenant: usize,
    /// Requests in flight at one place of an application: each has a connection, so fewer than there are local ports.
    pub requests_per_target: usize,
    /// Requests that wait for a place of an application that has as many as it may.
    pub target_queue: usize,
    /// How long each of them waits at most.
    pub target_patience: Milliseconds,
    /// A login's body.
    pub login_body: Size,
    /// A login's answer.
    pub login_answer: Size,
    /// When the process is to end: how long `/readyz` says so while everything is served as before, for load balancers
    /// to send new connections elsewhere.
    pub drain_notice: Milliseconds,
    /// After that: how long requests that have begun may go on.
    pub drain_deadline: Milliseconds,
}

/// How a proxy talks to applications.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UpstreamSettings {
    /// To a connection.
    pub connect_deadline: Milliseconds,
    /// Between two bytes of an answer that is no stream. How long the first may take, and how long a stream may be silent,
    /// is the application's (`deadlines` in its policy).
    pub read_deadline: Milliseconds,
    /// Until the application takes a byte.
    pub write_deadline: Milliseconds,
    /// How long an unused connection is kept.
    pub idle_deadline: Milliseconds,
    /// How many unused connections are kept.
    pub idle_connections: usize,
    /// Between two health checks of one upstream.
    pub health_interval: Milliseconds,
    /// Certificates to trust for `https` upstreams beside the system's, PEM.
    pub root_file: Option<PathBuf>,
}

impl Settings for ProxySettings {
    const PLANE: &'static str = "PROXY";

    fn check(&self) -> Result<(), SettingsError> {
        let loopback = self.listen.status.ip().is_loopback();
        super::control_plane::require(loopback, "listen.status", "is on loopback: it has no authentication")?;
        super::control_plane::require(!self.listen.https.is_empty(), "listen.https", "names at least one address")?;
        let urls = &self.feed.url;
        super::control_plane::require((1..=16).contains(&urls.len()), "feed.url", "names 1 to 16 control planes")?;
        let safe = urls.iter().all(|url| is_safe_url(url));
        super::control_plane::require(safe, "feed.url", "is https://, or http:// on loopback")?;
        let plain = |url: &String| url.trim_end_matches('/').to_ascii_lowercase();
        let distinct: HashSet<_> = urls.iter().map(plain).collect();
        super::control_plane::require(distinct.len() == urls.len(), "feed.url", "names each control plane once")?;
        super::control_plane::require(self.limits.connections > 0, "limits.connections", "is at least 1")?;
        let one_client = self.limits.connections_per_client > 0;
        super::control_plane::require(one_client, "limits.connections_per_client", "is at least 1")?;
        let requests = self.limits.requests_per_connection > 0;
        super::control_plane::require(requests, "limits.requests_per_connection", "is at least 1")?;
        self.limits.check_requests()?;
        self.contact.check()?;
        self.dns.check()?;
        let is_apart = self.feed.outbox() != self.feed.replica;
        super::control_plane::require(is_apart, "feed.outbox", "is another file than feed.replica")?;
        let fields = (1..=256).contains(&self.limits.fields);
        super::control_plane::require(fields, "limits.fields", "is 1 to 256, the most that the engine takes")
    }
}

impl FeedSettings {
    /// The outbox's file.
    #[must_use]
    pub fn outbox(&self) -> PathBuf {
        self.outbox.clone().unwrap_or_else(|| self.replica.with_extension("outbox"))
    }
}

impl LimitSettings {
    /// How long a process that is to end serves as before, and how long after that what has begun may go on.
    #[must_use]
    pub fn drain(&self) -> (Duration, Duration) {
        (self.drain_notice.duration(), self.drain_deadline.duration())
    }

    fn check_requests(&self) -> Result<(), SettingsError> {
        let within = |share: usize| (1..=self.requests).contains(&share);
        super::control_plane::require(self.requests > 0, "limits.requests", "is at least 1")?;
        for (share, key) in [
            (self.requests_per_client, "limits.requests_per_client"),
            (self.requests_per_tenant, "limits.requests_per_tenant"),
            (self.requests_per_target, "limits.requests_per_target"),
        ] {
            super::control_plane::require(within(share), key, "is 1 to limits.requests")?;
        }
        Ok(())
    }
}

/// Tokens and challenges must not cross a network in the clear.
fn is_safe_url(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else {
        return url.starts_with("https://");
    };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    // What stands before an `@` is no host.
    if authority.contains('@') {
        return false;
    }
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl Default for ListenSettings {
    fn default() -> Self {
        Self {
            https: vec![SocketAddr::from(([0, 0, 0, 0], 443))],
            http: vec![SocketAddr::from(([0, 0, 0, 0], 80))],
            status: SocketAddr::from(([127, 0, 0, 1], 8610)),
            proxy_protocol_from: Vec::new(),
            threads: 0,
        }
    }
}

impl Default for FeedSettings {
    fn default() -> Self {
        Self {
            url: vec!["http://127.0.0.1:8600".into()],
            root_file: None,
            token_file: "/etc/marque/edge.token".into(),
            public_key_file: "/etc/marque/feed.pub".into(),
            edge_key_file: "/etc/marque/edge.key".into(),
            replica: "/var/lib/marque-proxy/replica.db".into(),
            outbox: None,
            name: None,
        }
    }
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            connections: 20_000,
            connections_per_client: 2_000,
            handshake_deadline: Milliseconds::new(10_000),
            head_deadline: Milliseconds::new(10_000),
            head_size: Size::new(32 << 10),
            target_size: Size::new(16 << 10),
            fields: 100,
            idle_deadline: Milliseconds::new(30_000),
            body_rate: Size::new(500),
            write_deadline: Milliseconds::new(30_000),
            requests_per_connection: 10_000,
            requests: 16_000,
            requests_per_client: 2_000,
            requests_per_tenant: 4_000,
            requests_per_target: 8_000,
            target_queue: 256,
            target_patience: Milliseconds::new(1_000),
            login_body: Size::new(64 << 10),
            login_answer: Size::new(1 << 20),
            drain_notice: Milliseconds::new(5_000),
            drain_deadline: Milliseconds::new(30_000),
        }
    }
}

impl Default for UpstreamSettings {
    fn default() -> Self {
        Self {
            connect_deadline: Milliseconds::new(1_000),
            read_deadline: Milliseconds::new(60_000),
            write_deadline: Milliseconds::new(30_000),
            idle_deadline: Milliseconds::new(30_000),
            idle_connections: 512,
            health_interval: Milliseconds::new(2_000),
            root_file: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_requests_is_no_more_than_all() {
        let checked = |change: fn(&mut LimitSettings)| {
            let mut settings = ProxySettings::default();
            change(&mut settings.limits);
            settings.check()
        };
        assert!(checked(|limits| limits.requests_per_tenant = limits.requests).is_ok());
        for change in [
            (|limits| limits.requests = 0) as fn(&mut LimitSettings),
            |limits| limits.requests_per_client = 0,
            |limits| limits.requests_per_tenant = limits.requests + 1,
            |limits| limits.requests_per_target = 0,
        ] {
            let error = checked(change).unwrap_err();
            assert!(error.to_string().contains("limits.requests"), "{error}");
        }
    }

    #[test]
    fn the_outbox_is_a_file_beside_the_replica_and_never_the_same() {
        let mut settings = ProxySettings::default();
        assert_eq!(settings.feed.outbox(), PathBuf::from("/var/lib/marque-proxy/replica.outbox"));
        settings.feed.outbox = Some("/var/lib/x".into());
        assert!(settings.check().is_ok());
        settings.feed.replica = "/var/lib/x".into();
        assert!(settings.check().unwrap_err().to_string().contains("feed.outbox"));
    }

    #[test]
    fn a_token_crosses_no_network_in_the_clear() {
        for url in ["https://control.example", "http://127.0.0.1:8600", "http://[::1]:8600", "http://localhost"] {
            assert!(is_safe_url(url), "{url}");
        }
        for url in [
            "http://control.example",
            "http://127.0.0.1.example:80",
            "ftp://a",
            "http://10.0.0.1:8600",
            "http://127.0.0.1:8600@control.example",
            "http://localhost:@control.example",
        ] {
            assert!(!is_safe_url(url), "{url}");
        }
    }
}
