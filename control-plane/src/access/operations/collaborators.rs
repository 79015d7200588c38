//! A partner's collaborators: members with roles. Which role a partner's people may have depends on what the partner
//! is; who loses a role, or the membership, loses every assignment that rested on it in the same instant.

use std::collections::BTreeSet;

use marque_config::PartnerId;
use serde_json::json;

use super::assignments;
use crate::access::model::{AssignmentState, Collaborator, CollaboratorRole};
use crate::database::refused::Refused;
use crate::database::{Store, Whose, Write};
use crate::kernel::email::Email;
use crate::kernel::fault::{Conflict, FieldFault, unknown};
use crate::kernel::ids::MemberId;
use crate::kernel::language::{Language, Sentence};
use crate::kernel::person::PlaceState;
use crate::kernel::principal::Reach;
use crate::kernel::right::Right;
use crate::partners::model::Partner;
use crate::partners::operations::members::NewMember;

/// Who is to become a collaborator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCollaborator {
    /// The partner.
    pub partner: PartnerId,
    /// Their address.
    pub email: Email,
    /// Their name, for who isn't a member yet.
    pub name: String,
    /// The language of the invitation.
    pub language: Language,
    /// What they may be assigned as.
    pub roles: BTreeSet<CollaboratorRole>,
}

impl Conflict {
    /// The partner's people can't have this role.
    pub const ROLE_NOT_AVAILABLE: Self = Self::new(
        "role-not-available",
        "Accountants are of accounting firms, technical support of partners with level-1 support.",
        "Les comptables relèvent des cabinets comptables, le support technique des partenaires qui assurent le niveau 1.",
    );
    /// The collaborator has the role.
    pub const ROLE_HELD: Self =
        Self::new("role-held", "The collaborator has this role already.", "Le collaborateur a déjà ce rôle.");
}

/// Adds a collaborator: a member who is there gets the roles, somebody new is invited too.
///
/// # Errors
/// [`Refused`].
pub async fn add(write: &mut Write, reach: &Reach, new: NewCollaborator) -> Result<Collaborator, Refused> {
    let partner = write.partner(reach, new.partner).await?.ok_or_else(|| unknown("/partner"))?;
    if new.roles.is_empty() {
        let said = Sentence::fixed("A collaborator has at least one role.", "Un collaborateur a au moins un rôle.");
        return Err(FieldFault::new("/roles", "missing-field", said).into());
    }
    for role in &new.roles {
        available(&partner, *role)?;
    }
    let user = write.user_by_email(&new.email).await?;
    let member = match user {
        Some(user) => write.member_of(partner.id, user.id).await?,
        None => None,
    };
    let member = match member.filter(|member| member.state != PlaceState::Removed) {
        Some(member) => member.id,
        None => invite(write, reach, &new).await?,
    };
    let held = write.collaborator(reach, member).await?.map(|collaborator| collaborator.roles).unwrap_or_default();
    if held.is_superset(&new.roles) {
        return Err(Conflict::ROLE_HELD.into());
    }
    for role in new.roles.difference(&held) {
        give(write, partner.id, member, *role).await?;
    }
    write.collaborator(reach, member).await?.ok_or(Refused::NotFound)
}

/// Gives a collaborator a role; one that they have changes nothing.
///
/// # Errors
/// [`Refused`].
pub async fn grant(
    write: &mut Write,
    reach: &Reach,
    id: MemberId,
    role: CollaboratorRole,
) -> Result<Collaborator, Refused> {
    let collaborator = current(write, reach, id).await?;
    if collaborator.roles.contains(&role) {
        return Ok(collaborator);
    }
    let partner = write.partner(reach, collaborator.partner).await?.ok_or(Refused::NotFound)?;
    available(&partner, role)?;
    give(write, partner.id, id, role).await?;
    current(write, reach, id).await
}

