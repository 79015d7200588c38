//! The catalogue, in the API.

pub(crate) mod basket;
pub(crate) mod components;
pub(crate) mod offers;
pub(crate) mod payment_methods;
pub(crate) mod plans;
pub(crate) mod price_lists;
pub(crate) mod price_versions;
pub(crate) mod products;
pub(crate) mod promo_codes;
pub(crate) mod quotes;
pub(crate) mod retail_offers;
