//! Partners, tenants and invitations, in the API; and what the edge saw begin.

pub(crate) mod edge_events;
pub(crate) mod entries;
pub(crate) mod invitations;
pub(crate) mod partners;
pub(crate) mod tenant_users;
pub(crate) mod tenants;
