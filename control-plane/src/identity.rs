//! People, and how they are known again: sessions, passwords, second factors, tokens, invitations.

pub(crate) mod api;
pub mod model;
pub mod operations;
pub mod passwords;
pub mod store;
