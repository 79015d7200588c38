//! Partners, tenants and invitations, in the API.

pub(crate) mod invitations;
pub(crate) mod partners;
pub(crate) mod tenant_users;
pub(crate) mod tenants;
