//! Settings: one TOML file per process, every key with a default, `PLANE__SECTION__KEY` in the environment to override.
//!
//! Parsed once into values that can't be wrong; an error names the key. Secrets come only by `*_file` keys, which name
//! a file. Reading files is the caller's part: here text goes in and settings come out.

mod contact;
mod control_plane;
mod mail;
mod proxy;
mod responder;
mod retention;
mod shares;
mod values;
mod wildcard;

use serde::de::DeserializeOwned;
use toml::{Table, Value};

pub use contact::ContactSettings;
pub use control_plane::{
    AcmeSettings, ControlPlaneSettings, DatabaseSettings, DnsSettings, Keys, NameSettings, PasswordSettings,
    QuotaSettings, SubscriptionSettings, WebhookSettings,
};
pub use mail::{MailSettings, MailTls};
pub use proxy::{FeedSettings, LimitSettings, ListenSettings, ProxySettings, UpstreamSettings};
pub use responder::ResponderSettings;
pub use retention::RetentionSettings;
pub use shares::ShareSettings;
pub use values::{LogFormat, LogSettings, Milliseconds, Size};
pub use wildcard::{PlatformWildcard, TsigAlgorithm, UpdateSettings};

/// The exit status of a process whose settings are wrong (`EX_USAGE` of sysexits).
pub const EXIT_BAD_SETTINGS: u8 = 64;

/// Why settings aren't taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The text isn't TOML.
    #[error("the settings are not TOML: {0}")]
    Syntax(String),
    /// A key is unknown, missing, or has a wrong value.
    #[error("{key}: {detail}")]
    Key {
        /// The key, with dots.
        key: String,
        /// What is wrong with it.
        detail: String,
    },
}

/// The settings of one process.
pub trait Settings: DeserializeOwned {
    /// What the names of overriding environment variables begin with, before `__`.
    const PLANE: &'static str;

    /// Looks at keys that only make sense together.
    ///
    /// # Errors
    /// [`SettingsError::Key`] for the first that doesn't fit.
    fn check(&self) -> Result<(), SettingsError>;

    /// Reads settings from the text of a file and from the environment's variables.
    ///
    /// # Errors
    /// [`SettingsError`], naming the key.
    fn parse(text: &str, variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, SettingsError> {
        let mut table: Table = text
            .parse()
            .map_err(|error: toml::de::Error| SettingsError::Syntax(error.to_string().trim_end().replace('\n', " ")))?;
        let prefix = format!("{}__", Self::PLANE);
        for (name, value) in variables {
            if let Some(path) = name.strip_prefix(&prefix) {
                overlay(&mut table, path, &value)?;
            }
        }
        let settings: Self = serde_path_to_error::deserialize(Value::Table(table)).map_err(|error| {
            let detail = error.inner().to_string().trim_end().replace('\n', " ");
            SettingsError::Key { key: error.path().to_string(), detail }
        })?;
        settings.check()?;
        Ok(settings)
    }
}

/// Puts one variable's value where its name says: `LISTEN__HTTPS` is `listen.https`. A value that reads as TOML is
/// taken as such, everything else is a string.
fn overlay(table: &mut Table, path: &str, value: &str) -> Result<(), SettingsError> {
    let path = path.to_lowercase();
    let (parents, key) = path.rsplit_once("__").unwrap_or(("", &path));
    let mut place = table;
    for section in parents.split("__").filter(|section| !section.is_empty()) {
        let next = place.entry(section).or_insert_with(|| Value::Table(Table::new()));
        place = next.as_table_mut().ok_or_else(|| SettingsError::Key {
            key: path.replace("__", "."),
            detail: format!("{section} is not a section"),
        })?;
    }
    let parsed = format!("value = {value}").parse::<Table>().ok().and_then(|mut one| one.remove("value"));
    place.insert(key.to_owned(), parsed.unwrap_or_else(|| Value::String(value.to_owned())));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(text: &str, variables: &[(&str, &str)]) -> Result<ProxySettings, SettingsError> {
        ProxySettings::parse(text, variables.iter().map(|(name, value)| ((*name).into(), (*value).into())))
    }

    fn key(result: Result<impl std::fmt::Debug, SettingsError>) -> String {
        match result.unwrap_err() {
            SettingsError::Key { key, .. } => key,
            SettingsError::Syntax(text) => panic!("{text}"),
        }
    }

    #[test]
    fn an_empty_file_is_good_settings() {
        proxy("", &[]).unwrap();
        ControlPlaneSettings::parse("", []).unwrap();
    }

    #[test]
    fn an_error_names_the_key() {
        assert_eq!(key(proxy("[listen]\nhttps = [\"nowhere\"]", &[])), "listen.https[0]");
        assert_eq!(key(proxy("[limits]\nhead_size = \"1 parsec\"", &[])), "limits.head_size");
        assert_eq!(key(proxy("[limits]\nhead_deadline = \"0s\"", &[])), "limits.head_deadline");
        assert!(key(proxy("[listen]\nhttqs = 1", &[])).starts_with("listen"));
        assert!(matches!(proxy("listen", &[]), Err(SettingsError::Syntax(_))));
    }

    #[test]
    fn one_control_plane_is_a_text_and_several_are_a_list() {
        let urls = |value: &str| proxy(&format!("[feed]\nurl = {value}"), &[]).map(|settings| settings.feed.url);
        assert_eq!(urls(r#""https://a""#).unwrap(), ["https://a"]);
        assert_eq!(urls(r#"["https://a", "https://b"]"#).unwrap(), ["https://a", "https://b"]);
        for wrong in ["[]", "7", "[7]", r#"["https://a", "http://b"]"#, r#"["https://a", "https://A/"]"#] {
            assert!(key(urls(wrong)).starts_with("feed.url"), "{wrong}");
        }
        let several = proxy("", &[("PROXY__FEED__URL", r#"["https://a", "https://b"]"#)]).unwrap();
        assert_eq!(several.feed.url.len(), 2);
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let settings = proxy(
            "[feed]\nurl = \"http://127.0.0.1:1\"",
            &[
                ("PROXY__FEED__URL", "http://127.0.0.1:2"),
                ("PROXY__LISTEN__HTTPS", "[\"127.0.0.1:0\"]"),
                ("CONTROL_PLANE__LISTEN__API", "ignored"),
            ],
        );
        let settings = settings.unwrap();
        assert_eq!(settings.feed.url, ["http://127.0.0.1:2"]);
        assert_eq!(settings.listen.https[0].port(), 0);
        assert_eq!(key(proxy("", &[("PROXY__LISTEN__HTTPS", "[1]")])), "listen.https[0]");
    }
}
