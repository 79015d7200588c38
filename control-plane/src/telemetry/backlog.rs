//! What waits, as gauges: set from the database whenever somebody reads the metrics.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::database::{Backlog, Waiting};

/// The gauges.
#[derive(Debug, Default)]
pub(super) struct Gauges {
    waiting: Family<Kind, Gauge>,
    overdue_seconds: Family<Kind, Gauge>,
    certificate_days: Gauge,
    wildcard_days: Gauge,
    lag: Family<Proxy, Gauge>,
    live: Family<Proxy, Gauge>,
    pool: Family<State, Gauge>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct State {
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Proxy {
    proxy: String,
}

const DAY_MS: i64 = 86_400_000;
/// A thousand years.
const NEVER_DAYS: i64 = 365_000;

impl Gauges {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("control_waiting", "What waits to be done, at most 10000", self.waiting.clone());
        let overdue = self.overdue_seconds.clone();
        registry.register("control_overdue_seconds", "For how long the first of what waits has been due", overdue);
        let days = self.certificate_days.clone();
        registry.register("control_certificate_days", "Days until the next served certificate ends", days);
        let days = self.wildcard_days.clone();
        registry.register("control_wildcard_days", "Days until the certificate of all platform names ends", days);
        registry.register("control_proxy_lag", "Revisions that a proxy has not acknowledged", self.lag.clone());
        registry.register("control_proxy_live", "Whether a proxy follows the feed", self.live.clone());
        registry.register("control_pool_connections", "Connections that read", self.pool.clone());
    }

    /// Sets what is shown. A proxy that is no more is no longer shown.
    pub(super) fn set(&self, backlog: &Backlog, now_ms: i64) {
        self.waiting_is("mail", backlog.mails);
        self.waiting_is("webhook", backlog.deliveries);
        self.waiting_is("renewal", backlog.renewals);
        // Where nothing is served nothing ends: a number that no alert takes for an end.
        let days = |ends_ms: Option<i64>| ends_ms.map_or(NEVER_DAYS, |end_ms| (end_ms - now_ms).div_euclid(DAY_MS));
        self.certificate_days.set(days(backlog.certificate_ends_ms));
        self.wildcard_days.set(days(backlog.wildcard_ends_ms));
        self.lag.clear();
        self.live.clear();
        for lag in &backlog.proxies {
            let label = Proxy { proxy: lag.proxy.clone() };
            self.lag.get_or_create(&label).set(lag.revisions);
            self.live.get_or_create(&label).set(i64::from(lag.is_live));
        }
        let (open, idle) = backlog.readers;
        self.pool.get_or_create(&State { state: "open" }).set(i64::from(open));
        self.pool.get_or_create(&State { state: "idle" }).set(i64::from(idle));
    }

    fn waiting_is(&self, kind: &'static str, waiting: Waiting) {
        self.waiting.get_or_create(&Kind { kind }).set(waiting.count);
        self.overdue_seconds.get_or_create(&Kind { kind }).set(waiting.overdue_ms / 1000);
    }
}
