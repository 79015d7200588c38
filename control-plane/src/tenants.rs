//! Tenants: clients' spaces, their people, their handover and white label.

pub(crate) mod api;
pub mod model;
pub mod operations;
pub mod store;
