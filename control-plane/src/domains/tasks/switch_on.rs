//! Serves certificates that were uploaded before they were valid, from the moment at which they are. Each in a write of
//! its own, so that one that fails keeps no other.

use crate::database::Store;
use crate::database::task::{Pass, PassError};
use crate::domains::operations::certificates;
use crate::kernel::actor::Actor;

/// How many are looked at in one pass.
const MOST: i64 = 100;

pub(crate) async fn pass(store: Store) -> Result<Pass, PassError> {
    let due = store.uploads_due(MOST).await?;
    let pass = if due.is_empty() { Pass::Idle } else { Pass::Worked };
    for waiting in due {
        let mut write = store.begin(&Actor::system("switch_on"), store.now_ms()).await?;
        certificates::switch_on(&mut write, waiting).await?;
        write.commit().await?;
    }
    Ok(pass)
}
