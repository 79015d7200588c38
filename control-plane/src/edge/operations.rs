//! What can be done about what the edge knows.

pub mod applications;
#[cfg(feature = "rehearsal")]
pub mod rehearsal;
