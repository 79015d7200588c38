//! The ledger's states and rules.

pub mod adjustment;
pub mod ledger;
