//! Suspending, resuming and cancelling licences; telling that one ends soon or has ended.

use marque_config::TenantId;
use serde_json::json;

use super::{any, edge, end_subscription, ending, refused, subscription, whose};
use crate::clients::operations as clients;
use crate::database::Write;
use crate::database::refused::Refused;
use crate::kernel::ids::LicenceId;
use crate::kernel::principal::{Principal, Reach};
use crate::kernel::time::Time;
use crate::licences::model::subscription::{Subscription, SubscriptionState};
use crate::licences::model::{HeldBy, Licence, LicenceKind, LicenceStatus, Suspension, Unfit};

/// Stops a licence for a while. Its time runs on.
///
/// # Errors
/// [`Refused`].
pub async fn suspend(
    write: &mut Write,
    reach: &Reach,
    id: LicenceId,
    reason: Option<String>,
) -> Result<Licence, Refused> {
    let before = write.licence(reach, id).await?.ok_or(Refused::NotFound)?;
    let now_ms = write.now_ms();
    let by = Suspension { since_ms: now_ms, by: by(reach), reason };
    let licence = before.clone().suspended(by, now_ms).map_err(refused)?;
    changed(write, &before, &licence, "licence.suspended").await
}

/// Lets a suspended licence be used again.
///
/// # Errors
/// [`Refused`].
pub async fn resume(write: &mut Write, reach: &Reach, id: LicenceId) -> Result<Licence, Refused> {
    let before = write.licence(reach, id).await?.ok_or(Refused::NotFound)?;
    let licence = before.clone().resumed(by(reach), write.now_ms()).map_err(refused)?;
    changed(write, &before, &licence, "licence.resumed").await
}

/// Gives a licence up: what is paid for period by period when the period ends, everything else now. Doing it again
/// changes nothing.
///
/// # Errors
/// [`Refused`].
pub async fn cancel(write: &mut Write, reach: &Reach, id: LicenceId) -> Result<Licence, Refused> {
    let before = write.licence(reach, id).await?.ok_or(Refused::NotFound)?;
    if before.cancelled_ms.is_some() {
        return Ok(before);
    }
    let now_ms = write.now_ms();
    if before.is_over(now_ms) {
        return Err(refused(Unfit::Over));
    }
    let kept = subscription(write, &before).await?;
    let licence = match kept.filter(|kept| kept.state == SubscriptionState::Active) {
        Some(kept) if before.kind == LicenceKind::Paid => {
            let end_ms = kept.period.end_ms;
            let kept = Subscription { ends_after_period: true, scheduled: None, ..kept };
            write.update_subscription(&kept).await?;
            Licence { cancelled_ms: Some(end_ms), renews: false, ..before.clone() }
        }
        _ => {
            end_subscription(write, &before).await?;
            Licence { cancelled_ms: Some(now_ms), renews: false, ..before.clone() }
        }
    };
    let licence = changed(write, &before, &licence, "licence.cancelled").await?;
    clients::settle(write, licence.client).await?;
    Ok(licence)
}

/// Gives up every licence of a tenant that is closed.
///
/// # Errors
/// When the database is away.
pub async fn end_of_tenant(write: &mut Write, tenant: TenantId) -> Result<(), Refused> {
    let now_ms = write.now_ms();
    for before in write.licences_of_tenant(tenant).await? {
        if before.is_over(now_ms) {
            continue;
        }
        end_subscription(write, &before).await?;
        let licence = Licence { cancelled_ms: Some(now_ms), renews: false, ..before.clone() };
        changed(write, &before, &licence, "licence.cancelled").await?;
        clients::settle(write, licence.client).await?;
    }
    Ok(())
}

/// Notifies that a licence ends soon, or that it has ended. Says whether there was something to notify of.
///
/// # Errors
/// When the database is away.
pub async fn notify(write: &mut Write, id: LicenceId) -> Result<bool, Refused> {
    let licence = any(write, id).await?;
    let now_ms = write.now_ms();
    if !write.licence_is_due(id).await? {
        return Ok(false);
    }
    let action = match (licence.status(now_ms), licence.kind) {
        (LicenceStatus::Expiring, LicenceKind::Trial) => Some("trial.expiring"),
        (LicenceStatus::Expiring, LicenceKind::Paid | LicenceKind::Free) => Some("licence.expiring"),
        (LicenceStatus::Expired, _) => Some("licence.expired"),
        _ => None,
    };
    // Written again, it knows when there is next something to tell.
    write.update_licence(&licence).await?;
    if let Some(action) = action {
        let detail = json!({ "serial": licence.serial, "until": licence.usable_until_ms().map(Time::from_ms) });
        write.audit(action, &licence.id, whose(&licence), detail);
    }
    if action == Some("trial.expiring") {
        ending::trial(write, &licence).await?;
    }
    edge::publish(write, licence.tenant).await?;
    Ok(true)
}

async fn changed(
    write: &mut Write,
    before: &Licence,
    after: &Licence,
    action: &'static str,
) -> Result<Licence, Refused> {
    if after != before {
        write.update_licence(after).await?;
        let now_ms = write.now_ms();
        let detail = json!({
            "before": { "status": before.status(now_ms) },
            "after": { "status": after.status(now_ms), "cancelled_at": after.cancelled_ms.map(Time::from_ms) },
            "by": after.suspended.as_ref().map(|held| held.by),
            "reason": after.suspended.as_ref().and_then(|held| held.reason.as_deref()),
        });
        write.audit(action, &after.id, whose(after), detail);
        edge::publish(write, after.tenant).await?;
    }
    Ok(after.clone())
}

/// On whose word somebody suspends or resumes.
fn by(reach: &Reach) -> HeldBy {
    match reach.principal() {
        Principal::Operator => HeldBy::Operator,
        // The others have not the scope; should one get it, it has no more say than a partner.
        Principal::Partner(_) | Principal::Application(_) | Principal::Edge | Principal::Tenant(_) => HeldBy::Partner,
    }
}
