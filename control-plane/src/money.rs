//! The ledger, wallets and payments.

pub(crate) mod api;
pub mod model;
pub mod operations;
pub mod store;
pub(crate) mod tasks;
