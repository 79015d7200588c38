//! Whom `https` upstreams are checked against.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pingora::protocols::tls::CaType;
use pingora::utils::tls::{WrappedX509, parse_x509};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// Why the certificates to trust can't be read.
#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    /// The file isn't there, or isn't PEM.
    #[error("upstream.root_file: {path} can't be read as PEM certificates")]
    Read {
        /// Which file.
        path: PathBuf,
        /// What went wrong.
        #[source]
        source: rustls::pki_types::pem::Error,
    },
    /// The file has no certificate, or one that isn't an authority's.
    #[error("upstream.root_file: {path} has no certificate that could be trusted")]
    Unusable {
        /// Which file.
        path: PathBuf,
    },
}

/// The system's certificates and those of the file; none without a file: the engine then takes the system's.
///
/// # Errors
/// When there is a file and it has no usable certificate.
pub(super) fn read(file: Option<&Path>) -> Result<Option<Arc<CaType>>, RootsError> {
    let Some(path) = file else { return Ok(None) };
    let read = |source| RootsError::Read { path: path.to_owned(), source };
    let own: Vec<_> = CertificateDer::pem_file_iter(path).map_err(read)?.collect::<Result<_, _>>().map_err(read)?;
    if own.is_empty() || own.iter().any(|one| !is_usable(one)) {
        return Err(RootsError::Unusable { path: path.to_owned() });
    }
    let system = pingora::tls::load_native_certs().unwrap_or_default();
    let all = own.into_iter().chain(system.into_iter().filter(is_usable));
    Ok(Some(all.map(|one| WrappedX509::new(one.to_vec(), parse_x509)).collect()))
}

/// Looks whether the file could be used, if there is one.
///
/// # Errors
/// As [`read`].
pub(crate) fn check(file: Option<&Path>) -> Result<(), RootsError> {
    read(file).map(drop)
}

/// The engine takes what it's given for well-formed.
fn is_usable(certificate: &CertificateDer<'static>) -> bool {
    RootCertStore::empty().add(certificate.clone()).is_ok()
}
