//! What the edge needs to prove a name, to answer a challenge, and to sign and seal for a tenant.

use serde::{Deserialize, Serialize};

use crate::seal::Sealed;
use crate::{Hostname, TenantId};

/// A certificate for one name, with its private key sealed under the edge key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// The name that it is served for.
    pub host: Hostname,
    /// Whose name it is: part of the seal's context.
    pub tenant: TenantId,
    /// The chain, leaf first, each certificate as base64 of its DER.
    pub chain: Vec<String>,
    /// The private key, PKCS#8 DER, sealed with [`crate::seal::Purpose::CertificateKey`].
    pub key: Sealed,
    /// When it stops being valid, milliseconds since 1970, UTC.
    pub not_after_ms: i64,
}

/// The answer to an `http-01` challenge (RFC 8555 section 8.3) for a name that is being proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Challenge {
    /// The name.
    pub host: Hostname,
    /// The last segment of the path.
    pub token: String,
    /// The body.
    pub key_authorization: String,
}

/// A certificate that proves a name by `tls-alpn-01` (RFC 8737), shown to who asks for nothing but that proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlpnProof {
    /// The name that is proved.
    pub host: Hostname,
    /// The certificate, self-signed, as base64 of its DER.
    pub certificate: String,
    /// The private key, PKCS#8 DER, sealed with [`crate::seal::Purpose::CertificateKey`]; its owner is [`ACME_TLS`].
    pub key: Sealed,
}

/// The protocol by which `tls-alpn-01` is spoken (RFC 8737 section 6.2).
pub const ACME_TLS: &str = "acme-tls/1";

/// A certificate for every name one label below a zone of ours. Which of them is served, and to whom it leads, is told by
/// their addresses alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WildcardCertificate {
    /// The zone: the certificate is for `*.ZONE`.
    pub zone: Hostname,
    /// The chain, leaf first, each certificate as base64 of its DER.
    pub chain: Vec<String>,
    /// The private key, PKCS#8 DER, sealed with [`crate::seal::Purpose::CertificateKey`]; its owner is the zone.
    pub key: Sealed,
    /// When it stops being valid, milliseconds since 1970, UTC.
    pub not_after_ms: i64,
}

/// A zone that proxies answer DNS questions for: the `_acme-challenge` of a name, delegated to them, which proves the
/// name by `dns-01` (RFC 8555 section 8.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DnsZone {
    /// The name that is proved: the zone is [`DNS_01`]`.HOST`.
    pub host: Hostname,
    /// The names under which the proxies are its name servers, the primary one first.
    pub name_servers: Vec<Hostname>,
    /// What its TXT records say, one text for each; none while nothing is being proved.
    pub texts: Vec<String>,
}

/// The label below a name at which `dns-01` looks for its proof.
pub const DNS_01: &str = "_acme-challenge";

/// The name in a certificate for every name one label below a zone.
#[must_use]
pub fn wildcard_of(zone: &Hostname) -> String {
    format!("*.{zone}")
}

impl DnsZone {
    /// The zone's name, without a final dot.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{DNS_01}.{}", self.host)
    }
}

/// A secret that every proxy shares, sealed under the edge key with the purpose of its use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedKey {
    /// Names the key: the assertion's `kid`, and what a sealed cookie carries.
    pub id: String,
    /// What it is for.
    pub use_: KeyUse,
    /// From when new tickets, cookies and assertions use it, milliseconds since 1970, UTC. Older ones still open.
    pub use_from_ms: i64,
    /// The secret, sealed with [`crate::seal::Purpose::SharedKey`]. 32 bytes of AEAD key for cookies, 32 bytes of
    /// secret for tickets, an Ed25519 seed for assertions.
    pub secret: Sealed,
}

/// What a shared key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyUse {
    /// TLS session tickets (RFC 8446 section 4.6.1).
    Ticket,
    /// Session cookies sealed to a tenant.
    Cookie,
    /// `Marque-Assertion` (EdDSA).
    Assertion,
}

impl KeyUse {
    /// Every use.
    pub const ALL: [Self; 3] = [Self::Ticket, Self::Cookie, Self::Assertion];

    /// The use as the database keeps it and as the seal's context names it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ticket => "ticket",
            Self::Cookie => "cookie",
            Self::Assertion => "assertion",
        }
    }
}
