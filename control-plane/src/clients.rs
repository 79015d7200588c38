//! Clients: the companies that partners sell to, their tax identities, and where they are.

pub(crate) mod api;
pub mod model;
pub mod operations;
pub mod store;
