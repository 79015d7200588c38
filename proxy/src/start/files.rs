//! The files that the settings name, looked at before anything is started: a wrong one is a wrong setting.

use std::io;
use std::path::{Path, PathBuf};

use marque_config::seal::{KeyRing, SealError};
use marque_config::settings::ProxySettings;
use marque_config::signature::{FeedVerifier, SignatureError};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};
use zeroize::Zeroizing;

use crate::upstream::{self, RootsError};

/// Why a file that the settings name is of no use.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It can't be read.
    #[error("{key} {path}")]
    Read {
        /// The settings' key.
        key: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It holds no token.
    #[error("feed.token_file {path}: it holds no token")]
    Token {
        /// Which file.
        path: PathBuf,
    },
    /// It holds no key for the edge.
    #[error("feed.edge_key_file {path}")]
    EdgeKey {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: SealError,
    },
    /// It holds no key of a feed.
    #[error("feed.public_key_file {path}")]
    PublicKey {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: SignatureError,
    },
    /// It holds no certificates to trust.
    #[error("feed.root_file {path}")]
    Root {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: pem::Error,
    },
    /// The same, for applications.
    #[error(transparent)]
    UpstreamRoot(#[from] RootsError),
}

/// Looks whether each file that the settings name is there and holds what it should.
///
/// # Errors
/// The first that doesn't.
pub fn check(settings: &ProxySettings) -> Result<(), FileError> {
    let feed = &settings.feed;
    let key = read("feed.edge_key_file", &feed.edge_key_file)?;
    KeyRing::parse(&key).map_err(|source| FileError::EdgeKey { path: feed.edge_key_file.clone(), source })?;
    let key = read("feed.public_key_file", &feed.public_key_file)?;
    FeedVerifier::parse(&key).map_err(|source| FileError::PublicKey { path: feed.public_key_file.clone(), source })?;
    if read("feed.token_file", &feed.token_file)?.trim().is_empty() {
        return Err(FileError::Token { path: feed.token_file.clone() });
    }
    if let Some(path) = &feed.root_file {
        check_roots(path)?;
    }
    Ok(upstream::check_roots(settings.upstream.root_file.as_deref())?)
}

fn check_roots(path: &Path) -> Result<(), FileError> {
    let wrong = |source| FileError::Root { path: path.to_owned(), source };
    let mut certificates = CertificateDer::pem_file_iter(path).map_err(wrong)?;
    certificates.next().unwrap_or(Err(pem::Error::NoItemsFound)).map_err(wrong)?;
    certificates.try_for_each(|one| one.map(drop)).map_err(wrong)
}

fn read(key: &'static str, path: &Path) -> Result<Zeroizing<String>, FileError> {
    let text = std::fs::read_to_string(path).map(Zeroizing::new);
    text.map_err(|source| FileError::Read { key, path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::telemetry::Causes;
    use crate::test_support::settings;

    #[test]
    fn a_wrong_file_is_named_in_one_line_with_its_key() {
        let files = TempDir::new().unwrap();
        let good = settings(files.path(), ([127, 0, 0, 1], 1).into());
        assert!(check(&good).is_ok());
        let empty = files.path().join("empty");
        std::fs::write(&empty, "").unwrap();
        for (key, spoil) in [
            ("feed.edge_key_file", (|it, path| it.feed.edge_key_file = path) as fn(&mut ProxySettings, PathBuf)),
            ("feed.public_key_file", |it, path| it.feed.public_key_file = path),
            ("feed.token_file", |it, path| it.feed.token_file = path),
            ("feed.root_file", |it, path| it.feed.root_file = Some(path)),
            ("upstream.root_file", |it, path| it.upstream.root_file = Some(path)),
        ] {
            for path in [&empty, Path::new("/nowhere")] {
                let mut settings = good.clone();
                spoil(&mut settings, path.to_owned());
                let text = Causes(&check(&settings).unwrap_err()).to_string();
                assert!(text.contains(key) && text.contains(path.to_str().unwrap()), "{text}");
                assert_eq!(text.lines().count(), 1, "{text}");
            }
        }
    }
}
