//! Names and certificates: rules.

pub mod custom_name;
pub mod platform_label;
pub mod upload;
pub mod white_label;
