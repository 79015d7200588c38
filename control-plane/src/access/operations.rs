//! What can be done about access to clients' spaces.

pub mod assignments;
pub mod collaborators;
pub mod consents;
pub mod members;
