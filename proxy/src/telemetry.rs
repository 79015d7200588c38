//! What the proxy says about itself: one log, and metrics for machines.
//!
//! No label ever names a tenant or a host: a metric's size must not depend on how many there are.

mod log;
pub mod metrics;
mod outbox;
mod status;

use std::error::Error;
use std::fmt;

pub use log::{Log, LogLosses, TelemetryError, init};
pub use metrics::Metrics;
pub(crate) use status::Status;

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
