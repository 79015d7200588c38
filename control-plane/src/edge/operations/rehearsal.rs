//! What a later version of the feed may tell, for the suites that play upgrades. Only in builds with the feature
//! `rehearsal`.

use marque_config::TenantId;
use marque_config::feed::{Key, Record, RecordKind};
use marque_config::tenant::{Lock, TenantState};

use crate::database::Store;
use crate::database::refused::Refused;
use crate::kernel::principal::Reach;

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Rehearsed {
    /// The tenant is locked: a kind of record that restricts.
    Lock,
    /// It isn't any more.
    Unlock,
    /// The tenant is in a state that came later.
    Pause,
}

/// Tells it.
///
/// # Errors
/// [`Refused`].
pub async fn rehearse(store: &Store, what: Rehearsed, id: TenantId) -> Result<(), Refused> {
    let reach = Reach::command("rehearse");
    let mut write = store.begin(reach.actor(), store.now_ms()).await?;
    let tenant = write.tenant(&reach, id).await?.ok_or(Refused::NotFound)?;
    match what {
        Rehearsed::Lock => write.feed(Record::Lock(Lock { tenant: id })),
        Rehearsed::Unlock => write.feed_delete(Key { kind: RecordKind::Lock, name: id.to_string() }),
        Rehearsed::Pause => {
            let mut published = tenant.at_the_edge();
            published.state = TenantState::Paused;
            write.feed(Record::Tenant(published));
        }
    }
    write.commit().await?;
    Ok(())
}
