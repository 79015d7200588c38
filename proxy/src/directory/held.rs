//! A certificate as it is held in memory: in binary, and with the certificates of its issuers held once for all names.
//! A hundred thousand names have a handful of issuers.

use std::collections::HashSet;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use marque_config::certificate::{ACME_TLS, AlpnProof, Certificate, WildcardCertificate, wildcard_of};
use marque_config::seal::Sealed;
use marque_config::{Hostname, TenantId};

/// A certificate and its sealed key.
#[derive(Debug)]
pub struct HeldCertificate {
    /// The name that it is served for, or the zone below which it is.
    pub host: Hostname,
    /// Whose it is.
    pub owner: Owner,
    /// The chain, leaf first, in DER. Empty when the feed's isn't base64: TLS then says what is wrong.
    pub chain: Vec<Arc<[u8]>>,
    /// The private key.
    pub key: Sealed,
    /// When it stops being valid, milliseconds since 1970, UTC.
    pub not_after_ms: i64,
}

/// Whose a certificate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    /// A tenant's, for one name.
    Tenant(TenantId),
    /// Our own, for every name one label below a zone.
    Zone,
    /// Nobody's: it only proves a name.
    Proof,
}

impl HeldCertificate {
    /// The owner and the name of the private key's seal.
    #[must_use]
    pub fn sealed_for(&self) -> (String, String) {
        match self.owner {
            Owner::Tenant(tenant) => (tenant.to_string(), self.host.to_string()),
            Owner::Zone => (self.host.to_string(), wildcard_of(&self.host)),
            Owner::Proof => (ACME_TLS.to_owned(), self.host.to_string()),
        }
    }
}

/// A certificate as the feed has it.
pub(super) struct Fed {
    host: Hostname,
    owner: Owner,
    chain: Vec<String>,
    key: Sealed,
    not_after_ms: i64,
}

impl From<Certificate> for Fed {
    fn from(it: Certificate) -> Self {
        let Certificate { host, tenant, chain, key, not_after_ms } = it;
        Self { host, owner: Owner::Tenant(tenant), chain, key, not_after_ms }
    }
}

impl From<WildcardCertificate> for Fed {
    fn from(it: WildcardCertificate) -> Self {
        let WildcardCertificate { zone, chain, key, not_after_ms } = it;
        Self { host: zone, owner: Owner::Zone, chain, key, not_after_ms }
    }
}

impl From<AlpnProof> for Fed {
    fn from(it: AlpnProof) -> Self {
        let AlpnProof { host, certificate, key } = it;
        Self { host, owner: Owner::Proof, chain: vec![certificate], key, not_after_ms: i64::MAX }
    }
}

/// The certificates of issuers, each once.
#[derive(Debug, Default)]
pub(super) struct Issuers {
    known: HashSet<Arc<[u8]>>,
    sweep_at: usize,
}

impl Issuers {
    /// Holds a certificate, sharing what is held already.
    pub(super) fn hold(&mut self, certificate: impl Into<Fed>) -> HeldCertificate {
        let Fed { host, owner, chain, key, not_after_ms } = certificate.into();
        let chain = chain.iter().map(|text| STANDARD.decode(text)).collect::<Result<Vec<_>, _>>().unwrap_or_default();
        let held = |(place, der): (usize, Vec<u8>)| if place == 0 { der.into() } else { self.share(der) };
        HeldCertificate { host, owner, chain: chain.into_iter().enumerate().map(held).collect(), key, not_after_ms }
    }

    fn share(&mut self, der: Vec<u8>) -> Arc<[u8]> {
        if let Some(known) = self.known.get(der.as_slice()) {
            return Arc::clone(known);
        }
        if self.known.len() >= self.sweep_at {
            self.known.retain(|it| Arc::strong_count(it) > 1);
            self.sweep_at = 64.max(2 * self.known.len());
        }
        let der: Arc<[u8]> = der.into();
        self.known.insert(Arc::clone(&der));
        der
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(leaf: &[u8], issuer: &[u8]) -> Certificate {
        let chain = vec![STANDARD.encode(leaf), STANDARD.encode(issuer)];
        let (host, tenant) = ("a.example.com".parse().unwrap(), TenantId::new(1, &[0; 10]));
        Certificate { host, tenant, chain, key: Sealed::from_bytes(Vec::new()), not_after_ms: 0 }
    }

    #[test]
    fn an_issuer_is_held_once() {
        let mut issuers = Issuers::default();
        let (a, b) = (issuers.hold(certificate(b"a", b"issuer")), issuers.hold(certificate(b"b", b"issuer")));
        assert_eq!((&*a.chain[0], &*b.chain[0]), (&b"a"[..], &b"b"[..]));
        assert!(Arc::ptr_eq(&a.chain[1], &b.chain[1]));
    }

    #[test]
    fn issuers_of_nobody_are_not_kept() {
        let mut issuers = Issuers::default();
        for number in 0..1_000_u32 {
            drop(issuers.hold(certificate(b"a", &number.to_be_bytes())));
        }
        assert!(issuers.known.len() <= 64, "{}", issuers.known.len());
    }
}
