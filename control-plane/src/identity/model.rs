//! People and their sessions: states and rules.

pub mod invitation;
