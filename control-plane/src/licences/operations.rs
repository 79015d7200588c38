//! Licences: issued, taken back, followed by others, extended. What they cost is charged by the caller: an order,
//! or [`adding`]; a licence never changes without its tenant's state at the edge.

pub mod activation;
pub mod adding;
pub mod change;
pub mod dunning;
pub mod edge;
pub mod ending;
pub mod files;
mod refusals;
pub mod renewal;
pub mod standing;

use marque_config::tenant::WhenOver;
use marque_config::{PartnerId, TenantId};
use serde_json::json;

use crate::catalogue::model::price::Priced;
use crate::catalogue::model::{AtSuspension, Plan};
use crate::clients::operations::claims::{Free, must_be_free};
use crate::database::refused::Refused;
use crate::database::{Store, Whose, Write};
use crate::kernel::fault::{Conflict, unknown};
use crate::kernel::ids::{ClientId, ComponentId, LicenceId, OrderId, PlanId};
use crate::kernel::period::{DAY_MS, OutOfCalendar};
use crate::kernel::principal::Reach;
use crate::kernel::serial::Serial;
use crate::kernel::term::Term;
use crate::kernel::time::Time;
use crate::licences::model::subscription::{Period, Subscription, SubscriptionState};
use crate::licences::model::{LAPSE_DAYS, Licence, LicenceKind, Origin, Unfit};
use crate::licences::store::Counters;
use crate::tenants::model::Tenant;

pub(crate) use refusals::refused;

/// What a licence is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLicence {
    /// Whose use it allows.
    pub tenant: TenantId,
    /// Who pays for it.
    pub partner: PartnerId,
    /// Whose the tenant is.
    pub client: Option<ClientId>,
    /// What was chosen.
    pub plan: PlanId,
    /// For how long.
    pub term: Term,
    /// What was added to the plan, and how many.
    pub components: Vec<(ComponentId, u32)>,
    /// Whether it is paid for.
    pub kind: LicenceKind,
    /// How it came to be.
    pub origin: Origin,
    /// The order that led to it.
    pub order: Option<OrderId>,
    /// What a period costs.
    pub priced: Option<Priced>,
}

/// What a licence is issued on, as the caller has looked it up.
#[derive(Debug, Clone)]
pub(crate) struct Basis {
    /// No other partner protects the client.
    pub(crate) free: Free,
    /// The plan.
    pub(crate) plan: Plan,
    /// The tenant as it is.
    pub(crate) tenant: Tenant,
    /// Whether the tenant was opened by this write, so that it has no other licence.
    pub(crate) is_new_tenant: bool,
}

/// A licence, and what pays for it again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The licence.
    pub licence: Licence,
    /// Its subscription: none for what is bought once, or given.
    pub subscription: Option<Subscription>,
}

/// How many licences the clients' tenants within reach are used by (S2.12).
///
/// # Errors
/// When the database is away.
pub async fn counters(store: &Store, reach: &Reach) -> Result<Counters, Refused> {
    Ok(store.licence_counters(reach).await?)
}

/// Issues a licence. It charges nothing.
///
/// # Errors
/// [`Refused`].
pub async fn issue(write: &mut Write, new: NewLicence) -> Result<Issued, Refused> {
    let basis = Basis {
        free: must_be_free(write, new.client, new.partner).await?,
        plan: write.plan(new.plan).await?.ok_or_else(|| unknown("/plan"))?,
        tenant: tenant(write, new.tenant).await?,
        is_new_tenant: false,
    };
    issue_on(write, new, basis).await
}

/// Issues a licence on what was looked up. It charges nothing.
///
/// # Errors
/// [`Refused`].
pub(crate) async fn issue_on(write: &mut Write, new: NewLicence, basis: Basis) -> Result<Issued, Refused> {
    let Basis { free: Free { .. }, plan, tenant, is_new_tenant } = basis;
    if plan.application != tenant.application {
        return Err(Conflict::PLAN_OF_ANOTHER_APPLICATION.into());
    }
    if new.kind == LicenceKind::Trial && plan.trial_days == 0 {
        return Err(Conflict::NO_TRIAL.into());
    }
    let subscription = subscribed(write, &plan, &new)?;
    if let Some(subscription) = &subscription {
        write.add_subscription(subscription).await?;
    }
    let licence = issued(write, &plan, new, subscription.as_ref());
    write.add_licence(&licence).await?;
    let detail = json!({
        "tenant": licence.tenant, "serial": licence.serial, "plan": licence.plan, "kind": licence.kind,
        "origin": licence.origin, "term": licence.term, "order": licence.order,
        "expires_at": licence.expires_ms.map(Time::from_ms),
        "subscription": licence.subscription,
    });
    write.audit("licence.issued", &licence.id, whose(&licence), detail);
    let licences = if is_new_tenant { vec![licence.clone()] } else { write.licences_of_tenant(tenant.id).await? };
    edge::publish_of(write, tenant, &licences).await?;
    Ok(Issued { licence, subscription })
}

