//! Access to clients' spaces, as rows.

pub mod accesses;
pub mod assignments;
pub mod collaborators;
pub mod consents;
pub mod entries;
