//! What every area stands on: identities, money, time, country, language, refusals, on whose behalf something is done. Pure.

pub mod actor;
pub mod country;
pub mod email;
pub mod event;
pub mod fault;
pub mod ids;
pub mod language;
pub mod look;
pub mod money;
pub mod month;
pub mod parts;
pub mod period;
pub mod person;
pub mod principal;
pub mod public_address;
pub mod right;
pub mod scope;
pub mod search;
pub mod secret;
pub mod serial;
pub mod session;
pub mod tenant;
pub mod term;
pub mod token;
