//! Setup access, and its end: the partner's people set a client's tenant up until the client's own administrator takes
//! it over, for thirty days at most. Managing a tenant is not seeing what is in it.

use marque_config::TenantId;
use marque_config::feed::Record;
use serde_json::json;

use crate::database::refused::Refused;
use crate::database::{Whose, Write};
use crate::domains::operations::white_label;
use crate::kernel::fault::{Conflict, Forbidden, unknown};
use crate::kernel::ids::MemberId;
use crate::kernel::person::{PlaceState, Side, TenantRole, TenantUser};
use crate::kernel::principal::Reach;
use crate::kernel::tenant::TenantKind;
use crate::kernel::time::Time;
use crate::notify::model::mail::MailKind;
use crate::notify::operations::mail::{self, Notice};
use crate::tenants::model::Tenant;

/// The longest that a setup access lasts.
const SETUP_MS: i64 = 30 * 86_400_000;

impl Conflict {
    /// The tenant belongs to the partner: its members are in it anyway.
    pub const OWN_TENANT: Self = Self::new(
        "own-tenant",
        "This tenant is the partner's own: its members are in it anyway.",
        "Cet espace est celui du partenaire : ses membres y sont déjà.",
    );
    /// The client has no administrator who could take the tenant over.
    pub const CLIENT_ADMIN_MISSING: Self = Self::new(
        "client-admin-missing",
        "The client has no active administrator yet: invite one.",
        "Le client n’a pas encore d’administrateur actif : invitez-en un.",
    );
}

/// Links one of the partner's members to a client's tenant, as manager, until it is handed over.
///
/// # Errors
/// [`Refused`].
pub async fn give_setup_access(
    write: &mut Write,
    reach: &Reach,
    tenant: TenantId,
    member: MemberId,
) -> Result<TenantUser, Refused> {
    let tenant = write.tenant(reach, tenant).await?.ok_or(Refused::NotFound)?;
    if tenant.kind != TenantKind::Client {
        return Err(Conflict::OWN_TENANT.into());
    }
    if tenant.handed_over_ms.is_some() {
        return Err(Forbidden::HANDED_OVER.into());
    }
    let member = write.member(reach, member).await?;
    let member = member.filter(|member| member.partner == tenant.partner && member.state == PlaceState::Active);
    let member = member.ok_or_else(|| unknown("/member"))?;
    let before = write.tenant_user_of(tenant.id, member.user).await?;
    if before.as_ref().is_some_and(|place| place.state != PlaceState::Removed && place.side == Side::Client) {
        return Err(Conflict::TENANT_USER_EXISTS.into());
    }
    let place = TenantUser {
        id: before.as_ref().map_or_else(|| write.id(), |place| place.id),
        tenant: tenant.id,
        user: member.user,
        email: member.email,
        name: member.name,
        role: TenantRole::Manager,
        side: Side::Setup,
        state: PlaceState::Active,
        until_ms: Some(write.now_ms() + SETUP_MS),
        created_ms: write.now_ms(),
    };
    match before {
        Some(_) => write.update_tenant_user(&place).await?,
        None => write.add_tenant_user(&place).await?,
    }
    let detail = json!({ "user": place.user, "until": place.until_ms.map(Time::from_ms) });
    write.audit("setup_access.given", &place.id, Whose::tenant(tenant.partner, tenant.id), detail);
    Ok(place)
}

/// Hands a client's tenant over: every setup access ends. It is done by itself when the client's first administrator
/// follows the invitation; again it changes nothing.
///
/// # Errors
/// [`Refused`].
pub async fn hand_over(write: &mut Write, reach: &Reach, tenant: TenantId) -> Result<Tenant, Refused> {
    let mut tenant = write.tenant(reach, tenant).await?.ok_or(Refused::NotFound)?;
    if tenant.kind != TenantKind::Client {
        return Err(Conflict::OWN_TENANT.into());
    }
    if tenant.handed_over_ms.is_some() {
        return Ok(tenant);
    }
    if !write.has_client_administrator(tenant.id, None).await? {
        return Err(Conflict::CLIENT_ADMIN_MISSING.into());
    }
    tenant.handed_over_ms = Some(write.now_ms());
    write.update(&tenant).await?;
    write.end_setup(tenant.id).await?;
    let whose = Whose::tenant(tenant.partner, tenant.id);
    write.audit("tenant.handed_over", &tenant.id, whose, json!({ "at": tenant.handed_over_ms.map(Time::from_ms) }));
    // From now on a licence is required.
    write.feed(Record::Tenant(tenant.at_the_edge()));
    notify(write, &tenant).await?;
    Ok(tenant)
}

/// Notifies the client's administrator that the tenant is theirs, and where it is.
async fn notify(write: &mut Write, tenant: &Tenant) -> Result<(), Refused> {
    let mut values = json!({ "company": tenant.name });
    if let Some(host) = white_label::address_of(write, tenant.id).await? {
        values["address"] = format!("https://{host}/").into();
    }
    let notice = Notice { kind: MailKind::Handover, brand: Some(tenant.partner), values };
    Ok(mail::to_administrators(write, tenant.id, notice).await?)
}

/// The client's administrator has come: a client's tenant is theirs from now on.
pub(crate) async fn on_arrival(write: &mut Write, tenant: TenantId) -> Result<(), Refused> {
    let all = Reach::system("invitations");
    let found = write.tenant(&all, tenant).await?;
    if found.is_some_and(|found| found.kind == TenantKind::Client && found.handed_over_ms.is_none()) {
        hand_over(write, &all, tenant).await?;
    }
    Ok(())
}
