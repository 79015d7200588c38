//! How a partner shows itself.

use serde::{Deserialize, Serialize};

use crate::kernel::email::Email;

/// How a partner shows itself beyond its name, on pages and in mails.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Look {
    /// Where its logo is: `https`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
    /// Its colour: `#rrggbb`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
    /// Its second colour: `#rrggbb`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accent: Option<String>,
    /// Its own site: `https`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// In whose name its mails are sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail_name: Option<String>,
    /// Where answers to its mails go, and its clients' messages.
    #[serde(deserialize_with = "super::email::kept", skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Email>,
}
