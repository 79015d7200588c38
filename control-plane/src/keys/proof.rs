//! Whether the key files are this database's. Each key has a check value in the database, made at the first start. A key
//! that doesn't fit it is refused before anything is served or written: it would replace what nobody else could open.

use std::path::PathBuf;

use marque_config::seal::{Context, KeyRing, Purpose, SealError, Sealed};
use marque_config::settings;

use super::Keys;
use crate::database::key_checks::KeyName;
use crate::database::{Store, StoreError, Whose, Write};
use crate::kernel::actor::Actor;

/// Why the keys aren't taken.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// It isn't the key that the database's values are sealed with.
    #[error(
        "{key}: {path} is not the key of this database; put the right file back or, should it be lost for good, give up \
         what was sealed with it by `marque-control-plane admin accept-keys`"
    )]
    OtherKey {
        /// The key of the settings.
        key: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// The file lacks a key that values are still sealed with.
    #[error(
        "{key}: {path} lacks a key that values of the table {table} are sealed with; add its line below the others or, \
         should it be lost for good, give those values up by `marque-control-plane admin accept-keys`"
    )]
    LacksKey {
        /// The key of the settings.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// Where there is such a value.
        table: &'static str,
    },
    /// The check values can't be read or kept.
    #[error("the check values of the keys can't be read or kept")]
    Store(#[from] StoreError),
    /// A check value can't be sealed.
    #[error("a check value can't be sealed")]
    Seal(#[from] SealError),
}

/// How a key compares with its check value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeyMatch {
    /// It is the one.
    Right,
    /// It is, and a new first line of the file takes its place.
    Rotated,
    /// There is no check value yet.
    Unknown,
    /// It is another.
    Other,
}

const PLAIN: &[u8] = b"marque key check";

impl ProofError {
    /// Whether a key file that the settings name is wrong.
    #[must_use]
    pub fn is_about_settings(&self) -> bool {
        matches!(self, Self::OtherKey { .. } | Self::LacksKey { .. })
    }
}

impl Keys {
    /// Refuses keys that aren't the database's, and writes nothing. A database from before there were check values
    /// proves a key by all that is sealed in it.
    ///
    /// # Errors
    /// [`ProofError`].
    pub async fn prove(&self, store: &Store, files: &settings::Keys) -> Result<(), ProofError> {
        for name in KeyName::ALL {
            let (key, path) = file(name, files);
            match self.compare(name, store.key_check(name).await?.as_deref()) {
                KeyMatch::Right | KeyMatch::Rotated => {}
                KeyMatch::Other => return Err(ProofError::OtherKey { key, path }),
                KeyMatch::Unknown => {
                    if let Some(table) = self.unopened(store, name).await? {
                        return Err(ProofError::LacksKey { key, path, table });
                    }
                }
            }
        }
        Ok(())
    }

    /// Keeps check values for keys that have none, and for new first lines of key files. Looks at them again behind the
    /// gate: another control plane may have been first.
    ///
    /// # Errors
    /// [`ProofError`].
    pub async fn keep(&self, store: &Store, files: &settings::Keys) -> Result<(), ProofError> {
        let mut write = store.begin(&Actor::system("keys"), store.now_ms()).await?;
        let mut kept = Vec::new();
        for name in KeyName::ALL {
            match self.compare(name, write.key_check(name).await?.as_deref()) {
                KeyMatch::Right => {}
                KeyMatch::Rotated | KeyMatch::Unknown => {
                    self.keep_one(&mut write, name).await?;
                    kept.push(name.as_str());
                }
                KeyMatch::Other => {
                    let (key, path) = file(name, files);
                    return Err(ProofError::OtherKey { key, path });
                }
            }
        }
        if !kept.is_empty() {
            write.commit().await?;
            tracing::info!(keys = kept.join(" "), "check values of keys are kept");
        }
        Ok(())
    }

    /// Takes these keys for the database's own from now on, whatever was before. What was sealed with others is lost.
    ///
    /// # Errors
    /// [`ProofError::Store`] or [`ProofError::Seal`].
    pub async fn accept(&self, store: &Store, actor: &Actor) -> Result<Vec<&'static str>, ProofError> {
        let mut write = store.begin(actor, store.now_ms()).await?;
        let mut changed = Vec::new();
        for name in KeyName::ALL {
            if self.compare(name, write.key_check(name).await?.as_deref()) != KeyMatch::Right {
                self.keep_one(&mut write, name).await?;
                changed.push(name.as_str());
                write.audit("key.accepted", &name.as_str(), Whose::VENDOR, serde_json::json!({}));
            }
        }
        write.commit().await?;
        Ok(changed)
    }

    fn compare(&self, name: KeyName, check: Option<&[u8]>) -> KeyMatch {
        let Some(check) = check else { return KeyMatch::Unknown };
        let Some(ring) = self.ring(name) else {
            let same = check == self.feed.public_text().as_bytes();
            return if same { KeyMatch::Right } else { KeyMatch::Other };
        };
        let sealed = Sealed::from_bytes(check.to_vec());
        match ring.open(context(name), &sealed) {
            Ok(_) if ring.is_current(&sealed) => KeyMatch::Right,
            Ok(_) => KeyMatch::Rotated,
            Err(_) => KeyMatch::Other,
        }
    }

    /// A table with a value that the file has no key for.
    async fn unopened(&self, store: &Store, name: KeyName) -> Result<Option<&'static str>, StoreError> {
        let Some(ring) = self.ring(name) else { return Ok(None) };
        let sealed = store.sealed_with(name).await?;
        Ok(sealed.into_iter().find(|(_, id)| !ring.has_key_of(id)).map(|(table, _)| table))
    }

    async fn keep_one(&self, write: &mut Write, name: KeyName) -> Result<(), ProofError> {
        let value = match self.ring(name) {
            Some(ring) => ring.seal(context(name), &write.parts().bytes(), PLAIN)?.as_bytes().to_vec(),
            None => self.feed.public_text().into_bytes(),
        };
        Ok(write.keep_key_check(name, &value).await?)
    }

    /// The ring of a key that seals; none for the one that signs.
    fn ring(&self, name: KeyName) -> Option<&KeyRing> {
        match name {
            KeyName::Store => Some(&self.store),
            KeyName::Edge => Some(&self.edge),
            KeyName::Feed => None,
        }
    }
}

fn context(name: KeyName) -> Context<'static> {
    Context { purpose: Purpose::KeyCheck, owner: name.as_str(), name: "" }
}

fn file(name: KeyName, files: &settings::Keys) -> (&'static str, PathBuf) {
    match name {
        KeyName::Store => ("keys.store_key_file", files.store_key_file.clone()),
        KeyName::Edge => ("keys.edge_key_file", files.edge_key_file.clone()),
        KeyName::Feed => ("keys.feed_key_file", files.feed_key_file.clone()),
    }
}

#[cfg(test)]
mod tests;
