//! The ledger, wallets and payments, in the API.

pub(crate) mod adjustments;
pub(crate) mod payments;
pub(crate) mod transactions;
pub(crate) mod wallets;
