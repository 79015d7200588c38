//! Rows within reach. What isn't within reach isn't there.

use super::statement::Statement;
use crate::kernel::principal::Reach;

/// The columns that say whose a row is, for what belongs to a tenant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owner {
    pub(crate) partner: &'static str,
    pub(crate) application: &'static str,
    pub(crate) tenant: &'static str,
}

impl Owner {
    /// Where the row itself has all three.
    pub(crate) const ROW: Self = Self { partner: "partner_id", application: "application_id", tenant: "tenant_id" };
}

impl Statement {
    /// Limits it to what belongs to a tenant within reach.
    pub(crate) fn within(self, owner: Owner, reach: &Reach) -> Self {
        let limits = reach.limits();
        self.narrowed_among(owner.tenant, limits.tenants.as_deref())
            .owned(owner.partner, limits.partner)
            .owned(owner.application, limits.application)
    }

    /// Limits it to what belongs to a partner within reach, and to none of its tenants. An application has none of it.
    pub(crate) fn within_partner(self, column: &'static str, reach: &Reach) -> Self {
        let limited = self.owned(column, reach.partner());
        if reach.application().is_some() { limited.nothing() } else { limited }
    }
}
