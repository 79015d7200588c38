//! Lets periods end when they end: the next one is charged, or what isn't paid is stopped. Tells of subscriptions
//! and licences that end soon, or have ended. Each in a write of its own, so that one that fails keeps no other.

use marque_config::settings::SubscriptionSettings;

use super::{Pass, PassError};
use crate::model::actor::Actor;
use crate::model::period::DAY_MS;
use crate::operations::Refused;
use crate::operations::licences::{ending, renewal, standing};
use crate::store::Store;

/// How many of each are looked at in one pass.
const MOST: i64 = 100;

pub(super) async fn pass(store: Store, settings: SubscriptionSettings) -> Result<Pass, PassError> {
    let worked = run_by(&store, settings).await?;
    Ok(if worked { Pass::Worked } else { Pass::Idle })
}

/// The same by the settings that are the default.
#[cfg(test)]
pub(crate) async fn run(store: &Store) -> Result<bool, Refused> {
    run_by(store, SubscriptionSettings::default()).await
}

/// Does what is due, and says whether there was something. What the rules refuse is told at the end; what the database
/// refuses, at once.
pub(crate) async fn run_by(store: &Store, settings: SubscriptionSettings) -> Result<bool, Refused> {
    let suspended_for_ms = i64::from(settings.suspended_days) * DAY_MS;
    let (mut worked, mut refused) = (false, None);
    for id in store.subscriptions_due(MOST).await? {
        let mut write = store.begin(&actor(), store.now_ms()).await?;
        match renewal::step(&mut write, id, suspended_for_ms).await {
            Ok(done) => {
                worked |= done;
                write.commit().await?;
            }
            Err(error) => refused = Some(reported(&id, error)?),
        }
    }
    for id in store.subscriptions_ending(MOST).await? {
        let mut write = store.begin(&actor(), store.now_ms()).await?;
        match ending::tell(&mut write, id).await {
            Ok(done) => {
                worked |= done;
                write.commit().await?;
            }
            Err(error) => refused = Some(reported(&id, error)?),
        }
    }
    for id in store.licences_due(MOST).await? {
        let mut write = store.begin(&actor(), store.now_ms()).await?;
        match standing::tell(&mut write, id).await {
            Ok(done) => {
                worked |= done;
                write.commit().await?;
            }
            Err(error) => refused = Some(reported(&id, error)?),
        }
    }
    refused.map_or(Ok(worked), Err)
}

fn actor() -> Actor {
    Actor::system("renew")
}

/// What the rules refuse keeps only this one.
fn reported(id: &impl ToString, error: Refused) -> Result<Refused, Refused> {
    if let Refused::Store(_) = error {
        return Err(error);
    }
    tracing::error!(object = id.to_string(), error = &error as &dyn std::error::Error, "it can't be renewed");
    Ok(error)
}
