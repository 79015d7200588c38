//! What others are told: states and rules.

pub mod attachment;
pub mod mail;
pub mod webhook;
