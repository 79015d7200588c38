//! What the edge saw, on its way up: the body of `POST /v1/edge/events`, and what becomes of each event in it.
//!
//! An event's identity is made at the edge and unique for its proxy, so that what is sent again is applied once. Fields
//! that a version doesn't know are ignored, and a kind that it doesn't know is refused by name, alone.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{EntryId, LicenceId, TenantId};

/// The most events that are sent at once.
pub const MOST_EVENTS: usize = 20;

/// The most bytes of a body with events. The largest event fits alone.
pub const MOST_BYTES: usize = 6 << 20;

/// What an event has in a body around its own, at most.
pub const AROUND_EVENT: usize = 256;

const _: () = assert!(crate::contact::MOST_BODY + 2 * AROUND_EVENT <= MOST_BYTES, "the largest message fits alone");

/// Events of one proxy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EdgeEvents {
    /// The proxy's name.
    pub proxy: String,
    /// The database that they are for: another one hasn't got what was sent before.
    pub epoch: String,
    /// What it saw, at most [`MOST_EVENTS`] and [`MOST_BYTES`], in its order.
    pub events: Vec<EdgeEvent>,
}

/// Something that the edge saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EdgeEvent {
    /// Its identity, unique among those of its proxy: 1 to 64 letters, digits and hyphens.
    pub id: String,
    /// When it was seen: milliseconds since 1970, UTC.
    pub at_ms: i64,
    /// What kind of event it is, and so what its body is.
    pub kind: String,
    /// The event.
    pub body: Value,
}

/// The kind of [`FirstUse`].
pub const FIRST_USE: &str = "first_use";

/// A login was let in to a tenant whose licence nobody had used before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstUse {
    /// Where.
    pub tenant: TenantId,
    /// Which licence.
    pub licence: LicenceId,
}

/// The kind of [`EntryLeft`].
pub const ENTRY_LEFT: &str = "entry_left";

/// Somebody ended their own entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryLeft {
    /// Which.
    pub entry: EntryId,
}

/// What became of events: one for each that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettledEvents {
    /// In the order in which they were sent.
    pub events: Vec<SettledEvent>,
}

/// What became of one event: it need not be sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettledEvent {
    /// Its identity.
    pub id: String,
    /// Why it was refused; none when it was applied, now or before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// Why an event is refused whose kind isn't known: a version to come may take it.
pub const UNKNOWN_KIND: &str = "unknown-kind";
