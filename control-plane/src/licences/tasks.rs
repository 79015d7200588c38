//! Lets periods end when they end: the next one is charged, or what isn't paid is stopped. Tells of subscriptions
//! and licences that end soon, or have ended. Each in a write of its own: what can't be done for one keeps no other.

use marque_config::TenantId;
use marque_config::settings::SubscriptionSettings;

use crate::database::Store;
use crate::database::refused::Refused;
use crate::database::task::rows::Rows;
use crate::database::task::{Pass, PassError, Runs};
use crate::kernel::actor::Actor;
use crate::kernel::ids::{LicenceId, SubscriptionId};
use crate::kernel::period::DAY_MS;
use crate::licences::operations::{edge, ending, renewal, standing};

/// How many of each are looked at in one pass; what has to wait counts as looked after.
const MOST: i64 = 100;

pub(crate) async fn pass(store: Store, settings: SubscriptionSettings, runs: Runs) -> Result<Pass, PassError> {
    let worked = run_by(&store, settings, &runs).await?;
    Ok(if worked { Pass::Worked } else { Pass::Idle })
}

/// The same by the settings that are the default.
#[cfg(test)]
pub(crate) async fn run(store: &Store) -> Result<bool, Refused> {
    run_by(store, SubscriptionSettings::default(), &Runs::default()).await
}

/// Does what is due, and says whether there was something. What can't be done for one waits, and keeps no other.
pub(crate) async fn run_by(store: &Store, settings: SubscriptionSettings, runs: &Runs) -> Result<bool, Refused> {
    let suspended_for_ms = i64::from(settings.suspended_days) * DAY_MS;
    let rows = Rows::of(store, runs, "renew").await?;
    let mut worked = false;
    for id in store.subscriptions_due(MOST).await? {
        let done = act(store, Due::Period(id, suspended_for_ms)).await;
        worked |= rows.fared(&id.to_string(), done).await?.unwrap_or(true);
    }
    for id in store.subscriptions_ending(MOST).await? {
        let done = act(store, Due::Ending(id)).await;
        worked |= rows.fared(&id.to_string(), done).await?.unwrap_or(true);
    }
    for id in store.licences_due(MOST).await? {
        let done = act(store, Due::Licence(id)).await;
        worked |= rows.fared(&id.to_string(), done).await?.unwrap_or(true);
    }
    for id in store.tenants_with_undescribed_licences(MOST).await? {
        let done = act(store, Due::Description(id)).await;
        worked |= rows.fared(&id.to_string(), done).await?.unwrap_or(true);
    }
    Ok(worked)
}

/// What is due.
#[derive(Clone, Copy)]
enum Due {
    /// A period that ends, or isn't paid: and after how long being suspended ends.
    Period(SubscriptionId, i64),
    /// That a subscription ends soon.
    Ending(SubscriptionId),
    /// That a licence ends soon, or has ended.
    Licence(LicenceId),
    /// What describes a tenant's licences at the edge, which a control plane of the version before didn't know.
    Description(TenantId),
}

/// Does it in a write of its own.
async fn act(store: &Store, due: Due) -> Result<bool, Refused> {
    let mut write = store.begin(&Actor::system("renew"), store.now_ms()).await?;
    let done = match due {
        Due::Period(id, suspended_for_ms) => renewal::step(&mut write, id, suspended_for_ms).await?,
        Due::Ending(id) => ending::notify(&mut write, id).await?,
        Due::Licence(id) => standing::notify(&mut write, id).await?,
        Due::Description(id) => edge::publish(&mut write, id).await.map(|()| true)?,
    };
    write.commit().await?;
    Ok(done)
}
