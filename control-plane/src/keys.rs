//! The key files: read only when nobody else on the machine can read them, and made with nobody else able to.

pub mod proof;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use marque_config::clock::Random;
use marque_config::seal::{KeyRing, SealError};
use marque_config::settings::ControlPlaneSettings;
use marque_config::signature::{FeedSigner, SignatureError};
use zeroize::Zeroizing;

/// The keys of a control plane.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Seals what only the control plane reads.
    pub store: Arc<KeyRing>,
    /// Seals what proxies read too.
    pub edge: Arc<KeyRing>,
    /// Signs the feed.
    pub feed: Arc<FeedSigner>,
}

/// Why a key file isn't used or made.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It can't be read.
    #[error("{key}: cannot read {path}")]
    Read {
        /// The key of the settings.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Others can read it.
    #[error("{key}: {path} can be read by its group or by others; make it mode 0600")]
    Open {
        /// The key of the settings.
        key: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// It holds no sealing key.
    #[error("{key}: {path} is no key file")]
    Seal {
        /// The key of the settings.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: SealError,
    },
    /// It holds no signing key.
    #[error("{key}: {path} is no feed key file")]
    Sign {
        /// The key of the settings.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: SignatureError,
    },
    /// It can't be made: perhaps there is one.
    #[error("cannot make {path}")]
    Make {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl KeyError {
    /// Whether the settings, or a file that they name, are wrong; else a file can't be made.
    #[must_use]
    pub fn is_about_settings(&self) -> bool {
        !matches!(self, Self::Make { .. })
    }
}

impl Keys {
    /// Reads the files that the settings name.
    ///
    /// # Errors
    /// [`KeyError`], naming the key of the settings and the file.
    pub fn read(settings: &ControlPlaneSettings) -> Result<Self, KeyError> {
        let files = &settings.keys;
        Ok(Self {
            store: Arc::new(ring("keys.store_key_file", &files.store_key_file)?),
            edge: Arc::new(ring("keys.edge_key_file", &files.edge_key_file)?),
            feed: Arc::new(signer("keys.feed_key_file", &files.feed_key_file)?),
        })
    }
}

/// Makes `store.key`, `edge.key`, `feed.key` and `feed.pub` in a directory; never over one that is there.
///
/// # Errors
/// [`KeyError::Make`].
pub fn make(directory: &Path, random: &dyn Random) -> Result<(), KeyError> {
    let names = ["store.key", "edge.key", "feed.key", "feed.pub"];
    if let Some(path) = names.iter().map(|name| directory.join(name)).find(|path| path.exists()) {
        return Err(KeyError::Make { path, source: std::io::ErrorKind::AlreadyExists.into() });
    }
    fs::create_dir_all(directory).map_err(|source| KeyError::Make { path: directory.into(), source })?;
    let draw = || {
        let mut secret = Zeroizing::new([0; 32]);
        random.fill(&mut *secret);
        secret
    };
    let feed = draw();
    let public = FeedSigner::from_seed(&feed).map_err(|source| KeyError::Sign {
        key: "keys.feed_key_file",
        path: directory.join("feed.key"),
        source,
    })?;
    write(directory.join("store.key"), 0o600, &KeyRing::line(&draw()))?;
    write(directory.join("edge.key"), 0o600, &KeyRing::line(&draw()))?;
    write(directory.join("feed.key"), 0o600, &Zeroizing::new(STANDARD.encode(*feed)))?;
    write(directory.join("feed.pub"), 0o644, &public.public_text())
}

fn write(path: PathBuf, mode: u32, line: &str) -> Result<(), KeyError> {
    let made = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path);
    let written = made.and_then(|mut file| {
        file.write_all(line.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()
    });
    written.map_err(|source| KeyError::Make { path, source })
}

fn ring(key: &'static str, path: &Path) -> Result<KeyRing, KeyError> {
    KeyRing::parse(&secret(key, path)?).map_err(|source| KeyError::Seal { key, path: path.into(), source })
}

fn signer(key: &'static str, path: &Path) -> Result<FeedSigner, KeyError> {
    FeedSigner::parse(&secret(key, path)?).map_err(|source| KeyError::Sign { key, path: path.into(), source })
}

/// Reads a file that only its owner may read.
pub(crate) fn secret(key: &'static str, path: &Path) -> Result<Zeroizing<String>, KeyError> {
    let unreadable = |source| KeyError::Read { key, path: path.into(), source };
    let mode = fs::metadata(path).map_err(unreadable)?.mode();
    if mode & 0o077 != 0 {
        return Err(KeyError::Open { key, path: path.into() });
    }
    fs::read_to_string(path).map(Zeroizing::new).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::kernel::parts::Parts;

    fn files(directory: &Path) -> ControlPlaneSettings {
        let mut settings = ControlPlaneSettings::default();
        settings.keys.store_key_file = directory.join("store.key");
        settings.keys.edge_key_file = directory.join("edge.key");
        settings.keys.feed_key_file = directory.join("feed.key");
        settings
    }

    #[test]
    fn what_is_made_is_read_and_never_made_over() {
        let directory = tempfile::tempdir().unwrap();
        make(directory.path(), &*Parts::real().random).unwrap();
        let keys = Keys::read(&files(directory.path())).unwrap();
        let public = fs::read_to_string(directory.path().join("feed.pub")).unwrap();
        assert_eq!(keys.feed.public_text(), public.trim());
        assert!(matches!(make(directory.path(), &*Parts::real().random), Err(KeyError::Make { .. })));
    }

    #[test]
    fn a_key_that_others_can_read_is_not_used() {
        let directory = tempfile::tempdir().unwrap();
        make(directory.path(), &*Parts::real().random).unwrap();
        let path = directory.path().join("edge.key");
        for mode in [0o640, 0o604, 0o644] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = Keys::read(&files(directory.path())).unwrap_err();
            assert!(error.to_string().contains("edge.key"), "{error}");
            assert!(matches!(error, KeyError::Open { key: "keys.edge_key_file", .. }));
        }
    }
}
