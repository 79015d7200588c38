//! Collaborators assigned to clients' spaces: one at a time, a set at once, or many with a word on each. An accountant
//! has access at once and the client may block it; technical support waits for the client's consent. Nobody assigned
//! takes a seat of the client's.

mod many;

use marque_config::TenantId;
use marque_config::tenant::TenantState;
use serde_json::json;

use super::{collaborators, consents};
use crate::access::model::{
    Assignment, AssignmentState, Collaborator, CollaboratorRole, ConsentScope, ConsentState, REQUEST_MS,
};
use crate::database::refused::Refused;
use crate::database::{Store, StoreError, Whose, Write};
use crate::kernel::fault::{Conflict, Forbidden, unknown};
use crate::kernel::ids::{AssignmentId, MemberId};
use crate::kernel::person::PlaceState;
use crate::kernel::principal::{Principal, Reach};
use crate::kernel::tenant::TenantKind;
use crate::notify::model::mail::MailKind;
use crate::notify::operations::mail::{self, Notice};
use crate::tenants::model::Tenant;

pub use many::{Outcome, Replaced, bulk, replace};

/// What an assignment is made of, beside the space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAssignment {
    /// Who.
    pub collaborator: MemberId,
    /// As what.
    pub role: CollaboratorRole,
    /// Why access is asked for: needed where the client is asked.
    pub reason: Option<String>,
    /// How far it is to go, where the client is asked.
    pub scope: ConsentScope,
    /// Until when it is asked for, where the client is asked.
    pub until_ms: Option<i64>,
}

impl Conflict {
    /// The collaborator hasn't accepted the invitation.
    pub const COLLABORATOR_NOT_ACTIVE: Self = Self::new(
        "collaborator-not-active",
        "The collaborator has not accepted the invitation yet.",
        "Le collaborateur n’a pas encore accepté l’invitation.",
    );
    /// The collaborator doesn't have the role.
    pub const ROLE_NOT_GRANTED: Self =
        Self::new("role-not-granted", "The collaborator does not have this role.", "Le collaborateur n’a pas ce rôle.");
    /// The client keeps the collaborator out.
    pub const BLOCKED_BY_CLIENT: Self = Self::new(
        "blocked-by-client",
        "The client keeps this collaborator out.",
        "Le client refuse l’accès à ce collaborateur.",
    );
    /// It is so already.
    pub const ALREADY_ASSIGNED: Self = Self::new(
        "already-assigned",
        "The collaborator is assigned there in this role already.",
        "Le collaborateur y est déjà affecté dans ce rôle.",
    );
    /// The assignment is over.
    pub const ASSIGNMENT_ENDED: Self =
        Self::new("assignment-ended", "The assignment has ended.", "L’affectation a pris fin.");
}

impl Forbidden {
    /// Only the client says this.
    pub const CLIENT_DECIDES: Self = Self::new(
        "client-decides",
        "Only an administrator of the client can do this.",
        "Seul un administrateur du client peut le faire.",
    );
}

/// Assigns a collaborator to a client's space.
///
/// # Errors
/// [`Refused`].
pub async fn assign(
    write: &mut Write,
    reach: &Reach,
    tenant: TenantId,
    new: NewAssignment,
) -> Result<Assignment, Refused> {
    let collaborator = write.collaborator(reach, new.collaborator).await?;
    let collaborator = collaborator.ok_or_else(|| unknown("/collaborator"))?;
    may_be(write, reach, &collaborator, new.role).await?;
    let tenant = fit(write, reach, &collaborator, new.role, tenant).await?;
    begin(write, &collaborator, &tenant, &new).await
}

/// Ends an assignment on the partner's word.
///
/// # Errors
/// [`Refused`].
pub async fn unassign(write: &mut Write, reach: &Reach, id: AssignmentId) -> Result<Assignment, Refused> {
    let assignment = write.assignment(reach, id).await?.ok_or(Refused::NotFound)?;
    // A client blocks or revokes instead; who an assignment's people are is the partner's to say.
    if matches!(reach.principal(), Principal::Tenant(_) | Principal::Application(_)) {
        return Err(Refused::NotFound);
    }
    if !assignment.is_open() {
        return Err(Conflict::ASSIGNMENT_ENDED.into());
    }
    Ok(end(write, assignment, AssignmentState::Removed).await?)
}