/// Takes a role from a collaborator, and every assignment in it. Who loses the last one is a collaborator no longer.
///
/// # Errors
/// [`Refused`].
pub async fn revoke(
    write: &mut Write,
    reach: &Reach,
    id: MemberId,
    role: CollaboratorRole,
) -> Result<Collaborator, Refused> {
    let mut collaborator = current(write, reach, id).await?;
    if !collaborator.roles.remove(&role) {
        return Err(Refused::NotFound);
    }
    take(write, &collaborator, Some(role)).await?;
    Ok(collaborator)
}

/// Takes every role from a collaborator; who has no right in the partner beside is a member no longer.
///
/// # Errors
/// [`Refused`].
pub async fn remove(write: &mut Write, reach: &Reach, id: MemberId) -> Result<(), Refused> {
    let collaborator = current(write, reach, id).await?;
    take(write, &collaborator, None).await?;
    let member = write.member(reach, id).await?.ok_or(Refused::NotFound)?;
    let rights: &BTreeSet<Right> = &member.rights;
    if rights.is_empty() {
        crate::access::operations::members::remove_member(write, reach, id).await?;
    }
    Ok(())
}

/// Ends what a member had as a collaborator: part of removing the membership.
///
/// # Errors
/// [`Refused`].
pub async fn end(write: &mut Write, reach: &Reach, id: MemberId) -> Result<(), Refused> {
    match write.collaborator(reach, id).await? {
        Some(collaborator) => take(write, &collaborator, None).await,
        None => Ok(()),
    }
}

/// Ends the roles that a partner's people had and can't have any more, since the partner became something else, and
/// what rested on them (S2.22, S2.24).
///
/// # Errors
/// [`Refused`].
pub(crate) async fn end_lost(write: &mut Write, before: &Partner, after: &Partner) -> Result<(), Refused> {
    for role in CollaboratorRole::ALL {
        if available(before, role).is_err() || available(after, role).is_ok() {
            continue;
        }
        for collaborator in write.collaborators_with(after.id, role).await? {
            take(write, &collaborator, Some(role)).await?;
        }
    }
    Ok(())
}

/// One collaborator, behind the gate.
///
/// # Errors
/// [`Refused`].
pub async fn current(write: &mut Write, reach: &Reach, id: MemberId) -> Result<Collaborator, Refused> {
    write.collaborator(reach, id).await?.ok_or(Refused::NotFound)
}

/// One collaborator.
///
/// # Errors
/// [`Refused`].
pub async fn one(store: &Store, reach: &Reach, id: MemberId) -> Result<Collaborator, Refused> {
    store.collaborator(reach, id).await?.ok_or(Refused::NotFound)
}

/// Refuses a role that the partner's people can't have.
pub(crate) fn available(partner: &Partner, role: CollaboratorRole) -> Result<(), Conflict> {
    if role.is_for(partner.kind, partner.support_level1) { Ok(()) } else { Err(Conflict::ROLE_NOT_AVAILABLE) }
}

async fn invite(write: &mut Write, reach: &Reach, new: &NewCollaborator) -> Result<MemberId, Refused> {
    let member =
        NewMember { email: new.email.clone(), name: new.name.clone(), rights: BTreeSet::new(), language: new.language };
    Ok(crate::partners::operations::members::invite_member(write, reach, new.partner, member).await?.id)
}

async fn give(write: &mut Write, partner: PartnerId, id: MemberId, role: CollaboratorRole) -> Result<(), Refused> {
    write.grant_role(id, role).await?;
    write.audit("collaborator.role_granted", &id, Whose::partner(partner), json!({ "role": role }));
    Ok(())
}

async fn take(write: &mut Write, collaborator: &Collaborator, role: Option<CollaboratorRole>) -> Result<(), Refused> {
    assignments::end_all(write, collaborator.id, role, AssignmentState::Revoked).await?;
    write.revoke_roles(collaborator.id, role).await?;
    let action = if role.is_some() { "collaborator.role_revoked" } else { "collaborator.removed" };
    write.audit(action, &collaborator.id, Whose::partner(collaborator.partner), json!({ "role": role }));
    Ok(())
}
