//! Partners, their members, regions and account managers.

pub(crate) mod api;
pub mod model;
pub mod operations;
pub mod store;
