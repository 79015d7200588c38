//! The sockets of a proxy: all bound before one is served, so that a proxy that can't have them all has none.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use marque_config::settings::{ListenSettings, ProxySettings};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

use super::{StartError, spawn};
use crate::dns::DnsSockets;
use crate::exchange::Engine;
use crate::listener::{Caps, Incoming, Listener, Rules};
use crate::plain::Plain;
use crate::serve::{Accepted, Connected};
use crate::telemetry::Metrics;
use crate::tls::Tls;

/// Sockets, bound and not yet served.
pub(super) struct Sockets {
    https: Vec<Listener>,
    http: Vec<Listener>,
    dns: Vec<DnsSockets>,
    status: TcpListener,
}

/// What every connection is served with.
#[derive(Clone)]
pub(super) struct Serving {
    /// The handshake.
    pub tls: Arc<Tls>,
    /// The plain listener's answers.
    pub plain: Arc<Plain>,
    /// What comes after the handshake.
    pub engine: Arc<Engine>,
    /// Whether the process is about to end.
    pub closing: watch::Receiver<bool>,
}

type Served = AbortOnDropHandle<JoinSet<()>>;

impl Sockets {
    /// Binds all addresses of the settings.
    ///
    /// # Errors
    /// [`StartError::Listen`] for the first that can't be had.
    pub(super) async fn bind(settings: &ProxySettings, metrics: &Arc<Metrics>) -> Result<Self, StartError> {
        let (listen, limits) = (&settings.listen, &settings.limits);
        let rules = Arc::new(Rules {
            proxies: listen.proxy_protocol_from.clone(),
            deadline: limits.handshake_deadline.duration(),
            caps: Caps::new(limits.connections, limits.connections_per_client, Arc::clone(metrics)),
            metrics: Arc::clone(metrics),
        });
        let bind = |key, addresses: &[SocketAddr]| {
            let bind = |&address| Listener::bind(address, Arc::clone(&rules)).map_err(failed(key, address));
            addresses.iter().map(bind).collect::<Result<Vec<_>, _>>()
        };
        let (https, http) = (bind("listen.https", &listen.https)?, bind("listen.http", &listen.http)?);
        let status = TcpListener::bind(listen.status).await.map_err(failed("listen.status", listen.status))?;
        let mut dns = Vec::with_capacity(settings.dns.listen.len());
        for &address in &settings.dns.listen {
            dns.push(DnsSockets::bind(address).await.map_err(failed("dns.listen", address))?);
        }
        Ok(Self { https, http, dns, status })
    }

    /// The sockets of DNS, to be served beside the connections; and where the first one is, if there is one.
    ///
    /// # Errors
    /// [`StartError::Listen`] when a socket doesn't know.
    pub(super) fn take_dns(
        &mut self,
        asked: &[SocketAddr],
    ) -> Result<(Vec<DnsSockets>, Option<SocketAddr>), StartError> {
        let first = self.dns.first().zip(asked.first());
        let first = first.map(|(sockets, &asked)| sockets.address().map_err(failed("dns.listen", asked)));
        Ok((std::mem::take(&mut self.dns), first.transpose()?))
    }

    /// The first address of each kind: with port 0 in the settings, the one that was given.
    ///
    /// # Errors
    /// [`StartError::Listen`] when a socket doesn't know.
    pub(super) fn addresses(
        &self,
        listen: &ListenSettings,
    ) -> Result<(SocketAddr, Option<SocketAddr>, SocketAddr), StartError> {
        let first = |key, listeners: &[Listener], asked: &[SocketAddr]| {
            let first = listeners.first().zip(asked.first());
            first.map(|(listener, &asked)| listener.address().map_err(failed(key, asked))).transpose()
        };
        let status = self.status.local_addr().map_err(failed("listen.status", listen.status))?;
        let https = first("listen.https", &self.https, &listen.https)?;
        // Checked settings name at least one address for TLS.
        Ok((https.unwrap_or(status), first("listen.http", &self.http, &listen.http)?, status))
    }

    /// Serves; the status pages' socket is handed back.
    pub(super) fn run(self, serving: &Serving) -> (Vec<Served>, TcpListener) {
        let https = self.https.into_iter().map(|listener| {
            let (serving, closing) = (serving.clone(), serving.closing.clone());
            spawn(listener.run(closing, move |incoming| serve_tls(serving.clone(), incoming)))
        });
        let http = self.http.into_iter().map(|listener| {
            let (serving, closing) = (serving.clone(), serving.closing.clone());
            spawn(
                listener
                    .run(closing, move |incoming| Arc::clone(&serving.plain).serve(incoming, serving.closing.clone())),
            )
        });
        (https.chain(http).collect(), self.status)
    }
}

async fn serve_tls(serving: Serving, incoming: Incoming) {
    let Incoming { stream, client, local, deadline, seat } = incoming;
    let Serving { tls, engine, closing, .. } = serving;
    // Boxed, so that its memory is free again while the connection lives, and so is every place that a TLS stream, which
    // isn't small, is moved through.
    let connected = Box::pin(async {
        let (stream, sni) = tls.handshake(stream, deadline).await?;
        Some(Connected::new(Accepted { stream, sni, peer: client, local }, &engine))
    });
    if let Some(connected) = connected.await {
        connected.serve(engine, closing).await;
    }
    drop(seat);
}

fn failed(key: &'static str, address: SocketAddr) -> impl FnOnce(io::Error) -> StartError {
    move |source| StartError::Listen { key, address, source }
}
