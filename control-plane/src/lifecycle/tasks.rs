//! Writes down that entries to clients' spaces have ended by themselves. The edge ends them at the instant itself: this is
//! for the audit trail, for those who wait for events, and so that the feed forgets them.

use marque_config::EntryId;

use crate::access::model::entry::EntryEnd;
use crate::database::Store;
use crate::database::refused::Refused;
use crate::database::task::rows::Rows;
use crate::database::task::{Pass, PassError, Runs};
use crate::kernel::actor::Actor;
use crate::lifecycle::operations::entries;

pub(crate) async fn pass(store: Store, runs: Runs) -> Result<Pass, PassError> {
    let over = store.entries_over().await?;
    if over.is_empty() {
        return Ok(Pass::Idle);
    }
    let rows = Rows::of(&store, &runs, "entries").await?;
    for id in over {
        rows.fared(&id.to_string(), end(&store, id).await).await?;
    }
    Ok(Pass::Worked)
}

async fn end(store: &Store, id: EntryId) -> Result<(), Refused> {
    let mut write = store.begin(&Actor::system("entries"), store.now_ms()).await?;
    entries::end(&mut write, id, EntryEnd::Expired).await?;
    write.commit().await?;
    Ok(())
}
