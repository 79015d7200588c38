//! A certificate authority of our own, for what needs a certificate on loopback: Pebble's API, the relay before it, and
//! certificates that partners upload.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A root that lives as long as this value.
pub struct Authority {
    root: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate with its key, both PEM.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// The chain.
    pub chain: String,
    /// The private key.
    pub key: String,
}

impl Authority {
    /// Makes a root.
    ///
    /// # Errors
    /// When the library doesn't.
    pub fn new(name: &str) -> Result<Self> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        let root = CertifiedIssuer::self_signed(params, KeyPair::generate()?).context("make a root")?;
        Ok(Self { root })
    }

    /// The root's certificate, PEM.
    #[must_use]
    pub fn root_pem(&self) -> String {
        self.root.pem()
    }

    /// Issues a certificate for names and addresses.
    ///
    /// # Errors
    /// When a name can't stand in a certificate.
    pub fn issue(&self, names: &[&str]) -> Result<Leaf> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).context("names of a certificate")?;
        params.distinguished_name = DistinguishedName::new();
        let key = KeyPair::generate()?;
        let leaf = params.signed_by(&key, &self.root).context("sign a certificate")?;
        Ok(Leaf { chain: leaf.pem(), key: key.serialize_pem() })
    }
}

impl Leaf {
    /// Writes both into a directory and says where.
    ///
    /// # Errors
    /// When the files can't be written.
    pub fn write(&self, directory: &Path, name: &str) -> Result<(PathBuf, PathBuf)> {
        let (chain, key) = (directory.join(format!("{name}.pem")), directory.join(format!("{name}.key")));
        std::fs::write(&chain, &self.chain).with_context(|| format!("write {}", chain.display()))?;
        std::fs::write(&key, &self.key).with_context(|| format!("write {}", key.display()))?;
        Ok((chain, key))
    }

    /// The settings of a TLS server that shows this certificate.
    ///
    /// # Errors
    /// When the certificate can't be read.
    pub fn server(&self) -> Result<rustls::ServerConfig> {
        let chain = CertificateDer::pem_slice_iter(self.chain.as_bytes()).collect::<Result<Vec<_>, _>>()?;
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes())?;
        let builder = rustls::ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
        Ok(builder.with_no_client_auth().with_single_cert(chain, key)?)
    }
}

/// The settings of a TLS client that trusts these roots (PEM) and nothing else.
///
/// # Errors
/// When the text holds no certificate.
pub fn client(roots: &str, alpn: &[&str]) -> Result<rustls::ClientConfig> {
    let mut store = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(roots.as_bytes()) {
        store.add(certificate.context("read a root")?).context("trust a root")?;
    }
    let builder = rustls::ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    let mut config = builder.with_root_certificates(store).with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    Ok(config)
}

/// The beginning of an HTTP client that asks no proxy of the environment and gives up after 20 seconds.
pub fn http_client() -> reqwest::ClientBuilder {
    provider();
    reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20))
}

/// The crypto provider of the harness; also made the process's own, for libraries that ask for that.
pub fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    // An error says that it was installed before, which is as good.
    let _ = provider.clone().install_default();
    Arc::new(provider)
}
