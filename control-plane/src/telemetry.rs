//! What operators see: events and metrics. Never tokens, keys, bodies or mail addresses; no label that a client chooses.

mod backlog;

use std::io::IsTerminal;
use std::sync::Arc;

use marque_config::settings::{LogFormat, LogSettings};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tracing_subscriber::EnvFilter;

use crate::measures::Measures;
use crate::store::Backlog;
use crate::tasks::Runs;

/// The process's metrics.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Family<RouteLabel, Histogram>,
    backlog: backlog::Gauges,
    /// Streams of the feed that are open.
    pub(crate) streams: Gauge,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabel {
    route: String,
}

/// Seconds: no request takes longer than thirty.
const LATENCY: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// `log.filter` isn't one.
#[derive(Debug, thiserror::Error)]
#[error("log.filter: this is no filter")]
pub struct FilterError(#[from] tracing_subscriber::filter::ParseError);

impl Metrics {
    /// Metrics that are all zero, beside those of the tasks.
    #[must_use]
    pub fn new(runs: &Runs) -> Arc<Self> {
        Self::with(runs, &Measures::default())
    }

    /// As [`Metrics::new`], beside what a store measures too.
    #[must_use]
    pub fn with(runs: &Runs, measures: &Measures) -> Arc<Self> {
        let mut registry = Registry::default();
        let (requests, streams) = (Family::default(), Gauge::default());
        let latency: fn() -> Histogram = || Histogram::new(LATENCY);
        let request_seconds = Family::new_with_constructor(latency);
        let backlog = backlog::Gauges::default();
        backlog.register(&mut registry);
        measures.register(&mut registry);
        registry.register("control_requests", "Requests to the API", Family::clone(&requests));
        registry.register("control_request_seconds", "How long requests took", Family::clone(&request_seconds));
        registry.register("control_feed_streams", "Open streams of the feed", streams.clone());
        runs.register(&mut registry);
        Arc::new(Self { registry, requests, request_seconds, backlog, streams })
    }

    /// A request was answered.
    pub(crate) fn request(&self, route: &str, status: u16, seconds: f64) {
        let route = route.to_owned();
        self.request_seconds.get_or_create(&RouteLabel { route: route.clone() }).observe(seconds);
        self.requests.get_or_create(&RequestLabels { route, status }).inc();
    }

    /// What waits now.
    pub(crate) fn waiting(&self, backlog: &Backlog, now_ms: i64) {
        self.backlog.set(backlog, now_ms);
    }

    /// The metrics as Prometheus reads them.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a String never fails.
        let _ = text::encode(&mut out, &self.registry);
        out
    }
}

/// Reads `log.filter`.
///
/// # Errors
/// [`FilterError`].
pub fn filter(settings: &LogSettings) -> Result<EnvFilter, FilterError> {
    Ok(EnvFilter::builder().parse(&settings.filter)?)
}

/// Starts to log, for the whole process.
///
/// # Errors
/// [`FilterError`].
pub fn start(settings: &LogSettings) -> Result<(), FilterError> {
    let filter = filter(settings)?;
    let colours = std::io::stderr().is_terminal();
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours);
    // A second start in one process (a test's) keeps the first.
    let _ = match settings.format {
        LogFormat::Json => subscriber.json().flatten_event(true).try_init(),
        LogFormat::Text => subscriber.try_init(),
    };
    Ok(())
}
