//! What the edge is told of.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::{Envelope, Format, Key, KeyText, RecordKind};
use crate::application::Application;
use crate::brand::{Partner, WhiteLabel};
use crate::certificate::{AlpnProof, Certificate, Challenge, DnsZone, SharedKey, WildcardCertificate};
use crate::entry::Entry;
#[cfg(feature = "rehearsal")]
use crate::tenant::Lock;
use crate::tenant::{Address, Tenant};

/// One thing that the edge knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// An application.
    Application(Box<Application>),
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
    /// A certificate for every name one label below a zone of ours.
    Wildcard(WildcardCertificate),
    /// A zone that proxies answer DNS questions for.
    DnsZone(DnsZone),
    /// A tenant's white label.
    WhiteLabel(WhiteLabel),
    /// A certificate that proves a name.
    AlpnProof(AlpnProof),
    /// A secret that proxies share.
    SharedKey(SharedKey),
    /// An entry to a client's space that is open.
    Entry(Box<Entry>),
    /// A tenant that is locked.
    #[cfg(feature = "rehearsal")]
    Lock(Lock),
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
            Self::Wildcard(it) => (RecordKind::Wildcard, it.zone.to_string()),
            Self::DnsZone(it) => (RecordKind::DnsZone, it.host.to_string()),
            Self::WhiteLabel(it) => (RecordKind::WhiteLabel, it.tenant.to_string()),
            Self::AlpnProof(it) => (RecordKind::AlpnProof, it.host.to_string()),
            Self::SharedKey(it) => (RecordKind::SharedKey, it.id.clone()),
            Self::Entry(it) => (RecordKind::Entry, it.id.to_string()),
            #[cfg(feature = "rehearsal")]
            Self::Lock(it) => (RecordKind::Lock, it.tenant.to_string()),
        };
        Key { kind, name }
    }

    /// The lowest format that may act on this record without opening anything. Who adds a restriction says here from
    /// which format on it is understood.
    #[must_use]
    pub fn must(&self) -> Format {
        match self {
            Self::Application(it) if !it.policy.contact_forms.is_empty() => Format::CONTACT_FORMS,
            Self::Application(it) if it.policy.restricts_beyond_first_format() => Format::ENVELOPES,
            // Programs that know no handover would let everybody in before it.
            Self::Tenant(it) if it.awaits_handover => Format::ENTRIES,
            Self::Tenant(it) if it.licence.restricts_now() => Format::LICENCES,
            Self::Application(_)
            | Self::Partner(_)
            | Self::Tenant(_)
            | Self::Address(_)
            | Self::Certificate(_)
            | Self::Challenge(_)
            | Self::Wildcard(_)
            | Self::DnsZone(_)
            | Self::WhiteLabel(_)
            | Self::AlpnProof(_)
            | Self::SharedKey(_)
            // Programs that know no entries let nobody in by them.
            | Self::Entry(_) => Format::LANDED,
            #[cfg(feature = "rehearsal")]
            Self::Lock(_) => Format(4),
        }
    }

    /// Whether what it restricts has come about by itself, as a licence's end does, or holds of what is new: it is told at
    /// once, and closed to programs that don't read it. Anything else waits until they are gone.
    #[must_use]
    pub fn cannot_wait(&self) -> bool {
        matches!(self, Self::Tenant(_))
    }

    /// What is closed where this record can't be applied. Empty: the record itself.
    #[must_use]
    pub fn governs(&self) -> Vec<KeyText> {
        match self {
            #[cfg(feature = "rehearsal")]
            Self::Lock(it) => vec![KeyText::new(RecordKind::Tenant, it.tenant.to_string())],
            _ => Vec::new(),
        }
    }

    /// The envelope in which the record travels from format 1 on.
    ///
    /// # Errors
    /// When the record has no JSON, as a tenant of which nobody said whether a licence is required.
    pub fn envelope(&self) -> Result<Envelope, serde_json::Error> {
        let (key, body) = (self.key(), self.body()?);
        let (kind, name) = (key.kind.as_str().to_owned(), key.name);
        Ok(Envelope { kind, name, must: self.must(), governs: self.governs(), body })
    }

    fn body(&self) -> Result<Box<RawValue>, serde_json::Error> {
        use serde_json::value::to_raw_value as raw;
        match self {
            Self::Application(it) => raw(it),
            Self::Partner(it) => raw(it),
            Self::Tenant(it) => raw(it),
            Self::Address(it) => raw(it),
            Self::Certificate(it) => raw(it),
            Self::Challenge(it) => raw(it),
            Self::Wildcard(it) => raw(it),
            Self::DnsZone(it) => raw(it),
            Self::WhiteLabel(it) => raw(it),
            Self::AlpnProof(it) => raw(it),
            Self::SharedKey(it) => raw(it),
            Self::Entry(it) => raw(it),
            #[cfg(feature = "rehearsal")]
            Self::Lock(it) => raw(it),
        }
    }

    /// Reads the body of a record of a kind. Fields that this version doesn't know are ignored: one that restricts
    /// comes with `must`.
    pub(super) fn read(kind: RecordKind, body: &str) -> Result<Self, serde_json::Error> {
        Ok(match kind {
            RecordKind::Application => Self::Application(either(body)?),
            RecordKind::Partner => Self::Partner(either(body)?),
            RecordKind::Tenant => Self::Tenant(either(body)?),
            RecordKind::Address => Self::Address(either(body)?),
            RecordKind::Certificate => Self::Certificate(either(body)?),
            RecordKind::Challenge => Self::Challenge(either(body)?),
            RecordKind::Wildcard => Self::Wildcard(either(body)?),
            RecordKind::DnsZone => Self::DnsZone(either(body)?),
            RecordKind::WhiteLabel => Self::WhiteLabel(either(body)?),
            RecordKind::AlpnProof => Self::AlpnProof(either(body)?),
            RecordKind::SharedKey => Self::SharedKey(either(body)?),
            RecordKind::Entry => Self::Entry(either(body)?),
            #[cfg(feature = "rehearsal")]
            RecordKind::Lock => Self::Lock(either(body)?),
        })
    }
}

/// As it is, the usual case; or without what is unknown in it.
fn either<T: DeserializeOwned>(body: &str) -> Result<T, serde_json::Error> {
    serde_json::from_str(body).or_else(|_| super::lenient::from_str(body))
}
