//! Assignments as the API takes and shows them.

use marque_config::TenantId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::api::consents::instant;
use crate::access::model::{CollaboratorRole, ConsentScope};
use crate::access::operations::assignments::{NewAssignment, Outcome};
use crate::kernel::fault::FieldFault;
use crate::kernel::ids::MemberId;

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

/// What became of each of many.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AssignmentOutcomes {
    /// In the order given; a space named twice is there once.
    pub(super) items: Vec<Outcome>,
}

impl AssignmentSet {
    pub(crate) fn of(self, collaborator: MemberId) -> Result<(Vec<TenantId>, NewAssignment), FieldFault> {
        let Self { role, tenants, reason, scope, until } = self;
        let until_ms = instant("/until", until.as_deref())?;
        Ok((tenants, NewAssignment { collaborator, role, reason, scope, until_ms }))
    }
}
