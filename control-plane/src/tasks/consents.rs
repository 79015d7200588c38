//! Writes down that consents, and requests for one, have ended by themselves. Whoever asks is told so at the instant
//! itself: this is for the audit trail and for those who wait for events.

use super::rows::Rows;
use super::{Pass, PassError, Runs};
use crate::model::actor::Actor;
use crate::model::ids::ConsentId;
use crate::operations::consents;
use crate::store::{Store, StoreError};

pub(super) async fn pass(store: Store, runs: Runs) -> Result<Pass, PassError> {
    let over = store.consents_over().await?;
    if over.is_empty() {
        return Ok(Pass::Idle);
    }
    let rows = Rows::of(&store, &runs, "consents").await?;
    for id in over {
        rows.fared(&id.to_string(), end(&store, id).await).await?;
    }
    Ok(Pass::Worked)
}

async fn end(store: &Store, id: ConsentId) -> Result<(), StoreError> {
    let mut write = store.begin(&Actor::system("consents"), store.now_ms()).await?;
    consents::write_end(&mut write, id).await?;
    write.commit().await?;
    Ok(())
}
