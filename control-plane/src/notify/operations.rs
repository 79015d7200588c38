//! What can be done about mails and webhooks.

pub mod mail;
pub mod webhooks;
