//! Entries: how a partner's people come in to a client's space at its own address, without being one of the client's. A
//! ticket is good once, at the control plane; what it opens is in the feed for as long as it lasts, and ends with it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::feed::Revision;
use crate::{EntryId, TenantId};

/// The path at which a ticket is redeemed.
pub const ENTER_PATH: &str = "/.well-known/marque/enter";

/// The field, of the query and of the form, that holds a ticket.
pub const TICKET_FIELD: &str = "ticket";

/// The letters of a ticket: base64url of 32 bytes.
pub const TICKET_LENGTH: usize = 43;

/// An entry that is open, as the edge needs to know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its identity.
    pub id: EntryId,
    /// The space that it opens, and no other.
    pub tenant: TenantId,
    /// Why it is open.
    pub kind: EntryKind,
    /// What the person is there.
    pub role: EntryRole,
    /// The person, by the control plane's identity: `usr_…`.
    pub person: String,
    /// The client's consent that it rests on: `cns_…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
    /// The assignment that it rests on: `asg_…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignment: Option<String>,
    /// Whether it lets look, and do nothing more.
    pub reads_only: bool,
    /// When it ends by itself: milliseconds since 1970, UTC.
    pub until_ms: i64,
}

/// Why somebody who is none of the client's people may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// They set the space up, until it is handed over.
    Setup,
    /// They follow the client's file.
    Collaborator,
    /// They help, with the client's consent.
    Support,
}

/// What somebody is in a client's space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryRole {
    /// Runs it day by day: whoever sets it up.
    Manager,
    /// Keeps the books.
    Accountant,
    /// Helps.
    TechnicalSupport,
}

impl Entry {
    /// Whether it is over at an instant.
    #[must_use]
    pub fn is_over(&self, now_ms: i64) -> bool {
        now_ms >= self.until_ms
    }
}

/// A ticket that was shown at a tenant's address (the body of `POST /v1/edge/entries`). Fields that a version doesn't
/// know are ignored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redemption {
    /// The proxy's name.
    pub proxy: String,
    /// Whose address it was shown at.
    pub tenant: TenantId,
    /// The ticket.
    pub ticket: String,
}

impl fmt::Debug for Redemption {
    /// Without the ticket.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Redemption")
            .field("proxy", &self.proxy)
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}

/// What a ticket opened: the feed tells of it at this revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redeemed {
    /// The entry.
    pub entry: Entry,
    /// Where the feed has it.
    pub revision: Revision,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_never_shown() {
        let tenant = TenantId::new(1, &[0; 10]);
        let redemption = Redemption { proxy: "one".into(), tenant, ticket: "secret".into() };
        assert!(!format!("{redemption:?}").contains("secret"));
    }
}
