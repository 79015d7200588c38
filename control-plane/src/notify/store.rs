//! Mails and webhooks, as rows.

pub mod addressees;
pub mod deliveries;
pub mod mail;
pub mod webhooks;
