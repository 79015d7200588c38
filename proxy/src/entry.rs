//! How a partner's people come in to a client's space at its own address: by a ticket that is good once, at the control
//! plane, and then by a cookie of the edge's own. A session counts only while the feed has its entry, and never beyond its
//! date; what can't be asked or isn't known is refused.

mod cookie;
mod page;
mod tickets;

use std::sync::Arc;

use http::HeaderMap;
use marque_config::entry::Entry;

use crate::directory::{Directory, Route, Secrets};
use crate::refusal::Refusal;
pub(crate) use cookie::{Held, removal, set};
pub(crate) use page::Words;
pub(crate) use tickets::{Tickets, is_ticket};

/// A page of the edge's own, by which people come in or leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryPage {
    /// Shows a ticket's button, and redeems the ticket.
    Enter,
    /// Shows the way out, and ends the session.
    Leave,
}

/// The entry by which a request is made; none for everybody who has none.
///
/// # Errors
/// [`Refusal::EntryEnded`] for a session of this tenant that is over, or of which nothing is known here: nobody who
/// believes to be in is let in as somebody else.
pub(crate) fn of_request(
    (directory, secrets, now_ms): (&Directory, &Secrets, i64),
    route: &Route,
    headers: &HeaderMap,
) -> Result<Option<Arc<Entry>>, Refusal> {
    let Some(held) = Held::read(headers, route.tenant.id, secrets) else { return Ok(None) };
    let entry = directory.entry(held.id).filter(|entry| entry.tenant == route.tenant.id);
    let entry = entry.filter(|entry| now_ms < held.until_ms && !entry.is_over(now_ms));
    entry.map(Some).ok_or(Refusal::EntryEnded)
}

#[cfg(test)]
mod tests;
