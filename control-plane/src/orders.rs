//! Orders and trials.

pub(crate) mod api;
pub mod model;
pub mod operations;
pub mod store;
