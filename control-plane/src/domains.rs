//! Domains, their hostnames and certificates.

pub mod acme;
pub(crate) mod api;
pub mod dns;
pub mod model;
pub mod operations;
pub mod store;
pub(crate) mod tasks;
