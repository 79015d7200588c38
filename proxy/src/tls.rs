//! 2. Handshake: the ClientHello first, then the certificate for its name, then the rest.
//!
//! A handshake without a name, or for a name that nobody brought, ends before anything is signed, looked up outside
//! this process, or kept. No early data (RFC 8446 section 8): a replayed request must not be served.

mod certificates;
mod failure;
mod ticketer;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use marque_config::Hostname;
use marque_config::certificate::ACME_TLS;
use marque_config::clock::Clock;
use marque_config::seal::KeyRing;
use rustls::HandshakeKind;
use rustls::server::{Acceptor, ServerConfig};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_rustls::server::TlsStream;
use tokio_rustls::{LazyConfigAcceptor, StartHandshake};

use crate::directory::{Applied, Directory};
use crate::telemetry::Metrics;
use certificates::{Certificates, Chosen, Unserved};
use failure::{FailureLog, HandshakeFailure};

pub(crate) use ticketer::Ticketer;

/// `fatal`, `unrecognized_name` (RFC 6066 section 3), in a record of its own.
const UNRECOGNIZED_NAME: [u8; 7] = [21, 3, 3, 0, 2, 2, 112];
/// `fatal`, `internal_error`.
const INTERNAL_ERROR: [u8; 7] = [21, 3, 3, 0, 2, 2, 80];

const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

/// Everything that a handshake needs.
#[derive(Debug)]
pub(crate) struct Tls {
    certificates: Certificates,
    failures: FailureLog,
    metrics: Arc<Metrics>,
}

/// What a ClientHello asks for.
enum Wanted {
    /// What proves the name.
    Proof(Arc<ServerConfig>),
    /// To be served.
    Service(Chosen),
}

impl Tls {
    /// A stage that serves what `directory` has.
    ///
    /// # Errors
    /// When the crypto provider has no TLS 1.2 or 1.3.
    pub(crate) fn new(
        directory: Arc<Directory>,
        edge_key: Arc<KeyRing>,
        ticketer: Arc<Ticketer>,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
    ) -> Result<Self, rustls::Error> {
        let certificates = Certificates::new(directory, edge_key, ticketer, Arc::clone(&clock))?;
        Ok(Self { certificates, failures: FailureLog::new(clock), metrics })
    }

    /// Drops the keys of names that are gone as soon as they are, until the task is dropped.
    pub(crate) async fn drop_stale_keys(self: Arc<Self>, mut applied: watch::Receiver<Applied>) {
        while applied.changed().await.is_ok() {
            self.certificates.drop_stale();
            // Changes come in bursts; a look goes over all keys.
            sleep(BETWEEN_LOOKS).await;
        }
    }

    /// Does a handshake; none when it failed, or was all that a certificate authority wanted. Why is counted, and told to the
    /// client as far as TLS has words for it.
    pub(crate) async fn handshake(
        &self,
        stream: TcpStream,
        deadline: Instant,
    ) -> Option<(TlsStream<TcpStream>, Hostname)> {
        let done = timeout_at(deadline, self.shake_hands(stream)).await.unwrap_or(Err(HandshakeFailure::TooSlow));
        match done {
            Ok(None) => {
                self.metrics.handshake("acme_tls");
                None
            }
            Ok(Some((stream, name))) => {
                self.metrics.handshake(match stream.get_ref().1.handshake_kind() {
                    Some(HandshakeKind::Resumed) => "resumed",
                    _ => "full",
                });
                Some((stream, name))
            }
            Err(failure) => {
                self.metrics.handshake(failure.outcome());
                self.failures.note(&failure);
                None
            }
        }
    }

    /// None: a certificate authority has seen the proof that it came for.
    async fn shake_hands(
        &self,
        stream: TcpStream,
    ) -> Result<Option<(TlsStream<TcpStream>, Hostname)>, HandshakeFailure> {
        let start = LazyConfigAcceptor::new(Acceptor::default(), stream).await.map_err(HandshakeFailure::from_hello)?;
        let (name, wanted) = match self.wanted(&start) {
            Ok(found) => found,
            Err(failure) => {
                let alert = if matches!(failure, HandshakeFailure::KeyUnusable(..)) {
                    INTERNAL_ERROR
                } else {
                    UNRECOGNIZED_NAME
                };
                say(start.io, &alert).await;
                return Err(failure);
            }
        };
        match wanted {
            Wanted::Proof(config) => {
                let mut stream = start.into_stream(config).await.map_err(HandshakeFailure::from_rest)?;
                // Who asks for the proof has it now, and nothing is said by this protocol (RFC 8737 section 4).
                let _ = stream.shutdown().await;
                Ok(None)
            }
            Wanted::Service(served) => {
                if served.is_expired {
                    self.metrics.expired_certificate();
                }
                let stream = start.into_stream(served.config).await.map_err(HandshakeFailure::from_rest)?;
                Ok(Some((stream, name)))
            }
        }
    }

    fn wanted(&self, start: &StartHandshake<TcpStream>) -> Result<(Hostname, Wanted), HandshakeFailure> {
        let hello = start.client_hello();
        let name = hello.server_name().ok_or(HandshakeFailure::NoName)?;
        let name = Hostname::from_wire(name).map_err(|_| HandshakeFailure::NoName)?;
        // Alone: who offers another protocol beside it is no certificate authority (RFC 8737 section 3).
        let asks_for_proof = hello.alpn().is_some_and(|offered| offered.eq([ACME_TLS.as_bytes()]));
        let proof = asks_for_proof.then(|| self.certificates.prove(&name));
        let chosen = match proof {
            Some(Ok(proof)) => Ok(Wanted::Proof(proof)),
            Some(Err(Unserved::Unusable(error))) => Err(Unserved::Unusable(error)),
            // Where nothing is proved, it is one of the protocols that nobody speaks here.
            Some(Err(Unserved::Unknown)) | None => self.certificates.choose(&name).map(Wanted::Service),
        };
        match chosen {
            Ok(wanted) => Ok((name, wanted)),
            Err(Unserved::Unknown) => Err(HandshakeFailure::UnknownName(name)),
            Err(Unserved::Unusable(error)) => Err(HandshakeFailure::KeyUnusable(name, error)),
        }
    }
}

/// Ends a connection with an alert. Whether it arrives doesn't matter: the connection ends.
async fn say(mut stream: TcpStream, alert: &[u8]) {
    let told: io::Result<()> = async {
        stream.write_all(alert).await?;
        stream.shutdown().await
    }
    .await;
    drop(told);
}

#[cfg(test)]
mod tests;
