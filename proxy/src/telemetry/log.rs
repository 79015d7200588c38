//! The log's way out: lines are handed to a thread of their own, so that whoever reads them slowly, or not at all, holds
//! nobody up. What that thread can't take is dropped, and counted.
//!
//! What the TLS library says of its peers, such as names that are none, is counted and not written: whoever connects could
//! fill the log with it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use marque_config::settings::{LogFormat, LogSettings};
use tracing::{Event, Level, Subscriber};
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_log::NormalizeEvent;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

/// As many lines wait to be written.
const MOST_LINES: usize = 4_096;

/// Why the log can't be written as asked.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter isn't one.
    #[error("log.filter")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// There is a log already.
    #[error("the log has been set up before")]
    Twice(#[from] TryInitError),
}

/// The process's log. Dropped, it writes what it still has, as far as somebody takes it at once.
#[derive(Debug)]
pub struct Log {
    losses: LogLosses,
    _writer: WorkerGuard,
}

/// What the log could not say.
#[derive(Debug, Clone)]
pub struct LogLosses {
    dropped: ErrorCounter,
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
    let (lines, writer) = off_thread(io::stdout());
    let losses = LogLosses { dropped: lines.error_counter(), tls_warnings: Arc::default() };
    let written = tracing_subscriber::fmt::layer().with_writer(lines);
    let registry = tracing_subscriber::registry().with(filter).with(TlsWarnings(Arc::clone(&losses.tls_warnings)));
    match settings.format {
        LogFormat::Json => registry.with(written.json().flatten_event(true)).try_init()?,
        LogFormat::Text => registry.with(written).try_init()?,
    }
    Ok(Log { losses, _writer: writer })
}

fn off_thread<W: io::Write + Send + 'static>(writer: W) -> (NonBlocking, WorkerGuard) {
    NonBlockingBuilder::default().lossy(true).buffered_lines_limit(MOST_LINES).thread_name("log").finish(writer)
}

impl Log {
    /// What it could not say, now and later.
    #[must_use]
    pub fn losses(&self) -> LogLosses {
        self.losses.clone()
    }
}

impl LogLosses {
    /// Lines that were dropped, for nobody took them in time.
    #[must_use]
    pub fn dropped_lines(&self) -> u64 {
        self.dropped.dropped_lines() as u64
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
    use std::io::Write;
    use std::sync::mpsc::{Receiver, channel};

    use super::*;

    /// A reader of the log that takes nothing until it's told to.
    struct Stalled(Receiver<()>);

    impl io::Write for Stalled {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // Told, or its teller gone.
            let _ = self.0.recv();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_stalled_reader_stalls_nobody_and_what_is_dropped_is_counted() {
        let (go_on, stalled) = channel();
        let (mut lines, writer) = off_thread(Stalled(stalled));
        let dropped = lines.error_counter();
        for _ in 0..MOST_LINES + 100 {
            lines.write_all(b"a line\n").unwrap();
        }
        // One more may be in the writer's hand.
        assert!((99..=100).contains(&dropped.dropped_lines()), "{}", dropped.dropped_lines());
        drop(go_on);
        drop(writer);
    }

    #[test]
    fn what_tls_says_of_its_peers_is_counted_and_not_written() {
        let (lines, writer) = off_thread(io::sink());
        let losses = LogLosses { dropped: lines.error_counter(), tls_warnings: Arc::default() };
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
        drop(writer);
    }

    struct Seen(Arc<AtomicU64>);

    impl<S: Subscriber> Layer<S> for Seen {
        fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}
