//! From a name to what TLS needs to speak for it. Keys stay sealed until their name is first asked for; what is
//! opened and parsed is kept for the names asked for most, and only as long as the record it was made from is current.

use std::sync::Arc;

use marque_config::Hostname;
use marque_config::certificate::ACME_TLS;
use marque_config::clock::Clock;
use marque_config::seal::{Context, KeyRing, Purpose, SealError};
use moka::sync::Cache;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{NoServerSessionStorage, ResolvesServerCert, ServerConfig};
use rustls::sign::{CertifiedKey, SingleCertAndKey};

use super::Ticketer;
use crate::directory::{Directory, HeldCertificate, Owner};

/// How many names' keys are kept parsed: about 4 KiB each.
const PARSED: u64 = 10_000;

/// The certificates of all names.
pub(super) struct Certificates {
    directory: Arc<Directory>,
    edge_key: Arc<KeyRing>,
    clock: Arc<dyn Clock>,
    template: ServerConfig,
    /// By the certificate's name and owner: what a zone's names share is parsed once.
    parsed: Cache<(Hostname, Owner), Arc<Parsed>>,
}

/// What a handshake goes on with.
pub(super) struct Chosen {
    /// Speaks for the one name.
    pub config: Arc<ServerConfig>,
    /// Whether the certificate is no longer valid. It is served: the client judges, and other names don't suffer.
    pub is_expired: bool,
}

/// Why no certificate is served.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unserved {
    /// The name isn't known, or has no certificate.
    #[error("no such name")]
    Unknown,
    /// Its certificate or key can't be used.
    #[error("the certificate can't be used")]
    Unusable(#[from] Unusable),
}

/// What is wrong with a certificate that was fed to us.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    /// The key doesn't open.
    #[error("the private key")]
    Sealed(#[from] SealError),
    /// There is no certificate, or the key isn't one, or isn't the certificate's.
    #[error("the pair")]
    Pair(#[from] rustls::Error),
}

struct Parsed {
    /// Kept alive, so that no other record can have its address: the same address is the same record.
    record: Arc<HeldCertificate>,
    config: Arc<ServerConfig>,
}

impl Certificates {
    /// Nothing parsed yet.
    pub(super) fn new(
        directory: Arc<Directory>,
        edge_key: Arc<KeyRing>,
        ticketer: Arc<Ticketer>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, rustls::Error> {
        let template = template(ticketer)?;
        Ok(Self { directory, edge_key, clock, template, parsed: Cache::new(PARSED) })
    }

    /// What speaks for `name`.
    ///
    /// # Errors
    /// [`Unserved`].
    pub(super) fn choose(&self, name: &Hostname) -> Result<Chosen, Unserved> {
        let now_ms = self.clock.now_ms();
        let record = self.directory.certificate(name.as_str(), now_ms).ok_or(Unserved::Unknown)?;
        let is_expired = record.not_after_ms < now_ms;
        let key = (record.host.clone(), record.owner);
        if let Some(parsed) = self.parsed.get(&key)
            && Arc::ptr_eq(&parsed.record, &record)
        {
            return Ok(Chosen { config: Arc::clone(&parsed.config), is_expired });
        }
        let config = Arc::new(self.parse(&record)?);
        self.parsed.insert(key, Arc::new(Parsed { record, config: Arc::clone(&config) }));
        Ok(Chosen { config, is_expired })
    }

    /// What proves `name` to a certificate authority (RFC 8737), and can do nothing else. Asked for a few times in a name's
    /// life, so nothing is kept.
    ///
    /// # Errors
    /// [`Unserved`].
    pub(super) fn prove(&self, name: &Hostname) -> Result<Arc<ServerConfig>, Unserved> {
        let record = self.directory.proof(name.as_str()).ok_or(Unserved::Unknown)?;
        // Its critical extension is one that webpki doesn't know, so that it can't say whether the key is the certificate's.
        let mut config = self.config(self.pair(&record)?);
        config.alpn_protocols = vec![ACME_TLS.as_bytes().to_vec()];
        // No session leads from a proof to the name's own certificate, or back.
        config.ticketer = Arc::new(Ticketer::new());
        Ok(Arc::new(config))
    }

    /// Drops what was parsed for names that are gone, or have another certificate.
    pub(super) fn drop_stale(&self) {
        for (key, parsed) in &self.parsed {
            if !self.directory.holds(&parsed.record) {
                self.parsed.invalidate(&*key);
            }
        }
        self.parsed.run_pending_tasks();
    }

    fn parse(&self, record: &HeldCertificate) -> Result<ServerConfig, Unusable> {
        let pair = self.pair(record)?;
        pair.keys_match()?;
        Ok(self.config(pair))
    }

    fn pair(&self, record: &HeldCertificate) -> Result<CertifiedKey, Unusable> {
        let (owner, name) = record.sealed_for();
        let context = Context { purpose: Purpose::CertificateKey, owner: &owner, name: &name };
        let key = self.edge_key.open(context, &record.key)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.as_slice()));
        let key = aws_lc_rs::sign::any_supported_type(&key)?;
        let chain = record.chain.iter().map(|der| CertificateDer::from(der.to_vec())).collect();
        Ok(CertifiedKey::new(chain, key))
    }

    fn config(&self, pair: CertifiedKey) -> ServerConfig {
        let mut config = self.template.clone();
        config.cert_resolver = Arc::new(SingleCertAndKey::from(pair));
        config
    }
}

/// TLS 1.2 and 1.3, X25519MLKEM768 first, HTTP/2 first. A configuration is made for each name from this one: a
/// handshake then costs one look-up, not two.
fn template(ticketer: Arc<Ticketer>) -> Result<ServerConfig, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(NoCertificate));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    // Sessions live in tickets alone: nothing is kept per connection that ended. rustls resumes one only under the
    // SNI that it began with, which keeps tenants apart though the ticket keys are shared.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.ticketer = ticketer;
    config.max_early_data_size = 0;
    Ok(config)
}

#[derive(Debug)]
struct NoCertificate;

impl ResolvesServerCert for NoCertificate {
    fn resolve(&self, _: rustls::server::ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        None
    }
}

#[cfg(test)]
impl Certificates {
    /// Whether a name's key is kept parsed.
    pub(super) fn keeps(&self, name: &str) -> bool {
        self.parsed.iter().any(|(key, _)| key.0.as_str() == name)
    }
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Certificates({} parsed)", self.parsed.entry_count())
    }
}
