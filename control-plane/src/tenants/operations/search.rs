//! Tenants, as they are found.

use crate::database::{Indexed, Whose, Write};
use crate::kernel::search::SearchKind;
use crate::tenants::model::Tenant;

/// Makes a new tenant found by its name.
pub fn added(write: &mut Write, tenant: &Tenant) {
    let whose = Whose::tenant(tenant.partner, tenant.id);
    let (object, texts) = (tenant.id.to_string(), [tenant.name.as_str()]);
    let tenant = Indexed { kind: SearchKind::Tenant, object: &object, whose, label: &tenant.name, texts: &texts };
    write.index_new(&tenant);
}
