//! Mail in words, and on its way: what an outbox row says becomes a message in the partner's brand, and a server takes
//! it. Nothing of a value is ever markup.

mod post;
mod words;

use marque_config::brand::Brand;

use crate::kernel::language::Language;
use crate::notify::model::mail::MailKind;

pub use post::{Post, PostError, Undelivered};
pub use words::{Words, WordsError};

/// A mail that is to be sent, as its row says.
#[derive(Debug, Clone, PartialEq)]
pub struct Letter {
    /// Its identity: the same at every attempt.
    pub id: String,
    /// The recipient.
    pub to: String,
    /// What it is about.
    pub kind: MailKind,
    /// In which language.
    pub language: Language,
    /// In whose brand; none for the vendor's.
    pub brand: Option<Brand>,
    /// The name that it comes from, where that isn't the brand's.
    pub from: Option<String>,
    /// Where answers go, where that isn't the brand's support.
    pub reply_to: Option<String>,
    /// What its words are filled with.
    pub values: serde_json::Value,
}

#[cfg(test)]
mod tests;
