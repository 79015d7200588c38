//! How a proxy takes messages by the contact form, which anybody may send.

use serde::Deserialize;

use super::control_plane::require;
use super::{Milliseconds, SettingsError, Size};
use crate::contact::MOST_BODY;

/// How many messages a proxy takes, and keeps for the control plane.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ContactSettings {
    /// Messages in an hour from one IPv4 /32 or IPv6 /64.
    pub messages_per_client: usize,
    /// Messages in an hour to one tenant.
    pub messages_per_tenant: usize,
    /// Messages in an hour, over all.
    pub messages: usize,
    /// Messages that come in at once, over all clients: each may hold some 20 MiB while it does.
    pub at_once: usize,
    /// Messages that come in at once from one IPv4 /32 or IPv6 /56.
    pub at_once_per_client: usize,
    /// How long one may take to come in.
    pub deadline: Milliseconds,
    /// Messages that wait for the control plane at most.
    pub waiting: usize,
    /// How many bytes the messages in the outbox have at most. Those that have arrived make room for new ones.
    pub waiting_size: Size,
}

impl ContactSettings {
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        for (count, key) in [
            (self.messages_per_client, "contact.messages_per_client"),
            (self.messages_per_tenant, "contact.messages_per_tenant"),
            (self.messages, "contact.messages"),
            (self.at_once, "contact.at_once"),
            (self.at_once_per_client, "contact.at_once_per_client"),
            (self.waiting, "contact.waiting"),
        ] {
            require((1..=100_000).contains(&count), key, "is 1 to 100000")?;
        }
        let has_room = self.waiting_size.bytes() >= MOST_BODY;
        require(has_room, "contact.waiting_size", "has room for the largest message, which is 6MiB")
    }
}

impl Default for ContactSettings {
    fn default() -> Self {
        Self {
            messages_per_client: 5,
            messages_per_tenant: 60,
            messages: 600,
            at_once: 8,
            at_once_per_client: 2,
            deadline: Milliseconds::new(120_000),
            waiting: 1_000,
            waiting_size: Size::new(256 << 20),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ProxySettings, Settings};

    #[test]
    fn what_would_take_no_message_is_refused() {
        for (key, value) in [
            ("messages_per_client", "0"),
            ("messages_per_tenant", "0"),
            ("messages", "0"),
            ("at_once", "0"),
            ("at_once_per_client", "0"),
            ("waiting", "0"),
            ("waiting_size", "\"1MiB\""),
        ] {
            let error = ProxySettings::parse(&format!("[contact]\n{key} = {value}"), []).unwrap_err();
            assert!(error.to_string().starts_with(&format!("contact.{key}: ")), "{error}");
        }
        assert_eq!(ProxySettings::parse("", []).unwrap().contact.messages_per_client, 5);
    }
}
