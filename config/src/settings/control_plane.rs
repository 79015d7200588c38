//! The control plane's settings.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;

use ipnet::IpNet;
use serde::Deserialize;

use super::{
    LogSettings, MailSettings, Milliseconds, PlatformWildcard, RetentionSettings, Settings, SettingsError,
    ShareSettings, UpdateSettings,
};
use crate::Hostname;
use crate::hostname::HostnameError;

/// Everything that a control plane is told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ControlPlaneSettings {
    /// Where it listens.
    pub listen: Listen,
    /// Where it keeps what it knows.
    pub database: DatabaseSettings,
    /// The key files.
    pub keys: Keys,
    /// Which names it gives out, and where they lead.
    pub names: NameSettings,
    /// Who issues certificates.
    pub acme: AcmeSettings,
    /// Whom it asks where names lead.
    pub dns: DnsSettings,
    /// How it sends mail.
    pub mail: MailSettings,
    /// How much it is asked.
    pub limits: QuotaSettings,
    /// How it hashes people's passwords.
    pub passwords: PasswordSettings,
    /// How it tells others of what happens.
    pub webhooks: WebhookSettings,
    /// What becomes of subscriptions that aren't paid.
    pub subscriptions: SubscriptionSettings,
    /// How many requests are answered at once, of whom.
    pub shares: ShareSettings,
    /// How long what is personal is kept.
    pub retention: RetentionSettings,
    /// How it logs.
    pub log: LogSettings,
}

/// Where a control plane listens.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Listen {
    /// The API and the feed, in plain HTTP: loopback only unless a certificate is given.
    pub api: SocketAddr,
    /// The API's certificate chain, PEM.
    pub certificate_file: Option<PathBuf>,
    /// The certificate's private key, PEM.
    pub key_file: Option<PathBuf>,
    /// `/healthz`, `/readyz` and `/metrics`: loopback only.
    pub status: SocketAddr,
}

/// Where a control plane keeps what it knows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseSettings {
    /// `sqlite://PATH`, or `postgres://USER@HOST/NAME` without a password.
    pub url: String,
    /// PostgreSQL's password.
    pub password_file: Option<PathBuf>,
    /// Connections that read at once, for callers who are known and for tasks.
    pub readers: u32,
    /// The same for strangers: who logs in, who shows nothing.
    pub readers_for_strangers: u32,
    /// The same for the feed's streams.
    pub readers_for_feed: u32,
}

impl DatabaseSettings {
    fn check(&self) -> Result<(), SettingsError> {
        for (key, connections) in [
            ("database.readers", self.readers),
            ("database.readers_for_strangers", self.readers_for_strangers),
            ("database.readers_for_feed", self.readers_for_feed),
        ] {
            require(connections > 0, key, "is at least 1")?;
        }
        Ok(())
    }
}

/// The key files of a control plane.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keys {
    /// Seals what only the control plane reads: ACME accounts.
    pub store_key_file: PathBuf,
    /// Seals what proxies read too: certificates' keys.
    pub edge_key_file: PathBuf,
    /// Signs the feed.
    pub feed_key_file: PathBuf,
}

/// Which names are given out, and where they lead.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NameSettings {
    /// The domain of the installation: platform names are `NAME.p.BASE`, CNAME targets `LABEL.to.BASE`.
    pub base: Hostname,
    /// Platform names lie below this instead of `p.BASE`.
    pub platform_zone: Option<Hostname>,
    /// CNAME targets lie below this instead of `to.BASE`.
    pub target_zone: Option<Hostname>,
    /// Where people find the portal, over HTTPS, instead of `portal.BASE`: where the links in mails lead.
    pub portal: Option<Hostname>,
    /// Admits special-use names such as `localhost` as custom names, for trials on one machine.
    pub special_use: bool,
    /// The proxies' public addresses: what an apex name's A and AAAA records must say.
    pub edge_addresses: Vec<IpAddr>,
    /// How the certificate for every platform name is got.
    pub platform_wildcard: PlatformWildcard,
    /// The names under which the proxies answer DNS questions, the primary one first: the name servers that the zone
    /// above delegates `_acme-challenge.p.BASE` to. Each has an address there.
    pub name_servers: Vec<Hostname>,
    /// The DNS server of one's own that the certificate is proved at instead.
    pub update: Option<UpdateSettings>,
}

