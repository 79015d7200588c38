//! How a partner shows itself.

use marque_config::brand;
use serde::{Deserialize, Serialize};

use crate::kernel::email::Email;
use crate::kernel::language::Language;

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
    /// The language of those who ask for none that there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
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

impl Look {
    /// What of it the edge's own pages show.
    #[must_use]
    pub fn at_the_edge(&self) -> brand::Look {
        let colour = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok());
        let language = self.language.map(|language| match language {
            Language::English => brand::Language::English,
            Language::French => brand::Language::French,
        });
        brand::Look { logo: self.logo.clone(), colour: colour(&self.colour), accent: colour(&self.accent), language }
    }
}
