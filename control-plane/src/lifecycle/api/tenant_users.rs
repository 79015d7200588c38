//! `/v1/tenants/{id}/users` and `/v1/tenant-users`: the people of tenants, and their handover.

use axum::Json;
use axum::http::StatusCode;
use marque_config::TenantId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::database::refused::Refused;
use crate::kernel::email::Email;
use crate::kernel::ids::{MemberId, TenantUserId};
use crate::kernel::language::Language;
use crate::kernel::person::{TenantRole, TenantUser};
use crate::kernel::scope::Scope;
use crate::tenants::api::Tenant;
use crate::tenants::operations::tenant_users::{NewTenantUser, TenantUserChange};
use crate::web::body::{Nothing, PathId, Query};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::Problem;
use crate::web::resource::{Update, Updated};
use crate::web::version::{IfMatch, Versioned};

/// Who is to belong to a tenant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TenantUserToInvite {
    /// Their mail address.
    #[schema(value_type = String, format = "email")]
    email: Email,
    /// Their name.
    name: String,
    /// What they are to be.
    role: TenantRole,
    /// The language of the invitation; the request's when not given.
    #[serde(default)]
    language: Option<Language>,
}

/// What is to change of somebody's place in a tenant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TenantUserToChange {
    /// What they are from now on.
    #[serde(default)]
    role: Option<TenantRole>,
}

/// Who is to set a tenant up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetupAccess {
    /// One of the partner's members: `pmb_…`.
    #[schema(value_type = String)]
    member: MemberId,
}

/// Invites somebody to a tenant, by a link that is followed once, within seven days. A client's tenant is handed over
/// when its first administrator follows it; from then on its administrators say who belongs to it.
#[utoipa::path(post, path = "/v1/tenants/{id}/users", tag = "tenants", request_body = TenantUserToInvite,
    params(IdempotencyKey), responses((status = 201, body = TenantUser)))]
pub(crate) async fn invite(caller: Caller, PathId(id): PathId<TenantId>, post: Post<TenantUserToInvite>) -> Answer {
    let reach = caller.may(Scope::UsersWrite)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let TenantUserToInvite { email, name, role, language } = input;
    let new = NewTenantUser { email, name, role, language: language.unwrap_or(caller.language) };
    let place = crate::tenants::operations::tenant_users::invite_tenant_user(&mut doing.write, &reach, id, new).await?;
    doing.done(StatusCode::CREATED, &place).await
}

/// Lists the people of a tenant.
#[utoipa::path(get, path = "/v1/tenants/{id}/users", tag = "tenants", params(Pages),
    responses((status = 200, body = Items<TenantUser>)))]
pub(crate) async fn list(
    caller: Caller,
    PathId(id): PathId<TenantId>,
    Query(pages): Query<Pages>,
) -> Result<Json<Items<TenantUser>>, Problem> {
    let reach = caller.may(Scope::UsersRead)?;
    let page = pages.page()?;
    crate::tenants::operations::one(caller.store(), &reach, id).await?;
    let found = caller.store().tenant_users(id, &page).await?;
    Ok(pages.resources(found))
}

/// Shows somebody's place in a tenant.
#[utoipa::path(get, path = "/v1/tenant-users/{id}", tag = "tenants", responses((status = 200, body = TenantUser)))]
pub(crate) async fn one(caller: Caller, PathId(id): PathId<TenantUserId>) -> Result<Versioned<TenantUser>, Problem> {
    let reach = caller.may(Scope::UsersRead)?;
    let place = caller.store().tenant_user(&reach, id).await?;
    Ok(Versioned(place.ok_or_else(Problem::not_found)?))
}

/// Changes what somebody is in a tenant. After the handover its last active administrator stays one.
#[utoipa::path(patch, path = "/v1/tenant-users/{id}", tag = "tenants", request_body = TenantUserToChange,
    params(IfMatch), responses((status = 200, body = TenantUser)))]
pub(crate) async fn change(update: Update<TenantUserId, TenantUserToChange>) -> Updated<TenantUser> {
    let reach = update.caller.may(Scope::UsersWrite)?;
    let (input, mut write) = update.begin(&reach).await?;
    let current = write.tenant_user(&reach, update.id).await?.ok_or(Refused::NotFound)?;
    update.seen.check(&current)?;
    let place = crate::tenants::operations::tenant_users::change_tenant_user(
        &mut write,
        &reach,
        update.id,
        TenantUserChange { role: input.role },
    )
    .await?;
    write.commit().await?;
    Ok(Versioned(place))
}

/// Removes somebody from a tenant, at once. After the handover its last active administrator stays.
#[utoipa::path(delete, path = "/v1/tenant-users/{id}", tag = "tenants", params(IfMatch), responses((status = 204)))]
pub(crate) async fn remove(
    caller: Caller,
    PathId(id): PathId<TenantUserId>,
    seen: IfMatch,
) -> Result<StatusCode, Problem> {
    let reach = caller.may(Scope::UsersWrite)?;
    let mut write = caller.begin(&reach).await?;
    let current = write.tenant_user(&reach, id).await?.ok_or(Refused::NotFound)?;
    seen.check(&current)?;
    crate::tenants::operations::tenant_users::remove_tenant_user(&mut write, &reach, id).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Links one of the partner's members to a client's tenant, as manager, until it is handed over; 30 days at most.
#[utoipa::path(post, path = "/v1/tenants/{id}/setup-access", tag = "tenants", request_body = SetupAccess,
    params(IdempotencyKey), responses((status = 201, body = TenantUser)))]
pub(crate) async fn give_setup_access(caller: Caller, PathId(id): PathId<TenantId>, post: Post<SetupAccess>) -> Answer {
    let reach = caller.may(Scope::UsersWrite)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let place =
        crate::lifecycle::operations::handover::give_setup_access(&mut doing.write, &reach, id, input.member).await?;
    doing.done(StatusCode::CREATED, &place).await
}

/// Hands a client's tenant over, which its first administrator does anyway by following the invitation. Every setup
/// access ends.
#[utoipa::path(post, path = "/v1/tenants/{id}/handover", tag = "tenants", request_body = Nothing,
    params(IdempotencyKey), responses((status = 200, body = Tenant)))]
pub(crate) async fn hand_over(caller: Caller, PathId(id): PathId<TenantId>, post: Post<Nothing>) -> Answer {
    let reach = caller.may(Scope::TenantsWrite)?;
    let (_, mut doing) = post.begin(&caller.api, &reach).await?;
    let tenant = crate::lifecycle::operations::handover::hand_over(&mut doing.write, &reach, id).await?;
    doing.done(StatusCode::OK, &Tenant::from(tenant)).await
}