impl NameSettings {
    /// The zone of platform names.
    ///
    /// # Errors
    /// When the base is so long that nothing fits below it.
    pub fn platform_zone(&self) -> Result<Hostname, HostnameError> {
        self.platform_zone.clone().map_or_else(|| self.base.child("p"), Ok)
    }

    /// The zone of CNAME targets.
    ///
    /// # Errors
    /// When the base is so long that nothing fits below it.
    pub fn target_zone(&self) -> Result<Hostname, HostnameError> {
        self.target_zone.clone().map_or_else(|| self.base.child("to"), Ok)
    }

    /// A link into the portal.
    ///
    /// # Errors
    /// When the base is so long that nothing fits below it.
    pub fn portal_link(&self, path: &str) -> Result<String, HostnameError> {
        let portal = self.portal.clone().map_or_else(|| self.base.child("portal"), Ok)?;
        Ok(format!("https://{portal}{path}"))
    }
}

/// Who issues certificates (RFC 8555).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AcmeSettings {
    /// The CA's directory. None: no certificate is asked for, only uploaded ones are served.
    pub directory: Option<String>,
    /// Where the CA writes to: `mailto:` addresses.
    pub contacts: Vec<String>,
    /// Whether the operator has agreed to the CA's terms of service.
    pub terms_agreed: bool,
    /// Certificates to trust for the directory instead of the system's, PEM: for a private CA.
    pub root_file: Option<PathBuf>,
    /// Whether a name that the CA doesn't get through to on port 80 is proved on port 443 (`tls-alpn-01`), by the proxies.
    pub tls_alpn: bool,
    /// How CAA records name the CA (RFC 8659); may be left out for the well-known ones. None known: not checked.
    pub issuer_names: Vec<String>,
    /// The longest that one request to the CA may take.
    pub request_deadline: Milliseconds,
    /// The longest that one issuance may take from order to certificate.
    pub issuance_deadline: Milliseconds,
    /// How many issuances run at once.
    pub parallel: usize,
    /// How many certificates one tenant may order in 24 hours for its custom names, and for each of its platform
    /// names: what a CA admits is shared by all.
    pub orders_per_tenant: u32,
}

/// Whom names are asked of.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DnsSettings {
    /// Resolvers; the system's when empty.
    pub servers: Vec<SocketAddr>,
    /// The longest that one question may take.
    pub deadline: Milliseconds,
    /// Between two looks at a name that does not lead here yet; later looks are up to 60 times rarer.
    pub interval: Milliseconds,
}

/// How many requests of the API are answered.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QuotaSettings {
    /// Of one token or person, in a minute; as many may come at once.
    pub requests_per_minute: NonZeroU32,
    /// Of one operator's token, in a minute, where that is more. A token may have a limit of its own instead.
    pub operator_requests_per_minute: NonZeroU32,
    /// Of one address without a valid token, in a minute.
    pub failures_per_minute: NonZeroU32,
    /// Load balancers and proxies before the API: from them alone `X-Forwarded-For` is believed.
    pub forwarded_from: Vec<IpNet>,
}

/// How people come in. Passwords are hashed by Argon2id (RFC 9106); when that changes, each is hashed anew when its person
/// comes in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordSettings {
    /// The memory that one takes, in KiB.
    pub memory_kib: u32,
    /// How often the memory is gone over.
    pub passes: u32,
    /// Whether an operator without a second factor can do nothing but set one up.
    pub operators_second_factor: bool,
}

/// How others are told of what happens.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookSettings {
    /// Tells private and loopback addresses too, and over plain HTTP: for trials on one machine.
    pub allow_private: bool,
    /// The longest that one delivery may take.
    pub deadline: Milliseconds,
}

/// What becomes of subscriptions that aren't paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SubscriptionSettings {
    /// After how many days of being suspended a subscription ends for good.
    pub suspended_days: u32,
}

impl Settings for ControlPlaneSettings {
    const PLANE: &'static str = "CONTROL_PLANE";

