//! Mails and webhooks.

pub(crate) mod api;
pub mod courier;
pub mod mail;
pub mod model;
pub mod operations;
pub mod store;
pub(crate) mod tasks;
