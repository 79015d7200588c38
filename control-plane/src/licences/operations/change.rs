//! Changing what a licence is of: now, for the difference of what is left of the period, or when the period ends. The
//! licence that follows keeps the serial number and the installations.

use marque_config::tenant::TenantState;
use serde_json::json;

use super::{adding, calendar, edge, follow, refused, subscription, tenant, when_over, whose};
use crate::catalogue::model::Plan;
use crate::catalogue::model::price::{Basket, Priced};
use crate::catalogue::operations::prices::{self, Promised};
use crate::database::Write;
use crate::database::refused::Refused;
use crate::kernel::fault::{Conflict, unknown};
use crate::kernel::ids::{ComponentId, LicenceId, PlanId, PriceListId, SubscriptionId};
use crate::kernel::money::{Money, MoneyError};
use crate::kernel::principal::Reach;
use crate::kernel::term::Term;
use crate::kernel::time::Time;
use crate::licences::model::subscription::{Scheduled, Subscription, SubscriptionState, prorated};
use crate::licences::model::{Licence, LicenceKind};
use crate::money::model::ledger::{Source, SourceKind};
use crate::money::operations::ledger;
use crate::partners::operations as partners;

impl Conflict {
    /// Nothing is paid for this licence period by period.
    pub const NO_SUBSCRIPTION: Self = Self::new(
        "no-subscription",
        "This licence has no subscription that runs: there is nothing to change.",
        "Cette licence n’a pas d’abonnement en cours : il n’y a rien à changer.",
    );
    /// The new price is of another currency than the old one.
    pub const CURRENCY_MISMATCH: Self = Self::new(
        "currency-mismatch",
        "A licence is changed in the currency that it was bought in.",
        "Une licence se change dans la devise où elle a été achetée.",
    );
    /// The period that is paid for hasn't begun: nothing says what is left of the one that runs.
    pub const PERIOD_NOT_BEGUN: Self = Self::new(
        "period-not-begun",
        "The next period was paid early and has not begun: the change can be made when it has, or at its end.",
        "La période suivante a été payée d’avance et n’a pas commencé : le changement peut se faire quand elle aura commencé, ou à sa fin.",
    );
}

/// What is to change; what isn't named stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The plan.
    pub plan: Option<PlanId>,
    /// For how long.
    pub term: Option<Term>,
    /// The components, all of them.
    pub components: Option<Vec<(ComponentId, u32)>>,
    /// The price list.
    pub price_list: Option<PriceListId>,
    /// When.
    pub when: When,
}

/// When a change happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Now, prorated.
    Now,
    /// When the period ends.
    AtRenewal,
}

/// What a change or a renewal came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The licence that counts now.
    pub licence: Licence,
    /// What pays for it.
    pub subscription: Option<Subscription>,
    /// What was charged; below zero for what was given back.
    pub charged: Money,
}

/// Changes a licence.
///
/// # Errors
/// [`Refused`].
pub async fn change(write: &mut Write, reach: &Reach, id: LicenceId, change: Change) -> Result<Changed, Refused> {
    let licence = write.licence(reach, id).await?.ok_or(Refused::NotFound)?;
    licence.must_be_usable(write.now_ms()).map_err(refused)?;
    let partner = partners::current(write, &super::everything(), licence.partner).await?;
    partners::must_be_active(&partner)?;
    let running = subscription(write, &licence).await?;
    let running = running.filter(|it| it.state == SubscriptionState::Active && licence.kind == LicenceKind::Paid);
    let running = running.ok_or(Conflict::NO_SUBSCRIPTION)?;
    let paid = running.priced.clone().ok_or(Conflict::NO_SUBSCRIPTION)?;
    let chosen = chosen(write, (&licence, &running, &paid), &change).await?;
    if chosen.priced.currency != paid.currency {
        return Err(Conflict::CURRENCY_MISMATCH.into());
    }
    match change.when {
        When::Now => now(write, licence, (running, paid), chosen).await,
        When::AtRenewal => later(write, licence, running, chosen).await,
    }
}

/// The same, of what pays for a licence: a subscription has one licence that counts.
///
/// # Errors
/// [`Refused`].
pub async fn change_subscription(
    write: &mut Write,
    reach: &Reach,
    id: SubscriptionId,
    wanted: Change,
) -> Result<Changed, Refused> {
    write.subscription(reach, id).await?.ok_or(Refused::NotFound)?;
    let licence = write.licence_of_subscription(id).await?.ok_or(Conflict::NO_SUBSCRIPTION)?;
    change(write, reach, licence.id, wanted).await
}

/// What is chosen from now on, priced as an order would be, with the subscription's own promo code.
async fn chosen(
    write: &mut Write,
    (licence, running, paid): (&Licence, &Subscription, &Priced),
    change: &Change,
) -> Result<Scheduled, Refused> {
    let tenant = tenant(write, licence.tenant).await?;
    if tenant.state == TenantState::Closed {
        return Err(Conflict::TENANT_CLOSED.into());
    }
    let plan = change.plan.unwrap_or(licence.plan);
    let term = change.term.unwrap_or(licence.term);
    let components = change.components.clone().unwrap_or_else(|| licence.components.clone());
    let basket = Basket {
        partner: licence.partner,
        client: licence.client,
        country: adding::country(adding::client(write, &tenant).await?.as_ref())?,
        price_list: change.price_list.unwrap_or(paid.price_list),
        plan,
        term,
        components: components.clone(),
        promo: None,
    };
    let now_ms = write.now_ms();
    let promised = Promised { promo: running.promo, period: first_period(running, term, change.when) };
    let priced = prices::change(write.connection(), now_ms, (&basket, promised)).await?;
    if priced.application != tenant.application {
        return Err(Conflict::PLAN_OF_ANOTHER_APPLICATION.into());
    }
    Ok(Scheduled { plan, term, components, priced })
}