    fn check(&self) -> Result<(), SettingsError> {
        let listen = &self.listen;
        require(listen.status.ip().is_loopback(), "listen.status", "is on loopback: it has no authentication")?;
        let both = listen.certificate_file.is_some() == listen.key_file.is_some();
        require(both, "listen.key_file", "goes with listen.certificate_file")?;
        let private = listen.certificate_file.is_some() || listen.api.ip().is_loopback();
        require(private, "listen.api", "is on loopback unless listen.certificate_file is given")?;
        let url = &self.database.url;
        let scheme = url.starts_with("sqlite://") || url.starts_with("postgres://");
        require(scheme, "database.url", "starts with sqlite:// or postgres://")?;
        require(!has_password(url), "database.url", "has no password in it; use database.password_file")?;
        let memory = (8..=1 << 20).contains(&self.passwords.memory_kib);
        require(memory, "passwords.memory_kib", "is 8 to 1048576")?;
        require((1..=100).contains(&self.passwords.passes), "passwords.passes", "is 1 to 100")?;
        self.database.check()?;
        self.shares.check()?;
        self.retention.check()?;
        require(self.acme.parallel > 0, "acme.parallel", "is at least 1")?;
        require(self.acme.orders_per_tenant > 0, "acme.orders_per_tenant", "is at least 1")?;
        let zones = [self.names.platform_zone(), self.names.target_zone()];
        let room = zones.into_iter().all(|zone| zone.and_then(|zone| zone.child(LONGEST_LABEL)).is_ok());
        require(room, "names.base", "and its zones leave room for a label below them")?;
        self.names.check_wildcard()?;
        let agreed = self.acme.directory.is_none() || self.acme.terms_agreed;
        require(agreed, "acme.terms_agreed", "is true once you have read the terms of the CA in acme.directory")?;
        let directory = self.acme.directory.as_deref().is_none_or(|it| it.starts_with("https://"));
        require(directory, "acme.directory", "starts with https://")?;
        let contacts = self.acme.contacts.iter().all(|it| it.starts_with("mailto:") && it.contains('@'));
        require(contacts, "acme.contacts", "holds mailto: addresses")?;
        let days = (1..=MOST_DAYS).contains(&self.subscriptions.suspended_days);
        require(days, "subscriptions.suspended_days", "is 1 to 3650")?;
        self.mail.check()
    }
}

/// Nothing is kept for more days by a setting.
pub(super) const MOST_DAYS: u32 = 3_650;

/// As long as a label may be.
const LONGEST_LABEL: &str = "a23456789-123456789-123456789-123456789-123456789-123456789-123";

pub(super) fn require(holds: bool, key: &str, detail: &str) -> Result<(), SettingsError> {
    if holds { Ok(()) } else { Err(SettingsError::Key { key: key.into(), detail: detail.into() }) }
}

/// Whether a database's URL has a password in it, before the host or among the parameters.
fn has_password(url: &str) -> bool {
    let (place, parameters) = url.split_once('?').unwrap_or((url, ""));
    let authority = place.split_once("://").map_or("", |(_, rest)| rest.split('/').next().unwrap_or_default());
    let before_host = authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'));
    before_host || parameters.split('&').any(|parameter| parameter.starts_with("password="))
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            api: SocketAddr::from(([127, 0, 0, 1], 8600)),
            certificate_file: None,
            key_file: None,
            status: SocketAddr::from(([127, 0, 0, 1], 8601)),
        }
    }
}

impl Default for DatabaseSettings {
    fn default() -> Self {
        Self {
            url: "sqlite:///var/lib/marque/marque.db".into(),
            password_file: None,
            readers: 4,
            readers_for_strangers: 2,
            readers_for_feed: 8,
        }
    }
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            store_key_file: "/etc/marque/store.key".into(),
            edge_key_file: "/etc/marque/edge.key".into(),
            feed_key_file: "/etc/marque/feed.key".into(),
        }
    }
}

