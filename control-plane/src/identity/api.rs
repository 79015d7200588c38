//! People, sessions and tokens, in the API.

pub(crate) mod me;
pub(crate) mod operators;
pub(crate) mod password_resets;
pub(crate) mod sessions;
pub(crate) mod tokens;
pub(crate) mod users;
