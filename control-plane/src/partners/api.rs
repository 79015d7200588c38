//! Partners, in the API.

pub(crate) mod regions;
pub(crate) mod shape;
