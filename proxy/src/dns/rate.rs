//! How often each network is answered over UDP, where anybody may ask in anybody's name. Kept in a table of one size:
//! networks that fall on the same place of it share it.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::{IpAddr, Ipv4Addr};

use parking_lot::Mutex;

use crate::limits::Client;

/// Places; 64 KiB.
const PLACES: usize = 4_096;

/// What becomes of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Allowed {
    /// It is sent.
    Whole,
    /// Who asks is told to come by TCP.
    Truncated,
    /// Nothing is sent.
    Nothing,
}

/// Answers in the current second.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    second: i64,
    answers: u32,
}

/// Counts answers to networks.
#[derive(Debug)]
pub(super) struct Rate {
    most: u32,
    seed: RandomState,
    counts: Box<[Mutex<Count>]>,
}

impl Rate {
    /// At most so many answers a second to one network; beyond that every second one is truncated, and none else sent.
    pub(super) fn new(most: u32) -> Self {
        let counts = (0..PLACES).map(|_| Mutex::default()).collect();
        Self { most, seed: RandomState::new(), counts }
    }

    /// Counts one answer.
    pub(super) fn allow(&self, address: IpAddr, now_ms: i64) -> Allowed {
        let hash = self.seed.hash_one(network(address));
        // Taken modulo the number of places, which is small.
        let mut count = self.counts[(hash % PLACES as u64) as usize].lock();
        let second = now_ms.div_euclid(1_000);
        if count.second != second || count.answers == u32::MAX {
            *count = Count { second, answers: 0 };
        }
        count.answers = count.answers.saturating_add(1);
        match count.answers {
            answers if answers <= self.most => Allowed::Whole,
            // Never nothing at all: who floods us in a resolver's name doesn't keep it from coming by TCP.
            answers if (answers - self.most) % 2 == 1 => Allowed::Truncated,
            _ => Allowed::Nothing,
        }
    }
}

/// The network that an address is in: IPv4 /24, IPv6 /56.
fn network(address: IpAddr) -> Client {
    match address.to_canonical() {
        IpAddr::V4(v4) => Client::from(IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & !0xff))),
        v6 => Client::from(v6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_its_answers_then_half_of_them_truncated_until_the_next_second() {
        let rate = Rate::new(2);
        let asks = |address: &str, now_ms| rate.allow(address.parse().unwrap(), now_ms);
        let expected = [Allowed::Whole, Allowed::Whole, Allowed::Truncated, Allowed::Nothing, Allowed::Truncated];
        for (host, expected) in expected.into_iter().enumerate() {
            assert_eq!(asks(&format!("192.0.2.{host}"), 999), expected, "one network");
        }
        assert_eq!(asks("::ffff:192.0.2.9", 0), Allowed::Nothing, "however it is spelled");
        assert_eq!(asks("192.0.2.1", 1_000), Allowed::Whole);
        assert_eq!(rate.counts.len(), PLACES, "and nothing grows");
    }
}
