//! Tenants, as they are found.

use crate::database::{Indexed, StoreError, Whose, Write};
use crate::kernel::search::SearchKind;
use crate::tenants::model::Tenant;

/// Makes a tenant found by its name.
///
/// # Errors
/// When the database is away.
pub async fn tenant(write: &mut Write, tenant: &Tenant) -> Result<(), StoreError> {
    let whose = Whose::tenant(tenant.partner, tenant.id);
    let (object, texts) = (tenant.id.to_string(), [tenant.name.as_str()]);
    write.index(&Indexed { kind: SearchKind::Tenant, object: &object, whose, label: &tenant.name, texts: &texts }).await
}
