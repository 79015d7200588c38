//! How the one certificate for every platform name is got.

use serde::Deserialize;

use super::control_plane::require;
use super::{NameSettings, SettingsError};

/// How `*.p.BASE` is proved to the CA.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlatformWildcard {
    /// It isn't: each platform name has a certificate of its own, got by `http-01`, as many as the CA admits in a week.
    #[default]
    Off,
    /// By `dns-01`, which the proxies answer: `_acme-challenge.p.BASE` is delegated to `names.name_servers`.
    Dns,
}

/// The most name servers that a zone has; each is a line of the parent zone.
const MOST: usize = 13;

impl NameSettings {
    pub(super) fn check_wildcard(&self) -> Result<(), SettingsError> {
        let servers = self.name_servers.len();
        require(servers <= MOST, "names.name_servers", "names at most 13")?;
        let needed = self.platform_wildcard != PlatformWildcard::Dns || servers > 0;
        require(needed, "names.name_servers", "says under which names the proxies answer DNS questions")
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ControlPlaneSettings, Settings};
    use super::*;

    #[test]
    fn a_wildcard_by_dns_needs_name_servers() {
        let parse = |text: &str| ControlPlaneSettings::parse(&format!("[names]\n{text}"), []);
        assert_eq!(parse("").unwrap().names.platform_wildcard, PlatformWildcard::Off);
        let error = parse("platform_wildcard = \"dns\"").unwrap_err();
        assert!(error.to_string().starts_with("names.name_servers: "), "{error}");
        let good = parse("platform_wildcard = \"dns\"\nname_servers = [\"edge-1.marque.example\"]").unwrap();
        assert_eq!(good.names.platform_wildcard, PlatformWildcard::Dns);
        let error = parse(&format!("name_servers = [{}]", "\"a.example\", ".repeat(14))).unwrap_err();
        assert!(error.to_string().starts_with("names.name_servers: "), "{error}");
    }
}
