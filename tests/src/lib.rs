//! The harness of the suites, and the example application.
//!
//! The suites (in `tests/`) start the real binaries of both planes, a real ACME server, a real PostgreSQL and a real
//! browser, all on loopback ports and in temporary directories of their own. What is missing is named, and fails.

pub mod api;
pub mod authority;
pub mod browser;
pub mod clock;
pub mod component;
pub mod dns;
pub mod feed;
pub mod installation;
pub mod knot;
pub mod mailbox;
pub mod office;
pub mod pebble;
pub mod plane;
pub mod port;
pub mod postgres;
pub mod process;
pub mod relay;
pub mod resolver;
pub mod shop;
pub mod till;
pub mod visitor;
pub mod wait;