impl Default for NameSettings {
    fn default() -> Self {
        // A name that parses: it is a constant of two letters-only labels.
        #[expect(clippy::expect_used, reason = "the constant parses")]
        let base = "marque.localhost".parse().expect("a hostname");
        Self {
            base,
            platform_zone: None,
            target_zone: None,
            portal: None,
            special_use: false,
            edge_addresses: Vec::new(),
            platform_wildcard: PlatformWildcard::default(),
            name_servers: Vec::new(),
            update: None,
        }
    }
}

impl Default for AcmeSettings {
    fn default() -> Self {
        Self {
            directory: None,
            contacts: Vec::new(),
            terms_agreed: false,
            root_file: None,
            tls_alpn: true,
            issuer_names: Vec::new(),
            request_deadline: Milliseconds::new(20_000),
            issuance_deadline: Milliseconds::new(300_000),
            parallel: 8,
            orders_per_tenant: 5,
        }
    }
}

impl Default for QuotaSettings {
    fn default() -> Self {
        // Neither is zero.
        let at_least_one = |count| NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
        Self {
            requests_per_minute: at_least_one(600),
            operator_requests_per_minute: at_least_one(6_000),
            failures_per_minute: at_least_one(60),
            forwarded_from: Vec::new(),
        }
    }
}

impl Default for PasswordSettings {
    fn default() -> Self {
        // OWASP's recommendation for Argon2id.
        Self { memory_kib: 19 * 1024, passes: 2, operators_second_factor: false }
    }
}

impl Default for SubscriptionSettings {
    fn default() -> Self {
        Self { suspended_days: 60 }
    }
}

impl Default for WebhookSettings {
    fn default() -> Self {
        Self { allow_private: false, deadline: Milliseconds::new(5_000) }
    }
}

impl Default for DnsSettings {
    fn default() -> Self {
        Self { servers: Vec::new(), deadline: Milliseconds::new(5_000), interval: Milliseconds::new(10_000) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> String {
        match ControlPlaneSettings::parse(text, []) {
            Err(SettingsError::Key { key, .. }) => key,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn keys_that_do_not_go_together_are_named() {
        for (text, wrong) in [
            ("[listen]\napi = \"0.0.0.0:8600\"", "listen.api"),
            ("[listen]\nkey_file = \"k\"", "listen.key_file"),
            ("[listen]\nstatus = \"0.0.0.0:1\"", "listen.status"),
            ("[database]\nurl = \"mysql://x\"", "database.url"),
            ("[database]\nurl = \"postgres://u:secret@h/n\"", "database.url"),
            ("[database]\nurl = \"postgres://u@h/n?sslmode=require&password=secret\"", "database.url"),
            ("[acme]\ndirectory = \"https://ca.example/dir\"", "acme.terms_agreed"),
            ("[acme]\ncontacts = [\"me\"]", "acme.contacts"),
            ("[mail]\nserver = \"mail.example\"\ntls = \"none\"", "mail.tls"),
            ("[mail]\nuser = \"me\"", "mail.user"),
            ("[mail]\nfrom = \"me\"", "mail.from"),
            ("[mail]\nparallel = 0", "mail.parallel"),
            ("[mail]\nparallel_per_domain = 0", "mail.parallel_per_domain"),
            ("[mail]\nparallel = 2\nparallel_per_domain = 3", "mail.parallel_per_domain"),
            ("[names]\nbase = \"10.0.0.1\"", "names.base"),
            ("[subscriptions]\nsuspended_days = 0", "subscriptions.suspended_days"),
            ("[database]\nreaders_for_strangers = 0", "database.readers_for_strangers"),
            ("[database]\nreaders_for_feed = 0", "database.readers_for_feed"),
            ("[shares]\nstrangers = 0", "shares.strangers"),
            ("[shares]\nfeed = 100001", "shares.feed"),
            ("[retention]\nmessage_days = 0", "retention.message_days"),
            ("[retention]\naddress_days = 3651", "retention.address_days"),
        ] {
            assert_eq!(key(text), wrong, "{text}");
        }
        for zone in ["base", "platform_zone", "target_zone"] {
            let long = ["a".repeat(60).as_str(); 4].join(".");
            assert_eq!(key(&format!("[names]\n{zone} = \"{long}\"")), "names.base", "{zone}");
        }
    }
}
