//! The session that a cookie stands for.

use crate::database::{Store, StoreError};
use crate::kernel::secret::Secret;
use crate::kernel::session::{Session, Stage, Standing};

/// The session that a cookie stands for, with what it may do now; none when it is over or the place is gone.
///
/// # Errors
/// When the database is away.
pub(crate) async fn presented(store: &Store, secret: &Secret) -> Result<Option<(Session, Standing)>, StoreError> {
    let now_ms = store.now_ms();
    let session = store.session(secret).await?.filter(|session| !session.is_over(now_ms));
    let Some(session) = session.filter(|session| session.stage == Stage::Open) else { return Ok(None) };
    let standing = store.standing(session.user, session.principal).await?;
    if standing.is_some() {
        store.see_session(&session);
    }
    Ok(standing.map(|standing| (session, standing)))
}
