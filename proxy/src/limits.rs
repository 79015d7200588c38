//! How much anybody may hold at once: connections, requests in flight, requests at one place of an application.

mod in_flight;
mod shares;

pub(crate) use in_flight::{InFlight, Place, Slot, Slots};
pub(crate) use shares::{Client, Share, Shares};
