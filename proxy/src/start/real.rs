//! The machine's own time and randomness.

use std::time::{SystemTime, UNIX_EPOCH};

use marque_config::clock::{Clock, Random};

/// This machine.
pub(super) struct Machine;

impl Clock for Machine {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that is the argument elsewhere")]
    fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
}

impl Random for Machine {
    #[expect(clippy::expect_used, reason = "without randomness nothing here is safe: better to end")]
    fn fill(&self, bytes: &mut [u8]) {
        // aws-lc draws from a generator that is seeded from the system and never fails once it has been.
        aws_lc_rs::rand::fill(bytes).expect("the system gives randomness");
    }
}
