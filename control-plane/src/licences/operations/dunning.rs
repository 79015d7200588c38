//! What becomes of a period that can't be charged: the licence works until the grace is over, then it is suspended, and
//! when that has lasted, it ends. Each is mailed to who sees the balance. Money that arrives is tried at once (see
//! [`crate::money::operations::ledger`]): nothing waits for its next day, and nobody has to ask.

use serde_json::json;

use super::ending::{company, product};
use super::{edge, renewal, tenant, whose};
use crate::clients::operations::claims::must_be_free;
use crate::database::Write;
use crate::database::refused::Refused;
use crate::kernel::period::DAY_MS;
use crate::kernel::right::Right;
use crate::kernel::time::Time;
use crate::licences::model::subscription::{Subscription, SubscriptionState};
use crate::licences::model::{HeldBy, Suspension};
use crate::notify::model::mail::MailKind;
use crate::notify::operations::mail::{self, Notice};

/// Whether nothing is charged for a suspended subscription, whatever arrives: an operator holds its licence, another
/// partner protects its client by now, or it was suspended before it was noted when.
pub(super) async fn is_held(write: &mut Write, subscription: &Subscription) -> Result<bool, Refused> {
    if subscription.state != SubscriptionState::Suspended {
        return Ok(false);
    }
    match must_be_free(write, subscription.client, subscription.partner).await {
        Ok(_) => {}
        Err(Refused::Conflict(_)) => return Ok(true),
        Err(error) => return Err(error),
    }
    let licence = write.licence_of_subscription(subscription.id).await?;
    let held = licence.and_then(|licence| licence.suspended).is_some_and(|held| held.by == HeldBy::Operator);
    Ok(held || subscription.suspended_ms.is_none())
}

/// The period can't be charged: the licence works until the grace is over, then it is suspended.
pub(super) async fn unpaid(
    write: &mut Write,
    subscription: Subscription,
    suspended_for_ms: i64,
) -> Result<(), Refused> {
    let was = subscription.state;
    let after = subscription.unpaid(write.now_ms(), suspended_for_ms);
    write.update_subscription(&after).await?;
    match after.state {
        state if state == was => Ok(()),
        SubscriptionState::PastDue => past_due(write, &after).await,
        _ => suspended(write, &after, suspended_for_ms).await,
    }
}

async fn past_due(write: &mut Write, after: &Subscription) -> Result<(), Refused> {
    let until_ms = after.period.end_ms + after.grace_days * DAY_MS;
    let detail = json!({ "period": after.period.number + 1, "until": Time::from_ms(until_ms) });
    write.audit("subscription.past_due", &after.id, renewal::of(after), detail);
    notify(write, after, (MailKind::SubscriptionPastDue, until_ms)).await
}

async fn suspended(write: &mut Write, after: &Subscription, suspended_for_ms: i64) -> Result<(), Refused> {
    let now_ms = write.now_ms();
    let until_ms = now_ms + suspended_for_ms;
    let detail = json!({ "period": after.period.number + 1, "until": Time::from_ms(until_ms) });
    write.audit("subscription.suspended", &after.id, renewal::of(after), detail);
    if let Some(mut licence) = write.licence_of_subscription(after.id).await? {
        if licence.suspended.is_none() {
            licence.suspended = Some(Suspension { since_ms: now_ms, by: HeldBy::Billing, reason: None });
        }
        write.update_licence(&licence).await?;
        write.audit("licence.suspended", &licence.id, whose(&licence), json!({ "by": HeldBy::Billing }));
    }
    edge::publish(write, after.tenant).await?;
    notify(write, after, (MailKind::SubscriptionSuspended, until_ms)).await
}

/// Mails those of the partner who see its balance.
async fn notify(
    write: &mut Write,
    subscription: &Subscription,
    (kind, until_ms): (MailKind, i64),
) -> Result<(), Refused> {
    let tenant = tenant(write, subscription.tenant).await?;
    let values = json!({
        "company": company(write, subscription.client, &tenant).await?,
        "product": product(write, subscription.product).await?,
        "until_ms": until_ms,
        "path": format!("/subscriptions/{}", subscription.id),
    });
    let notice = Notice { kind, brand: Some(subscription.partner), values };
    Ok(mail::to_members(write, subscription.partner, Right::BillingRead, notice).await?)
}
