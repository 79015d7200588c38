//! `/v1/tenants`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use marque_config::tenant::TenantState;
use marque_config::{Account, ApplicationId, PartnerId, TenantId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::body::{Asked, At};
use super::caller::Caller;
use super::once::{Instead, Post};
use super::page::{Items, Pages};
use super::problem::{Problem, ProblemDocument};
use super::time::written;
use super::version::Shown;
use crate::model;
use crate::model::ids::ClientId;
use crate::model::principal::Reach;
use crate::model::scope::Scope;
use crate::model::tenant::{Change, SuspendedBy, TenantKind};
use crate::operations::tenants::{self, NewTenant};
use crate::operations::text;

/// One client's space.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Tenant {
    /// Its identity: `ten_…`.
    #[schema(value_type = String)]
    id: TenantId,
    /// Whose client it is.
    #[schema(value_type = String)]
    partner: PartnerId,
    /// The application that serves it.
    #[schema(value_type = String)]
    application: ApplicationId,
    /// The client's name.
    name: String,
    /// What it is for.
    kind: TenantKind,
    /// The plan that a partner's own space is recognised by: `BUSINESS-FREE-PARTNER` or `SANDBOX`.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan_code: Option<&'static str>,
    /// Whose it is: `cli_…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    client: Option<ClientId>,
    /// What the application calls its account; null until it is bound.
    #[schema(value_type = Option<String>)]
    account: Option<Account>,
    /// `provisioning`, `active`, `suspended` or `closed`.
    #[schema(value_type = String)]
    state: TenantState,
    /// Why it is suspended, as who did it said.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Whose suspension holds: `operator` or `partner`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    suspended_by: Option<SuspendedBy>,
    /// When the client's own administrator took it over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    handed_over_at: Option<String>,
    /// When it was added.
    #[schema(format = DateTime)]
    created_at: String,
}

/// A tenant to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TenantToAdd {
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
pub(super) enum KindToAdd {
    /// A client.
    Client,
    /// A trial of white label, without charge.
    Test,
}

/// The account that a tenant is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Binding {
    /// What the application calls it.
    #[schema(value_type = String)]
    account: Account,
}

/// Why a tenant is suspended.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Suspension {
    /// In a few words; never shown to visitors.
    #[serde(default)]
    pub(super) reason: Option<String>,
}

/// Nothing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// Adds a tenant.
#[utoipa::path(post, path = "/v1/tenants", tag = "tenants", request_body = TenantToAdd,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Tenant), (status = "default", body = ProblemDocument)))]
pub(super) async fn create(
    State(api): State<Api>,
    caller: Caller,
    post: Post<TenantToAdd>,
) -> Result<Response, Instead> {
    let reach = caller.may(Scope::TenantsWrite)?;
    let (input, mut doing) = post.begin(&api, &reach).await?;
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
    responses((status = 200, body = Items<Tenant>), (status = "default", body = ProblemDocument)))]
pub(super) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Asked(pages): Asked<Pages>,
) -> Result<Json<Items<Tenant>>, Problem> {
    let reach = caller.may(Scope::TenantsRead)?;
    let found = api.inner.store.tenants(&reach, &pages.page()?).await?;
    Ok(Json(pages.items(found, |tenant| tenant.id.to_string(), Tenant::from)))
}

/// Shows a tenant.
#[utoipa::path(get, path = "/v1/tenants/{id}", tag = "tenants", params(("id" = String, Path)),
    responses((status = 200, body = Tenant), (status = "default", body = ProblemDocument)))]
pub(super) async fn one(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<TenantId>,
) -> Result<Shown<Tenant>, Problem> {
    let reach = caller.may(Scope::TenantsRead)?;
    Ok(Shown(tenants::one(&api.inner.store, &reach, id).await?.into()))
}

/// Says which account of the application the tenant is: for operators and the application, never for a partner.
#[utoipa::path(post, path = "/v1/tenants/{id}/bind", tag = "tenants", request_body = Binding,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Tenant), (status = "default", body = ProblemDocument)))]
pub(super) async fn bind(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<TenantId>,
    post: Post<Binding>,
) -> Result<Response, Instead> {
    change(&api, &caller, (Scope::TenantsBind, id), post, |_, input| Ok(Change::Bind(input.account))).await
}

/// Stops serving a tenant, everywhere and at once.
#[utoipa::path(post, path = "/v1/tenants/{id}/suspend", tag = "tenants", request_body = Suspension,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Tenant), (status = "default", body = ProblemDocument)))]
pub(super) async fn suspend(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<TenantId>,
    post: Post<Suspension>,
) -> Result<Response, Instead> {
    let suspension = |reach: &Reach, input: Suspension| {
        let reason = input.reason.map(|reason| text("/reason", &reason, 500)).transpose()?;
        Ok(Change::Suspend(tenants::by(reach), reason))
    };
    change(&api, &caller, (Scope::TenantsWrite, id), post, suspension).await
}

/// Serves a suspended tenant again. What an operator suspended, only an operator resumes.
#[utoipa::path(post, path = "/v1/tenants/{id}/resume", tag = "tenants", request_body = Nothing,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Tenant), (status = "default", body = ProblemDocument)))]
pub(super) async fn resume(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<TenantId>,
    post: Post<Nothing>,
) -> Result<Response, Instead> {
    change(&api, &caller, (Scope::TenantsWrite, id), post, |reach, _| Ok(Change::Resume(tenants::by(reach)))).await
}

/// Gives a tenant up for good, with its domains.
#[utoipa::path(post, path = "/v1/tenants/{id}/close", tag = "tenants", request_body = Nothing,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Tenant), (status = "default", body = ProblemDocument)))]
pub(super) async fn close(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<TenantId>,
    post: Post<Nothing>,
) -> Result<Response, Instead> {
    change(&api, &caller, (Scope::TenantsWrite, id), post, |_, _| Ok(Change::Close)).await
}

async fn change<T: DeserializeOwned>(
    api: &Api,
    caller: &Caller,
    (scope, id): (Scope, TenantId),
    post: Post<T>,
    asked: impl FnOnce(&Reach, T) -> Result<Change, Problem>,
) -> Result<Response, Instead> {
    let reach = caller.may(scope)?;
    let (input, mut doing) = post.begin(api, &reach).await?;
    let tenant = tenants::change(&mut doing.write, &reach, id, asked(&reach, input)?).await?;
    doing.done(StatusCode::OK, &Tenant::from(tenant)).await
}

impl From<model::tenant::Tenant> for Tenant {
    fn from(tenant: model::tenant::Tenant) -> Self {
        Self {
            id: tenant.id,
            partner: tenant.partner,
            application: tenant.application,
            name: tenant.name,
            kind: tenant.kind,
            plan_code: tenant.kind.plan_code(),
            client: tenant.client,
            account: tenant.account,
            state: tenant.state,
            reason: tenant.reason,
            suspended_by: tenant.suspended_by,
            handed_over_at: tenant.handed_over_ms.map(written),
            created_at: written(tenant.created_ms),
        }
    }
}
