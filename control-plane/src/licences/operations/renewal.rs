//! The end of a period: the next one is charged and begins, or it can't be charged and the grace runs, or there is none.
//! Every period has its number, and a number is charged once.

use marque_config::tenant::TenantState;
use serde_json::json;

use super::change::Changed;
use super::{adding, calendar, dunning, edge, everything, follow, refused, tenant, when_over};
use crate::catalogue::model::Plan;
use crate::catalogue::model::price::{Basket, Priced};
use crate::catalogue::operations::prices::{self, Promised};
use crate::clients::operations as clients;
use crate::clients::operations::claims::must_be_free;
use crate::database::refused::Refused;
use crate::database::{Whose, Write};
use crate::kernel::fault::{Conflict, unknown};
use crate::kernel::ids::SubscriptionId;
use crate::kernel::principal::Reach;
use crate::kernel::time::Time;
use crate::licences::model::subscription::{Scheduled, Subscription, SubscriptionState};
use crate::licences::model::{HeldBy, Licence, Unfit};
use crate::money::model::ledger::{Source, SourceKind};
use crate::money::operations::ledger;

impl Conflict {
    /// There is nothing to resume.
    pub const SUBSCRIPTION_NOT_RESUMABLE: Self = Self::new(
        "subscription-not-resumable",
        "This subscription goes on, or has ended for good.",
        "Cet abonnement suit son cours, ou a pris fin pour de bon.",
    );
    /// No period follows the one that runs.
    pub const SUBSCRIPTION_NOT_RENEWABLE: Self = Self::new(
        "subscription-not-renewable",
        "No period follows this one: it is a trial, it was cancelled, or it has ended.",
        "Aucune période ne suit celle-ci : c’est un essai, ou l’abonnement a été résilié ou a pris fin.",
    );
    /// The next period is paid.
    pub const ALREADY_RENEWED: Self = Self::new(
        "already-renewed",
        "The next period is paid already, and has not begun.",
        "La période suivante est déjà payée et n’a pas commencé.",
    );
    /// Another plan begins with the next period, and not before.
    pub const CHANGE_SCHEDULED: Self = Self::new(
        "change-scheduled",
        "A change waits for the end of this period: it begins then, not before.",
        "Un changement attend la fin de cette période : il prend effet à ce moment, pas avant.",
    );
}

/// Does what is due with a subscription; one that stays suspended for `suspended_for_ms` ends. Says whether there was
/// something.
///
/// # Errors
/// [`Refused`].
pub async fn step(write: &mut Write, id: SubscriptionId, suspended_for_ms: i64) -> Result<bool, Refused> {
    let Some(subscription) = write.subscription(&everything(), id).await? else { return Ok(false) };
    if subscription.next_ms.is_none_or(|at_ms| at_ms > write.now_ms()) {
        return Ok(false);
    }
    let is_closed = tenant(write, subscription.tenant).await?.state == TenantState::Closed;
    let goes_on = match subscription.state {
        SubscriptionState::Active | SubscriptionState::PastDue => !subscription.ends_after_period && !is_closed,
        SubscriptionState::Suspended => {
            let is_over = subscription.was_suspended_for(suspended_for_ms, write.now_ms());
            !subscription.ends_after_period && !is_closed && !is_over
        }
        SubscriptionState::Trialing | SubscriptionState::Ended => false,
    };
    if goes_on {
        next_period(write, subscription, suspended_for_ms).await?;
    } else {
        end(write, subscription).await?;
    }
    Ok(true)
}

async fn end(write: &mut Write, subscription: Subscription) -> Result<(), Refused> {
    let ended = subscription.ended(write.now_ms());
    write.update_subscription(&ended).await?;
    if let Some(licence) = write.licence_of_subscription(ended.id).await? {
        let over = Licence { renews: false, cancelled_ms: licence.cancelled_ms.or(ended.ended_ms), ..licence };
        // A trial expires by itself; what was paid for is given up.
        if ended.period.number > 0 {
            write.update_licence(&over).await?;
        }
    }
    write.audit("subscription.ended", &ended.id, of(&ended), json!({ "period": ended.period.number }));
    clients::settle(write, ended.client).await?;
    edge::publish(write, ended.tenant).await
}

/// Charges the period after the one that ends, and lets it begin.
async fn next_period(write: &mut Write, subscription: Subscription, suspended_for_ms: i64) -> Result<(), Refused> {
    if dunning::is_held(write, &subscription).await? {
        return dunning::unpaid(write, subscription, suspended_for_ms).await;
    }
    let chosen = chosen(&subscription);
    let priced = price(write, &subscription, chosen).await?;
    let wallet = write.wallet_in(subscription.partner, priced.currency).await?;
    // Looked at before anything is written: what is refused later would take back this whole step.
    if priced.total.minor > wallet.map_or(0, |wallet| wallet.available()) {
        return dunning::unpaid(write, subscription, suspended_for_ms).await;
    }
    let (changed, plan) = (chosen.is_some(), plan(write, &priced).await?);
    let next = followed(subscription, (priced, &plan), write.now_ms())?;
    begin(write, next, changed, "subscription.renewed").await
}

