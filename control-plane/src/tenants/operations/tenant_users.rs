//! The people of a tenant. From its handover on the client has at least one active administrator, and the partner no
//! longer says who belongs to it.

use marque_config::TenantId;
use marque_config::tenant::TenantState;
use serde_json::json;

use crate::database::refused::Refused;
use crate::database::{StoreError, Whose, Write};
use crate::identity::model::invitation::Place;
use crate::identity::operations::invitations::Invited;
use crate::identity::operations::people::ensure_user;
use crate::kernel::email::Email;
use crate::kernel::fault::{Conflict, Forbidden, text};
use crate::kernel::ids::TenantUserId;
use crate::kernel::language::Language;
use crate::kernel::person::{PlaceState, Side, TenantRole, TenantUser};
use crate::kernel::principal::{Principal, Reach};
use crate::kernel::tenant::TenantKind;
use crate::tenants::model::Tenant;

/// Who is to belong to a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTenantUser {
    /// Their address.
    pub email: Email,
    /// Their name, as who invites them says.
    pub name: String,
    /// What they are to be.
    pub role: TenantRole,
    /// The language of the invitation.
    pub language: Language,
}

/// What may change of somebody's place in a tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TenantUserChange {
    /// What they are from now on.
    pub role: Option<TenantRole>,
}

impl Conflict {
    /// The person belongs to the tenant, or is invited.
    pub const TENANT_USER_EXISTS: Self = Self::new(
        "tenant-user-exists",
        "This person belongs to the tenant already, or is invited.",
        "Cette personne fait déjà partie de l’espace ou y est invitée.",
    );
    /// The client would be left without an administrator.
    pub const LAST_ADMIN: Self = Self::new(
        "last-admin",
        "The client would be left without an active administrator: name another first.",
        "Le client n’aurait plus d’administrateur actif : nommez-en d’abord un autre.",
    );
}

impl Forbidden {
    /// The client says who belongs to the tenant.
    pub const HANDED_OVER: Self = Self::new(
        "handed-over",
        "The tenant was handed over: its own administrators say who belongs to it.",
        "L’espace a été remis au client : ses administrateurs décident de qui en fait partie.",
    );
}

/// Invites somebody to a tenant, by a link that is followed once. An administrator of a client's tenant who follows it
/// takes the tenant over.
///
/// # Errors
/// [`Refused`].
pub async fn invite_tenant_user(
    write: &mut Write,
    reach: &Reach,
    tenant: TenantId,
    new: NewTenantUser,
) -> Result<TenantUser, Refused> {
    let tenant = write.tenant(reach, tenant).await?.ok_or(Refused::NotFound)?;
    may_manage(reach, &tenant)?;
    let name = text("/name", &new.name, 200)?;
    let user = ensure_user(write, &new.email, &name, new.language).await?;
    let before = write.tenant_user_of(tenant.id, user).await?;
    // Whoever set the tenant up may become one of its own people: the first place ends with the invitation.
    let taken = |place: &TenantUser| place.state != PlaceState::Removed && place.side == Side::Client;
    if before.as_ref().is_some_and(taken) {
        return Err(Conflict::TENANT_USER_EXISTS.into());
    }
    let place = TenantUser {
        id: before.as_ref().map_or_else(|| write.id(), |place| place.id),
        tenant: tenant.id,
        user,
        email: new.email.clone(),
        name,
        role: new.role,
        side: Side::Client,
        state: PlaceState::Invited,
        until_ms: None,
        created_ms: before.as_ref().map_or(write.now_ms(), |place| place.created_ms),
    };
    match before {
        Some(_) => write.update_tenant_user(&place).await?,
        None => write.add_tenant_user(&place).await?,
    }
    let whose = Whose::tenant(tenant.partner, tenant.id);
    write.audit("tenant_user.invited", &place.id, whose, json!({ "user": user, "role": place.role }));
    let invited = Invited { user, email: new.email, name: place.name.clone(), language: new.language };
    crate::identity::operations::invitations::send(write, Place::Tenant(place.id), whose, invited, &tenant.name)
        .await?;
    Ok(place)
}

