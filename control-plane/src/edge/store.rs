//! What the edge knows, as rows.

pub mod applications;
pub mod events;
pub mod feed;
pub mod proxies;
pub mod shared_keys;
