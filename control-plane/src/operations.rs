//! What can be done, once: the API, and later pages and commands, call these. Each takes how far the rights of who
//! asks reach; what lies outside doesn't exist. A change happens in the [`crate::store::Write`] that it is given, with
//! its audit row and what the edge must know.

pub mod adjustments;
pub mod applications;
pub mod assignments;
pub mod attempts;
pub mod audit;
pub mod catalogue;
pub mod certificates;
pub mod clients;
pub mod collaborators;
pub mod consents;
pub mod domains;
pub mod dossiers;
pub mod erasure;
pub mod factor_reset;
pub mod home;
pub mod ledger;
pub mod licences;
pub mod mail;
pub mod offers;
pub mod orders;
pub mod partners;
pub mod payments;
pub mod people;
pub mod places;
pub mod price_lists;
pub mod price_versions;
pub mod prices;
pub mod promos;
pub mod quotes;
pub mod region_rules;
pub mod regions;
#[cfg(feature = "rehearsal")]
pub mod rehearsal;
pub mod reports;
pub mod retail;
pub mod search;
pub mod second_factor;
pub mod sessions;
pub mod statements;
pub mod support;
pub mod tenants;
pub mod tokens;
pub mod wallets;
pub mod webhooks;
pub mod white_label;

use crate::model::fault::{Conflict, FieldFault, Forbidden};
use crate::model::language::Sentence;
use crate::store::StoreError;

/// Why an operation wasn't done.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There is no such thing within the reach of who asks.
    #[error("not found")]
    NotFound,
    /// Fields of what was given are wrong.
    #[error("{}", listed(.0))]
    Fields(Vec<FieldFault>),
    /// Something stands against it.
    #[error("{}", .0.said().english)]
    Conflict(Conflict),
    /// It is not for who asks to do, though the scope is right.
    #[error("{}", .0.said().english)]
    Forbidden(Forbidden),
    /// The store didn't do its part.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl From<FieldFault> for Refused {
    fn from(fault: FieldFault) -> Self {
        Self::Fields(vec![fault])
    }
}

impl From<Forbidden> for Refused {
    fn from(forbidden: Forbidden) -> Self {
        Self::Forbidden(forbidden)
    }
}

impl From<Conflict> for Refused {
    fn from(conflict: Conflict) -> Self {
        Self::Conflict(conflict)
    }
}

fn listed(faults: &[FieldFault]) -> String {
    let one = |fault: &FieldFault| format!("{}: {}", fault.pointer, fault.said.english);
    faults.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// Takes what people read: 1 to `most` characters, none of them a control character, no white space at its ends.
pub(crate) fn text(pointer: &str, text: &str, most: usize) -> Result<String, FieldFault> {
    let sized = (1..=most).contains(&text.chars().count());
    if sized && text.trim() == text && !text.chars().any(char::is_control) {
        return Ok(text.to_owned());
    }
    let english = format!("A text has 1 to {most} characters, without control characters or white space at its ends.");
    let french =
        format!("Un texte a de 1 à {most} caractères, sans caractère de contrôle ni espace au début ou à la fin.");
    Err(FieldFault::new(pointer, "invalid-text", Sentence::new(english, french)))
}

/// Says that what a field refers to doesn't exist for who asks.
pub(crate) fn unknown(pointer: &str) -> FieldFault {
    let said = Sentence::fixed("There is no such object.", "Cet objet n’existe pas.");
    FieldFault::new(pointer, "unknown-reference", said)
}
