//! What is sold, to whom, and for how much: products, plans, components, price lists, promo codes, offers, quotes.

pub(crate) mod api;
pub mod model;
pub mod operations;
pub mod store;
