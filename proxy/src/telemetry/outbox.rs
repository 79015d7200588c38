//! What is counted of the outbox.

use std::sync::atomic::{AtomicI64, Ordering};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// How much waits in the outbox, since when, and what became of the rest.
#[derive(Debug)]
pub(crate) struct OutboxMetrics {
    waiting: Gauge,
    bytes: Gauge,
    age: Gauge,
    settled: Family<Outcome, Counter>,
    unkept: Family<Outcome, Counter>,
    set_aside: Counter,
    /// When the oldest that waits was seen; `i64::MAX` while none does.
    oldest_ms: AtomicI64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

impl OutboxMetrics {
    pub(super) fn new() -> Self {
        Self {
            waiting: Gauge::default(),
            bytes: Gauge::default(),
            age: Gauge::default(),
            settled: Family::default(),
            unkept: Family::default(),
            set_aside: Counter::default(),
            oldest_ms: AtomicI64::new(i64::MAX),
        }
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("proxy_outbox_waiting", "What the edge saw and hasn't passed on", self.waiting.clone());
        registry.register("proxy_outbox_waiting_bytes", "How many bytes that has", self.bytes.clone());
        registry.register("proxy_outbox_age_seconds", "Since when the oldest of it waits", self.age.clone());
        registry.register("proxy_outbox_settled", "What was passed on, by what became of it", self.settled.clone());
        registry.register("proxy_outbox_unkept", "What the edge saw and couldn't keep, by why", self.unkept.clone());
        let set_aside = self.set_aside.clone();
        registry.register("proxy_outbox_set_aside", "Files that were damaged and set aside", set_aside);
    }

    /// Works out what depends on the time.
    pub(super) fn look(&self, now_ms: i64) {
        let oldest_ms = self.oldest_ms.load(Ordering::Relaxed);
        self.age.set(now_ms.saturating_sub(oldest_ms).max(0) / 1_000);
    }

    /// Notes how much waits, when the oldest of it was seen, and how many bytes it has.
    pub(crate) fn waits(&self, count: i64, oldest_ms: Option<i64>, bytes: i64) {
        self.waiting.set(count);
        self.bytes.set(bytes);
        self.oldest_ms.store(oldest_ms.unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    /// Counts an event that the control plane has taken, or refused.
    pub(crate) fn settled(&self, is_refused: bool) {
        let outcome = if is_refused { "refused" } else { "applied" };
        self.settled.get_or_create(&Outcome { outcome }).inc();
    }

    /// Counts an event that couldn't be kept.
    pub(crate) fn unkept(&self, outcome: &'static str) {
        self.unkept.get_or_create(&Outcome { outcome }).inc();
    }

    /// Counts a file that was set aside.
    pub(crate) fn set_aside(&self) {
        self.set_aside.inc();
    }
}
