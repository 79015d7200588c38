//! Who shares the control plane's places.

use serde::Deserialize;

use super::SettingsError;
use super::control_plane::require;

/// How many requests are answered at once, for each sort of callers: who finds no place is told to come again, and takes
/// none from another sort.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ShareSettings {
    /// Of callers who show a token or a session.
    pub api: u32,
    /// Of everybody else: who logs in, follows a link, or shows nothing.
    pub strangers: u32,
    /// Streams of the feed: one for each proxy.
    pub feed: u32,
}

/// More are no bound any more.
const MOST: u32 = 100_000;

impl ShareSettings {
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        for (key, places) in
            [("shares.api", self.api), ("shares.strangers", self.strangers), ("shares.feed", self.feed)]
        {
            require((1..=MOST).contains(&places), key, "is 1 to 100000")?;
        }
        Ok(())
    }
}

impl Default for ShareSettings {
    fn default() -> Self {
        Self { api: 512, strangers: 128, feed: 1024 }
    }
}
