//! What the store, and who works with it, measures: how long the gate is waited for and held, how issuances and logins
//! come out. Every series is there from the start, so that an alert sees the first of its kind.

use std::time::{Duration, Instant};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// The measurements of one database's users. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Measures {
    gate_wait: Histogram,
    gate_hold: Histogram,
    issuances: Family<Outcome, Counter>,
    logins: Family<Outcome, Counter>,
}

/// How something came out.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

/// How an attempt to get a certificate ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Issued {
    /// There is one.
    Issued,
    /// It is tried again later.
    Postponed,
    /// It was given up.
    Failed,
}

/// How a login ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoggedIn {
    /// There is a session; a second factor may still be awaited.
    In,
    /// Address, password or code were wrong.
    Wrong,
    /// There were too many attempts.
    TooMany,
    /// The person has no place, or something failed.
    Refused,
}

/// The gate, held; measured until it is dropped.
#[derive(Debug)]
pub struct Held {
    since: Instant,
    hold: Histogram,
}

/// Seconds: a write takes milliseconds, and nobody waits longer than five seconds.
const GATE: [f64; 11] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0];

impl Issued {
    const ALL: [Self; 3] = [Self::Issued, Self::Postponed, Self::Failed];

    fn as_str(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Postponed => "postponed",
            Self::Failed => "failed",
        }
    }
}

impl LoggedIn {
    const ALL: [Self; 4] = [Self::In, Self::Wrong, Self::TooMany, Self::Refused];

    fn as_str(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Wrong => "wrong",
            Self::TooMany => "too_many",
            Self::Refused => "refused",
        }
    }
}

impl Default for Measures {
    fn default() -> Self {
        let (issuances, logins) = (Family::default(), Family::default());
        let made = Self { gate_wait: Histogram::new(GATE), gate_hold: Histogram::new(GATE), issuances, logins };
        for outcome in Issued::ALL {
            let _ = made.issuances.get_or_create(&Outcome { outcome: outcome.as_str() });
        }
        for outcome in LoggedIn::ALL {
            let _ = made.logins.get_or_create(&Outcome { outcome: outcome.as_str() });
        }
        made
    }
}

impl Measures {
    /// Gives them to a registry.
    pub fn register(&self, registry: &mut Registry) {
        let (wait, hold) = (self.gate_wait.clone(), self.gate_hold.clone());
        registry.register("control_gate_wait_seconds", "How long writers waited for the gate", wait);
        registry.register("control_gate_hold_seconds", "How long writers held the gate", hold);
        registry.register("control_issuances", "Attempts to get a certificate", self.issuances.clone());
        registry.register("control_logins", "Logins by password or code", self.logins.clone());
    }

    /// The gate was waited for, and is held from now on.
    #[must_use]
    pub fn gate_taken(&self, waited: Duration) -> Held {
        self.gate_wait.observe(waited.as_secs_f64());
        Held { since: Instant::now(), hold: self.gate_hold.clone() }
    }

    /// An attempt to get a certificate ended.
    pub fn issuance(&self, outcome: Issued) {
        self.issuances.get_or_create(&Outcome { outcome: outcome.as_str() }).inc();
    }

    /// A login ended.
    pub fn login(&self, outcome: LoggedIn) {
        self.logins.get_or_create(&Outcome { outcome: outcome.as_str() }).inc();
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.hold.observe(self.since.elapsed().as_secs_f64());
    }
}
