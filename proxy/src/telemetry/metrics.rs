//! Counters, gauges and one histogram, in the text format of OpenMetrics.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::LogLosses;
use super::outbox::OutboxMetrics;

/// Everything that is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Outcome, Counter>,
    request_seconds: Histogram,
    handshakes: Family<Outcome, Counter>,
    connections: Gauge,
    requests_in_flight: Gauge,
    log_lines_dropped: Counter,
    tls_warnings: Counter,
    losses: OnceLock<LogLosses>,
    connections_refused: Family<Outcome, Counter>,
    dns_questions: Family<Outcome, Counter>,
    contact_messages: Family<Outcome, Counter>,
    batches: Family<Outcome, Counter>,
    entries: Family<Outcome, Counter>,
    entries_open: Gauge,
    expired_certificates: Counter,
    panics: Counter,
    replica_age: Gauge,
    not_understood: Family<Outcome, Gauge>,
    unopened_keys: Gauge,
    /// NaN while there is no certificate: a zero would read as an alarm.
    certificate_expiry: Gauge<f64, AtomicU64>,
    heard_ms: AtomicI64,
    /// What is counted of the outbox.
    pub(crate) outbox: OutboxMetrics,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

const SECONDS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

impl Metrics {
    /// Metrics of which nothing has been counted yet.
    #[must_use]
    pub fn new(now_ms: i64) -> Self {
        let mut metrics = Self {
            registry: Registry::default(),
            requests: Family::default(),
            request_seconds: Histogram::new(SECONDS),
            handshakes: Family::default(),
            connections: Gauge::default(),
            requests_in_flight: Gauge::default(),
            log_lines_dropped: Counter::default(),
            tls_warnings: Counter::default(),
            losses: OnceLock::new(),
            connections_refused: Family::default(),
            dns_questions: Family::default(),
            contact_messages: Family::default(),
            batches: Family::default(),
            entries: Family::default(),
            entries_open: Gauge::default(),
            expired_certificates: Counter::default(),
            panics: Counter::default(),
            replica_age: Gauge::default(),
            not_understood: Family::default(),
            unopened_keys: Gauge::default(),
            certificate_expiry: Gauge::default(),
            heard_ms: AtomicI64::new(now_ms),
            outbox: OutboxMetrics::new(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("proxy_requests", "Requests, by what became of them", self.requests.clone());
        let seconds = self.request_seconds.clone();
        registry.register("proxy_request_seconds", "From a request's head to the end of its answer", seconds);
        registry.register("proxy_handshakes", "TLS handshakes, by what became of them", self.handshakes.clone());
        registry.register("proxy_connections", "Connections open now", self.connections.clone());
        registry.register("proxy_requests_in_flight", "Requests in flight now", self.requests_in_flight.clone());
        let dropped = self.log_lines_dropped.clone();
        registry.register("proxy_log_lines_dropped", "Lines of the log that nobody took in time", dropped);
        let warnings = self.tls_warnings.clone();
        registry.register("proxy_tls_warnings", "What peers did in TLS that is odd, such as strange names", warnings);
        let refused = self.connections_refused.clone();
        registry.register("proxy_connections_refused", "Connections closed before any TLS", refused);
        registry.register("proxy_dns_questions", "DNS questions, by what became of them", self.dns_questions.clone());
        let messages = self.contact_messages.clone();
        registry.register(
            "proxy_contact_messages",
            "What was sent by the contact form, by what became of it",
            messages,
        );
        registry.register("proxy_replica_batches", "Batches of the feed", self.batches.clone());
        let entries = self.entries.clone();
        registry.register(
            "proxy_entries",
            "Tickets that were shown, and entries that were left, by what became of them",
            entries,
        );
        registry.register("proxy_entries_open", "Entries that are open, at whatever proxy", self.entries_open.clone());
        let expired = self.expired_certificates.clone();
        registry.register("proxy_expired_certificates_served", "Handshakes with an expired certificate", expired);
        registry.register("proxy_panics", "Connections that ended by a fault of ours", self.panics.clone());
        registry.register("proxy_replica_age_seconds", "Since the feed was last heard", self.replica_age.clone());
        let odd = self.not_understood.clone();
        registry.register("proxy_replica_not_understood", "What this version doesn't understand, by what it does", odd);
        let unopened = self.unopened_keys.clone();
        registry.register("proxy_shared_keys_unopened", "Shared keys that the edge key doesn't open", unopened);
        let expiry = self.certificate_expiry.clone();
        registry.register("cert_expiry_seconds_min", "Until the first certificate expires", expiry);
        self.outbox.register(registry);
    }

    /// Counts a request: a refusal's code, or a word for what became of it, and how long it took.
    pub fn request(&self, outcome: &'static str, seconds: f64) {
        self.requests.get_or_create(&Outcome { outcome }).inc();
        self.request_seconds.observe(seconds);
    }

    /// Counts a handshake.
    pub fn handshake(&self, outcome: &'static str) {
        self.handshakes.get_or_create(&Outcome { outcome }).inc();
    }

    /// Counts a handshake that was done with a certificate that is no longer valid.
    pub fn expired_certificate(&self) {
        self.expired_certificates.inc();
    }

    /// Counts a connection that ended by a fault of ours.
    pub fn panic(&self) {
        self.panics.inc();
    }

    /// Connections open now.
    #[must_use]
    pub fn connections(&self) -> &Gauge {
        &self.connections
    }

    /// Requests in flight now.
    #[must_use]
    pub fn requests_in_flight(&self) -> &Gauge {
        &self.requests_in_flight
    }

    /// Has these metrics say what the process's log could not.
    pub fn report(&self, losses: LogLosses) {
        // A process has one log.
        let _ = self.losses.set(losses);
    }

    fn take_losses(&self) {
        if let Some(losses) = self.losses.get() {
            self.log_lines_dropped.inc_by(losses.dropped_lines().saturating_sub(self.log_lines_dropped.get()));
            self.tls_warnings.inc_by(losses.tls_warnings().saturating_sub(self.tls_warnings.get()));
        }
    }

    /// Counts a connection that was closed before any TLS.
    pub fn connection_refused(&self, reason: &'static str) {
        self.connections_refused.get_or_create(&Outcome { outcome: reason }).inc();
    }

    /// Counts a DNS question.
    pub fn dns_question(&self, outcome: &'static str) {
        self.dns_questions.get_or_create(&Outcome { outcome }).inc();
    }

    /// Counts what was sent by the contact form.
    pub fn contact(&self, outcome: &'static str) {
        self.contact_messages.get_or_create(&Outcome { outcome }).inc();
    }

    /// Counts a batch of the feed.
    pub fn batch(&self, outcome: &'static str) {
        self.batches.get_or_create(&Outcome { outcome }).inc();
    }

    /// Counts a ticket that was shown, or an entry that was left.
    pub fn entry(&self, outcome: &'static str) {
        self.entries.get_or_create(&Outcome { outcome }).inc();
    }

    /// Notes how many entries are open.
    pub fn entries_open(&self, count: usize) {
        self.entries_open.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Notes how much of the replica is closed, and how much is passed over, because it isn't understood.
    pub fn not_understood(&self, closed: usize, skipped: usize) {
        for (outcome, count) in [("closed", closed), ("skipped", skipped)] {
            self.not_understood.get_or_create(&Outcome { outcome }).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }

    /// Notes how many shared keys don't open.
    pub fn unopened_keys(&self, count: usize) {
        self.unopened_keys.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Notes that the feed was heard just now.
    pub fn feed_heard(&self, now_ms: i64) {
        self.heard_ms.store(now_ms, Ordering::Relaxed);
    }

    /// Everything as text; what depends on the time is computed for `now_ms`.
    ///
    /// # Errors
    /// When an encoder refuses a value.
    pub fn text(&self, now_ms: i64, first_expiry_ms: Option<i64>) -> Result<String, fmt::Error> {
        self.replica_age.set((now_ms - self.heard_ms.load(Ordering::Relaxed)) / 1_000);
        let seconds = first_expiry_ms.map_or(f64::NAN, |expiry| ((expiry - now_ms) / 1_000) as f64);
        self.certificate_expiry.set(seconds);
        self.take_losses();
        self.outbox.look(now_ms);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_told_under_its_name() {
        let metrics = Metrics::new(1_000);
        metrics.request("suspended", 0.004);
        metrics.handshake("unknown_name");
        metrics.connections().inc();
        let text = metrics.text(61_000, Some(3_661_000)).unwrap();
        for line in [
            "proxy_requests_total{outcome=\"suspended\"} 1",
            "proxy_handshakes_total{outcome=\"unknown_name\"} 1",
            "proxy_connections 1",
            "proxy_replica_age_seconds 60",
            "cert_expiry_seconds_min 3600.0",
            "proxy_request_seconds_count 1",
        ] {
            assert!(text.lines().any(|it| it == line), "{line} in\n{text}");
        }
        assert!(metrics.text(61_000, None).unwrap().contains("\ncert_expiry_seconds_min NaN\n"), "no certificate");
    }
}
