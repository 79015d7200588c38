//! The ledger, wallets and payments, as rows.

pub mod adjustments;
pub mod ledger;
pub mod ledger_sums;
pub mod payments;
pub mod transactions;
pub mod wallets;
