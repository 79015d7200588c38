//! Writes down that consents, and requests for one, have ended by themselves. Whoever asks is told so at the instant
//! itself: this is for the audit trail and for those who wait for events.

use crate::access::operations::consents;
use crate::database::task::rows::Rows;
use crate::database::task::{Pass, PassError, Runs};
use crate::database::{Store, StoreError};
use crate::kernel::actor::Actor;
use crate::kernel::ids::ConsentId;

pub(crate) async fn pass(store: Store, runs: Runs) -> Result<Pass, PassError> {
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
