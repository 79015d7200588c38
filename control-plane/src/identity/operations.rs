//! What can be done about people, sessions and tokens.

pub mod attempts;
pub mod factor_reset;
pub mod invitations;
pub mod operators;
pub mod people;
pub mod second_factor;
pub mod sessions;
pub mod tokens;
pub mod users;
