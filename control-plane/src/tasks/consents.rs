//! Writes down that consents, and requests for one, have ended by themselves. Whoever asks is told so at the instant
//! itself: this is for the audit trail and for those who wait for events.

use super::{Pass, PassError};
use crate::model::actor::Actor;
use crate::operations::consents;
use crate::store::Store;

pub(super) async fn pass(store: Store) -> Result<Pass, PassError> {
    let over = store.consents_over().await?;
    if over.is_empty() {
        return Ok(Pass::Idle);
    }
    let mut write = store.begin(&Actor::system("consents"), store.now_ms()).await?;
    for id in over {
        consents::write_end(&mut write, id).await?;
    }
    write.commit().await?;
    Ok(Pass::Worked)
}
