//! Names are verified, certificates issued and switched on.

pub(crate) mod issue;
pub(crate) mod switch_on;
pub(crate) mod verify;