/// The first period that a change is for: the one that runs, or the next.
fn first_period(running: &Subscription, term: Term, when: When) -> i64 {
    match when {
        When::Now if term == running.term => running.period.number,
        When::Now | When::AtRenewal => running.period.number + 1,
    }
}

/// Lets the change wait for the end of the period.
async fn later(
    write: &mut Write,
    licence: Licence,
    running: Subscription,
    chosen: Scheduled,
) -> Result<Changed, Refused> {
    if chosen.term == Term::Perpetual {
        return Err(unknown("/term").into());
    }
    let charged = Money::zero(chosen.priced.currency);
    let detail = json!({ "plan": chosen.plan, "term": chosen.term, "at": Time::from_ms(running.period.end_ms) });
    let running = Subscription { scheduled: Some(chosen), ..running };
    write.update_subscription(&running).await?;
    write.audit("subscription.change_scheduled", &running.id, whose(&licence), detail);
    Ok(Changed { licence, subscription: Some(running), charged })
}

/// Charges the difference, and lets another licence take the place of this one.
async fn now(
    write: &mut Write,
    licence: Licence,
    (running, paid): (Subscription, Priced),
    chosen: Scheduled,
) -> Result<Changed, Refused> {
    let now_ms = write.now_ms();
    if running.period.start_ms > now_ms {
        return Err(Conflict::PERIOD_NOT_BEGUN.into());
    }
    let same_term = chosen.term == running.term;
    let (period, total) = (running.period, chosen.priced.total);
    let whole = |_: MoneyError| Refused::from(Conflict::CURRENCY_MISMATCH);
    let charged = if same_term {
        prorated(period, now_ms, paid.total, total).map_err(whole)?
    } else {
        // The rest of the old period is given back, and one of the new term begins.
        let back = prorated(period, now_ms, paid.total, Money::zero(paid.currency)).map_err(whole)?;
        total.plus(back).map_err(whole)?
    };
    let plan = write.plan(chosen.plan).await?.ok_or_else(|| unknown("/plan"))?;
    let subscription = paying(running, (&plan, &chosen), (now_ms, same_term))?;
    write.update_subscription(&subscription).await?;
    let is_kept = subscription.state == SubscriptionState::Active;
    let next = following(write, &licence, (&plan, &chosen), is_kept.then_some(&subscription));
    let next = follow(write, &licence, next).await?;
    let source = Source { kind: SourceKind::Change, id: next.id.to_string() };
    let transaction = ledger::charge(write, next.partner, charged, &source).await?;
    let detail = json!({
        "before": { "licence": licence.id, "plan": licence.plan, "term": licence.term },
        "after": { "licence": next.id, "plan": next.plan, "term": next.term,
            "expires_at": next.expires_ms.map(Time::from_ms) },
        "serial": next.serial, "transaction": transaction,
    });
    write.audit("licence.changed", &next.id, whose(&next), detail);
    edge::publish(write, next.tenant).await?;
    Ok(Changed { licence: next, subscription: is_kept.then_some(subscription), charged })
}

/// The subscription after a change that happens now.
fn paying(
    running: Subscription,
    (plan, chosen): (&Plan, &Scheduled),
    (now_ms, same_term): (i64, bool),
) -> Result<Subscription, Refused> {
    if chosen.term == Term::Perpetual {
        return Ok(running.ended(now_ms));
    }
    let next = Subscription {
        plan: plan.id,
        product: plan.product,
        term: chosen.term,
        components: chosen.components.clone(),
        grace_days: plan.grace_days,
        priced: Some(chosen.priced.clone()),
        scheduled: None,
        ..running
    };
    if same_term { Ok(next) } else { next.begun(now_ms).map_err(calendar) }
}

fn following(
    write: &Write,
    before: &Licence,
    (plan, chosen): (&Plan, &Scheduled),
    subscription: Option<&Subscription>,
) -> Licence {
    let ends = subscription.is_some_and(|subscription| subscription.ends_after_period);
    let expires_ms = subscription.map(|subscription| subscription.period.end_ms);
    Licence {
        id: write.id(),
        plan: plan.id,
        product: plan.product,
        subscription: subscription.map(|subscription| subscription.id),
        term: chosen.term,
        components: chosen.components.clone(),
        max_activations: plan.max_activations,
        grace_days: if subscription.is_some() { plan.grace_days } else { 0 },
        when_over: when_over(plan),
        renews: subscription.is_some() && !ends,
        issued_ms: write.now_ms(),
        expires_ms,
        cancelled_ms: expires_ms.filter(|_| ends),
        ..before.clone()
    }
}