/// The subscription that a licence needs: none for what is bought once, or given.
fn subscribed(write: &Write, plan: &Plan, new: &NewLicence) -> Result<Option<Subscription>, Refused> {
    let now_ms = write.now_ms();
    if new.kind == LicenceKind::Free || (new.kind == LicenceKind::Paid && new.term == Term::Perpetual) {
        return Ok(None);
    }
    let lapse_ms = now_ms + LAPSE_DAYS * DAY_MS;
    let trial = Subscription {
        id: write.id(),
        tenant: new.tenant,
        partner: new.partner,
        application: plan.application,
        client: new.client,
        plan: plan.id,
        product: plan.product,
        term: new.term,
        components: new.components.clone(),
        state: SubscriptionState::Trialing,
        ends_after_period: false,
        anchor: (now_ms, 0),
        period: Period { number: 0, start_ms: now_ms, end_ms: lapse_ms },
        grace_days: plan.grace_days,
        priced: new.priced.clone(),
        promo: new.priced.as_ref().and_then(|priced| priced.promo),
        scheduled: None,
        next_ms: Some(lapse_ms),
        created_ms: now_ms,
        suspended_ms: None,
        ended_ms: None,
    };
    if new.kind == LicenceKind::Trial { Ok(Some(trial)) } else { Ok(Some(trial.begun(now_ms).map_err(calendar)?)) }
}

fn issued(write: &Write, plan: &Plan, new: NewLicence, subscription: Option<&Subscription>) -> Licence {
    let renews = new.kind == LicenceKind::Paid && subscription.is_some();
    Licence {
        id: write.id(),
        serial: Serial::draw(write.parts().bytes()),
        tenant: new.tenant,
        partner: new.partner,
        application: plan.application,
        client: new.client,
        plan: plan.id,
        product: plan.product,
        subscription: subscription.map(|subscription| subscription.id),
        order: new.order,
        kind: new.kind,
        origin: new.origin,
        term: new.term,
        components: new.components,
        max_activations: plan.max_activations,
        trial_days: plan.trial_days,
        extension_days: plan.trial_extension_days,
        grace_days: if renews { plan.grace_days } else { 0 },
        when_over: when_over(plan),
        renews,
        issued_ms: write.now_ms(),
        activated_ms: None,
        expires_ms: subscription.map(|subscription| subscription.period.end_ms),
        extended_ms: None,
        suspended: None,
        cancelled_ms: None,
        voided_ms: None,
        superseded: None,
    }
}

/// Takes a licence back that nobody used, as if it had never been.
///
/// # Errors
/// [`Conflict::LICENCE_ALREADY_ACTIVATED`], [`Conflict::LICENCE_OVER`].
pub async fn void(write: &mut Write, id: LicenceId) -> Result<Licence, Refused> {
    let before = any(write, id).await?;
    let licence = before.voided(write.now_ms()).map_err(refused)?;
    write.update_licence(&licence).await?;
    end_subscription(write, &licence).await?;
    write.audit("licence.voided", &licence.id, whose(&licence), json!({ "serial": licence.serial }));
    edge::publish(write, licence.tenant).await?;
    Ok(licence)
}

/// Makes a paid licence of a trial: the tenant, its data and the serial number stay, and a period begins now. It charges
/// nothing. The trial may be over.
///
/// # Errors
/// [`Refused`].
pub async fn convert_trial(write: &mut Write, id: LicenceId, priced: Priced, term: Term) -> Result<Issued, Refused> {
    let trial = any(write, id).await?;
    if trial.kind != LicenceKind::Trial {
        return Err(refused(Unfit::NoTrial));
    }
    must_be_free(write, trial.client, trial.partner).await?;
    let plan = write.plan(priced.plan).await?.ok_or_else(|| unknown("/plan"))?;
    let kept = subscription(write, &trial).await?;
    let bought = NewLicence {
        tenant: trial.tenant,
        partner: trial.partner,
        client: trial.client,
        plan: plan.id,
        term,
        components: trial.components.clone(),
        kind: LicenceKind::Paid,
        origin: Origin::Order,
        order: None,
        priced: Some(priced),
    };
    let subscription = match (subscribed(write, &plan, &bought)?, kept) {
        (Some(new), Some(kept)) => {
            let kept = Subscription { id: kept.id, created_ms: kept.created_ms, ..new };
            write.update_subscription(&kept).await?;
            Some(kept)
        }
        (None, Some(kept)) => {
            write.update_subscription(&kept.ended(write.now_ms())).await?;
            None
        }
        (new, None) => new,
    };
    let licence = follow(write, &trial, issued(write, &plan, bought, subscription.as_ref())).await?;
    let detail = json!({ "trial": trial.id, "serial": licence.serial, "plan": licence.plan, "term": licence.term,
        "expires_at": licence.expires_ms.map(Time::from_ms), "subscription": licence.subscription });
    write.audit("trial.converted", &licence.id, whose(&licence), detail);
    edge::publish(write, licence.tenant).await?;
    Ok(Issued { licence, subscription })
}

