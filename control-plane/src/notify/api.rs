//! Mails, webhooks and events, in the API.

pub(crate) mod events;
pub(crate) mod mails;
pub(crate) mod webhooks;
