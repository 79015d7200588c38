//! The control plane.

pub mod dns;
