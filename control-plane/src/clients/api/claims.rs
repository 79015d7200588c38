//! Whoever protects a client hears that another one wanted it.

use crate::clients::operations::claims::About;
use crate::database::refused::Refused;
use crate::kernel::fault::Conflict;
use crate::kernel::principal::Reach;
use crate::web::Api;

/// Tells the partner that protects a client that another one wanted it, where that is why something is refused.
pub(crate) async fn notify_if_claimed(
    api: &Api,
    reach: &Reach,
    (refused, about): (&Refused, About),
) -> Result<(), Refused> {
    if !is_claimed(refused) {
        return Ok(());
    }
    let mut write = api.inner.store.begin(reach.actor(), api.inner.store.now_ms()).await?;
    crate::clients::operations::claims::challenge_about(&mut write, reach, about).await?;
    write.commit().await?;
    Ok(())
}

pub(crate) fn is_claimed(refused: &Refused) -> bool {
    matches!(refused, Refused::Conflict(conflict) if *conflict == Conflict::CLIENT_CLAIMED)
}
