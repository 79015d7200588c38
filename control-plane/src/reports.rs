//! Read models that look across areas: homes, dossiers, what ends soon, search, the audit trail.

pub(crate) mod api;
pub mod model;
pub mod operations;
pub mod store;
