//! The catalogue: products, plans and components. The vendor writes it; partners see what isn't a draft.

pub mod components;
pub mod offers;
pub mod plans;
pub mod price_lists;
pub mod price_versions;
pub mod prices;
pub mod products;
pub mod promos;
pub mod quotes;
pub mod retail;

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use crate::catalogue::model::{Listed, ListingState};
use crate::database::Store;
use crate::database::refused::Refused;
use crate::database::stored::Stored;
use crate::kernel::fault::{Conflict, FieldFault};
use crate::kernel::language::Sentence;
use crate::kernel::principal::Reach;

impl Conflict {
    /// The code is taken.
    pub const CODE_TAKEN: Self = Self::new("code-taken", "This code is taken.", "Ce code est déjà pris.");
    /// What was listed once is no draft any more.
    pub const NO_DRAFT_AGAIN: Self = Self::new(
        "no-draft-again",
        "What was listed once does not become a draft again.",
        "Ce qui a été proposé ne redevient pas un brouillon.",
    );
}

/// Takes how programs call something: 1 to 40 letters without accents, digits, `-`, `_` and `.`.
pub(crate) fn code(pointer: &str, text: &str) -> Result<String, FieldFault> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if (1..=40).contains(&text.len()) && text.bytes().all(plain) {
        return Ok(text.to_owned());
    }
    let said = Sentence::fixed(
        "A code has 1 to 40 letters without accents, digits, hyphens, underscores and dots.",
        "Un code a de 1 à 40 lettres sans accent, chiffres, tirets, soulignés et points.",
    );
    Err(FieldFault::new(pointer, "invalid-code", said))
}

/// Takes a whole number within bounds.
pub(crate) fn within(pointer: &str, number: i64, bounds: RangeInclusive<i64>) -> Result<i64, FieldFault> {
    if bounds.contains(&number) {
        return Ok(number);
    }
    let (least, most) = (bounds.start(), bounds.end());
    let said = Sentence::new(format!("This is {least} to {most}."), format!("La valeur va de {least} à {most}."));
    Err(FieldFault::new(pointer, "out-of-range", said))
}

/// Takes a list that is bounded.
pub(crate) fn at_most<T>(pointer: &str, list: Vec<T>, most: usize) -> Result<Vec<T>, FieldFault> {
    check_length(pointer, list.len(), most)?;
    Ok(list)
}

/// Refuses a list that is too long.
pub(crate) fn check_length(pointer: &str, length: usize, most: usize) -> Result<(), FieldFault> {
    if length <= most {
        return Ok(());
    }
    let english = format!("There are at most {most} entries.");
    let said = Sentence::new(english, format!("Il y a au plus {most} éléments."));
    Err(FieldFault::new(pointer, "too-many", said))
}

/// Takes what limits something; an empty list limits nothing.
pub(crate) fn limit<T: Ord>(pointer: &str, list: Vec<T>) -> Result<Option<BTreeSet<T>>, FieldFault> {
    let list = at_most(pointer, list, 100)?;
    Ok(Some(list.into_iter().collect::<BTreeSet<_>>()).filter(|list| !list.is_empty()))
}

/// One thing of the catalogue. Drafts are the vendor's.
///
/// # Errors
/// [`Refused`].
pub(crate) async fn one<T: Stored + Listed>(store: &Store, reach: &Reach, id: &impl ToString) -> Result<T, Refused> {
    let thing: Option<T> = store.find(id).await?;
    thing.filter(|thing| thing.state() != ListingState::Draft || reach.is_operator()).ok_or(Refused::NotFound)
}

fn next(state: ListingState, wanted: ListingState) -> Result<ListingState, Conflict> {
    if state.may_become(wanted) { Ok(wanted) } else { Err(Conflict::NO_DRAFT_AGAIN) }
}
