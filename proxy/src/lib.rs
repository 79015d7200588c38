//! The edge of Marque: one file per stage, in the order that a connection meets them.
//!
//! A stage's output is the next one's input. While serving, the proxy asks nobody: what it knows is in
//! [`replica`], and what it can't decide it refuses with a named [`refusal::Refusal`].

pub mod assertion;
mod challenge;
pub mod connection;
pub mod cookies;
mod drain;
pub mod edge;
pub mod head;
mod in_flight;
mod keys;
mod listener;
pub mod lockdown;
mod login;
mod reference;
pub mod refusal;
pub mod replica;
pub mod response;
pub mod route;
pub mod secrets;
mod shares;
mod start;
mod status;
pub mod telemetry;
#[cfg(test)]
mod test_support;
mod tls;
pub mod upstream;

pub use start::{FileError, Handle, Parts, Proxy, StartError, check_files};
