//! What a white label needs before it is live: an address that works, an owner, and somebody at the client's who
//! decides there.

use crate::database::Write;
use crate::database::refused::Refused;
use crate::domains::model::white_label::WhiteLabel;
use crate::domains::store::hostnames::{ClaimedName, DnsState, Role};
use crate::kernel::person::PlaceState;
use crate::kernel::tenant::TenantKind;
use crate::tenants::model::Tenant;
use marque_config::tenant::AddressKind;
use marque_config::{Hostname, TenantId};

/// What is missing, as codes; nothing when it can be live.
///
/// # Errors
/// [`Refused`].
pub async fn missing(write: &mut Write, tenant: &Tenant, label: &WhiteLabel) -> Result<Vec<&'static str>, Refused> {
    let mut missing = Vec::new();
    missing.extend(address(write, label).await?);
    missing.extend(owner(write, tenant, label).await?);
    // A trial has no client: whoever tries it owns it.
    if tenant.kind == TenantKind::Client
        && !crate::tenants::operations::tenant_users::tenant_has_active_admin(write, tenant.id).await?
    {
        missing.push("client_admin_missing");
    }
    Ok(missing)
}

async fn address(write: &mut Write, label: &WhiteLabel) -> Result<Option<&'static str>, Refused> {
    let Some(primary) = label.primary else { return Ok(Some("address_missing")) };
    let now_ms = write.now_ms();
    let names = write.names_of(primary).await?;
    let main = names.iter().find(|name| name.role == Role::Main);
    Ok(if main.is_some_and(|name| is_active(name, now_ms)) { None } else { Some("address_not_active") })
}

/// The name by which a tenant's people come: the primary one of its white label, else the first that works.
///
/// # Errors
/// [`Refused`].
pub async fn address_of(write: &mut Write, tenant: TenantId) -> Result<Option<Hostname>, Refused> {
    let primary = write.white_label(tenant).await?.primary;
    let mut domains = write.domains_of(tenant).await?;
    domains.sort_by_key(|domain| Some(domain.id) != primary);
    let now_ms = write.now_ms();
    for domain in domains {
        let names = write.names_of(domain.id).await?;
        let main = names.into_iter().find(|name| name.role == Role::Main && is_active(name, now_ms));
        if let Some(main) = main {
            return Ok(Some(main.host));
        }
    }
    Ok(None)
}

/// A platform name is ours, and works from the moment that it is taken; a name that was brought works once it leads
/// here and has a certificate.
fn is_active(name: &ClaimedName, now_ms: i64) -> bool {
    match name.kind {
        AddressKind::Platform => true,
        AddressKind::Custom => name.dns.state == DnsState::Verified && name.certificate.is_valid(now_ms),
    }
}

async fn owner(write: &mut Write, tenant: &Tenant, label: &WhiteLabel) -> Result<Option<&'static str>, Refused> {
    let Some(owner) = label.owner else { return Ok(Some("owner_missing")) };
    let member = write.member_of(tenant.partner, owner).await?.map(|member| member.state);
    let user = write.tenant_user_of(tenant.id, owner).await?.map(|user| user.state);
    let active = member.into_iter().chain(user).any(|state| state == PlaceState::Active);
    Ok(if active { None } else { Some("owner_not_active") })
}
