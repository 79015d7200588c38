//! Corrections of the ledger by hand take two people: one proposes, another confirms. Whoever is behind a token counts,
//! not the token: a token that one's own token or session made is no other person.

use marque_config::PartnerId;
use serde_json::json;

use super::ledger::{self, Begun};
use crate::database::refused::Refused;
use crate::database::{Store, Whose, Write};
use crate::identity::operations::people::people;
use crate::kernel::fault::{Conflict, FieldFault, Forbidden, text, unknown};
use crate::kernel::ids::AdjustmentId;
use crate::kernel::language::Sentence;
use crate::kernel::money::{MOST_MINOR, Money};
use crate::kernel::principal::Reach;
use crate::money::model::adjustment::{Adjustment, AdjustmentState};
use crate::money::model::ledger::{Source, SourceKind};

/// What a correction is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAdjustment {
    /// Whose wallet is corrected.
    pub partner: PartnerId,
    /// What it is given; below zero for what is taken.
    pub amount: Money,
    /// Why.
    pub reason: String,
}

impl Conflict {
    /// The correction was confirmed or rejected.
    pub const ADJUSTMENT_DECIDED: Self = Self::new(
        "adjustment-decided",
        "This adjustment was confirmed or rejected before.",
        "Cet ajustement a déjà été confirmé ou rejeté.",
    );
}

impl Forbidden {
    /// Who proposed something doesn't confirm it.
    pub const SECOND_OPERATOR_NEEDED: Self = Self::new(
        "second-operator-needed",
        "Who proposed this does not confirm it: another operator does.",
        "Qui a proposé ceci ne le confirme pas : il faut un autre opérateur.",
    );
    /// Nobody knows any more who made a token.
    pub const MAKER_UNKNOWN: Self = Self::new(
        "maker-unknown",
        "It is not known any more who made one of the tokens: use a token that a person or the machine made.",
        "On ne sait plus qui a créé l’un des jetons : utilisez un jeton créé par une personne ou par la machine.",
    );
}

/// Proposes a correction. It moves nothing.
///
/// # Errors
/// [`Refused`].
pub async fn propose(write: &mut Write, reach: &Reach, new: NewAdjustment) -> Result<Adjustment, Refused> {
    write.partner(reach, new.partner).await?.ok_or_else(|| unknown("/partner"))?;
    if new.amount.minor == 0 || !(-MOST_MINOR..=MOST_MINOR).contains(&new.amount.minor) {
        let english = "An adjustment is not zero, and at most 1,000,000,000,000 in the currency’s minor unit.";
        let french = "Un ajustement n’est pas nul, et est au plus de 1 000 000 000 000 dans l’unité mineure.";
        return Err(FieldFault::new("/amount/amount", "invalid-amount", Sentence::fixed(english, french)).into());
    }
    let adjustment = Adjustment {
        id: write.id(),
        partner: new.partner,
        amount: new.amount,
        reason: text("/reason", &new.reason, 500)?,
        state: AdjustmentState::Proposed,
        proposed_by: write.actor().to_string(),
        decided_by: None,
        created_ms: write.now_ms(),
        decided_ms: None,
    };
    write.add_adjustment(&adjustment).await?;
    let detail = json!({ "partner": adjustment.partner, "amount": adjustment.amount, "reason": adjustment.reason });
    // Nothing has happened to the partner yet.
    write.audit("adjustment.proposed", &adjustment.id, Whose::VENDOR, detail);
    Ok(adjustment)
}

/// Does what another operator proposed.
///
/// # Errors
/// [`Refused`].
pub async fn confirm(write: &mut Write, id: AdjustmentId) -> Result<Adjustment, Refused> {
    let adjustment = open(write, id).await?;
    let by = write.actor().to_string();
    let (proposers, confirmers) = (people(write, &adjustment.proposed_by).await?, people(write, &by).await?);
    if !proposers.is_disjoint(&confirmers) {
        return Err(Forbidden::SECOND_OPERATOR_NEEDED.into());
    }
    let source = Source { kind: SourceKind::Adjustment, id: adjustment.id.to_string() };
    let begun = Begun::adjusted(&adjustment.reason);
    ledger::begin(write, adjustment.partner, adjustment.amount, &source, begun).await?;
    let adjustment = adjustment.decided(AdjustmentState::Confirmed, by, write.now_ms());
    write.update_adjustment(&adjustment).await?;
    let detail = json!({ "amount": adjustment.amount, "reason": adjustment.reason });
    write.audit("adjustment.confirmed", &adjustment.id, Whose::partner(adjustment.partner), detail);
    Ok(adjustment)
}

/// Drops what was proposed; who proposed it may.
///
/// # Errors
/// [`Refused`].
pub async fn reject(write: &mut Write, id: AdjustmentId) -> Result<Adjustment, Refused> {
    let adjustment = open(write, id).await?;
    let by = write.actor().to_string();
    let adjustment = adjustment.decided(AdjustmentState::Rejected, by, write.now_ms());
    write.update_adjustment(&adjustment).await?;
    write.audit("adjustment.rejected", &adjustment.id, Whose::VENDOR, json!({ "amount": adjustment.amount }));
    Ok(adjustment)
}

/// One correction.
///
/// # Errors
/// [`Refused`].
pub async fn one(store: &Store, id: AdjustmentId) -> Result<Adjustment, Refused> {
    store.adjustment(id).await?.ok_or(Refused::NotFound)
}

async fn open(write: &mut Write, id: AdjustmentId) -> Result<Adjustment, Refused> {
    let adjustment = write.adjustment(id).await?.ok_or(Refused::NotFound)?;
    match adjustment.state {
        AdjustmentState::Proposed => Ok(adjustment),
        AdjustmentState::Confirmed | AdjustmentState::Rejected => Err(Conflict::ADJUSTMENT_DECIDED.into()),
    }
}