/// The subscription with its next period, at this price. It follows the one that ends, with another term too; unless it
/// would be over already, for what nobody could use isn't charged, or the licence was stopped: then it begins now.
fn followed(subscription: Subscription, (priced, plan): (Priced, &Plan), now_ms: i64) -> Result<Subscription, Refused> {
    let restarts = subscription.scheduled.as_ref().is_some_and(|scheduled| scheduled.term != subscription.term);
    let stopped = subscription.state == SubscriptionState::Suspended;
    let next = with(subscription, priced, plan);
    let from_ms = next.period.end_ms;
    let following = if restarts {
        next.clone().begun(from_ms).map_err(calendar)?
    } else {
        let period = next.following().map_err(calendar)?;
        next.clone().paid(period)
    };
    if stopped || following.period.end_ms <= now_ms { next.begun(now_ms).map_err(calendar) } else { Ok(following) }
}

/// The plan that was chosen for the next period, where another was.
fn chosen(subscription: &Subscription) -> Option<&Scheduled> {
    subscription.scheduled.as_ref()
}

/// The subscription as it goes on: with what was scheduled, at this price.
fn with(subscription: Subscription, priced: Priced, plan: &Plan) -> Subscription {
    let priced = Some(priced);
    match subscription.scheduled.clone() {
        None => Subscription { priced, ..subscription },
        Some(Scheduled { term, components, .. }) => Subscription {
            plan: plan.id,
            product: plan.product,
            grace_days: plan.grace_days,
            term,
            components,
            priced,
            scheduled: None,
            ..subscription
        },
    }
}

/// The plan that a price is of.
async fn plan(write: &mut Write, priced: &Priced) -> Result<Plan, Refused> {
    Ok(write.plan(priced.plan).await?.ok_or_else(|| unknown("/plan"))?)
}

/// What the next period costs: by the version of the price list that is in force now, and by what was agreed on where
/// that has no price any more.
async fn price(write: &mut Write, subscription: &Subscription, chosen: Option<&Scheduled>) -> Result<Priced, Refused> {
    let agreed = chosen.map(|chosen| &chosen.priced).or(subscription.priced.as_ref()).ok_or(Refused::NotFound)?;
    let tenant = tenant(write, subscription.tenant).await?;
    let components = chosen.map_or(&subscription.components, |chosen| &chosen.components).clone();
    let basket = Basket {
        partner: subscription.partner,
        client: subscription.client,
        country: adding::country(adding::client(write, &tenant).await?.as_ref())?,
        price_list: agreed.price_list,
        plan: agreed.plan,
        term: agreed.term,
        components,
        promo: None,
    };
    let promised = Promised { promo: subscription.promo, period: subscription.period.number + 1 };
    let now_ms = write.now_ms();
    match prices::renew(write.connection(), now_ms, (&basket, promised)).await {
        Ok(priced) => Ok(priced),
        Err(Refused::Store(error)) => Err(error.into()),
        Err(_) => prices::as_agreed(write.connection(), agreed, promised).await,
    }
}

/// Charges the period that a subscription now has, and lets its licence follow.
async fn begin(write: &mut Write, next: Subscription, changed: bool, action: &'static str) -> Result<(), Refused> {
    let total = next.priced.as_ref().map(|priced| priced.total).ok_or(Refused::NotFound)?;
    let source = Source { kind: SourceKind::Renewal, id: format!("{}:{}", next.id, next.period.number) };
    let transaction = ledger::charge(write, next.partner, total, &source).await?;
    write.update_subscription(&next).await?;
    if let Some(licence) = write.licence_of_subscription(next.id).await? {
        prolong(write, licence, &next, changed).await?;
    }
    let detail = json!({ "period": next.period.number, "period_start": Time::from_ms(next.period.start_ms),
        "period_end": Time::from_ms(next.period.end_ms),
        "transaction": transaction, "plan": next.plan, "term": next.term });
    write.audit(action, &next.id, of(&next), detail);
    edge::publish(write, next.tenant).await
}

/// Lets a licence run until the end of the period; one of another plan takes its place where that changed.
async fn prolong(write: &mut Write, licence: Licence, next: &Subscription, changed: bool) -> Result<(), Refused> {
    let held = licence.suspended.clone().filter(|held| held.by != HeldBy::Billing);
    let licence = Licence { suspended: held, ..licence };
    let prolonged = Licence {
        expires_ms: Some(next.period.end_ms),
        renews: !next.ends_after_period,
        cancelled_ms: None,
        ..licence.clone()
    };
    if !changed {
        write.update_licence(&prolonged).await?;
        return Ok(());
    }
    let plan = write.plan(next.plan).await?.ok_or_else(|| unknown("/plan"))?;
    let new = Licence {
        id: write.id(),
        plan: plan.id,
        product: plan.product,
        term: next.term,
        components: next.components.clone(),
        max_activations: plan.max_activations,
        grace_days: plan.grace_days,
        when_over: when_over(&plan),
        issued_ms: write.now_ms(),
        ..prolonged
    };
    follow(write, &licence, new).await?;
    Ok(())
}

