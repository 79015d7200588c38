//! Who has access to clients' spaces: collaborators, their roles and assignments, and clients' consents.

pub(crate) mod api;
pub mod model;
pub mod operations;
pub mod store;
pub(crate) mod tasks;
