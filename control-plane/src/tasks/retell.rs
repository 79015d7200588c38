//! Tells anew of tenants that a control plane of the version before wrote last: it never said whether a licence is
//! required. To be deleted with that version.

use super::{Pass, PassError};
use crate::model::actor::Actor;
use crate::store::Store;

/// So many are told of at a time: others want the gate, too.
const MOST: i64 = 200;

pub(super) async fn pass(store: Store) -> Result<Pass, PassError> {
    let tenants = store.tenants_told_as_before(MOST).await?;
    if tenants.is_empty() {
        return Ok(Pass::Idle);
    }
    let mut write = store.begin(&Actor::system("retell"), store.now_ms()).await?;
    for tenant in tenants {
        write.retell_tenant(tenant).await?;
    }
    write.commit().await?;
    Ok(Pass::Worked)
}
