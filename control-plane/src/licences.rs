//! Licences, subscriptions and activations.

pub(crate) mod api;
pub mod model;
pub mod operations;
pub mod store;
pub(crate) mod tasks;
