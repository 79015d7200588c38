//! What operators see: events and metrics. Never tokens, keys, bodies or mail addresses; no label that a client chooses.

mod backlog;
mod log;

use std::sync::{Arc, OnceLock};

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::database::Backlog;
use crate::database::measures::Measures;
use crate::database::task::Runs;
pub use log::{FilterError, Log, LogLosses, filter, start};

/// The process's metrics.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Family<RouteLabel, Histogram>,
    shares_used_up: Family<ShareLabel, Counter>,
    backlog: backlog::Gauges,
    /// Streams of the feed that are open.
    pub(crate) streams: Gauge,
    log_lines_dropped: Counter,
    tls_warnings: Counter,
    losses: OnceLock<LogLosses>,
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

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ShareLabel {
    share: &'static str,
}

/// Seconds: no request takes longer than thirty.
const LATENCY: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

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
        let (log_lines_dropped, tls_warnings) = (Counter::default(), Counter::default());
        let latency: fn() -> Histogram = || Histogram::new(LATENCY);
        let request_seconds = Family::new_with_constructor(latency);
        let backlog = backlog::Gauges::default();
        backlog.register(&mut registry);
        measures.register(&mut registry);
        registry.register("control_requests", "Requests to the API", Family::clone(&requests));
        registry.register("control_request_seconds", "How long requests took", Family::clone(&request_seconds));
        let shares_used_up = Family::<ShareLabel, Counter>::default();
        for share in ["api", "strangers", "feed"] {
            drop(shares_used_up.get_or_create(&ShareLabel { share }));
        }
        let refused = "Requests refused because the places of their share were taken";
        registry.register("control_share_refusals", refused, Family::clone(&shares_used_up));
        registry.register("control_feed_streams", "Open streams of the feed", streams.clone());
        let dropped = log_lines_dropped.clone();
        registry.register("control_log_lines_dropped", "Lines of the log that nobody took in time", dropped);
        let warnings = tls_warnings.clone();
        registry.register("control_tls_warnings", "What peers did in TLS that is odd, such as strange names", warnings);
        runs.register(&mut registry);
        let losses = OnceLock::new();
        Arc::new(Self {
            registry,
            requests,
            request_seconds,
            shares_used_up,
            backlog,
            streams,
            log_lines_dropped,
            tls_warnings,
            losses,
        })
    }

    /// A request was answered.
    pub(crate) fn request(&self, route: &str, status: u16, seconds: f64) {
        let route = route.to_owned();
        self.request_seconds.get_or_create(&RouteLabel { route: route.clone() }).observe(seconds);
        self.requests.get_or_create(&RequestLabels { route, status }).inc();
    }

    /// A request found the places of its share taken.
    pub(crate) fn share_used_up(&self, share: &'static str) {
        self.shares_used_up.get_or_create(&ShareLabel { share }).inc();
    }

    /// What waits now.
    pub(crate) fn waiting(&self, backlog: &Backlog, now_ms: i64) {
        self.backlog.set(backlog, now_ms);
    }

    /// Has these metrics say what the process's log could not.
    pub fn report(&self, losses: LogLosses) {
        // A process has one log.
        let _ = self.losses.set(losses);
    }

    /// The metrics as Prometheus reads them.
    #[must_use]
    pub fn text(&self) -> String {
        if let Some(losses) = self.losses.get() {
            self.log_lines_dropped.inc_by(losses.dropped_lines().saturating_sub(self.log_lines_dropped.get()));
            self.tls_warnings.inc_by(losses.tls_warnings().saturating_sub(self.tls_warnings.get()));
        }
        let mut out = String::new();
        // Writing to a String never fails.
        let _ = text::encode(&mut out, &self.registry);
        out
    }
}
