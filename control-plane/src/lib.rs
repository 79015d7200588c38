//! The source of truth: partners, tenants, domains, certificates, and the feed that tells the edge about them.

pub mod acme;
pub mod dns;
pub mod model;
pub mod operations;
pub mod parts;
pub mod store;
pub mod tasks;
