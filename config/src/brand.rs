//! How a partner shows itself on the edge's own pages.

mod colour;

use serde::{Deserialize, Serialize};

use crate::application::is_default;
use crate::{Hostname, PartnerId, TenantId};

pub use colour::{Colour, ColourError};

/// A partner as the edge needs to know it: how it shows itself, and what it leaves out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partner {
    /// Its identity.
    pub id: PartnerId,
    /// What its clients see.
    pub brand: Brand,
    /// How it looks.
    #[serde(default, skip_serializing_if = "is_default")]
    pub look: Look,
    /// The features that the application hides from its clients (S2.P6): words that the application is told as they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<String>,
}

/// What a partner's clients see of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Brand {
    /// The name.
    pub name: String,
    /// Where its clients find help: a mail address, an `https` address, or a telephone number, shown as text.
    #[serde(default)]
    pub support: Option<String>,
}

/// How a brand looks on pages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Look {
    /// Where its logo is: an `https` address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
    /// Its colour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colour: Option<Colour>,
    /// Its second colour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accent: Option<Colour>,
    /// The language of those who ask for none that there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
}

/// A language that pages exist in, by its code (BCP 47).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Language {
    /// English.
    #[serde(rename = "en")]
    English,
    /// French.
    #[serde(rename = "fr")]
    French,
}

/// A tenant's white label, live, as the edge needs to know it. Describes, and restricts nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhiteLabel {
    /// Whose.
    pub tenant: TenantId,
    /// The name and the way to help, where they aren't the partner's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<Brand>,
    /// How that brand looks.
    #[serde(default, skip_serializing_if = "is_default")]
    pub look: Look,
    /// The names that visitors of all others are sent to, the best first: the first that is there is the primary one
    /// (S1.8). None: every name is served.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub primary: Vec<Hostname>,
}

impl Partner {
    /// A partner that shows nothing but its brand, and hides nothing.
    #[must_use]
    pub fn new(id: PartnerId, brand: Brand) -> Self {
        Self { id, brand, look: Look::default(), hidden: Vec::new() }
    }
}

impl Brand {
    /// Nobody's: the edge's pages without a name.
    #[must_use]
    pub fn plain() -> Self {
        Self { name: String::new(), support: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_from_before_know_of_a_partner_is_written_as_before() {
        let id = PartnerId::new(1, &[0; 10]);
        let partner = Partner::new(id, Brand { name: "Fournil".into(), support: None });
        let text = serde_json::to_string(&partner).unwrap();
        assert_eq!(text, format!(r#"{{"id":"{id}","brand":{{"name":"Fournil","support":null}}}}"#));
        assert_eq!(serde_json::from_str::<Partner>(&text).unwrap(), partner);
    }

    #[test]
    fn a_white_label_comes_back_as_it_was_told() {
        let text = r##"{"tenant":"ten_00000000000000000000000001","look":{"colour":"#0a5c36","language":"fr"},
            "primary":["fournil.example","www.fournil.example"]}"##;
        let label: WhiteLabel = serde_json::from_str(text).unwrap();
        assert_eq!(label.look.colour.map(|it| it.to_string()).as_deref(), Some("#0a5c36"));
        assert_eq!(serde_json::from_str::<WhiteLabel>(&serde_json::to_string(&label).unwrap()).unwrap(), label);
    }
}
