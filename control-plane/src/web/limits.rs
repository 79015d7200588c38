//! How many requests each caller may send: a bucket for each token or person, and one for each address that shows no
//! valid token. The answer says what is left of the quota, in the headers `RateLimit-Policy` and `RateLimit`
//! (draft-ietf-httpapi-ratelimit-headers). Proxies are not counted: what they do, clients wait for.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use governor::clock::Clock as _;
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use ipnet::IpNet;
use marque_config::clock::Clock;
use marque_config::settings::QuotaSettings;

use super::problem::Problem;
use crate::kernel::principal::Principal;

/// Whose bucket it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Whose {
    /// A token's or a person's, by identity.
    Caller(String),
    /// An address that shows no valid token.
    Address(IpAddr),
}

/// What a caller has used of its quota after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage {
    policy: &'static str,
    quota: u32,
    remaining: u32,
    /// Seconds until the bucket is full, or until the next request is taken when it is empty.
    seconds: u64,
}

/// The slot of a request in which its usage is left for the frame to write.
#[derive(Debug, Clone, Default)]
pub(crate) struct UsageSlot(Arc<OnceLock<Usage>>);

/// The buckets.
pub(crate) struct Limits {
    requests: NonZeroU32,
    operator_requests: NonZeroU32,
    /// By how many requests a minute they give: few numbers, for only operators set one.
    callers: Mutex<HashMap<NonZeroU32, Arc<Buckets>>>,
    clock: Arc<dyn Clock>,
    addresses: Buckets,
    lookups: Buckets,
    forwarded_from: Vec<IpNet>,
}

type Limiter = RateLimiter<Whose, DashMapStateStore<Whose>, Elapsed, StateInformationMiddleware>;

struct Buckets {
    policy: &'static str,
    quota: NonZeroU32,
    limiter: Limiter,
    clock: Elapsed,
}

/// Counts the time that passes forward: when the machine's clock is set back nobody is held up.
#[derive(Clone)]
struct Elapsed {
    clock: Arc<dyn Clock>,
    counted: Arc<Mutex<Counted>>,
}

struct Counted {
    last_ms: i64,
    elapsed_ms: u64,
}

/// How many mail addresses a partner may look for in a minute.
const LOOKUPS: NonZeroU32 = NonZeroU32::new(30).unwrap();
/// The window of [`Quota::per_minute`].
const WINDOW: Duration = Duration::from_secs(60);
/// Above so many buckets those that are full are forgotten.
const MOST: usize = 20_000;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const USAGE: HeaderName = HeaderName::from_static("ratelimit");

impl Limits {
    pub(crate) fn new(settings: &QuotaSettings, clock: &Arc<dyn Clock>) -> Self {
        Self {
            requests: settings.requests_per_minute,
            operator_requests: settings.operator_requests_per_minute.max(settings.requests_per_minute),
            callers: Mutex::default(),
            clock: Arc::clone(clock),
            addresses: Buckets::new("ip", settings.failures_per_minute, clock),
            lookups: Buckets::new("lookup", LOOKUPS, clock),
            forwarded_from: settings.forwarded_from.clone(),
        }
    }

    /// From where a request comes: its peer's address, or what a listed peer says in `X-Forwarded-For`. Each hop adds the
    /// address that it saw at the end, so the last one that isn't a listed peer's is the visitor's; what comes before it
    /// is anybody's claim. What can't be read is nobody's address, and the listed peer's own counts.
    pub(crate) fn visitor(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let listed = |ip: IpAddr| self.forwarded_from.iter().any(|net| net.contains(&ip.to_canonical()));
        if !listed(peer) {
            return peer;
        }
        let values = headers.get_all(FORWARDED_FOR).iter().rev();
        let hops = values.flat_map(|value| value.to_str().unwrap_or("?").rsplit(','));
        let mut last = peer;
        for hop in hops {
            let Some(ip) = address(hop.trim()) else { return last };
            last = ip;
            if !listed(ip) {
                return ip;
            }
        }
        last
    }

    /// How many requests a minute a token may send, given the limit that it has of its own.
    pub(crate) fn of_token(&self, principal: Principal, own: Option<NonZeroU32>) -> NonZeroU32 {
        let default = if principal == Principal::Operator { self.operator_requests } else { self.requests };
        own.unwrap_or(default)
    }

