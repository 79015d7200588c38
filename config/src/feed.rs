//! The feed: how what the control plane decided reaches every proxy.
//!
//! A stream of lines, each a JSON object of at most [`MAX_LINE`] bytes. A batch is one [`Line::Begin`], any number of
//! [`Line::Upsert`] and [`Line::Delete`], and a [`Line::Commit`] whose signature covers every byte since the begin. A
//! proxy applies a batch whole or not at all. A batch with `base` continues from that revision; one without is a
//! snapshot and replaces everything. An empty batch is a heartbeat.

use serde::{Deserialize, Serialize};

use crate::application::Application;
use crate::brand::Partner;
use crate::certificate::{Certificate, Challenge, SharedKey};
use crate::tenant::{Address, Tenant};

/// The most bytes that one line may have, its newline included.
pub const MAX_LINE: usize = 256 * 1024;

/// How often the control plane sends a batch, an empty one when nothing changed; milliseconds.
pub const HEARTBEAT_MS: u64 = 2_000;

/// The number of a committed change: greater than that of every change committed before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub i64);

/// One line of the feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Line {
    /// Opens a batch.
    Begin {
        /// Names the database: revisions of different epochs don't compare.
        epoch: String,
        /// The revision that the batch continues from; none for a snapshot.
        base: Option<Revision>,
        /// The revision that the batch leads to.
        revision: Revision,
    },
    /// This record is so from now on.
    Upsert(Box<Record>),
    /// This record is no more.
    Delete(Key),
    /// Closes a batch.
    Commit {
        /// How many upserts and deletes it had.
        changes: u64,
        /// See [`crate::signature`]; base64.
        signature: String,
    },
}

/// One thing that the edge knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// An application.
    Application(Application),
    /// A partner.
    Partner(Partner),
    /// A tenant.
    Tenant(Tenant),
    /// A name that leads to a tenant.
    Address(Address),
    /// A certificate.
    Certificate(Certificate),
    /// A challenge's answer.
    Challenge(Challenge),
    /// A secret that proxies share.
    SharedKey(SharedKey),
}

/// What kind of thing a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// An application.
    Application,
    /// A partner.
    Partner,
    /// A tenant.
    Tenant,
    /// A name that leads to a tenant.
    Address,
    /// A certificate.
    Certificate,
    /// A challenge's answer.
    Challenge,
    /// A secret that proxies share.
    SharedKey,
}

/// Which record: its kind and its name within the kind (an id, a hostname, a token).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Its kind.
    pub kind: RecordKind,
    /// Its name.
    pub name: String,
}

impl RecordKind {
    /// The kind as both databases keep it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Partner => "partner",
            Self::Tenant => "tenant",
            Self::Address => "address",
            Self::Certificate => "certificate",
            Self::Challenge => "challenge",
            Self::SharedKey => "shared_key",
        }
    }
}

impl Record {
    /// Which record this is.
    #[must_use]
    pub fn key(&self) -> Key {
        let (kind, name) = match self {
            Self::Application(it) => (RecordKind::Application, it.id.to_string()),
            Self::Partner(it) => (RecordKind::Partner, it.id.to_string()),
            Self::Tenant(it) => (RecordKind::Tenant, it.id.to_string()),
            Self::Address(it) => (RecordKind::Address, it.host.to_string()),
            Self::Certificate(it) => (RecordKind::Certificate, it.host.to_string()),
            Self::Challenge(it) => (RecordKind::Challenge, format!("{}/{}", it.host, it.token)),
            Self::SharedKey(it) => (RecordKind::SharedKey, it.id.clone()),
        };
        Key { kind, name }
    }
}

/// What a proxy asks the feed for (the query of `GET /v1/edge/feed`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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

/// A proxy says that it has applied a revision, in memory and durably (the body of `POST /v1/edge/acks`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ack {
    /// The proxy's name.
    pub proxy: String,
    /// The epoch.
    pub epoch: String,
    /// The revision.
    pub revision: Revision,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TenantId;
    use crate::tenant::AddressKind;

    #[test]
    fn a_line_survives_its_json_and_an_unknown_field_does_not() {
        let line = Line::Upsert(Box::new(Record::Address(Address {
            host: "a.p.example.com".parse().unwrap(),
            tenant: TenantId::new(1, &[0; 10]),
            kind: AddressKind::Platform,
            hsts: true,
        })));
        let json = serde_json::to_string(&line).unwrap();
        assert_eq!(serde_json::from_str::<Line>(&json).unwrap(), line);
        let odd = json.replace("\"hsts\"", "\"hstx\"");
        assert!(serde_json::from_str::<Line>(&odd).unwrap_err().to_string().contains("hstx"));
    }
}
