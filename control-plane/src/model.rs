//! States, transitions and rules: pure, without I/O.

pub mod actor;
pub mod country;
pub mod custom_name;
pub mod email;
pub mod fault;
pub mod feature;
pub mod ids;
pub mod language;
pub mod money;
pub mod partner;
pub mod platform_label;
pub mod principal;
pub mod scope;
pub mod tenant;
pub mod term;
pub mod token;
