//! What can be done with the ledger, wallets and payments.

pub mod adjustments;
pub mod ledger;
pub mod payments;
pub mod statements;
pub mod wallets;
