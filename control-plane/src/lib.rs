//! The source of truth: partners, tenants, domains, certificates, and the feed that tells the edge about them.

pub mod model;
pub mod parts;
pub mod store;
