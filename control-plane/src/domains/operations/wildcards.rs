//! The certificate of all platform names.

use serde_json::json;

use crate::database::{Store, StoreError, Whose};
use crate::kernel::principal::Reach;

/// Has it issued anew, as after its key was lost or the CA was changed; the old one is served until the new one is there.
/// Says for how many zones that is.
///
/// # Errors
/// When the database is away.
pub async fn renew(store: &Store, reach: &Reach) -> Result<u64, StoreError> {
    let mut write = store.begin(reach.actor(), store.now_ms()).await?;
    let zones = write.renew_wildcards().await?;
    write.audit("wildcard.renewed", &"platform", Whose::VENDOR, json!({ "zones": zones }));
    write.commit().await?;
    Ok(zones)
}
