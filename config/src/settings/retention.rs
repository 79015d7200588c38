//! How long what is personal is kept.

use serde::Deserialize;

use super::SettingsError;
use super::control_plane::{MOST_DAYS, require};

/// After how many days what is personal and no more needed is forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionSettings {
    /// Support messages, their replies and what goes along with them, since the message was closed or last changed.
    pub message_days: u32,
    /// What goes along with support messages, since they were received.
    pub attachment_days: u32,
    /// From which addresses things were done: in the audit trail, and of clients' consents.
    pub address_days: u32,
}

impl RetentionSettings {
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        for (key, days) in [
            ("retention.message_days", self.message_days),
            ("retention.attachment_days", self.attachment_days),
            ("retention.address_days", self.address_days),
        ] {
            require((1..=MOST_DAYS).contains(&days), key, "is 1 to 3650")?;
        }
        Ok(())
    }
}

impl Default for RetentionSettings {
    fn default() -> Self {
        Self { message_days: 3 * 365, attachment_days: 365, address_days: 180 }
    }
}
