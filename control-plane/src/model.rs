//! States, transitions and rules: pure, without I/O.

pub mod actor;
pub mod catalogue;
pub mod country;
pub mod custom_name;
pub mod email;
pub mod fault;
pub mod ids;
pub mod invitation;
pub mod language;
pub mod ledger;
pub mod mail;
pub mod money;
pub mod person;
pub mod platform_label;
pub mod price;
pub mod principal;
pub mod promo;
pub mod right;
pub mod scope;
pub mod search;
pub mod secret;
pub mod session;
pub mod tenant;
pub mod term;
pub mod token;