/// Changes what somebody is in a tenant.
///
/// # Errors
/// [`Refused`].
pub async fn change_tenant_user(
    write: &mut Write,
    reach: &Reach,
    id: TenantUserId,
    change: TenantUserChange,
) -> Result<TenantUser, Refused> {
    let (before, tenant) = current(write, reach, id).await?;
    let place = TenantUser { role: change.role.unwrap_or(before.role), ..before.clone() };
    if place == before {
        return Ok(place);
    }
    // A setup access is a manager's, whoever has it.
    if before.side == Side::Setup {
        return Err(Refused::NotFound);
    }
    if place.role != TenantRole::Administrator {
        must_not_be_last(write, &before, &tenant).await?;
    }
    write.update_tenant_user(&place).await?;
    let detail = json!({ "before": before.role, "after": place.role });
    write.audit("tenant_user.changed", &id, Whose::tenant(tenant.partner, tenant.id), detail);
    Ok(place)
}

/// Removes somebody from a tenant, at once.
///
/// # Errors
/// [`Refused`].
pub async fn remove_tenant_user(write: &mut Write, reach: &Reach, id: TenantUserId) -> Result<TenantUser, Refused> {
    let (before, tenant) = current(write, reach, id).await?;
    must_not_be_last(write, &before, &tenant).await?;
    let place = TenantUser { state: PlaceState::Removed, ..before };
    write.update_tenant_user(&place).await?;
    write.withdraw_invitations(Place::Tenant(id)).await?;
    let whose = Whose::tenant(tenant.partner, tenant.id);
    write.audit("tenant_user.removed", &id, whose, json!({ "user": place.user }));
    Ok(place)
}

/// Whether a tenant has an active administrator: one of the client's people, or, where the tenant is the partner's own,
/// a member who manages the partner's settings.
///
/// # Errors
/// When the database is away.
pub async fn tenant_has_active_admin(write: &mut Write, tenant: TenantId) -> Result<bool, StoreError> {
    Ok(write.has_client_administrator(tenant, None).await? || write.has_own_administrator(tenant).await?)
}

async fn current(write: &mut Write, reach: &Reach, id: TenantUserId) -> Result<(TenantUser, Tenant), Refused> {
    let place = write.tenant_user(reach, id).await?.filter(|place| place.state != PlaceState::Removed);
    let place = place.ok_or(Refused::NotFound)?;
    let tenant = write.tenant(reach, place.tenant).await?.ok_or(Refused::NotFound)?;
    may_manage(reach, &tenant)?;
    Ok((place, tenant))
}

/// Before the handover the partner says who belongs to a client's tenant, afterwards the client does.
pub(crate) fn may_manage(reach: &Reach, tenant: &Tenant) -> Result<(), Refused> {
    if tenant.state == TenantState::Closed {
        return Err(Conflict::TENANT_CLOSED.into());
    }
    let handed_over = tenant.kind == TenantKind::Client && tenant.handed_over_ms.is_some();
    match reach.principal() {
        Principal::Operator | Principal::Tenant(_) => Ok(()),
        Principal::Partner(_) if !handed_over => Ok(()),
        Principal::Partner(_) | Principal::Application(_) | Principal::Edge => Err(Forbidden::HANDED_OVER.into()),
    }
}

async fn must_not_be_last(write: &mut Write, place: &TenantUser, tenant: &Tenant) -> Result<(), Refused> {
    let counts = place.role == TenantRole::Administrator
        && place.side == Side::Client
        && place.state == PlaceState::Active
        && tenant.handed_over_ms.is_some();
    if counts && !write.has_client_administrator(tenant.id, Some(place.id)).await? {
        return Err(Conflict::LAST_ADMIN.into());
    }
    Ok(())
}
