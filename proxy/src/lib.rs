//! The edge of Marque, in rooms in the order that a request meets them.
//!
//! [`directory`] is what this proxy knows, and [`feed`] what keeps it current. A connection meets `listener`, `tls` and
//! [`serve`]. Each of its requests is one [`exchange`]: [`head`] is what it says, [`lockdown`] decides, [`upstream`] is
//! where it goes, [`identity`] what the application hears, and [`contain`] what may leave. `entry` lets a partner's people
//! come in to a client's space. `hosted` is what the edge answers
//! itself. What the control plane is to
//! hear of it waits in the [`outbox`].
//!
//! A stage's output is the next one's input. While serving, the proxy asks nobody: what it knows is in the directory, and
//! what it can't decide it refuses with a named [`refusal::Refusal`]. `dns` answers for the zones that are delegated to it.

pub mod contain;
pub mod directory;
mod dns;
mod drain;
mod entry;
pub mod exchange;
pub mod feed;
pub mod head;
mod hosted;
pub mod identity;
mod limits;
mod listener;
pub mod lockdown;
pub mod outbox;
mod plain;
pub mod refusal;
pub mod serve;
mod start;
pub mod telemetry;
#[cfg(test)]
mod test_support;
mod tls;
pub mod upstream;

pub use start::{FileError, Handle, Parts, Proxy, StartError, check_files};
