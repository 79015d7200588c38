//! Erasing a person, wherever they are known.

pub(crate) mod api;
pub mod operations;
