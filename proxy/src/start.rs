//! From settings to a running proxy, and back.

mod files;
mod keys;
mod real;
mod sockets;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use marque_config::clock::{Clock, Random};
use marque_config::seal::{KeyRing, SealError};
use marque_config::settings::ProxySettings;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;
use zeroize::Zeroizing;

use crate::directory::Directory;
use crate::dns::Responder;
use crate::drain::drain;
use crate::entry::Tickets;
use crate::exchange::{Engine, EngineError, EngineParts};
use crate::feed::{self, Follower, ReplicaError};
use crate::listener::accept_local;
use crate::outbox::Outbox;
use crate::plain::Plain;
use crate::telemetry::{LogLosses, Metrics, Status};
use crate::tls::Tls;
pub use files::{FileError, check as check_files};
use keys::Keys;
use sockets::{Serving, Sockets};

/// A proxy.
pub struct Proxy;

/// What a test may exchange.
pub struct Parts {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

/// A running proxy. Dropping it ends it at once; [`Handle::shutdown`] lets requests finish.
pub struct Handle {
    https: SocketAddr,
    http: Option<SocketAddr>,
    dns: Option<SocketAddr>,
    status: SocketAddr,
    directory: Arc<Directory>,
    metrics: Arc<Metrics>,
    drain_notice: Duration,
    drain_deadline: Duration,
    leaving: watch::Sender<bool>,
    closing: watch::Sender<bool>,
    listeners: Vec<AbortOnDropHandle<JoinSet<()>>>,
    tasks: Vec<AbortOnDropHandle<()>>,
}

/// Why a proxy can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The edge key's file can't be read.
    #[error("feed.edge_key_file {path}")]
    EdgeKeyFile {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The edge key's file holds no key.
    #[error("feed.edge_key_file")]
    EdgeKey(#[from] SealError),
    /// There can be no replica.
    #[error("the replica")]
    Replica(#[from] ReplicaError),
    /// The crypto provider doesn't do what is needed.
    #[error("TLS")]
    Tls(#[from] rustls::Error),
    /// The engine can't start.
    #[error("the engine")]
    Engine(#[from] EngineError),
    /// An address can't be listened at.
    #[error("{key} {address}")]
    Listen {
        /// The settings' key.
        key: &'static str,
        /// Which.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// What the stages share.
struct Base {
    settings: Arc<ProxySettings>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    metrics: Arc<Metrics>,
    edge_key: Arc<KeyRing>,
    directory: Arc<Directory>,
    outbox: Arc<Outbox>,
    /// Whether `/readyz` says that the process is about to end.
    leaving: watch::Sender<bool>,
    /// Whether nothing new is begun.
    closing: watch::Sender<bool>,
}

impl Parts {
    /// The machine's own.
    #[must_use]
    pub fn real() -> Self {
        Self { clock: Arc::new(real::Machine), random: Arc::new(real::Machine) }
    }
}

impl Proxy {
    /// Starts a proxy and serves what its replica has, whether or not the control plane answers. It serves when this
    /// returns.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn bind(settings: ProxySettings, parts: Parts) -> Result<Handle, StartError> {
        // The engine and the feed's client take the process's provider. Whoever came first has installed the same one.
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let (base, follower) = Base::new(settings, parts).await?;
        let keys = base.keys();
        let tickets = Tickets::new(follower.client(), Arc::clone(&base.metrics));
        let engine = base.engine(&keys, tickets)?;
        let serving = base.serving(&keys, Arc::clone(&engine))?;
        let mut sockets = Sockets::bind(&base.settings, &base.metrics).await?;
        let (https, http, status) = sockets.addresses(&base.settings.listen)?;
        let (dns_sockets, dns) = sockets.take_dns(&base.settings.dns.listen)?;
        let responder = base.responder();
        let (listeners, status_socket) = sockets.run(&serving);
        let pages = Arc::new(base.status());
        let answer = move |stream| Arc::clone(&pages).serve(stream);
        let mut tasks = vec![
            spawn(accept_local(status_socket, Status::CONNECTIONS, answer)),
            spawn(Arc::clone(&base.outbox).send(follower.client(), follower.epochs())),
            spawn(follower.run()),
            spawn(keys.run()),
            spawn(engine.watch_health(base.closing.subscribe())),
            spawn(Arc::clone(&serving.tls).drop_stale_keys(base.directory.applied())),
        ];
        tasks.extend(dns_sockets.into_iter().map(|sockets| spawn(Arc::clone(&responder).run(sockets))));
        let shown = [http, dns].map(|address| address.map(tracing::field::display));
        tracing::info!(%https, http = shown[0], dns = shown[1], %status, "serving");
        let Base { directory, leaving, closing, settings, metrics, .. } = base;
        let (drain_notice, drain_deadline) = settings.limits.drain();
        Ok(Handle {
            https,
            http,
            dns,
            status,
            directory,
            metrics,
            drain_notice,
            drain_deadline,
            leaving,
            closing,
            listeners,
            tasks,
        })
    }
}

impl Base {
    async fn new(settings: ProxySettings, Parts { clock, random }: Parts) -> Result<(Self, Follower), StartError> {
        let metrics = Arc::new(Metrics::new(clock.now_ms()));
        let edge_key = edge_key(settings.feed.edge_key_file.clone()).await?;
        let opening = feed::open(&settings.feed, Arc::clone(&clock), Arc::clone(&random), Arc::clone(&metrics));
        let (directory, follower) = opening.await?;
        let (leaving, closing) = (watch::Sender::new(false), watch::Sender::new(false));
        let settings = Arc::new(settings);
        let (time, drawn, counted) = (Arc::clone(&clock), Arc::clone(&random), Arc::clone(&metrics));
        let outbox = Outbox::new(settings.feed.outbox(), time, drawn, counted);
        Ok((Self { settings, clock, random, metrics, edge_key, directory, outbox, leaving, closing }, follower))
    }

    fn keys(&self) -> Keys {
        let (directory, edge_key) = (Arc::clone(&self.directory), Arc::clone(&self.edge_key));
        Keys::new(directory, edge_key, Arc::clone(&self.clock), Arc::clone(&self.metrics))
    }

    fn engine(&self, keys: &Keys, tickets: Arc<Tickets>) -> Result<Arc<Engine>, EngineError> {
        Engine::new(EngineParts {
            settings: Arc::clone(&self.settings),
            directory: Arc::clone(&self.directory),
            secrets: keys.secrets(),
            clock: Arc::clone(&self.clock),
            random: Arc::clone(&self.random),
            metrics: Arc::clone(&self.metrics),
            outbox: Arc::clone(&self.outbox),
            tickets,
        })
    }

    fn serving(&self, keys: &Keys, engine: Arc<Engine>) -> Result<Serving, rustls::Error> {
        let (directory, edge_key) = (Arc::clone(&self.directory), Arc::clone(&self.edge_key));
        let tls = Tls::new(directory, edge_key, keys.ticketer(), Arc::clone(&self.clock), Arc::clone(&self.metrics))?;
        let plain = Plain::new(Arc::clone(&self.directory), &self.settings.limits);
        Ok(Serving { tls: Arc::new(tls), plain: Arc::new(plain), engine, closing: self.closing.subscribe() })
    }

    fn responder(&self) -> Arc<Responder> {
        let (directory, clock) = (Arc::clone(&self.directory), Arc::clone(&self.clock));
        Arc::new(Responder::new(directory, &self.settings.dns, clock, Arc::clone(&self.metrics)))
    }

    fn status(&self) -> Status {
        Status {
            directory: Arc::clone(&self.directory),
            metrics: Arc::clone(&self.metrics),
            clock: Arc::clone(&self.clock),
            closing: self.leaving.subscribe(),
        }
    }
}

impl Handle {
    /// Where TLS is spoken: the first address of the settings.
    #[must_use]
    pub fn https(&self) -> SocketAddr {
        self.https
    }

    /// Where challenges are answered: the first address of the settings, if there is one.
    #[must_use]
    pub fn http(&self) -> Option<SocketAddr> {
        self.http
    }

    /// Where DNS questions are answered: the first address of the settings, if there is one.
    #[must_use]
    pub fn dns(&self) -> Option<SocketAddr> {
        self.dns
    }

    /// Where the status pages are.
    #[must_use]
    pub fn status(&self) -> SocketAddr {
        self.status
    }

    /// What the proxy knows.
    #[must_use]
    pub fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// Has the metrics say what the process's log could not.
    pub fn report(&self, lines: LogLosses) {
        self.metrics.report(lines);
    }

    /// Says so at `/readyz` and serves on for the notice; then takes what waits in the backlog, stops listening, lets
    /// requests finish, and ends. The replica is followed until the last connection has ended: a suspension bites to the
    /// end.
    pub async fn shutdown(self) {
        self.leaving.send_replace(true);
        tracing::info!(notice_ms = self.drain_notice.as_millis() as u64, "leaving");
        tokio::time::sleep(self.drain_notice).await;
        self.closing.send_replace(true);
        let mut connections = Vec::new();
        for listener in self.listeners {
            connections.extend(listener.await);
        }
        let open: usize = connections.iter().map(JoinSet::len).sum();
        tracing::info!(connections = open, "draining");
        let cut = drain(connections, self.drain_deadline).await;
        // Awaited, so that nothing of this proxy is left when this returns: its file may be opened again.
        for task in self.tasks {
            task.abort();
            drop(task.await);
        }
        tracing::info!(cut, "drained");
    }
}

fn spawn<T: Send + 'static>(task: impl Future<Output = T> + Send + 'static) -> AbortOnDropHandle<T> {
    AbortOnDropHandle::new(tokio::spawn(task))
}

async fn edge_key(path: PathBuf) -> Result<Arc<KeyRing>, StartError> {
    match tokio::fs::read_to_string(&path).await.map(Zeroizing::new) {
        Ok(text) => Ok(Arc::new(KeyRing::parse(&text)?)),
        Err(source) => Err(StartError::EdgeKeyFile { path, source }),
    }
}

#[cfg(test)]
mod tests;
