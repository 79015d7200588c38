//! Entries: how a partner's people come in to a client's space at its own address, by a ticket that is good once.

use marque_config::entry::{self, EntryKind, EntryRole};
use marque_config::{EntryId, PartnerId, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::ids::{ConsentId, MemberId, UserId};
use crate::kernel::resource::Resource;
use crate::kernel::time::{ms, optional_ms};

/// How long a ticket may be redeemed.
pub const TICKET_MS: i64 = 60_000;
/// The longest that an entry lasts: as long as a session with us.
pub const LASTS_MS: i64 = 12 * 3_600_000;

/// The current status of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryState {
    /// A ticket was given out, and nobody has shown it.
    Issued,
    /// The person is in.
    Open,
    /// The person is out.
    Ended,
}

/// How an entry ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryEnd {
    /// The person left.
    Left,
    /// What it rested on holds no more: the consent, the assignment, the role, the membership, the partner or the space.
    Revoked,
    /// Its time was over.
    Expired,
}

/// One time that somebody came in to a client's space, or was given a ticket to. It takes no seat of the client's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Entry {
    /// Its identity: `ent_…`.
    #[schema(value_type = String)]
    pub id: EntryId,
    /// Which space.
    #[schema(value_type = String)]
    pub tenant: TenantId,
    /// The partner whose person it is.
    #[schema(value_type = String)]
    pub partner: PartnerId,
    /// Who: `usr_…`.
    #[schema(value_type = String)]
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// Their membership in the partner.
    #[schema(value_type = String)]
    pub member: MemberId,
    /// Why: `setup`, `collaborator` or `support`.
    #[schema(value_type = String)]
    pub kind: EntryKind,
    /// As what: `manager`, `accountant` or `technical_support`.
    #[schema(value_type = String)]
    pub role: EntryRole,
    /// What it rests on: a setup access (`tus_…`) or an assignment (`asg_…`).
    pub basis: String,
    /// The client's consent that it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub consent: Option<ConsentId>,
    /// Whether it lets look, and do nothing more.
    pub reads_only: bool,
    /// Its current status.
    pub state: EntryState,
    /// When the ticket was given out.
    #[serde(rename = "created_at", with = "ms")]
    #[schema(value_type = String, format = DateTime)]
    pub created_ms: i64,
    /// Until when the ticket may be redeemed.
    #[serde(rename = "ticket_until", with = "ms")]
    #[schema(value_type = String, format = DateTime)]
    pub ticket_until_ms: i64,
    /// When the person came in.
    #[serde(rename = "opened_at", default, with = "optional_ms", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub opened_ms: Option<i64>,
    /// When it ends by itself.
    #[serde(rename = "until", default, with = "optional_ms", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until_ms: Option<i64>,
    /// When the person was out.
    #[serde(rename = "ended_at", default, with = "optional_ms", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_ms: Option<i64>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<EntryEnd>,
}

impl Resource for Entry {}

impl Entry {
    /// The same at a time: what ends by itself has ended then, whether or not somebody wrote it down.
    #[must_use]
    pub fn at(mut self, now_ms: i64) -> Self {
        if self.state == EntryState::Open && self.until_ms.is_some_and(|until_ms| until_ms <= now_ms) {
            self.state = EntryState::Ended;
            self.ended_ms = self.until_ms;
            self.ended_by = Some(EntryEnd::Expired);
        }
        self
    }

    /// An open entry as the edge needs to know it; none for another.
    #[must_use]
    pub fn at_the_edge(&self) -> Option<entry::Entry> {
        let until_ms = self.until_ms.filter(|_| self.state == EntryState::Open)?;
        Some(entry::Entry {
            id: self.id,
            tenant: self.tenant,
            kind: self.kind,
            role: self.role,
            person: self.user.to_string(),
            consent: self.consent.map(|consent| consent.to_string()),
            assignment: Some(self.basis.clone()).filter(|_| self.kind != EntryKind::Setup),
            reads_only: self.reads_only,
            until_ms,
        })
    }
}
