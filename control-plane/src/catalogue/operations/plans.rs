//! Plans.

use std::collections::BTreeSet;

use serde_json::json;

use super::{check_length, code, next, within};
use crate::catalogue::model::{ListingState, Plan, PlanKind, Product};
use crate::database::refused::Refused;
use crate::database::{Store, Whose, Write};
use crate::kernel::fault::{Conflict, FieldFault, text, unknown};
use crate::kernel::ids::{self, PlanId, ProductId};
use crate::kernel::language::Sentence;
use crate::kernel::principal::Reach;
use crate::kernel::resource::{New, Patch};

/// Adds a plan.
///
/// # Errors
/// [`Refused`].
pub async fn create(write: &mut Write, new: New<Plan>) -> Result<Plan, Refused> {
    let product: ProductId = new.field("product")?;
    let product: Product = write.find(&product).await?.ok_or_else(|| unknown("/product"))?;
    let mut assigned = write.assigned::<ids::PlanKind>();
    assigned["application"] = json!(product.application);
    let plan = new.with(assigned)?;
    check(&plan)?;
    let is_new = write.create("plan.created", Whose::VENDOR, &plan).await?;
    if is_new { Ok(plan) } else { Err(Conflict::CODE_TAKEN.into()) }
}

/// Changes a plan. What is sold already keeps the days that it was sold with.
///
/// # Errors
/// [`Refused`].
pub async fn change(write: &mut Write, before: Plan, patch: Patch<Plan>) -> Result<Plan, Refused> {
    let plan = patch.over(&before)?;
    check(&plan)?;
    next(before.state, plan.state)?;
    write.change("plan.changed", Whose::VENDOR, (&before, &plan)).await?;
    Ok(plan)
}

/// One plan. Drafts, and plans of a product that is one, are the vendor's.
///
/// # Errors
/// [`Refused`].
pub async fn one(store: &Store, reach: &Reach, id: PlanId) -> Result<Plan, Refused> {
    let plan = store.plan(id).await?.ok_or(Refused::NotFound)?;
    let product = store.find::<Product>(&plan.product).await?.ok_or(Refused::NotFound)?;
    let is_draft = plan.state == ListingState::Draft || product.state == ListingState::Draft;
    if is_draft && !reach.is_operator() { Err(Refused::NotFound) } else { Ok(plan) }
}

fn check(plan: &Plan) -> Result<(), FieldFault> {
    check_length("/terms", plan.terms.len(), 3)?;
    let different: BTreeSet<_> = plan.terms.iter().map(|offer| offer.term).collect();
    if different.len() != plan.terms.len() || (plan.terms.is_empty() && plan.kind == PlanKind::Sold) {
        let said = Sentence::fixed(
            "Each term stands there once, and at least one does.",
            "Chaque durée y figure une seule fois, et il en faut une.",
        );
        return Err(FieldFault::new("/terms", "invalid-terms", said));
    }
    code("/code", &plan.code)?;
    text("/name", &plan.name, 100)?;
    within("/grace_days", plan.grace_days, 0..=365)?;
    within("/trial_days", plan.trial_days, 0..=365)?;
    within("/trial_extension_days", plan.trial_extension_days, 0..=90)?;
    within("/max_activations", plan.max_activations, 1..=10_000)?;
    Ok(())
}
