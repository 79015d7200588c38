//! A file of SQLite that belongs to this process alone: how it is opened, what is damage, and how it is set aside.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqliteSynchronous};

/// A file can't be made, or set aside.
#[derive(Debug, thiserror::Error)]
#[error("{path}")]
pub struct FileError {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// How it is opened: by one process, and durable when a transaction has ended.
pub(crate) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(Duration::from_secs(2))
        .locking_mode(SqliteLockingMode::Exclusive)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
}

/// Makes the file, readable by its owner alone: SQLite gives its side files the same mode.
///
/// # Errors
/// [`FileError`].
pub(crate) fn private(path: &Path) -> Result<(), FileError> {
    use std::os::unix::fs::OpenOptionsExt;
    let opened = std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    opened.map(drop).map_err(|source| FileError { path: path.to_owned(), source })
}

/// Moves the file, and what SQLite has beside it, out of the way; gives where to.
///
/// # Errors
/// [`FileError`].
pub(crate) fn set_aside(path: &Path, now_ms: i64) -> Result<PathBuf, FileError> {
    let beside = |name: &Path, suffix: &str| {
        let mut name = name.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let aside = beside(path, &format!(".damaged-{now_ms}"));
    for suffix in ["", "-wal", "-shm"] {
        let (from, to) = (beside(path, suffix), beside(&aside, suffix));
        match std::fs::rename(&from, to) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => return Err(FileError { path: from, source }),
            _ => {}
        }
    }
    Ok(aside)
}

/// Whether the file itself is at fault; everything else is for a person to mend.
pub(crate) fn is_damage(error: &sqlx::Error) -> bool {
    match error {
        // SQLITE_CORRUPT and SQLITE_NOTADB, in their extended forms too; a value that is no text or no blob.
        sqlx::Error::Database(_) => matches!(code(error), Some(11 | 26)),
        error => matches!(error, sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_)),
    }
}

/// Whether the disk is full (SQLITE_FULL).
pub(crate) fn is_no_space(error: &sqlx::Error) -> bool {
    code(error) == Some(13)
}

/// SQLite's primary result code.
fn code(error: &sqlx::Error) -> Option<u32> {
    let code = error.as_database_error()?.code()?.parse::<u32>().ok()?;
    Some(code & 0xff)
}
