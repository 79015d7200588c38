//! Collaborators: a partner's people who follow its clients' spaces, and what the client has to say about it.

pub mod entry;

use std::collections::BTreeSet;

use marque_config::{PartnerId, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::email::{Email, kept_one};
use crate::kernel::ids::{AssignmentId, ConsentId, ConsentSessionId, MemberId, UserId};
use crate::kernel::language::Language;
use crate::kernel::person::PlaceState;
use crate::kernel::resource::Resource;
use crate::kernel::time::{ms, optional_ms};
use crate::partners::model::PartnerKind;

/// What a collaborator is for a client's space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CollaboratorRole {
    /// Keeps the client's books: of accounting firms only. The client can block them.
    Accountant,
    /// Helps, once the client has consented: of partners with level-1 support only.
    TechnicalSupport,
}

impl CollaboratorRole {
    /// Every role.
    pub const ALL: [Self; 2] = [Self::Accountant, Self::TechnicalSupport];

    /// Whether the people of such a partner may have it.
    #[must_use]
    pub fn is_for(self, kind: PartnerKind, support_level1: bool) -> bool {
        match self {
            Self::Accountant => kind == PartnerKind::AccountingFirm,
            Self::TechnicalSupport => support_level1,
        }
    }
}

/// A member of a partner who has a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collaborator {
    /// The membership.
    pub id: MemberId,
    /// The partner.
    pub partner: PartnerId,
    /// The person.
    pub user: UserId,
    /// Their address.
    pub email: Email,
    /// Their name.
    pub name: String,
    /// The language that they are written in.
    pub language: Language,
    /// Whether they have accepted the invitation.
    pub state: PlaceState,
    /// What they may be assigned as.
    pub roles: BTreeSet<CollaboratorRole>,
    /// Since when they are a member.
    pub created_ms: i64,
}

/// The current status of an assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssignmentState {
    /// The client hasn't consented yet: no access.
    PendingConsent,
    /// There is access.
    Active,
    /// It ended by itself, or the client never answered.
    Expired,
    /// The client ended or refused it, or the collaborator lost the role.
    Revoked,
    /// The partner ended it.
    Removed,
}

/// A collaborator in one role for one space. It takes no seat of the client's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Assignment {
    /// Its identity: `asg_…`.
    #[schema(value_type = String)]
    pub id: AssignmentId,
    /// The partner.
    #[schema(value_type = String)]
    pub partner: PartnerId,
    /// Who.
    #[schema(value_type = String)]
    pub collaborator: MemberId,
    /// Their name.
    pub name: String,
    /// Their address.
    #[serde(deserialize_with = "kept_one")]
    #[schema(value_type = String, format = "email")]
    pub email: Email,
    /// Which space.
    #[schema(value_type = String)]
    pub tenant: TenantId,
    /// Its name.
    pub tenant_name: String,
    /// As what.
    pub role: CollaboratorRole,
    /// Its current status.
    pub state: AssignmentState,
    /// The client's consent that it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub consent: Option<ConsentId>,
    /// When it was made.
    #[serde(rename = "created_at", with = "ms")]
    #[schema(value_type = String, format = DateTime)]
    pub created_ms: i64,
    /// Since when there is access.
    #[serde(rename = "since", default, with = "optional_ms", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since_ms: Option<i64>,
    /// When it ends by itself.
    #[serde(rename = "until", default, with = "optional_ms", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until_ms: Option<i64>,
    /// When it ended.
    #[serde(rename = "ended_at", default, with = "optional_ms", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_ms: Option<i64>,
}

impl Resource for Assignment {}

impl Assignment {
    /// Whether it is neither over nor ended.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.state, AssignmentState::PendingConsent | AssignmentState::Active)
    }

    /// The same at a time: what ends by itself has ended then, whether or not somebody wrote it down.
    #[must_use]
    pub fn at(mut self, now_ms: i64) -> Self {
        if self.is_open() && self.until_ms.is_some_and(|until_ms| until_ms <= now_ms) {
            self.state = AssignmentState::Expired;
            self.ended_ms = self.until_ms;
        }
        self
    }
}

