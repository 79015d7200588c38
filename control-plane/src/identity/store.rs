//! People, sessions and tokens, as rows.

pub mod factor_resets;
pub mod findable;
pub mod invitations;
pub mod memberships;
pub mod people;
pub mod sessions;
pub mod tokens;
