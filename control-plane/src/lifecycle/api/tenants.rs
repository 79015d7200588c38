//! `/v1/tenants`

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use marque_config::{Account, ApplicationId, PartnerId, TenantId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use crate::kernel::fault::text;
use crate::kernel::principal::Reach;
use crate::kernel::scope::Scope;
use crate::kernel::tenant::TenantKind;
use crate::lifecycle::operations::tenants::{self, NewTenant};
use crate::tenants::api::{Suspension, Tenant};
use crate::tenants::model::Change;
use crate::web::body::{Nothing, PathId, Query};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Outcome, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::Problem;
use crate::web::version::Versioned;

/// A tenant to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TenantToAdd {
    /// Whose client it is.
    #[schema(value_type = String)]
    partner: PartnerId,
    /// The application that serves it.
    #[schema(value_type = String)]
    application: ApplicationId,
    /// The client's name.
    name: String,
    /// `client`, or `test` for a trial of white label without charge; `client` when not given.
    #[serde(default)]
    kind: Option<KindToAdd>,
}

/// What a tenant that is added is for.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KindToAdd {
    /// A client.
    Client,
    /// A trial of white label, without charge.
    Test,
}

/// The account that a tenant is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Binding {
    /// What the application calls it.
    #[schema(value_type = String)]
    account: Account,
}

/// Adds a tenant.
#[utoipa::path(post, path = "/v1/tenants", tag = "tenants", request_body = TenantToAdd, params(IdempotencyKey),
    responses((status = 201, body = Tenant)))]
pub(crate) async fn create(caller: Caller, post: Post<TenantToAdd>) -> Answer {
    let reach = caller.may(Scope::TenantsWrite)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let new = NewTenant {
        partner: input.partner,
        application: input.application,
        name: input.name,
        kind: match input.kind {
            None | Some(KindToAdd::Client) => TenantKind::Client,
            Some(KindToAdd::Test) => TenantKind::Test,
        },
        client: None,
    };
    let tenant = tenants::create(&mut doing.write, &reach, new).await?;
    doing.done(StatusCode::CREATED, &Tenant::from(tenant)).await
}

/// Lists tenants.
#[utoipa::path(get, path = "/v1/tenants", tag = "tenants", params(Pages),
    responses((status = 200, body = Items<Tenant>)))]
pub(crate) async fn list(caller: Caller, Query(pages): Query<Pages>) -> Result<Json<Items<Tenant>>, Problem> {
    let reach = caller.may(Scope::TenantsRead)?;
    let found = caller.store().tenants(&reach, &pages.page()?).await?;
    Ok(Json(pages.items(found, |tenant| tenant.id.to_string(), Tenant::from)))
}

/// Shows a tenant.
#[utoipa::path(get, path = "/v1/tenants/{id}", tag = "tenants", responses((status = 200, body = Tenant)))]
pub(crate) async fn one(caller: Caller, PathId(id): PathId<TenantId>) -> Result<Versioned<Tenant>, Problem> {
    let reach = caller.may(Scope::TenantsRead)?;
    Ok(Versioned(crate::tenants::operations::one(caller.store(), &reach, id).await?.into()))
}

/// Says which account of the application the tenant is: for operators and the application, never for a partner.
#[utoipa::path(post, path = "/v1/tenants/{id}/bind", tag = "tenants", request_body = Binding, params(IdempotencyKey),
    responses((status = 200, body = Tenant)))]
pub(crate) async fn bind(caller: Caller, PathId(id): PathId<TenantId>, post: Post<Binding>) -> Answer {
    change(&caller, (Scope::TenantsBind, id), post, |_, input| Ok(Change::Bind(input.account))).await
}

/// Stops serving a tenant, everywhere and at once.
#[utoipa::path(post, path = "/v1/tenants/{id}/suspend", tag = "tenants", request_body = Suspension,
    params(IdempotencyKey), responses((status = 200, body = Tenant)))]
pub(crate) async fn suspend(caller: Caller, PathId(id): PathId<TenantId>, post: Post<Suspension>) -> Answer {
    let suspension = |reach: &Reach, input: Suspension| {
        let reason = input.reason.map(|reason| text("/reason", &reason, 500)).transpose()?;
        Ok(Change::Suspend(tenants::by(reach), reason))
    };
    change(&caller, (Scope::TenantsWrite, id), post, suspension).await
}

/// Serves a suspended tenant again. What an operator suspended, only an operator resumes.
#[utoipa::path(post, path = "/v1/tenants/{id}/resume", tag = "tenants", request_body = Nothing, params(IdempotencyKey),
    responses((status = 200, body = Tenant)))]
pub(crate) async fn resume(caller: Caller, PathId(id): PathId<TenantId>, post: Post<Nothing>) -> Answer {
    change(&caller, (Scope::TenantsWrite, id), post, |reach, _| Ok(Change::Resume(tenants::by(reach)))).await
}

/// Gives a tenant up for good, with its domains.
#[utoipa::path(post, path = "/v1/tenants/{id}/close", tag = "tenants", request_body = Nothing, params(IdempotencyKey),
    responses((status = 200, body = Tenant)))]
pub(crate) async fn close(caller: Caller, PathId(id): PathId<TenantId>, post: Post<Nothing>) -> Answer {
    change(&caller, (Scope::TenantsWrite, id), post, |_, _| Ok(Change::Close)).await
}

async fn change<T: DeserializeOwned>(
    caller: &Caller,
    (scope, id): (Scope, TenantId),
    post: Post<T>,
    asked: impl FnOnce(&Reach, T) -> Result<Change, Problem>,
) -> Result<Response, Outcome> {
    let reach = caller.may(scope)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let tenant = tenants::change(&mut doing.write, &reach, id, asked(&reach, input)?).await?;
    doing.done(StatusCode::OK, &Tenant::from(tenant)).await
}
