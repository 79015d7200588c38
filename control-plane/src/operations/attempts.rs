//! Failures of those who try to come in: ten in a quarter of an hour, for each account and for each address, whether
//! there is such an account or not. An attempt counts before it is looked at, so that many at once count too.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::sync::Cache;

/// Counts failures.
pub struct Attempts {
    failures: Cache<String, Arc<Mutex<Vec<i64>>>>,
}

/// There were too many: milliseconds until the next is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany(pub i64);

const MOST: usize = 10;
const WINDOW_MS: i64 = 15 * 60_000;
/// As many accounts and addresses are remembered.
const REMEMBERED: u64 = 200_000;
const FORGET: Duration = Duration::from_secs(3600);

impl Attempts {
    /// Nobody has failed yet.
    #[must_use]
    pub fn new() -> Self {
        let failures = Cache::builder().max_capacity(REMEMBERED).time_to_idle(FORGET).build();
        Self { failures }
    }

    /// Counts an attempt, unless there were too many.
    ///
    /// # Errors
    /// [`TooMany`], for whichever of `of` has to wait longest.
    pub fn count(&self, of: &[String], now_ms: i64) -> Result<(), TooMany> {
        let waits = of.iter().filter_map(|one| self.wait_ms(one, now_ms));
        if let Some(wait_ms) = waits.max() {
            return Err(TooMany(wait_ms));
        }
        of.iter().for_each(|one| self.with(one, |times| times.push(now_ms)));
        Ok(())
    }

    /// Takes an attempt back that was none: it succeeded.
    pub fn succeeded(&self, of: &[String]) {
        of.iter().for_each(|one| {
            self.with(one, |times| {
                times.pop();
            });
        });
    }

    fn wait_ms(&self, one: &str, now_ms: i64) -> Option<i64> {
        self.with(one, |times| {
            times.retain(|time| now_ms - time < WINDOW_MS);
            (times.len() >= MOST).then(|| times.first().map_or(0, |first| first + WINDOW_MS - now_ms))
        })
    }

    fn with<T>(&self, one: &str, see: impl FnOnce(&mut Vec<i64>) -> T) -> T {
        let times = self.failures.get_with_by_ref(one, Arc::default);
        let mut times = times.lock().unwrap_or_else(PoisonError::into_inner);
        see(&mut times)
    }
}

impl Default for Attempts {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Attempts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Attempts")
    }
}

/// An address as failures are counted: one of IPv4, a network of 64 bits of IPv6.
#[must_use]
pub fn address(ip: Option<IpAddr>) -> Option<String> {
    ip.map(|ip| match ip.to_canonical() {
        IpAddr::V4(ip) => format!("ip {ip}"),
        IpAddr::V6(ip) => format!("net {:x?}", &ip.segments()[..4]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_failure_waits_until_the_first_is_a_quarter_of_an_hour_old() {
        let (attempts, of) = (Attempts::new(), ["a".to_owned(), "b".to_owned()]);
        for time in 0..10 {
            assert_eq!(attempts.count(&of, time * 1000), Ok(()));
        }
        assert_eq!(attempts.count(&of[..1], 10_000), Err(TooMany(WINDOW_MS - 10_000)));
        assert_eq!(attempts.count(&["c".to_owned()], 10_000), Ok(()));
        assert_eq!(attempts.count(&of, WINDOW_MS), Ok(()));
        assert_eq!(attempts.count(&of, WINDOW_MS), Err(TooMany(1000)));
    }

    #[test]
    fn what_succeeds_does_not_count() {
        let (attempts, of) = (Attempts::new(), ["a".to_owned()]);
        for time in 0..50 {
            assert_eq!(attempts.count(&of, time), Ok(()));
            attempts.succeeded(&of);
        }
    }

    #[test]
    fn an_ipv6_network_counts_as_one() {
        let one = address(Some("2001:db8:1:2::1".parse().unwrap()));
        assert_eq!(one, address(Some("2001:db8:1:2:ffff::9".parse().unwrap())));
        assert_ne!(one, address(Some("2001:db8:1:3::1".parse().unwrap())));
        assert_eq!(address(Some("::ffff:192.0.2.1".parse().unwrap())), Some("ip 192.0.2.1".into()));
    }
}
