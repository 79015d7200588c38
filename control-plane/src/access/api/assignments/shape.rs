//! Assignments as the API takes and shows them.

use marque_config::{PartnerId, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::api::consents::instant;
use crate::access::model::{self, AccessBasis, AssignmentState, CollaboratorRole, ConsentScope};
use crate::access::operations::assignments::{NewAssignment, Outcome};
use crate::kernel::email::Email;
use crate::kernel::fault::FieldFault;
use crate::kernel::ids::{AssignmentId, ConsentId, MemberId, UserId};
use crate::web::time::written;

/// A collaborator in one role for one space.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Assignment {
    /// Its identity: `asg_…`.
    #[schema(value_type = String)]
    id: AssignmentId,
    /// The partner.
    #[schema(value_type = String)]
    partner: PartnerId,
    /// Who.
    #[schema(value_type = String)]
    collaborator: MemberId,
    /// Their name.
    name: String,
    /// Their address.
    #[schema(value_type = String, format = "email")]
    email: Email,
    /// Which space.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// Its name.
    tenant_name: String,
    /// As what.
    role: CollaboratorRole,
    /// Its current status.
    state: AssignmentState,
    /// The client's consent that it rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    consent: Option<ConsentId>,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// Since when there is access.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    since: Option<String>,
    /// When it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    until: Option<String>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    ended_at: Option<String>,
}

/// An assignment to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssignmentToMake {
    /// Who.
    #[schema(value_type = String)]
    pub(super) collaborator: MemberId,
    /// As what.
    pub(super) role: CollaboratorRole,
    /// Which space.
    #[schema(value_type = String)]
    pub(super) tenant: TenantId,
    /// Why access is needed: for technical support, which the client is asked about.
    #[serde(default)]
    pub(super) reason: Option<String>,
    /// How far support's access is to go.
    #[serde(default)]
    pub(super) scope: ConsentScope,
    /// Until when support asks for access: within 365 days.
    #[serde(default)]
    #[schema(format = DateTime)]
    pub(super) until: Option<String>,
}

/// Assignments to make, of one collaborator in one role.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssignmentsToMake {
    /// Who.
    #[schema(value_type = String)]
    pub(super) collaborator: MemberId,
    /// As what.
    pub(super) role: CollaboratorRole,
    /// Which spaces: 100 at most.
    #[schema(value_type = Vec<String>, max_items = 100)]
    pub(super) tenants: Vec<TenantId>,
    /// Why access is needed: for technical support.
    #[serde(default)]
    pub(super) reason: Option<String>,
    /// How far support's access is to go.
    #[serde(default)]
    pub(super) scope: ConsentScope,
    /// Until when support asks for access.
    #[serde(default)]
    #[schema(format = DateTime)]
    pub(super) until: Option<String>,
}

/// The spaces that a collaborator is to follow in a role.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssignmentSet {
    /// As what.
    role: CollaboratorRole,
    /// Which spaces, and no others: 100 at most.
    #[schema(value_type = Vec<String>, max_items = 100)]
    tenants: Vec<TenantId>,
    /// Why access is needed to those that are new: for technical support.
    #[serde(default)]
    reason: Option<String>,
    /// How far support's access is to go.
    #[serde(default)]
    scope: ConsentScope,
    /// Until when support asks for access.
    #[serde(default)]
    #[schema(format = DateTime)]
    until: Option<String>,
}

/// What a new set changed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Replaced {
    /// Made.
    pub(crate) added: Vec<Assignment>,
    /// Ended.
    pub(crate) removed: Vec<Assignment>,
    /// As they were.
    pub(crate) kept: Vec<Assignment>,
}

/// What became of each of many.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AssignmentOutcomes {
    /// In the order given; a space named twice is there once.
    pub(super) items: Vec<AssignmentOutcome>,
}

/// What became of one of many.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AssignmentOutcome {
    /// The space.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// The assignment, where one was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignment: Option<Assignment>,
    /// The code of what stood against it.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
}

/// Somebody who is none of the client's people and has access now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Access {
    /// The person.
    #[schema(value_type = String)]
    user: UserId,
    /// Their name.
    name: String,
    /// Their address.
    #[schema(value_type = String, format = "email")]
    email: Email,
    /// Why.
    basis: AccessBasis,
    /// The consent that it rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    consent: Option<ConsentId>,
    /// How far a consent goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<ConsentScope>,
    /// Since when.
    #[schema(format = DateTime)]
    since: String,
    /// Until when, if it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    until: Option<String>,
}

impl AssignmentSet {
    pub(crate) fn of(self, collaborator: MemberId) -> Result<(Vec<TenantId>, NewAssignment), FieldFault> {
        let Self { role, tenants, reason, scope, until } = self;
        let until_ms = instant("/until", until.as_deref())?;
        Ok((tenants, NewAssignment { collaborator, role, reason, scope, until_ms }))
    }
}

impl From<model::Assignment> for Assignment {
    fn from(assignment: model::Assignment) -> Self {
        Self {
            id: assignment.id,
            partner: assignment.partner,
            collaborator: assignment.collaborator,
            name: assignment.name,
            email: assignment.email,
            tenant: assignment.tenant,
            tenant_name: assignment.tenant_name,
            role: assignment.role,
            state: assignment.state,
            consent: assignment.consent,
            created_at: written(assignment.created_ms),
            since: assignment.since_ms.map(written),
            until: assignment.until_ms.map(written),
            ended_at: assignment.ended_ms.map(written),
        }
    }
}

impl From<Outcome> for AssignmentOutcome {
    fn from(outcome: Outcome) -> Self {
        let Outcome { tenant, made, refused } = outcome;
        Self { tenant, assignment: made.map(Assignment::from), refused: refused.map(str::to_owned) }
    }
}

impl From<model::Access> for Access {
    fn from(access: model::Access) -> Self {
        Self {
            user: access.user,
            name: access.name,
            email: access.email,
            basis: access.basis,
            consent: access.consent,
            scope: access.scope,
            since: written(access.since_ms),
            until: access.until_ms.map(written),
        }
    }
}
