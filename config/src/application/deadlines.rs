//! How long an application may let a visitor wait.

use serde::{Deserialize, Serialize};

use crate::settings::Milliseconds;

/// How long an application may let a visitor wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Deadlines {
    /// Until an answer begins, once the request was sent: `504` after it.
    pub answer: Milliseconds,
    /// Between two pieces of a stream that has begun: server-sent events, a WebSocket, a gRPC call.
    pub stream_idle: Milliseconds,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { answer: Milliseconds::new(30_000), stream_idle: Milliseconds::new(3_600_000) }
    }
}

impl Deadlines {
    const LONGEST_ANSWER: Milliseconds = Milliseconds::new(3_600_000);
    const LONGEST_IDLE: Milliseconds = Milliseconds::new(86_400_000);

    pub(super) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        if self.answer > Self::LONGEST_ANSWER {
            return Err(("/deadlines/answer", "an answer may take an hour at most"));
        }
        if self.stream_idle > Self::LONGEST_IDLE {
            return Err(("/deadlines/stream_idle", "a stream may be silent for a day at most"));
        }
        Ok(())
    }
}