    /// How many requests a minute a person may send.
    pub(crate) fn of_person(&self) -> NonZeroU32 {
        self.requests
    }

    /// Counts a request of a known caller, who may send `quota` a minute.
    pub(crate) fn caller(&self, id: String, quota: NonZeroU32, slot: Option<&UsageSlot>) -> Result<(), Problem> {
        let buckets = {
            let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
            let made = || Arc::new(Buckets::new("tok", quota, &self.clock));
            Arc::clone(callers.entry(quota).or_insert_with(made))
        };
        buckets.take(Whose::Caller(id), slot)
    }

    /// Counts a request that showed no valid token.
    pub(crate) fn address(&self, ip: Option<IpAddr>, slot: Option<&UsageSlot>) -> Result<(), Problem> {
        ip.map_or(Ok(()), |ip| self.addresses.take(Whose::Address(network(ip)), slot))
    }

    /// Counts a look for somebody by mail address: few enough that nobody harvests.
    pub(crate) fn lookup(&self, principal: Principal) -> Result<(), Problem> {
        self.lookups.take(Whose::Caller(principal.to_string()), None)
    }
}

impl Buckets {
    fn new(policy: &'static str, quota: NonZeroU32, clock: &Arc<dyn Clock>) -> Self {
        let counted = Arc::new(Mutex::new(Counted { last_ms: clock.now_ms(), elapsed_ms: 0 }));
        let clock = Elapsed { clock: Arc::clone(clock), counted };
        let limiter = RateLimiter::new(Quota::per_minute(quota), DashMapStateStore::default(), clock.clone());
        Self { policy, quota, limiter, clock }
    }

    fn take(&self, whose: Whose, slot: Option<&UsageSlot>) -> Result<(), Problem> {
        if self.limiter.len() > MOST {
            self.limiter.retain_recent();
        }
        let quota = self.quota.get();
        let usage = |remaining, seconds| Usage { policy: self.policy, quota, remaining, seconds };
        let (usage, refused) = match self.limiter.check_key(&whose) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let missing = u64::from(quota.saturating_sub(remaining));
                (usage(remaining, (missing * WINDOW.as_secs()).div_ceil(u64::from(quota))), false)
            }
            Err(until) => {
                let wait = until.wait_time_from(self.clock.now());
                (usage(0, wait.as_secs() + u64::from(wait.subsec_nanos() > 0)), true)
            }
        };
        if let Some(UsageSlot(slot)) = slot {
            // A request is counted once; should it be twice, the first count is written.
            let _ = slot.set(usage);
        }
        if refused { Err(Problem::quota_exceeded(self.policy)) } else { Ok(()) }
    }
}

impl UsageSlot {
    /// Writes the usage of the request, when it was counted.
    pub(crate) fn write(&self, headers: &mut HeaderMap, refused: bool) {
        let Some(Usage { policy, quota, remaining, seconds }) = self.0.get().copied() else { return };
        let rule = HeaderValue::try_from(format!("\"{policy}\";q={quota};w={}", WINDOW.as_secs()));
        let usage = HeaderValue::try_from(format!("\"{policy}\";r={remaining};t={seconds}"));
        if let (Ok(rule), Ok(usage)) = (rule, usage) {
            headers.insert(POLICY, rule);
            headers.insert(USAGE, usage);
        }
        if refused {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
    }
}

impl governor::clock::Clock for Elapsed {
    type Instant = Duration;

    fn now(&self) -> Duration {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let now_ms = self.clock.now_ms();
        let passed = u64::try_from(now_ms.saturating_sub(counted.last_ms)).unwrap_or_default();
        counted.elapsed_ms = counted.elapsed_ms.saturating_add(passed);
        counted.last_ms = now_ms;
        Duration::from_millis(counted.elapsed_ms)
    }
}

/// What one person has: an address of IPv4, a network of 64 bits of IPv6.
/// An address as a hop writes it: perhaps with a port, in brackets where it is of IPv6.
fn address(hop: &str) -> Option<IpAddr> {
    let ip = hop.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|it| it.ip()));
    ip.or_else(|| hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
}

fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(ip) => IpAddr::V4(ip),
        IpAddr::V6(ip) => IpAddr::V6(std::net::Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests;
