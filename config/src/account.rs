//! The application's own name for a client's account.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

/// What the application calls the account that a tenant is bound to. Compared byte by byte: what the application
/// means by its case or spelling isn't ours to guess.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Account(Box<str>);

/// Why a text names no account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an account has 1 to 200 bytes, without control characters or white space at its ends")]
pub struct AccountError;

impl Account {
    /// The account's name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Account {
    type Err = AccountError;

    fn from_str(text: &str) -> Result<Self, AccountError> {
        let sized = (1..=200).contains(&text.len());
        if !sized || text.trim() != text || text.chars().any(char::is_control) {
            return Err(AccountError);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Account {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parse(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_mistaken_is_no_account() {
        for text in ["", " a", "a ", "a\nb", "a\0"] {
            assert!(text.parse::<Account>().is_err(), "{text:?}");
        }
        assert!("a".repeat(201).parse::<Account>().is_err());
        assert_eq!("boulangerie-7".parse::<Account>().unwrap().as_str(), "boulangerie-7");
    }
}
