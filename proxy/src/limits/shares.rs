//! Counters of what each of many holds, so that none takes more than its share.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use parking_lot::Mutex;

/// How many of something each key holds. Nothing is kept of a key that holds none.
#[derive(Debug)]
pub(crate) struct Shares<K> {
    most: usize,
    held: Mutex<HashMap<K, usize>>,
}

/// One of them; free again when dropped.
#[derive(Debug)]
pub(crate) struct Share<K: Copy + Eq + Hash> {
    shares: Arc<Shares<K>>,
    key: K,
}

/// Whom a limit counts as one: an IPv4 address, or an IPv6 /56, which is what one household or site is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Client(IpAddr);

impl<K: Copy + Eq + Hash> Shares<K> {
    /// Shares of at most so many for each key.
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, held: Mutex::default() })
    }

    /// One more for a key; none when it holds as many as it may.
    pub(crate) fn take(self: &Arc<Self>, key: K) -> Option<Share<K>> {
        let mut all = self.held.lock();
        let held = all.entry(key).or_default();
        if *held >= self.most {
            return None;
        }
        *held += 1;
        Some(Share { shares: Arc::clone(self), key })
    }

    /// How many keys hold anything.
    #[cfg(test)]
    pub(crate) fn keys(&self) -> usize {
        self.held.lock().len()
    }
}

impl<K: Copy + Eq + Hash> Drop for Share<K> {
    fn drop(&mut self) {
        let mut all = self.shares.held.lock();
        if let Some(held) = all.get_mut(&self.key) {
            *held -= 1;
            if *held == 0 {
                all.remove(&self.key);
            }
        }
    }
}

impl From<IpAddr> for Client {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(v6) => Self(Ipv6Addr::from_bits(v6.to_bits() & !(u128::MAX >> 56)).into()),
            v4 => Self(v4),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_its_share_and_nothing_is_kept_of_who_left() {
        let shares = Shares::new(2);
        let (one, two) = (shares.take(1).unwrap(), shares.take(1).unwrap());
        assert!(shares.take(1).is_none());
        assert!(shares.take(2).is_some(), "another key");
        drop(one);
        assert!(shares.take(1).is_some());
        drop(two);
        assert_eq!(shares.keys(), 0);
    }

    #[test]
    fn an_ipv6_site_is_one_client() {
        let client = |text: &str| Client::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(client("2001:db8:0:100::1"), client("2001:db8:0:1ff::2"));
        assert_ne!(client("2001:db8:0:100::1"), client("2001:db8:0:200::1"));
        assert_eq!(client("192.0.2.1"), client("::ffff:192.0.2.1"));
        assert_ne!(client("192.0.2.1"), client("192.0.2.2"));
    }
}