/// Extends a trial, once.
///
/// # Errors
/// [`Refused`].
pub async fn extend_trial(write: &mut Write, reach: &Reach, id: LicenceId) -> Result<Licence, Refused> {
    let before = write.licence(reach, id).await?.ok_or(Refused::NotFound)?;
    let licence = before.clone().extended(write.now_ms()).map_err(refused)?;
    write.update_licence(&licence).await?;
    follow_trial(write, &licence).await?;
    let expires = |licence: &Licence| licence.expires_ms.map(Time::from_ms);
    let detail = json!({ "before": { "expires_at": expires(&before) }, "after": { "expires_at": expires(&licence) } });
    write.audit("trial.extended", &licence.id, whose(&licence), detail);
    edge::publish(write, licence.tenant).await?;
    Ok(licence)
}

/// Puts a licence in the place of another: it keeps the serial number, the installations, and when it was first used.
pub(crate) async fn follow(write: &mut Write, before: &Licence, next: Licence) -> Result<Licence, Refused> {
    let now_ms = write.now_ms();
    if before.voided_ms.is_some() || before.superseded.is_some() {
        return Err(refused(Unfit::Over));
    }
    let replaced = Licence { superseded: Some((now_ms, next.id)), renews: false, ..before.clone() };
    write.update_licence(&replaced).await?;
    let suspended = before.suspended.clone();
    let next = Licence { serial: before.serial, activated_ms: before.activated_ms, suspended, ..next };
    write.add_licence(&next).await?;
    if next.suspended.is_some() || next.cancelled_ms.is_some() {
        write.update_licence(&next).await?;
    }
    write.move_activations(before.id, next.id).await?;
    Ok(next)
}

/// Lets a trial's subscription end when the trial does.
async fn follow_trial(write: &mut Write, licence: &Licence) -> Result<(), Refused> {
    let (Some(subscription), Some(end_ms)) = (subscription(write, licence).await?, licence.expires_ms) else {
        return Ok(());
    };
    if subscription.state == SubscriptionState::Trialing {
        let period = Period { end_ms, ..subscription.period };
        write.update_subscription(&Subscription { period, next_ms: Some(end_ms), ..subscription }).await?;
    }
    Ok(())
}

async fn end_subscription(write: &mut Write, licence: &Licence) -> Result<(), Refused> {
    let kept = subscription(write, licence).await?.filter(|kept| kept.state != SubscriptionState::Ended);
    if let Some(subscription) = kept {
        let ended = subscription.ended(write.now_ms());
        write.update_subscription(&ended).await?;
    }
    Ok(())
}

/// What pays for a licence.
pub(crate) async fn subscription(write: &mut Write, licence: &Licence) -> Result<Option<Subscription>, Refused> {
    match licence.subscription {
        Some(id) => Ok(write.subscription(&everything(), id).await?),
        None => Ok(None),
    }
}

/// A licence, whosever it is: for who looked at that before.
async fn any(write: &mut Write, id: LicenceId) -> Result<Licence, Refused> {
    write.licence(&everything(), id).await?.ok_or(Refused::NotFound)
}

async fn tenant(write: &mut Write, id: TenantId) -> Result<Tenant, Refused> {
    write.tenant(&everything(), id).await?.ok_or(Refused::NotFound)
}

/// The reach of the rules themselves: the caller was looked at before.
fn everything() -> Reach {
    Reach::system("licences")
}

pub(crate) fn whose(licence: &Licence) -> Whose {
    Whose::tenant(licence.partner, licence.tenant)
}

fn when_over(plan: &Plan) -> WhenOver {
    match plan.at_suspension {
        AtSuspension::Block => WhenOver::Block,
        AtSuspension::ReadOnly => WhenOver::ReadOnly,
    }
}

/// A time that no calendar has: the clock is wrong by millennia.
pub(crate) fn calendar(_: OutOfCalendar) -> Refused {
    Conflict::OUT_OF_CALENDAR.into()
}
