//! What the edge is told is kept current.

pub(crate) mod retell;
pub(crate) mod rotate;
