//! What somebody writes to whoever provides a space, through the edge: what it may be, and how it travels.
//!
//! The edge judges it before it says that it has arrived, by the rules that stand here for both planes: what it has taken
//! is refused no more.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::attachment::{MOST_BYTES_IN_ALL, MediaType};
use crate::{Hostname, MessageId, TenantId};

/// The kind of a [`ContactMessage`] among what the edge saw.
pub const CONTACT_MESSAGE: &str = "contact_message";

/// The most characters of a line: a name, a subject.
pub const MOST_LINE: usize = 200;
/// The most characters of a text.
pub const MOST_TEXT: usize = 10_000;
/// The most bytes of a mail address (RFC 5321 section 4.5.3.1.3, less its brackets).
pub const MOST_ADDRESS: usize = 254;
/// The most bytes that a message has as JSON: its files written as base64, and room for everything else.
pub const MOST_BODY: usize = MOST_BYTES_IN_ALL / 3 * 4 + (256 << 10);

const MOST_LOCAL: usize = 64;

/// A message of a client to its partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactMessage {
    /// Its identity, made at the edge, so that it is there once, by whatever proxy it comes.
    pub id: MessageId,
    /// From which space.
    pub tenant: TenantId,
    /// Who wrote it: a [line](is_line).
    pub name: String,
    /// Where answers go: an [address](is_address).
    pub email: String,
    /// In which language: `en` or `fr`.
    pub language: String,
    /// What it is about: a [line](is_line).
    pub subject: String,
    /// What it says: a [text](is_text).
    pub text: String,
    /// Where the sender was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<IpAddr>,
    /// What goes along with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<ContactFile>,
}

/// A file that goes along with a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactFile {
    /// Its name, as the sender's machine has it.
    pub name: String,
    /// What it is: its content fits that.
    pub media_type: MediaType,
    /// What is in it.
    #[serde(with = "base64_text")]
    pub content: Vec<u8>,
}

/// Whether a text is one line that people read: 1 to `most` characters, none of them a control character, no white space at
/// its ends.
#[must_use]
pub fn is_line(text: &str, most: usize) -> bool {
    let is_sized = (1..=most).contains(&text.chars().count());
    is_sized && text.trim() == text && !text.chars().any(char::is_control)
}

/// Whether a text is what people write in lines: 1 to [`MOST_TEXT`] characters, some of them visible, and no control
/// character but the line's end and the tab.
#[must_use]
pub fn is_text(text: &str) -> bool {
    let is_sized = (1..=MOST_TEXT).contains(&text.chars().count()) && !text.trim().is_empty();
    is_sized && !text.chars().any(|character| character.is_control() && character != '\n' && character != '\t')
}

/// Whether a text is a mail address that any mailer can send to: a dot-atom (RFC 5322 section 3.2.3) and a name of DNS.
#[must_use]
pub fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let is_atom = |atom: &str| {
        !atom.is_empty()
            && atom.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte))
    };
    let Ok(domain) = domain.parse::<Hostname>() else { return false };
    let length = text.len().max(local.len() + 1 + domain.as_str().len());
    length <= MOST_ADDRESS && local.len() <= MOST_LOCAL && local.split('.').all(is_atom)
}

/// Bytes as base64 in JSON.
mod base64_text {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(content: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(content))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        STANDARD.decode(text.as_bytes()).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attachment::MOST_FILES;

    #[test]
    fn the_largest_message_fits_its_bound() {
        let content = vec![0; MOST_BYTES_IN_ALL / MOST_FILES];
        let file = ContactFile { name: "\u{1}".repeat(255), media_type: MediaType::Text, content };
        let message = ContactMessage {
            id: MessageId::new(1, &[1; 10]),
            tenant: TenantId::new(1, &[1; 10]),
            name: "\u{10ffff}".repeat(MOST_LINE),
            email: "a".repeat(MOST_ADDRESS),
            language: "fr".into(),
            subject: "\u{10ffff}".repeat(MOST_LINE),
            text: "\u{10ffff}".repeat(MOST_TEXT),
            ip: Some([255; 16].into()),
            files: vec![file; MOST_FILES],
        };
        let text = serde_json::to_string(&message).unwrap();
        assert!(text.len() <= MOST_BODY, "{}", text.len());
        assert_eq!(serde_json::from_str::<ContactMessage>(&text).unwrap(), message);
    }

    #[test]
    fn what_would_break_a_header_is_no_line_and_no_address() {
        for text in ["", " a", "a ", "a\nb", "a\r\nBcc: x@y.fr", "nul\0", "\u{85}", &"x".repeat(MOST_LINE + 1)] {
            assert!(!is_line(text, MOST_LINE), "{text:?}");
        }
        assert!(is_line("Zoé =?utf-8?q?=0D=0A?=", MOST_LINE));
        for text in ["zoe@b.fr", "zoe+a.b@bäckerei.de", "o'neil@b.fr"] {
            assert!(is_address(text), "{text}");
        }
        for text in [
            "",
            "a",
            "a@",
            "@b.fr",
            "a b@c.fr",
            "a@b@c.fr",
            "a..b@c.fr",
            ".a@c.fr",
            "a.@c.fr",
            "a@c..fr",
            "<a@b.fr>",
            "a@b.fr\n",
            "a@b.fr\r\nBcc: x@y.fr",
            "a,b@c.fr",
            "\"a\"@b.fr",
            "zoé@b.fr",
        ] {
            assert!(!is_address(text), "{text:?}");
        }
    }

    #[test]
    fn a_text_has_something_to_see_and_nothing_that_is_hidden() {
        assert!(is_text("a\n\tb") && is_text(&"é".repeat(MOST_TEXT)));
        for text in ["", " \n ", "nul\0", "a\rb", "\u{1b}[2J", &"é".repeat(MOST_TEXT + 1)] {
            assert!(!is_text(text), "{:?}", text.chars().take(9).collect::<String>());
        }
    }
}
