//! Access to clients' spaces, in the API.

pub(crate) mod assignments;
pub(crate) mod collaborators;
pub(crate) mod consents;
pub(crate) mod members;
