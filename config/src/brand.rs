//! How a partner shows itself on the edge's own pages.

use serde::{Deserialize, Serialize};

use crate::PartnerId;

/// A partner as the edge needs to know it: the name and address on its pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partner {
    /// Its identity.
    pub id: PartnerId,
    /// What its clients see.
    pub brand: Brand,
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

impl Brand {
    /// Nobody's: the edge's pages without a name.
    #[must_use]
    pub fn plain() -> Self {
        Self { name: String::new(), support: None }
    }
}
