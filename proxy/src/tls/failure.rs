//! Why a handshake came to nothing, and a log of it that a flood can't fill.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;

use marque_config::Hostname;
use marque_config::clock::Clock;
use parking_lot::Mutex;

use super::certificates::Unusable;
use crate::telemetry::Causes;

/// How many different names are logged in a minute; what is beyond is only counted.
const NAMES_A_MINUTE: usize = 100;

/// Why a handshake came to nothing.
#[derive(Debug)]
pub(super) enum HandshakeFailure {
    /// Not done by its deadline.
    TooSlow,
    /// The client went away.
    Gone,
    /// The bytes aren't a ClientHello.
    NotTls,
    /// The ClientHello names no host.
    NoName,
    /// The host isn't known, or has no certificate.
    UnknownName(Hostname),
    /// The host's certificate or key can't be used.
    KeyUnusable(Hostname, Unusable),
    /// No protocol in common (ALPN).
    NoProtocol,
    /// No version, cipher or group in common, or a message that isn't TLS.
    Failed,
}

impl HandshakeFailure {
    /// A failure before the ClientHello was whole.
    pub(super) fn from_hello(error: io::Error) -> Self {
        if tls_error(&error).is_some() { Self::NotTls } else { Self::Gone }
    }

    /// A failure after it.
    pub(super) fn from_rest(error: io::Error) -> Self {
        match tls_error(&error) {
            Some(rustls::Error::NoApplicationProtocol) => Self::NoProtocol,
            Some(_) => Self::Failed,
            None => Self::Gone,
        }
    }

    /// A word for metrics.
    pub(super) fn outcome(&self) -> &'static str {
        match self {
            Self::TooSlow => "too_slow",
            Self::Gone => "gone",
            Self::NotTls => "not_tls",
            Self::NoName => "no_name",
            Self::UnknownName(_) => "unknown_name",
            Self::KeyUnusable(..) => "key_unusable",
            Self::NoProtocol => "no_protocol",
            Self::Failed => "failed",
        }
    }
}

fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

/// Logs the names that handshakes failed for, each at most once a minute.
pub(super) struct FailureLog {
    clock: Arc<dyn Clock>,
    minute: Mutex<(i64, HashSet<Hostname>)>,
}

impl FailureLog {
    /// A log of which nothing was said yet.
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, minute: Mutex::default() }
    }

    /// Says that a handshake failed for its name, if nothing was said of that name this minute.
    pub(super) fn note(&self, failure: &HandshakeFailure) {
        match failure {
            HandshakeFailure::UnknownName(name) if self.is_new(name) => {
                tracing::info!(sni = %name, "no such name here");
            }
            HandshakeFailure::KeyUnusable(name, error) if self.is_new(name) => {
                tracing::error!(sni = %name, error = %Causes(error), "a certificate can't be used");
            }
            _ => {}
        }
    }

    fn is_new(&self, name: &Hostname) -> bool {
        let now = self.clock.now_ms() / 60_000;
        let mut minute = self.minute.lock();
        if minute.0 != now {
            *minute = (now, HashSet::new());
        }
        minute.1.len() < NAMES_A_MINUTE && minute.1.insert(name.clone())
    }
}

impl std::fmt::Debug for FailureLog {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("FailureLog")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::FakeClock;

    #[test]
    fn a_name_is_logged_once_a_minute_and_a_flood_of_names_is_not() {
        let clock = FakeClock::at(0);
        let names = FailureLog::new(clock.clone());
        let name = |number: usize| format!("n{number}.example.com").parse::<Hostname>().unwrap();
        assert!(names.is_new(&name(0)) && !names.is_new(&name(0)));
        let logged = (0..1_000).filter(|&number| names.is_new(&name(number))).count();
        assert_eq!(logged, NAMES_A_MINUTE - 1);
        assert_eq!(names.minute.lock().1.len(), NAMES_A_MINUTE, "nothing is kept of the others");
        clock.advance(60_000);
        assert!(names.is_new(&name(0)));
    }
}