/// Keeps a collaborator out of the client's space, on the client's word: what is open ends, and nothing new begins.
///
/// # Errors
/// [`Refused`].
pub async fn block(write: &mut Write, reach: &Reach, id: AssignmentId) -> Result<Assignment, Refused> {
    let assignment = of_client(write, reach, id).await?;
    write.block(assignment.tenant, assignment.collaborator).await?;
    write.audit("assignment.blocked", &id, whose(&assignment), json!({ "collaborator": assignment.collaborator }));
    let open = write.open_assignments(Some(assignment.collaborator), Some(assignment.tenant), None).await?;
    for open in open {
        end_or_expire(write, open, AssignmentState::Revoked).await?;
    }
    write.assignment(reach, id).await?.ok_or(Refused::NotFound)
}

/// Keeps a collaborator out no longer: the partner may assign them again.
///
/// # Errors
/// [`Refused`].
pub async fn unblock(write: &mut Write, reach: &Reach, id: AssignmentId) -> Result<Assignment, Refused> {
    let assignment = of_client(write, reach, id).await?;
    write.unblock(assignment.tenant, assignment.collaborator).await?;
    write.audit("assignment.unblocked", &id, whose(&assignment), json!({ "collaborator": assignment.collaborator }));
    Ok(assignment)
}

/// One assignment.
///
/// # Errors
/// [`Refused`].
pub async fn one(store: &Store, reach: &Reach, id: AssignmentId) -> Result<Assignment, Refused> {
    store.assignment(reach, id).await?.ok_or(Refused::NotFound)
}

/// Ends every open assignment of a collaborator, perhaps of one role.
pub(crate) async fn end_all(
    write: &mut Write,
    collaborator: MemberId,
    role: Option<CollaboratorRole>,
    state: AssignmentState,
) -> Result<(), StoreError> {
    for assignment in write.open_assignments(Some(collaborator), None, role).await? {
        end_or_expire(write, assignment, state).await?;
    }
    Ok(())
}

/// Ends every open assignment to a space that is closed, the client's consents, and who sets it up.
pub(crate) async fn end_of_tenant(write: &mut Write, tenant: TenantId) -> Result<(), StoreError> {
    for assignment in write.open_assignments(None, Some(tenant), None).await? {
        end_or_expire(write, assignment, AssignmentState::Removed).await?;
    }
    write.end_setup(tenant).await
}

/// Ends an assignment that nobody wrote the end of yet: it may have ended by itself.
async fn end_or_expire(write: &mut Write, open: Assignment, state: AssignmentState) -> Result<(), StoreError> {
    if open.clone().at(write.now_ms()).is_open() {
        return end(write, open, state).await.map(drop);
    }
    match open.consent {
        Some(consent) => consents::write_end(write, consent).await,
        None => end(write, open, AssignmentState::Expired).await.map(drop),
    }
}

/// Ends an assignment, and the consent that it rests on.
pub(crate) async fn end(
    write: &mut Write,
    mut assignment: Assignment,
    state: AssignmentState,
) -> Result<Assignment, StoreError> {
    let before = assignment.state;
    assignment.state = state;
    assignment.ended_ms = Some(write.now_ms());
    write.update(&assignment).await?;
    let detail = json!({ "before": before, "after": state, "role": assignment.role });
    write.audit("assignment.ended", &assignment.id, whose(&assignment), detail);
    if let Some(consent) = assignment.consent {
        consents::end_with(write, consent, ConsentState::Revoked).await?;
    }
    Ok(assignment)
}

pub(crate) fn whose(assignment: &Assignment) -> Whose {
    Whose::tenant(assignment.partner, assignment.tenant)
}

