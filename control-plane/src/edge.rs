//! What the edge is told, and what it saw: the feed, applications, proxies.

pub(crate) mod api;
pub mod feed;
pub mod operations;
pub mod store;
pub(crate) mod tasks;
