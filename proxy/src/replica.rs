//! 0. What this proxy knows: a copy of what the control plane decided, in memory and in a local file.
//!
//! The memory is what requests and handshakes read; the file is read at start and written by one task. Neither is
//! ever asked for by a request to anybody else.

pub mod directory;

pub use directory::Directory;
