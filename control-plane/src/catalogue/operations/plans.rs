//! Plans.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{at_most, code, next, within};
use crate::catalogue::model::{AtSuspension, ListingState, Plan, PlanKind, Product, TermOffer};
use crate::database::refused::Refused;
use crate::database::{Store, Whose, Write};
use crate::kernel::fault::{Conflict, FieldFault, text, unknown};
use crate::kernel::ids::{PlanId, ProductId};
use crate::kernel::language::Sentence;
use crate::kernel::principal::Reach;

/// What a new plan is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPlan {
    /// The product that it is of.
    pub product: ProductId,
    /// How programs call it.
    pub code: String,
    /// Whether it costs something.
    pub kind: PlanKind,
    /// What may change later.
    pub rest: PlanRest,
}

/// What may change of a plan, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRest {
    /// How people call it.
    pub name: String,
    /// Whether it is on sale.
    pub state: ListingState,
    /// For how long it is sold, and where.
    pub terms: Vec<TermOffer>,
    /// What a licence still gives that is suspended or over.
    pub at_suspension: AtSuspension,
    /// For how many days after its end a licence still works.
    pub grace_days: i64,
    /// How many days a trial lasts.
    pub trial_days: i64,
    /// By how many days a trial can be extended.
    pub trial_extension_days: i64,
    /// On how many devices a licence may be activated.
    pub max_activations: i64,
}

/// Adds a plan.
///
/// # Errors
/// [`Refused`].
pub async fn create(write: &mut Write, new: NewPlan) -> Result<Plan, Refused> {
    let product = write.find::<Product>(&new.product).await?.ok_or_else(|| unknown("/product"))?;
    let rest = checked(new.rest, new.kind)?;
    let plan = Plan {
        id: write.id(),
        product: product.id,
        application: product.application,
        code: code("/code", &new.code)?,
        name: rest.name,
        kind: new.kind,
        state: rest.state,
        terms: rest.terms,
        at_suspension: rest.at_suspension,
        grace_days: rest.grace_days,
        trial_days: rest.trial_days,
        trial_extension_days: rest.trial_extension_days,
        max_activations: rest.max_activations,
        created_ms: write.now_ms(),
    };
    if !write.add_plan(&plan).await? {
        return Err(Conflict::CODE_TAKEN.into());
    }
    write.audit("plan.created", &plan.id, Whose::VENDOR, audit_detail(&plan));
    Ok(plan)
}

/// Changes a plan. What is sold already keeps the days that it was sold with.
///
/// # Errors
/// [`Refused`].
pub async fn change(write: &mut Write, id: PlanId, rest: PlanRest) -> Result<Plan, Refused> {
    let before = write.plan(id).await?.ok_or(Refused::NotFound)?;
    let rest = checked(rest, before.kind)?;
    let plan = Plan {
        name: rest.name,
        state: next(before.state, rest.state)?,
        terms: rest.terms,
        at_suspension: rest.at_suspension,
        grace_days: rest.grace_days,
        trial_days: rest.trial_days,
        trial_extension_days: rest.trial_extension_days,
        max_activations: rest.max_activations,
        ..before.clone()
    };
    if plan == before {
        return Ok(plan);
    }
    write.update_plan(&plan).await?;
    let detail = json!({ "before": audit_detail(&before), "after": audit_detail(&plan) });
    write.audit("plan.changed", &plan.id, Whose::VENDOR, detail);
    Ok(plan)
}

/// One plan, behind the gate.
///
/// # Errors
/// [`Refused`].
pub async fn current(write: &mut Write, id: PlanId) -> Result<Plan, Refused> {
    write.plan(id).await?.ok_or(Refused::NotFound)
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

fn checked(rest: PlanRest, kind: PlanKind) -> Result<PlanRest, FieldFault> {
    let terms = at_most("/terms", rest.terms, 3)?;
    let different: BTreeSet<_> = terms.iter().map(|offer| offer.term).collect();
    if different.len() != terms.len() || (terms.is_empty() && kind == PlanKind::Sold) {
        let said = Sentence::fixed(
            "Each term stands there once, and at least one does.",
            "Chaque durée y figure une seule fois, et il en faut une.",
        );
        return Err(FieldFault::new("/terms", "invalid-terms", said));
    }
    Ok(PlanRest {
        name: text("/name", &rest.name, 100)?,
        terms,
        grace_days: within("/grace_days", rest.grace_days, 0..=365)?,
        trial_days: within("/trial_days", rest.trial_days, 0..=365)?,
        trial_extension_days: within("/trial_extension_days", rest.trial_extension_days, 0..=90)?,
        max_activations: within("/max_activations", rest.max_activations, 1..=10_000)?,
        ..rest
    })
}

fn audit_detail(plan: &Plan) -> Value {
    json!({
        "code": plan.code,
        "name": plan.name,
        "state": plan.state,
        "terms": plan.terms,
        "at_suspension": plan.at_suspension,
        "grace_days": plan.grace_days,
        "trial_days": plan.trial_days,
        "trial_extension_days": plan.trial_extension_days,
        "max_activations": plan.max_activations,
    })
}
