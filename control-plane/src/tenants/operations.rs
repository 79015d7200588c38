//! What can be done about tenants' people.

pub mod search;
pub mod tenant_users;

use marque_config::TenantId;

use crate::database::Store;
use crate::database::refused::Refused;
use crate::kernel::principal::Reach;
use crate::tenants::model::Tenant;

/// One tenant.
///
/// # Errors
/// [`Refused`].
pub async fn one(store: &Store, reach: &Reach, id: TenantId) -> Result<Tenant, Refused> {
    store.tenant(reach, id).await?.ok_or(Refused::NotFound)
}
