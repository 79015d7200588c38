//! What the proxy says about itself: one log, and metrics for machines.
//!
//! No label ever names a tenant or a host: a metric's size must not depend on how many there are.

pub mod metrics;

use std::error::Error;
use std::fmt;

use marque_config::settings::{LogFormat, LogSettings};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

pub use metrics::Metrics;

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

/// Sets the process's log up; what libraries say through `log` goes the same way.
///
/// # Errors
/// [`TelemetryError`].
pub fn init(settings: &LogSettings) -> Result<(), TelemetryError> {
    let filter = EnvFilter::builder().parse(&settings.filter)?;
    let log = tracing_subscriber::fmt().with_env_filter(filter);
    match settings.format {
        LogFormat::Json => log.json().flatten_event(true).finish().try_init()?,
        LogFormat::Text => log.finish().try_init()?,
    }
    Ok(())
}

/// An error with everything that caused it, in one line.
pub(crate) struct Causes<'a>(pub(crate) &'a dyn Error);

impl fmt::Display for Causes<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(formatter, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
