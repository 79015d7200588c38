//! Which record is meant.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What kind of thing a record is, of those that this version knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
    /// A certificate for every name below a zone of ours.
    Wildcard,
    /// A zone that proxies answer DNS questions for.
    DnsZone,
    /// A tenant's white label.
    WhiteLabel,
    /// A certificate that proves a name.
    AlpnProof,
    /// A secret that proxies share.
    SharedKey,
    /// An entry to a client's space that is open.
    Entry,
    /// A tenant that is locked.
    #[cfg(feature = "rehearsal")]
    Lock,
}

/// Which record: its kind and its name within the kind (an id, a hostname, a token).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Its kind.
    pub kind: RecordKind,
    /// Its name.
    pub name: String,
}

/// A key as the wire and a replica's file spell it: its kind is any word.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KeyText {
    /// The kind's word.
    pub kind: String,
    /// The name within the kind.
    pub name: String,
}

impl RecordKind {
    /// Every kind that this version knows.
    pub const ALL: &'static [Self] = &[
        Self::Application,
        Self::Partner,
        Self::Tenant,
        Self::Address,
        Self::Certificate,
        Self::Challenge,
        Self::Wildcard,
        Self::DnsZone,
        Self::WhiteLabel,
        Self::AlpnProof,
        Self::SharedKey,
        Self::Entry,
        #[cfg(feature = "rehearsal")]
        Self::Lock,
    ];

    /// The kind as the wire and both databases spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Partner => "partner",
            Self::Tenant => "tenant",
            Self::Address => "address",
            Self::Certificate => "certificate",
            Self::Challenge => "challenge",
            Self::Wildcard => "wildcard",
            Self::DnsZone => "dns_zone",
            Self::WhiteLabel => "white_label",
            Self::AlpnProof => "alpn_proof",
            Self::SharedKey => "shared_key",
            Self::Entry => "entry",
            #[cfg(feature = "rehearsal")]
            Self::Lock => "lock",
        }
    }

    /// The kind of a word; none for one that this version doesn't know.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == word)
    }

    /// Whether a record of this kind that can't be read is closed rather than passed over: what it says decides who is
    /// let in.
    #[must_use]
    pub fn admits(self) -> bool {
        match self {
            Self::Application | Self::Tenant | Self::Address | Self::Entry => true,
            Self::Partner
            | Self::Certificate
            | Self::Challenge
            | Self::Wildcard
            | Self::DnsZone
            | Self::WhiteLabel
            | Self::AlpnProof
            | Self::SharedKey => false,
            #[cfg(feature = "rehearsal")]
            Self::Lock => false,
        }
    }
}

impl KeyText {
    /// The key of a record of a known kind.
    #[must_use]
    pub fn new(kind: RecordKind, name: impl Into<String>) -> Self {
        Self { kind: kind.as_str().to_owned(), name: name.into() }
    }

    /// The key, when this version knows its kind.
    #[must_use]
    pub fn known(&self) -> Option<Key> {
        RecordKind::parse(&self.kind).map(|kind| Key { kind, name: self.name.clone() })
    }
}

impl From<Key> for KeyText {
    fn from(key: Key) -> Self {
        Self::new(key.kind, key.name)
    }
}

impl fmt::Display for KeyText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.kind, self.name)
    }
}
