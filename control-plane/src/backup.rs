//! Copies of the database: made while it is used, looked over before they count, and put back so that nothing of what
//! they replace is lost. For SQLite; a PostgreSQL server has better means of its own, which `deploy/` shows.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use marque_config::settings::DatabaseSettings;

use crate::database::refused::Refused;
use crate::database::{Store, StoreError, copy};
use crate::kernel::parts::Parts;
use crate::kernel::principal::Reach;
use crate::reports::operations::audit::{self, Fault};

/// What a copy holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// How many events its audit trail has.
    pub events: i64,
    /// The hash of the last one.
    pub head: String,
}

/// Why there is no copy, or it isn't put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database is a server.
    #[error("database.url is no file: deploy/postgres shows how a PostgreSQL server is backed up and restored")]
    NotSqlite,
    /// A file is in the way.
    #[error("{0} is there already")]
    Exists(PathBuf),
    /// The database is used by a process.
    #[error("{0} is in use: stop the control plane first")]
    InUse(PathBuf),
    /// The copy is damaged.
    #[error("{path} is damaged: {detail}")]
    Damaged {
        /// The copy.
        path: PathBuf,
        /// In which way.
        detail: String,
    },
    /// The audit trail in the copy is not as it was written.
    #[error("the audit trail is not as it was written: {0}")]
    Trail(Fault),
    /// The ledger doesn't add up.
    #[error("{0} wallets are not what their entries add up to")]
    Ledger(usize),
    /// A file can't be read or written.
    #[error("{path} can't be read or written")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database didn't do its part.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// What was put back can't be looked over.
    #[error("what was put back can't be looked over")]
    Refused(#[from] Refused),
}

/// Copies the database to a new file, while others use it. The copy is as of one moment.
///
/// # Errors
/// [`BackupError`]; then there is no copy.
pub async fn back_up(settings: &DatabaseSettings, to: &Path) -> Result<Copied, BackupError> {
    let from = copy::file(settings)?.ok_or(BackupError::NotSqlite)?;
    if to.exists() {
        return Err(BackupError::Exists(to.into()));
    }
    let partial = beside(to, "partial");
    remove(&partial)?;
    // It holds everything: nobody else may read it, from its first byte on.
    touch(&partial)?;
    copy::copy(&from, &partial).await?;
    let copied = look_over(&partial).await?;
    rename(&partial, to)?;
    Ok(copied)
}

/// Puts a copy in the place of the database, which nobody may use meanwhile; what was there is kept beside it. Proxies
/// then take everything anew: they may have seen what the copy has not. Everybody else's tokens and sessions end: what was
/// revoked since would live again.
///
/// # Errors
/// [`BackupError`]; unless it is about the trail or the ledger, the database is then as it was.
pub async fn restore(settings: &DatabaseSettings, from: &Path, parts: Parts) -> Result<Copied, BackupError> {
    let target = copy::file(settings)?.ok_or(BackupError::NotSqlite)?;
    look_over(from).await?;
    if target.exists() {
        if !copy::settle(&target).await? {
            return Err(BackupError::InUse(target));
        }
        rename(&target, &beside(&target, &format!("before-restore-{}", parts.now_ms())))?;
    }
    let partial = beside(&target, "partial");
    remove(&partial)?;
    touch(&partial)?;
    fs::copy(from, &partial).map_err(at(&partial))?;
    rename(&partial, &target)?;
    let store = Store::open(settings, parts).await?;
    let reach = Reach::command("admin restore");
    store.revive_nobody(reach.actor()).await?;
    store.new_epoch(reach.actor()).await?;
    let copied = verify(&store).await;
    store.close().await;
    copied
}

/// Looks whether what a database holds is as it was written: its audit trail and its ledger.
///
/// # Errors
/// [`BackupError`].
pub async fn verify(store: &Store) -> Result<Copied, BackupError> {
    let trail = audit::verify_all(store).await?;
    if let Some(fault) = trail.fault {
        return Err(BackupError::Trail(fault));
    }
    let faults = store.ledger_faults().await?;
    if !faults.is_empty() {
        return Err(BackupError::Ledger(faults.len()));
    }
    Ok(Copied { events: trail.last, head: trail.hash })
}

async fn look_over(path: &Path) -> Result<Copied, BackupError> {
    let damaged = |detail: String| BackupError::Damaged { path: path.into(), detail };
    let found = copy::look_over(path).await.map_err(|error| damaged(error.to_string()))?;
    match found {
        Ok((events, head)) => Ok(Copied { events, head }),
        Err(detail) => Err(damaged(detail)),
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

fn touch(path: &Path) -> Result<(), BackupError> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.map(drop).map_err(at(path))
}

fn remove(path: &Path) -> Result<(), BackupError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(path)(error)),
        _ => Ok(()),
    }
}

/// Renames a file once all of it is on the disk, and waits until the new name is, too.
fn rename(from: &Path, to: &Path) -> Result<(), BackupError> {
    File::open(from).and_then(|file| file.sync_all()).map_err(at(from))?;
    fs::rename(from, to).map_err(at(to))?;
    let directory = to.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(at(directory))
}

fn at(path: &Path) -> impl Fn(io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::File { path: path.clone(), source }
}

#[cfg(test)]
mod tests;
