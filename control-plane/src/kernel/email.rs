//! Mail addresses: as somebody wrote them, and in the one form by which they are compared.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use unicode_normalization::UnicodeNormalization;

use super::fault::FieldFault;
use super::json;

/// A mail address. Two are equal when they reach the same mailbox for all we know: white space at the ends, letter case
/// and the two spellings of an international domain don't matter; dots and `+tags` do.
#[derive(Clone)]
pub struct Email {
    written: String,
    compared: String,
}

/// Why a text is no mail address, or none that is taken from anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a mail address is NAME@DOMAIN, at most 254 characters, without two dots in a row")]
pub struct EmailError;

/// Reads an address that is kept as it was taken, by whatever rule held then: unlike what is asked now.
///
/// # Errors
/// When it is no address.
pub fn kept<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Email>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| text.parse().map_err(de::Error::custom)).transpose()
}

/// The same, where there always is one.
///
/// # Errors
/// When it is no address.
pub fn kept_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Email, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
}

/// Refuses an address that no mail could be sent to.
pub(crate) fn check_deliverable(pointer: &str, email: &Email) -> Result<(), FieldFault> {
    if email.is_deliverable() { Ok(()) } else { Err(json::invalid_value(pointer, EmailError)) }
}

const MOST: usize = 254;
const MOST_LOCAL: usize = 64;

impl Email {
    /// As it was written, without white space at its ends: for people and for the mail itself.
    #[must_use]
    pub fn written(&self) -> &str {
        &self.written
    }

    /// As mail is sent to it: its domain in A-labels, which every server knows (RFC 5890 section 2.3.2.1).
    #[must_use]
    pub fn delivered(&self) -> String {
        let (local, domain) = (self.written.rsplit_once('@'), self.compared.rsplit_once('@'));
        match (local, domain) {
            (Some((local, _)), Some((_, domain))) => format!("{local}@{domain}"),
            _ => self.compared.clone(),
        }
    }

    /// Whether the mailer could ever send to it: what lies between dots is never empty (RFC 5321 section 4.1.2), and the
    /// whole has 254 characters at most with its domain in A-labels.
    #[must_use]
    pub fn is_deliverable(&self) -> bool {
        let delivered = self.delivered();
        delivered.len() <= MOST && delivered.parse::<lettre::Address>().is_ok()
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
            !character.is_whitespace() && !character.is_control() && !"<>()[],;:@\\\"".contains(character)
        };
        let sized = written.len() <= MOST && (1..=MOST_LOCAL).contains(&local.len());
        if !sized || !local.chars().all(plain) || local.starts_with('.') || local.ends_with('.') {
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
    /// As somebody gives it: what no mail could be sent to is refused.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let email: Self = text.parse().map_err(de::Error::custom)?;
        if email.is_deliverable() { Ok(email) } else { Err(de::Error::custom(EmailError)) }
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
    fn a_domain_goes_out_in_the_letters_that_every_server_knows() {
        let address: Email = "Anne.Müller@Bäckerei.DE".parse().unwrap();
        assert_eq!(address.delivered(), "Anne.Müller@xn--bckerei-5wa.de");
        assert_eq!("Zoe@B.FR".parse::<Email>().unwrap().delivered(), "Zoe@b.fr");
    }

    #[test]
    fn what_the_mailer_always_refuses_is_no_address() {
        let long = format!("a@{}.fr", ["ü".repeat(20).as_str(); 9].join("."));
        for text in ["a..b@c.fr", "a.@c.fr", "..@c.fr", "a@c..fr", "a@-c.fr", "a\u{7f}b@c.fr", &long] {
            assert!(serde_json::from_value::<Email>(text.into()).is_err(), "{text}");
        }
        // One that was taken before is still read.
        assert_eq!("a..b@c.fr".parse::<Email>().unwrap().written(), "a..b@c.fr");
    }

    proptest::proptest! {
        #[test]
        fn the_mailer_takes_every_address(local in "[^ ]{1,12}", domain in "[a-zü0-9.-]{1,16}\\.(fr|de)") {
            if let Ok(address) = serde_json::from_value::<Email>(format!("{local}@{domain}").into()) {
                let taken = address.delivered().parse::<lettre::Address>();
                proptest::prop_assert!(taken.is_ok(), "{} {taken:?}", address.written());
            }
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
