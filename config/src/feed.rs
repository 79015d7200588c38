//! The feed: how what the control plane decided reaches every proxy.
//!
//! A stream of lines, each a JSON object of at most [`MAX_LINE`] bytes. A batch is one [`Line::Begin`], any number of
//! [`Line::Upsert`] and [`Line::Delete`], and a [`Line::Commit`] whose signature covers every byte since the begin. A
//! proxy applies a batch whole or not at all. A batch with `base` continues from that revision; one without is a
//! snapshot and replaces everything. An empty batch is a heartbeat.
//!
//! Either plane may be upgraded or rolled back first. A proxy names the [`Format`] that it reads, and the control plane
//! sends no grammar that it doesn't. A record that a proxy can't read never opens anything: see [`read_record`].

mod key;
pub mod landed;
mod lenient;
mod line;
pub mod read_record;
mod record;

use serde::{Deserialize, Serialize};

pub use key::{Key, KeyText, RecordKind};
pub use line::{Begin, Commit, Envelope, Line};
pub use read_record::{ReadRecord, Reading};
pub use record::Record;

/// The most bytes that one line may have, its newline included.
pub const MAX_LINE: usize = 256 * 1024;

/// How often the control plane sends a batch, an empty one when nothing changed; milliseconds. A proxy takes a stream
/// that was silent for [`SILENCE_MS`] for broken.
pub const HEARTBEAT_MS: u64 = 1_000;

/// How long a stream may be silent; milliseconds. Two heartbeats and a margin: with the time to open another stream,
/// a frozen control plane is left within 3 s.
pub const SILENCE_MS: u64 = 2_500;

/// The header by which a proxy names the format that it reads, and a control plane, in its answer, the one that it
/// speaks; none is [`Format::LANDED`]. A header and not a field of the query: control planes of [`Format::LANDED`]
/// refuse fields that they don't know. Who names a format beats every [`HEARTBEAT_MS`], also while it makes wait.
pub const FORMAT_HEADER: &str = "marque-feed-format";

/// The number of a committed change: greater than that of every change committed before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub i64);

/// What a program understands of the feed. Each format reads those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Format(pub u32);

impl Format {
    /// That of programs from before formats had numbers: a record as `{"tenant":{…}}`, and nothing unknown in it.
    pub const LANDED: Self = Self(0);

    /// That of programs that read records in an [`Envelope`] and act on no licence.
    pub const ENVELOPES: Self = Self(1);

    /// That of programs that act on licences, by their dates.
    pub const LICENCES: Self = Self(2);

    /// The first that knows [`Record::Wildcard`] and [`Record::DnsZone`]. Proxies of formats below serve no name by a
    /// wildcard and answer no DNS question.
    pub const WILDCARDS: Self = Self(2);

    /// The first that knows [`Record::AlpnProof`]. Proxies of formats below prove no name on port 443.
    pub const ALPN: Self = Self(3);

    /// The first that knows [`Record::Entry`], and a tenant that waits for its handover. Proxies of formats below pass a
    /// ticket on to the application, and let nobody in by it.
    pub const ENTRIES: Self = Self(3);

    /// The first that answers contact forms of an application's own in its place.
    pub const CONTACT_FORMS: Self = Self(3);

    /// This program's.
    pub const CURRENT: Self = if cfg!(feature = "rehearsal") { Self(4) } else { Self(3) };

    /// Whether records are sent in an [`Envelope`] to a proxy of this format.
    #[must_use]
    pub fn has_envelopes(self) -> bool {
        self > Self::LANDED
    }

    /// Whether this is [`Format::LANDED`].
    #[must_use]
    pub fn is_landed(&self) -> bool {
        *self == Self::LANDED
    }

    /// Reads the value of [`FORMAT_HEADER`]. What is no number is [`Format::LANDED`]: the least is sent to it.
    #[must_use]
    pub fn of_header(value: Option<&str>) -> Self {
        value.and_then(|value| value.trim().parse().ok()).map_or(Self::LANDED, Self)
    }
}

/// What a proxy asks the feed for (the query of `GET /v1/edge/feed`); its format comes by [`FORMAT_HEADER`]. Fields
/// that this version doesn't know are ignored: a newer proxy may say more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// The proxy's name, unique among proxies.
    pub proxy: String,
    /// The epoch of what it has, if it has anything.
    #[serde(default)]
    pub epoch: Option<String>,
    /// The revision of what it has.
    #[serde(default)]
    pub after: Revision,
}

/// A proxy says that it has applied a revision, in memory and durably (the body of `POST /v1/edge/acks`). Fields that
/// this version doesn't know are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    /// The proxy's name.
    pub proxy: String,
    /// The epoch.
    pub epoch: String,
    /// The revision.
    pub revision: Revision,
}

#[cfg(test)]
mod tests;
