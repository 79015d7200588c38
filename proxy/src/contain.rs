//! 7. What may leave.
//!
//! An answer leads nowhere but to the address that the visitor used, and a session that it gives is worth something at
//! that address alone.

pub mod cookies;
pub mod response;
