//! Mail addresses: as somebody wrote them, and in the one form by which they are compared.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use unicode_normalization::UnicodeNormalization;

/// A mail address. Two are equal when they reach the same mailbox for all we know: white space at the ends, letter case
/// and the two spellings of an international domain don't matter; dots and `+tags` do.
#[derive(Clone)]
pub struct Email {
    written: String,
    compared: String,
}

/// Why a text is no mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a mail address is NAME@DOMAIN, at most 254 characters")]
pub struct EmailError;

const MOST: usize = 254;
const MOST_LOCAL: usize = 64;

impl Email {
    /// As it was written, without white space at its ends: for people and for the mail itself.
    #[must_use]
    pub fn written(&self) -> &str {
        &self.written
    }

    /// As it is compared, and looked for.
    #[must_use]
    pub fn compared(&self) -> &str {
        &self.compared
    }
}

impl FromStr for Email {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        let written: String = text.trim().nfc().collect();
        let (local, domain) = written.rsplit_once('@').ok_or(EmailError)?;
        let plain = |character: char| {
            !character.is_whitespace() && !character.is_control() && !"<>()[],;:\\\"".contains(character)
        };
        let sized = written.len() <= MOST && (1..=MOST_LOCAL).contains(&local.len());
        if !sized || local.contains('@') || !local.chars().all(plain) || local.starts_with('.') || local.ends_with('.')
        {
            return Err(EmailError);
        }
        let domain: marque_config::Hostname = domain.parse().map_err(|_| EmailError)?;
        let local: String = caseless::default_case_fold_str(local).nfc().collect();
        let compared = format!("{local}@{domain}");
        Ok(Self { written, compared })
    }
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.compared == other.compared
    }
}

impl Eq for Email {}

impl fmt::Display for Email {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.written)
    }
}

impl fmt::Debug for Email {
    /// Never in a log.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Email")
    }
}

impl Serialize for Email {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.written)
    }
}

impl<'de> Deserialize<'de> for Email {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_mailbox_are_one_address() {
        let address: Email = " Anne.Müller@Bäckerei.DE ".parse().unwrap();
        assert_eq!(address.written(), "Anne.Müller@Bäckerei.DE");
        assert_eq!(address.compared(), "anne.müller@xn--bckerei-5wa.de");
        assert_eq!(address, "anne.MÜLLER@xn--bckerei-5wa.de".parse().unwrap());
        for other in ["annemuller@bäckerei.de", "anne.müller+a@bäckerei.de"] {
            assert_ne!(address, other.parse().unwrap(), "{other}");
        }
    }

    #[test]
    fn what_would_break_a_header_is_no_address() {
        let long = format!("{}@a.fr", "x".repeat(65));
        for text in ["", "a", "@a.fr", "a@", "a b@c.fr", "a@b@c.fr", "a\r\nBcc: x@y.fr", "<a@b.fr>", ".a@b.fr", &long] {
            assert_eq!(text.parse::<Email>(), Err(EmailError), "{text}");
        }
    }
}
