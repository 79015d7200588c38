//! Failures of those who try to come in: ten in a quarter of an hour of one account from one network, whether there is
//! such an account or not, and a hundred of one network, whatever the accounts. So nobody is locked out by what others
//! do elsewhere. An attempt counts before it is looked at, so that many at once count too.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::sync::Cache;

/// Counts failures.
pub struct Attempts {
    failures: Cache<String, Arc<Mutex<Vec<i64>>>>,
}

/// What an attempt counts for, and how many of them may fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    of: String,
    most: usize,
}

/// There were too many: milliseconds until the next is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany(pub i64);

/// Of one account from one network.
const MOST: usize = 10;
/// Of one network: an office has many people behind one address.
const MOST_OF_NETWORK: usize = 100;
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
    pub fn count(&self, of: &[Counted], now_ms: i64) -> Result<(), TooMany> {
        let waits = of.iter().filter_map(|one| self.wait_ms(one, now_ms));
        if let Some(wait_ms) = waits.max() {
            return Err(TooMany(wait_ms));
        }
        of.iter().for_each(|one| self.with(&one.of, |times| times.push(now_ms)));
        Ok(())
    }

    /// Takes an attempt back that was none: it succeeded.
    pub fn succeeded(&self, of: &[Counted]) {
        of.iter().for_each(|one| {
            self.with(&one.of, |times| {
                times.pop();
            });
        });
    }

    fn wait_ms(&self, one: &Counted, now_ms: i64) -> Option<i64> {
        self.with(&one.of, |times| {
            times.retain(|time| now_ms - time < WINDOW_MS);
            (times.len() >= one.most).then(|| times.first().map_or(0, |first| first + WINDOW_MS - now_ms))
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

/// What an attempt at something counts for: that from where it comes, and all that comes from there.
#[must_use]
pub fn tried(what: &str, ip: Option<IpAddr>) -> Vec<Counted> {
    let network = network(ip);
    let both = Counted { of: format!("{what} from {network}"), most: MOST };
    vec![both, all_from(ip)]
}

/// What an attempt at something counts for wherever it comes from, and all that comes from there.
#[must_use]
pub fn tried_anywhere(what: &str, ip: Option<IpAddr>) -> Vec<Counted> {
    vec![Counted { of: what.to_owned(), most: MOST }, all_from(ip)]
}

/// What an attempt counts for that is at nothing in particular.
#[must_use]
pub fn all_from(ip: Option<IpAddr>) -> Counted {
    Counted { of: network(ip), most: MOST_OF_NETWORK }
}

/// An address as failures are counted: one of IPv4, a network of 64 bits of IPv6.
fn network(ip: Option<IpAddr>) -> String {
    match ip.map(|ip| ip.to_canonical()) {
        Some(IpAddr::V4(ip)) => format!("ip {ip}"),
        Some(IpAddr::V6(ip)) => format!("net {:x?}", &ip.segments()[..4]),
        None => "nowhere".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "192.0.2.1";
    const THERE: &str = "198.51.100.1";

    fn at(what: &str, ip: &str) -> Vec<Counted> {
        tried(what, Some(ip.parse().unwrap()))
    }

    #[test]
    fn the_eleventh_failure_waits_until_the_first_is_a_quarter_of_an_hour_old() {
        let (attempts, of) = (Attempts::new(), at("a", HERE));
        for time in 0..10 {
            assert_eq!(attempts.count(&of, time * 1000), Ok(()));
        }
        assert_eq!(attempts.count(&of, 10_000), Err(TooMany(WINDOW_MS - 10_000)));
        assert_eq!(attempts.count(&of, WINDOW_MS), Ok(()));
        assert_eq!(attempts.count(&of, WINDOW_MS), Err(TooMany(1000)));
    }

    #[test]
    fn c17_neither_others_from_there_nor_the_same_elsewhere_wait() {
        let attempts = Attempts::new();
        for time in 0..10 {
            assert_eq!(attempts.count(&at("a", HERE), time), Ok(()));
        }
        assert!(attempts.count(&at("a", HERE), 10).is_err());
        assert_eq!(attempts.count(&at("a", THERE), 10), Ok(()));
        assert_eq!(attempts.count(&at("b", HERE), 10), Ok(()));
    }

    #[test]
    fn a_network_that_tries_many_accounts_waits_for_all_of_them() {
        let attempts = Attempts::new();
        for number in 0..100 {
            assert_eq!(attempts.count(&at(&format!("account {number}"), HERE), 0), Ok(()));
        }
        assert!(attempts.count(&at("another", HERE), 0).is_err());
        assert_eq!(attempts.count(&at("another", THERE), 0), Ok(()));
    }

    #[test]
    fn what_succeeds_does_not_count() {
        let (attempts, of) = (Attempts::new(), at("a", HERE));
        for time in 0..500 {
            assert_eq!(attempts.count(&of, time), Ok(()));
            attempts.succeeded(&of);
        }
    }

    #[test]
    fn an_ipv6_network_counts_as_one() {
        assert_eq!(at("a", "2001:db8:1:2::1"), at("a", "2001:db8:1:2:ffff::9"));
        assert_ne!(at("a", "2001:db8:1:2::1"), at("a", "2001:db8:1:3::1"));
        assert_eq!(at("a", "::ffff:192.0.2.1"), at("a", HERE));
    }
}
