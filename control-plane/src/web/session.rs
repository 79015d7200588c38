//! The session that a cookie stands for.

use crate::database::{Store, StoreError};
use crate::kernel::secret::Secret;
use crate::kernel::session::{Membership, Session, Stage};

/// The session that a cookie stands for, with what it may do now; none when it is over or the place is gone.
///
/// # Errors
/// When the database is away.
pub(crate) async fn presented(store: &Store, secret: &Secret) -> Result<Option<(Session, Membership)>, StoreError> {
    let now_ms = store.now_ms();
    let session = store.session(secret).await?.filter(|session| !session.is_over(now_ms));
    let Some(session) = session.filter(|session| session.stage == Stage::Open) else { return Ok(None) };
    let membership = store.membership(session.user, session.principal).await?;
    if membership.is_some() {
        store.see_session(&session);
    }
    Ok(membership.map(|membership| (session, membership)))
}
