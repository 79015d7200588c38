//! Applying what a proxy saw: each event in a write of its own, with the note that it was taken, so that what is sent again
//! changes nothing. What can't be applied is refused for good, by a code, and keeps no other.

use marque_config::contact::{CONTACT_MESSAGE, ContactMessage};
use marque_config::edge_events::{ENTRY_LEFT, EdgeEvent, EntryLeft, FIRST_USE, FirstUse, UNKNOWN_KIND};
use serde::de::DeserializeOwned;

use crate::access::model::entry::EntryEnd;
use crate::database::refused::Refused;
use crate::database::{Store, StoreError, Write};
use crate::kernel::principal::Reach;
use crate::licences::operations::activation;
use crate::lifecycle::operations::entries;
use crate::support::operations as support;

/// Who sends events.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sender<'a> {
    /// The proxy's name, which its token is bound to.
    pub(crate) proxy: &'a str,
    /// How far its rights reach.
    pub(crate) reach: &'a Reach,
}

/// Why an event isn't applied.
enum Unapplied {
    /// It is refused, by this code.
    Code(String),
    /// The database didn't do its part: the event is to be sent again.
    Store(StoreError),
}

/// Takes an event, unless it was taken before. Gives the code of why it was refused, if it was.
///
/// # Errors
/// When the database is away: the event is to be sent again.
pub(crate) async fn take(store: &Store, sender: Sender<'_>, event: &EdgeEvent) -> Result<Option<String>, StoreError> {
    if ![FIRST_USE, CONTACT_MESSAGE, ENTRY_LEFT].contains(&event.kind.as_str()) {
        // Not noted: a version to come may take it.
        return Ok(Some(UNKNOWN_KIND.to_owned()));
    }
    let mut write = store.begin(sender.reach.actor(), store.now_ms()).await?;
    if let Some(taken) = write.edge_event(sender.proxy, &event.id).await? {
        return Ok(taken.refused);
    }
    match apply(&mut write, event).await {
        Ok(()) => note(write, sender, event, None).await,
        Err(Unapplied::Store(error)) => Err(error),
        Err(Unapplied::Code(code)) => {
            // What was done of it is undone.
            drop(write);
            let write = store.begin(sender.reach.actor(), store.now_ms()).await?;
            note(write, sender, event, Some(code)).await
        }
    }
}

async fn note(
    mut write: Write,
    sender: Sender<'_>,
    event: &EdgeEvent,
    refused: Option<String>,
) -> Result<Option<String>, StoreError> {
    write.add_edge_event(sender.proxy, event, refused.as_deref()).await?;
    write.commit().await?;
    if let Some(code) = &refused {
        tracing::warn!(proxy = sender.proxy, event = event.id, kind = event.kind, code, "what a proxy saw was refused");
    }
    Ok(refused)
}

async fn apply(write: &mut Write, event: &EdgeEvent) -> Result<(), Unapplied> {
    if event.kind == FIRST_USE {
        let FirstUse { tenant, licence } = read(event)?;
        return Ok(activation::first_use(write, tenant, (licence, event.at_ms)).await?);
    }
    if event.kind == ENTRY_LEFT {
        let EntryLeft { entry } = read(event)?;
        return Ok(entries::end(write, entry, EntryEnd::Left).await?);
    }
    let message: ContactMessage = read(event)?;
    Ok(support::receive_from_edge(write, message).await?)
}

fn read<T: DeserializeOwned>(event: &EdgeEvent) -> Result<T, Unapplied> {
    T::deserialize(&event.body).map_err(|_| Unapplied::Code("unreadable".to_owned()))
}

impl From<Refused> for Unapplied {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Store(error) => Self::Store(error),
            Refused::NotFound => Self::Code("not-found".to_owned()),
            Refused::Conflict(conflict) => Self::Code(conflict.code().to_owned()),
            Refused::Forbidden(forbidden) => Self::Code(forbidden.code().to_owned()),
            Refused::Fields(faults) => Self::Code(faults.first().map_or("invalid", |fault| fault.code).to_owned()),
        }
    }
}
