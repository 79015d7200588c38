//! Tenants, in the API.

pub(crate) mod companies;

use marque_config::tenant::TenantState;
use marque_config::{Account, ApplicationId, PartnerId, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::ids::ClientId;
use crate::kernel::tenant::TenantKind;
use crate::tenants::model::SuspendedBy;
use crate::web::time::written;

/// One client's space.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tenant {
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

impl From<crate::tenants::model::Tenant> for Tenant {
    fn from(tenant: crate::tenants::model::Tenant) -> Self {
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

/// Why a tenant is suspended.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Suspension {
    /// In a few words; never shown to visitors.
    #[serde(default)]
    pub(crate) reason: Option<String>,
}
