//! What a test gives another of: time and randomness.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use marque_config::Id;
use marque_config::clock::{Clock, Random};
use marque_config::id::Kind;

/// The clock and the randomness that everything here uses.
#[derive(Clone)]
pub struct Parts {
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives unpredictable bytes.
    pub random: Arc<dyn Random>,
}

impl Parts {
    /// The machine's own.
    #[must_use]
    pub fn real() -> Self {
        Self { clock: Arc::new(SystemClock), random: Arc::new(SystemRandom) }
    }

    /// Milliseconds since 1970, UTC.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// Fresh unpredictable bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes);
        bytes
    }

    /// A fresh identity.
    #[must_use]
    pub fn id<K: Kind>(&self) -> Id<K> {
        Id::new(u64::try_from(self.now_ms()).unwrap_or_default(), &self.bytes())
    }
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Parts")
    }
}

struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for the time")]
    fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
}

struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        // The library's generator is seeded from the kernel and fails only where the machine has no entropy source.
        #[expect(clippy::expect_used, reason = "nothing can go on without randomness")]
        aws_lc_rs::rand::fill(bytes).expect("the machine has randomness");
    }
}
