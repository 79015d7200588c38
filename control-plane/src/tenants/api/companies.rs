//! `/v1/partners/me/companies`: « Mes entreprises », the tenants that the calling person belongs to.

use axum::Json;
use marque_config::tenant::TenantState;
use marque_config::{PartnerId, TenantId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::person::TenantRole;
use crate::kernel::principal::Principal;
use crate::kernel::session;
use crate::kernel::tenant::TenantKind;
use crate::web::body::Query;
use crate::web::caller::Person;
use crate::web::page::{Items, Pages};
use crate::web::problem::Problem;
use crate::web::time::written;

/// One of the person's companies.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Company {
    /// The tenant: `ten_…`.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// Whose client it is.
    #[schema(value_type = String)]
    partner: PartnerId,
    /// Its name.
    name: String,
    /// What it is for.
    kind: TenantKind,
    /// `provisioning`, `active` or `suspended`.
    #[schema(value_type = String)]
    state: TenantState,
    /// What the person is there.
    role: TenantRole,
    /// When that ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    until: Option<String>,
    /// Where its dashboard is; null until it is served at a name.
    #[schema(format = "uri")]
    dashboard: Option<String>,
    /// What a session acts for to be inside of it: `tenant:ten_…`, for `/v1/session/act-for`.
    #[schema(value_type = String)]
    principal: Principal,
}

/// Lists the companies that the calling person belongs to, a card each, whatever the session acts for.
#[utoipa::path(get, path = "/v1/partners/me/companies", tag = "me", params(Pages),
    responses((status = 200, body = Items<Company>)))]
pub(crate) async fn list(person: Person, Query(pages): Query<Pages>) -> Result<Json<Items<Company>>, Problem> {
    let found = person.store().companies(person.session.user, &pages.page()?).await?;
    Ok(Json(pages.items(found, |company| company.tenant.to_string(), Company::from)))
}

impl From<session::Company> for Company {
    fn from(company: session::Company) -> Self {
        Self {
            tenant: company.tenant,
            partner: company.partner,
            name: company.name,
            kind: company.kind,
            state: company.state,
            role: company.role,
            until: company.until_ms.map(written),
            dashboard: company.host.map(|host| format!("https://{host}/")),
            principal: Principal::Tenant(company.tenant),
        }
    }
}
