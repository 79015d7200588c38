//! Lets periods end when they end: the next one is charged, or what isn't paid is stopped. Tells of subscriptions
//! and licences that end soon, or have ended. Each in a write of its own, so that one that fails keeps no other.

use super::{Pass, PassError};
use crate::model::actor::Actor;
use crate::operations::Refused;
use crate::operations::licences::{ending, renewal, standing};
use crate::store::Store;

/// How many of each are looked at in one pass.
const MOST: i64 = 100;

pub(super) async fn pass(store: Store) -> Result<Pass, PassError> {
    let worked = run(&store).await?;
    Ok(if worked { Pass::Worked } else { Pass::Idle })
}

/// Does what is due, and says whether there was something. What the rules refuse is told at the end; what the database
/// refuses, at once.
pub(crate) async fn run(store: &Store) -> Result<bool, Refused> {
    let (mut worked, mut refused) = (false, None);
    for id in store.subscriptions_due(MOST).await? {
        let mut write = store.begin(&actor(), store.now_ms()).await?;
        match renewal::step(&mut write, id).await {
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
