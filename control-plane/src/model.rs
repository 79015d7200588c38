//! States, transitions and rules: pure, without I/O.

pub mod actor;
