//! Time that a test moves, and the system's randomness, for planes that run inside a test.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use marque_config::clock::{Clock, Random};

/// A clock that stands until it is moved.
#[derive(Debug)]
pub struct FakeClock(AtomicI64);

impl FakeClock {
    /// A clock that starts at the real time: certificates are made by servers that know no other.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place in the harness that reads the real clock")]
    pub fn at_the_real_time() -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Self(AtomicI64::new(i64::try_from(now.as_millis()).unwrap_or(i64::MAX)))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::Relaxed);
    }
}

impl Clock for FakeClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The system's random bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        // The invariant: the system's generator, once seeded, does not fail.
        #[expect(clippy::expect_used, reason = "a machine without randomness can run no test")]
        aws_lc_rs::rand::fill(bytes).expect("random bytes");
    }
}