/// Lets a subscription go on: one that was to end after its period doesn't; one that wasn't paid for is charged, and a
/// period begins now.
///
/// # Errors
/// [`Refused`].
pub async fn resume(write: &mut Write, reach: &Reach, id: SubscriptionId) -> Result<Subscription, Refused> {
    let subscription = write.subscription(reach, id).await?.ok_or(Refused::NotFound)?;
    if tenant(write, subscription.tenant).await?.state == TenantState::Closed {
        return Err(Conflict::TENANT_CLOSED.into());
    }
    match subscription.state {
        SubscriptionState::Active if subscription.ends_after_period => keep(write, subscription).await?,
        SubscriptionState::PastDue | SubscriptionState::Suspended => {
            pay(write, subscription, "subscription.resumed").await?
        }
        _ => return Err(Conflict::SUBSCRIPTION_NOT_RESUMABLE.into()),
    }
    write.subscription(reach, id).await?.ok_or(Refused::NotFound)
}

async fn keep(write: &mut Write, subscription: Subscription) -> Result<(), Refused> {
    let kept = Subscription { ends_after_period: false, ..subscription };
    write.update_subscription(&kept).await?;
    if let Some(licence) = write.licence_of_subscription(kept.id).await? {
        write.update_licence(&Licence { renews: true, cancelled_ms: None, ..licence }).await?;
    }
    write.audit("subscription.resumed", &kept.id, of(&kept), json!({ "period": kept.period.number }));
    edge::publish(write, kept.tenant).await
}

/// Charges the period that follows the one that runs, before its time; or the one that wasn't paid, as [`resume`] does.
/// It is the period that would be charged at the end of this one, by the same key: then it isn't charged again.
///
/// # Errors
/// [`Refused`].
pub async fn renew(write: &mut Write, reach: &Reach, id: SubscriptionId) -> Result<Changed, Refused> {
    let subscription = write.subscription(reach, id).await?.ok_or(Refused::NotFound)?;
    let is_closed = tenant(write, subscription.tenant).await?.state == TenantState::Closed;
    must_be_renewable(&subscription, is_closed, write.now_ms())?;
    pay(write, subscription, "subscription.renewed").await?;
    let subscription = write.subscription(reach, id).await?.ok_or(Refused::NotFound)?;
    let licence = write.licence_of_subscription(id).await?.ok_or(Refused::NotFound)?;
    let charged = subscription.priced.as_ref().map(|priced| priced.total).ok_or(Refused::NotFound)?;
    Ok(Changed { licence, subscription: Some(subscription), charged })
}

fn must_be_renewable(subscription: &Subscription, is_closed: bool, now_ms: i64) -> Result<(), Conflict> {
    let runs = subscription.state == SubscriptionState::Active;
    match subscription.state {
        _ if is_closed => Err(Conflict::TENANT_CLOSED),
        SubscriptionState::Trialing | SubscriptionState::Ended => Err(Conflict::SUBSCRIPTION_NOT_RENEWABLE),
        _ if subscription.ends_after_period => Err(Conflict::SUBSCRIPTION_NOT_RENEWABLE),
        // One period ahead and no more, however often it is asked for.
        _ if subscription.period.start_ms > now_ms => Err(Conflict::ALREADY_RENEWED),
        _ if runs && subscription.scheduled.is_some() && subscription.period.end_ms > now_ms => {
            Err(Conflict::CHANGE_SCHEDULED)
        }
        _ => Ok(()),
    }
}

/// Charges the next period on somebody's word, and lets it begin.
async fn pay(write: &mut Write, subscription: Subscription, action: &'static str) -> Result<(), Refused> {
    let licence = write.licence_of_subscription(subscription.id).await?;
    let held = licence.and_then(|licence| licence.suspended);
    if held.is_some_and(|held| held.by == HeldBy::Operator) {
        return Err(refused(Unfit::HeldByOperator));
    }
    if subscription.state == SubscriptionState::Suspended {
        must_be_free(write, subscription.client, subscription.partner).await?;
    }
    let priced = price(write, &subscription, chosen(&subscription)).await?;
    let (changed, plan) = (subscription.scheduled.is_some(), plan(write, &priced).await?);
    let next = followed(subscription, (priced, &plan), write.now_ms())?;
    begin(write, next, changed, action).await
}

pub(super) fn of(subscription: &Subscription) -> Whose {
    Whose::tenant(subscription.partner, subscription.tenant)
}