/// Whether a collaborator may be assigned in a role at all.
async fn may_be(
    write: &mut Write,
    reach: &Reach,
    collaborator: &Collaborator,
    role: CollaboratorRole,
) -> Result<(), Refused> {
    if collaborator.state != PlaceState::Active {
        return Err(Conflict::COLLABORATOR_NOT_ACTIVE.into());
    }
    if !collaborator.roles.contains(&role) {
        return Err(Conflict::ROLE_NOT_GRANTED.into());
    }
    let partner = write.partner(reach, collaborator.partner).await?.ok_or(Refused::NotFound)?;
    Ok(collaborators::available(&partner, role)?)
}

/// The space, when the collaborator can be assigned to it in the role now.
async fn fit(
    write: &mut Write,
    reach: &Reach,
    collaborator: &Collaborator,
    role: CollaboratorRole,
    tenant: TenantId,
) -> Result<Tenant, Refused> {
    let tenant = write.tenant(reach, tenant).await?.filter(|tenant| tenant.partner == collaborator.partner);
    let tenant = tenant.ok_or_else(|| unknown("/tenant"))?;
    if tenant.kind != TenantKind::Client {
        return Err(Conflict::OWN_TENANT.into());
    }
    if tenant.state == TenantState::Closed {
        return Err(Conflict::TENANT_CLOSED.into());
    }
    if write.is_blocked(tenant.id, collaborator.id).await? {
        return Err(Conflict::BLOCKED_BY_CLIENT.into());
    }
    let now_ms = write.now_ms();
    for open in write.open_assignments(Some(collaborator.id), Some(tenant.id), Some(role)).await? {
        if open.clone().at(now_ms).is_open() {
            return Err(Conflict::ALREADY_ASSIGNED.into());
        }
        end_or_expire(write, open, AssignmentState::Expired).await?;
    }
    Ok(tenant)
}

/// Makes an assignment that fits.
async fn begin(
    write: &mut Write,
    collaborator: &Collaborator,
    tenant: &Tenant,
    new: &NewAssignment,
) -> Result<Assignment, Refused> {
    let now_ms = write.now_ms();
    let consent = match new.role {
        CollaboratorRole::Accountant => None,
        CollaboratorRole::TechnicalSupport => Some(consents::ask(write, collaborator, tenant, new).await?),
    };
    let waits = consent.is_some();
    let assignment = Assignment {
        id: write.id(),
        partner: collaborator.partner,
        collaborator: collaborator.id,
        name: collaborator.name.clone(),
        email: collaborator.email.clone(),
        tenant: tenant.id,
        tenant_name: tenant.name.clone(),
        role: new.role,
        state: if waits { AssignmentState::PendingConsent } else { AssignmentState::Active },
        consent,
        created_ms: now_ms,
        since_ms: (!waits).then_some(now_ms),
        until_ms: waits.then_some(now_ms + REQUEST_MS),
        ended_ms: None,
    };
    write.add(&assignment).await?;
    let detail = json!({ "collaborator": collaborator.id, "role": new.role, "state": assignment.state });
    write.audit("assignment.created", &assignment.id, whose(&assignment), detail);
    if !waits {
        notify_of_accountant(write, collaborator, tenant).await?;
    }
    Ok(assignment)
}

/// The client hears of it at once, and how to end it.
async fn notify_of_accountant(
    write: &mut Write,
    collaborator: &Collaborator,
    tenant: &Tenant,
) -> Result<(), StoreError> {
    let firm = write.brand_name(collaborator.partner).await?;
    let values = json!({ "company": tenant.name, "collaborator": collaborator.name, "firm": firm, "path": "/access" });
    let notice = Notice { kind: MailKind::AccountantAssigned, brand: Some(collaborator.partner), values };
    mail::to_administrators(write, tenant.id, notice).await
}

async fn of_client(write: &mut Write, reach: &Reach, id: AssignmentId) -> Result<Assignment, Refused> {
    let assignment = write.assignment(reach, id).await?.ok_or(Refused::NotFound)?;
    match reach.principal() {
        Principal::Tenant(_) => Ok(assignment),
        _ => Err(Forbidden::CLIENT_DECIDES.into()),
    }
}
