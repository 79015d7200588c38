//! How a proxy answers DNS questions about the zones that are delegated to it.

use std::net::SocketAddr;

use serde::Deserialize;

use super::control_plane::require;
use super::{Milliseconds, SettingsError};

/// Where and how much a proxy answers DNS questions. It knows nothing but the zones of the feed, and never asks on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ResponderSettings {
    /// UDP and TCP; empty: no question is answered. Where a machine has several addresses, each is named: an answer comes
    /// from the address that was asked.
    pub listen: Vec<SocketAddr>,
    /// Answers over UDP in a second to one network (IPv4 /24, IPv6 /56). Beyond that every second one is sent truncated,
    /// so that who asks in earnest comes by TCP, and the others are not.
    pub answers_per_second: u32,
    /// Connections over TCP at once, over all clients.
    pub connections: usize,
    /// Connections over TCP at once from one IPv4 /32 or IPv6 /56.
    pub connections_per_client: usize,
    /// Questions on one connection.
    pub questions_per_connection: u32,
    /// The longest that one connection lasts.
    pub deadline: Milliseconds,
}

impl ResponderSettings {
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        for (count, key) in [
            (self.connections, "dns.connections"),
            (self.connections_per_client, "dns.connections_per_client"),
            (self.answers_per_second as usize, "dns.answers_per_second"),
            (self.questions_per_connection as usize, "dns.questions_per_connection"),
        ] {
            require((1..=1_000_000).contains(&count), key, "is 1 to 1000000")?;
        }
        Ok(())
    }
}

impl Default for ResponderSettings {
    fn default() -> Self {
        Self {
            listen: Vec::new(),
            answers_per_second: 50,
            connections: 64,
            connections_per_client: 8,
            questions_per_connection: 32,
            deadline: Milliseconds::new(10_000),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ProxySettings, Settings};

    #[test]
    fn it_is_off_by_default_and_what_would_answer_nobody_is_refused() {
        assert!(ProxySettings::parse("", []).unwrap().dns.listen.is_empty());
        for key in ["answers_per_second", "connections", "connections_per_client", "questions_per_connection"] {
            let error = ProxySettings::parse(&format!("[dns]\n{key} = 0"), []).unwrap_err();
            assert!(error.to_string().starts_with(&format!("dns.{key}: ")), "{error}");
        }
    }
}
