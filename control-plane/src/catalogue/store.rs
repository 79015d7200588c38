//! The catalogue, as rows.

pub mod components;
pub mod plans;
pub mod price_lists;
pub mod price_versions;
pub mod products;
pub mod promos;
pub mod retail;
