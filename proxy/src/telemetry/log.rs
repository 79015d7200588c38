//! The process's log: its events, as lines that a thread of their own writes.
//!
//! What the TLS library says of its peers, such as names that are none, is counted and not written: whoever connects could
//! fill the log with it.

mod json;
mod lines;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use marque_config::settings::{LogFormat, LogSettings};
use tracing::{Event, Level, Subscriber};
use tracing_log::NormalizeEvent;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use json::JsonLines;
use lines::{Lines, Writer};

/// Why the log can't be written as asked.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter isn't one.
    #[error("log.filter")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// There is no thread to write it.
    #[error("the log's thread")]
    Thread(#[source] io::Error),
    /// There is a log already.
    #[error("the log has been set up before")]
    Twice(#[from] TryInitError),
}

/// The process's log. Dropped, it writes what it still has, as far as somebody takes it at once.
#[derive(Debug)]
pub struct Log {
    losses: LogLosses,
    _writer: Writer,
}

/// What the log could not say.
#[derive(Debug, Clone)]
pub struct LogLosses {
    lines: Lines,
    tls_warnings: Arc<AtomicU64>,
}

/// Counts what the TLS library says of its peers instead of writing it.
struct TlsWarnings(Arc<AtomicU64>);

/// Sets the process's log up; what libraries say through `log` goes the same way.
///
/// # Errors
/// [`TelemetryError`].
pub fn init(settings: &LogSettings) -> Result<Log, TelemetryError> {
    let filter = EnvFilter::builder().parse(&settings.filter)?;
    let writer = Writer::start(io::stdout()).map_err(TelemetryError::Thread)?;
    let lines = writer.lines();
    let losses = LogLosses { lines: lines.clone(), tls_warnings: Arc::default() };
    let written = tracing_subscriber::fmt::layer().with_writer(move || lines.clone());
    let registry = tracing_subscriber::registry().with(filter).with(TlsWarnings(Arc::clone(&losses.tls_warnings)));
    match settings.format {
        LogFormat::Json => registry.with(written.json().event_format(JsonLines::new())).try_init()?,
        LogFormat::Text => registry.with(written).try_init()?,
    }
    Ok(Log { losses, _writer: writer })
}

impl Log {
    /// What it could not say, now and later.
    #[must_use]
    pub fn losses(&self) -> LogLosses {
        self.losses.clone()
    }
}

impl LogLosses {
    /// Lines that were dropped, for nobody took them in time, or at all.
    #[must_use]
    pub fn dropped_lines(&self) -> u64 {
        self.lines.dropped()
    }

    /// What the TLS library said of its peers.
    #[must_use]
    pub fn tls_warnings(&self) -> u64 {
        self.tls_warnings.load(Ordering::Relaxed)
    }
}

impl<S: Subscriber> Layer<S> for TlsWarnings {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        // What comes through `log` says its target in the event.
        let normal = event.normalized_metadata();
        let metadata = normal.as_ref().unwrap_or_else(|| event.metadata());
        let is_of_tls = metadata.target() == "rustls" || metadata.target().starts_with("rustls::");
        if is_of_tls && *metadata.level() == Level::WARN {
            self.0.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tls_says_of_its_peers_is_counted_and_not_written() {
        let writer = Writer::start(io::sink()).unwrap();
        let losses = LogLosses { lines: writer.lines(), tls_warnings: Arc::default() };
        let seen = Arc::new(AtomicU64::new(0));
        let written = Seen(Arc::clone(&seen));
        let subscriber =
            tracing_subscriber::registry().with(TlsWarnings(Arc::clone(&losses.tls_warnings))).with(written);
        tracing::subscriber::with_default(subscriber, || {
            tracing::warn!(target: "rustls::msgs::handshake", "Illegal SNI hostname received");
            tracing::error!(target: "rustls::server", "a fault of ours");
            tracing::warn!(target: "rustlsish", "another library");
        });
        assert_eq!((losses.tls_warnings(), seen.load(Ordering::Relaxed)), (1, 2));
    }

    struct Seen(Arc<AtomicU64>);

    impl<S: Subscriber> Layer<S> for Seen {
        fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}
