//! How mail is sent.

use std::net::IpAddr;
use std::path::PathBuf;

use serde::Deserialize;

use super::control_plane::require;
use super::{Milliseconds, SettingsError};

/// Who takes the mail, and in whose name it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailSettings {
    /// The submission server's name. None: mail waits until there is one.
    pub server: Option<String>,
    /// Its port.
    pub port: u16,
    /// How the connection is kept private.
    pub tls: MailTls,
    /// Certificates to trust for the server instead of the system's, PEM.
    pub root_file: Option<PathBuf>,
    /// Who we are to the server; none when it asks nobody.
    pub user: Option<String>,
    /// The user's password.
    pub password_file: Option<PathBuf>,
    /// The address that mail comes from, instead of `no-reply@BASE`.
    pub from: Option<String>,
    /// The name that mail comes from where it is in no partner's brand.
    pub vendor: String,
    /// The longest that the server may take for one command.
    pub deadline: Milliseconds,
    /// How many mails are sent at once.
    pub parallel: u32,
    /// How many of these go to one domain: one that is slow to take its mail holds up no other.
    pub parallel_per_domain: u32,
}

/// How a connection to a mail server is kept private.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailTls {
    /// TLS after `STARTTLS` (RFC 3207); nothing is sent without.
    Starttls,
    /// TLS from the first byte (RFC 8314).
    Implicit,
    /// None: for a server on this machine only.
    None,
}

/// More would be more connections than a submission server takes.
const MOST_PARALLEL: u32 = 256;

impl MailSettings {
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        let server = self.server.as_deref().unwrap_or("localhost");
        let local = server == "localhost" || server.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        require(local || self.tls != MailTls::None, "mail.tls", "is none for a server on this machine only")?;
        require(self.user.is_some() == self.password_file.is_some(), "mail.user", "goes with mail.password_file")?;
        let from = self.from.as_deref().is_none_or(|from| from.contains('@'));
        require(from, "mail.from", "is a mail address")?;
        require((1..=MOST_PARALLEL).contains(&self.parallel), "mail.parallel", "is 1 to 256")?;
        let each = (1..=self.parallel).contains(&self.parallel_per_domain);
        require(each, "mail.parallel_per_domain", "is at least 1 and at most mail.parallel")
    }
}

impl Default for MailSettings {
    fn default() -> Self {
        Self {
            server: None,
            port: 587,
            tls: MailTls::Starttls,
            root_file: None,
            user: None,
            password_file: None,
            from: None,
            vendor: "Marque".into(),
            deadline: Milliseconds::new(20_000),
            parallel: 16,
            parallel_per_domain: 4,
        }
    }
}