/// Where a client's consent stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConsentState {
    /// Asked for.
    Requested,
    /// Given, and holds.
    Granted,
    /// Refused.
    Denied,
    /// Taken back.
    Revoked,
    /// Was given, and has ended by itself.
    Expired,
    /// Was never answered.
    Lapsed,
}

/// How far a consent goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConsentScope {
    /// Look, and change nothing.
    #[default]
    View,
    /// Do what the client's own people can.
    Act,
}

/// A client's word on one collaborator's access: explicit, for one person, revocable at any moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Consent {
    /// Its identity: `cns_…`.
    #[schema(value_type = String)]
    pub id: ConsentId,
    /// Which space.
    #[schema(value_type = String)]
    pub tenant: TenantId,
    /// The partner that asks.
    #[schema(value_type = String)]
    pub partner: PartnerId,
    /// Who is to have access.
    #[schema(value_type = String)]
    pub collaborator: MemberId,
    /// Their name.
    pub name: String,
    /// As what.
    pub role: CollaboratorRole,
    /// How far.
    pub scope: ConsentScope,
    /// Why, as the requester says.
    pub reason: String,
    /// Its current status.
    pub state: ConsentState,
    /// Who asked.
    pub requested_by: String,
    /// When.
    #[serde(rename = "requested_at", with = "ms")]
    #[schema(value_type = String, format = DateTime)]
    pub requested_ms: i64,
    /// Until when access was asked for.
    #[serde(rename = "asked_until", default, with = "optional_ms", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub asked_until_ms: Option<i64>,
    /// Who granted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted_by: Option<String>,
    /// When.
    #[serde(rename = "granted_at", default, with = "optional_ms", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub granted_ms: Option<i64>,
    /// Whether it lasts until it is revoked. Then `ends_at` is by when it has to be confirmed again.
    pub lasting: bool,
    /// When it ends by itself.
    #[serde(rename = "ends_at", with = "ms")]
    #[schema(value_type = String, format = DateTime)]
    pub ends_ms: i64,
    /// Who ended it; absent when it ended by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<String>,
    /// When.
    #[serde(rename = "ended_at", default, with = "optional_ms", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_ms: Option<i64>,
}

impl Resource for Consent {}

/// The longest that a consent holds without another word of the client.
pub const LONGEST_CONSENT_MS: i64 = 365 * 86_400_000;
/// How long a request waits for an answer.
pub const REQUEST_MS: i64 = 90 * 86_400_000;

impl Consent {
    /// The same at a time: what ends by itself has ended then, whether or not somebody wrote it down.
    #[must_use]
    pub fn at(mut self, now_ms: i64) -> Self {
        let over = match self.state {
            ConsentState::Requested => ConsentState::Lapsed,
            ConsentState::Granted => ConsentState::Expired,
            _ => return self,
        };
        if self.ends_ms <= now_ms {
            self.state = over;
            self.ended_ms = Some(self.ends_ms);
        }
        self
    }
}

/// One time that a collaborator came in under a consent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConsentSession {
    /// Its identity: `css_…`.
    #[schema(value_type = String)]
    pub id: ConsentSessionId,
    /// Who said so.
    pub opened_by: String,
    /// When.
    #[serde(rename = "opened_at", with = "ms")]
    #[schema(value_type = String, format = DateTime)]
    pub opened_ms: i64,
    /// From where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
}

/// Why somebody who is none of the client's people has access to its space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccessBasis {
    /// Sets the space up, until it is handed over.
    Setup,
    /// Keeps its books.
    Accountant,
    /// The client consented.
    Consent,
}

/// Somebody who is none of the client's people and has access to its space now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Access {
    /// The person.
    #[schema(value_type = String)]
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// Their address.
    #[schema(value_type = String, format = "email")]
    pub email: Email,
    /// Why.
    pub basis: AccessBasis,
    /// The consent that it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub consent: Option<ConsentId>,
    /// How far a consent goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<ConsentScope>,
    /// Since when.
    #[serde(rename = "since", with = "ms")]
    #[schema(value_type = String, format = DateTime)]
    pub since_ms: i64,
    /// Until when, if it ends by itself.
    #[serde(rename = "until", default, with = "optional_ms", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until_ms: Option<i64>,
    /// Since when they are in, where they are.
    #[serde(rename = "inside_since", default, with = "optional_ms", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub inside_ms: Option<i64>,
}
