//! How the one certificate for every platform name is got.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;

use super::control_plane::require;
use super::{NameSettings, SettingsError};
use crate::Hostname;

/// How `*.p.BASE` is proved to the CA.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlatformWildcard {
    /// It isn't: each platform name has a certificate of its own, got by `http-01`, as many as the CA admits in a week.
    #[default]
    Off,
    /// By `dns-01`, which the proxies answer: `_acme-challenge.p.BASE` is delegated to `names.name_servers`.
    Dns,
    /// By `dns-01`, at a DNS server of the operator's own, which takes updates (RFC 2136): `names.update`.
    Update,
}

/// A DNS server that takes updates of the zone that proves `*.p.BASE`, signed by a key of its own (TSIG, RFC 8945).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateSettings {
    /// The zone's primary server; spoken to by TCP.
    pub server: SocketAddr,
    /// The zone that holds `_acme-challenge.p.BASE`.
    pub zone: Hostname,
    /// The key's name, as the server has it.
    pub key_name: Hostname,
    /// How it signs.
    #[serde(default)]
    pub algorithm: TsigAlgorithm,
    /// The key: base64, in a file that nobody else reads.
    pub key_file: PathBuf,
}

/// How an update is signed. What is weaker isn't spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum TsigAlgorithm {
    /// HMAC-SHA256.
    #[default]
    #[serde(rename = "hmac-sha256")]
    Sha256,
    /// HMAC-SHA384.
    #[serde(rename = "hmac-sha384")]
    Sha384,
    /// HMAC-SHA512.
    #[serde(rename = "hmac-sha512")]
    Sha512,
}

/// The most name servers that a zone has; each is a line of the parent zone.
const MOST: usize = 13;

impl NameSettings {
    pub(super) fn check_wildcard(&self) -> Result<(), SettingsError> {
        let servers = self.name_servers.len();
        require(servers <= MOST, "names.name_servers", "names at most 13")?;
        let needed = self.platform_wildcard != PlatformWildcard::Dns || servers > 0;
        require(needed, "names.name_servers", "says under which names the proxies answer DNS questions")?;
        let Some(update) = &self.update else {
            let needed = self.platform_wildcard == PlatformWildcard::Update;
            return require(!needed, "names.update", "says which DNS server takes updates");
        };
        let holds = self.platform_zone().is_ok_and(|zone| zone.is_within(update.zone.as_str()));
        require(holds, "names.update.zone", "holds the platform's zone, or is it")
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ControlPlaneSettings, Settings};
    use super::*;

    #[test]
    fn a_wildcard_by_updates_needs_a_server_of_a_zone_that_holds_the_platform_s() {
        let parse = |text: &str| ControlPlaneSettings::parse(&format!("[names]\nbase = \"a.example\"\n{text}"), []);
        let error = parse("platform_wildcard = \"update\"").unwrap_err();
        assert!(error.to_string().starts_with("names.update: "), "{error}");
        let of = |zone: &str, more: &str| {
            parse(&format!(
                "platform_wildcard = \"update\"\n[names.update]\nserver = \"192.0.2.53:53\"\nzone = \"{zone}\"
                key_name = \"marque\"\nkey_file = \"/update.key\"\n{more}"
            ))
        };
        for zone in ["a.example", "p.a.example", "example"] {
            assert_eq!(of(zone, "").unwrap().names.update.unwrap().algorithm, TsigAlgorithm::Sha256, "{zone}");
        }
        for zone in ["b.example", "x.p.a.example", "xa.example"] {
            let error = of(zone, "").unwrap_err();
            assert!(error.to_string().starts_with("names.update.zone: "), "{error}");
        }
        assert!(of("example", "algorithm = \"hmac-md5\"").is_err());
    }

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
