//! A SQLite database as a file: copied while it is used, looked over, and made ready to be replaced. Not by way of the
//! pools: nothing here migrates, and nothing here is done by a process that serves.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use marque_config::settings::DatabaseSettings;
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use super::StoreError;

const BUSY: Duration = Duration::from_secs(5);

const HEAD: &str = "select seq, hash, (select coalesce(max(seq), 0) from audit_event) from audit_head where one = 1";

/// The file of the settings' database; none when it is a server.
///
/// # Errors
/// When the URL is wrong.
pub fn file(settings: &DatabaseSettings) -> Result<Option<PathBuf>, StoreError> {
    if !settings.url.starts_with("sqlite:") {
        return Ok(None);
    }
    let options = SqliteConnectOptions::from_str(&settings.url);
    let options = options.map_err(|error| StoreError::Settings { key: "database.url", detail: error.to_string() })?;
    Ok(Some(options.get_filename().to_owned()))
}

/// Copies a database as of one moment into an empty file.
///
/// # Errors
/// When it can't be read, or the file can't be written.
pub async fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    let mut connection = open(from).await?;
    // Without the write-ahead log of the original: the copy is one file.
    sqlx::query("vacuum into $1").bind(to.to_string_lossy().into_owned()).execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// Looks whether a database's file is whole; gives where its audit trail ends, or what is wrong.
///
/// # Errors
/// When it can't be read.
pub async fn look_over(path: &Path) -> Result<Result<(i64, String), String>, StoreError> {
    let mut connection = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(path).read_only(true))
        .await
        .map_err(StoreError::Open)?;
    let found: Vec<String> = sqlx::query_scalar("pragma integrity_check").fetch_all(&mut connection).await?;
    if found != ["ok"] {
        return Ok(Err(found.join("; ")));
    }
    let orphans = sqlx::query("pragma foreign_key_check").fetch_all(&mut connection).await?;
    if !orphans.is_empty() {
        return Ok(Err(format!("{} rows refer to what is not there", orphans.len())));
    }
    let (seq, hash, highest): (i64, String, i64) = sqlx::query_as(HEAD).fetch_one(&mut connection).await?;
    connection.close().await?;
    if seq == highest { Ok(Ok((seq, hash))) } else { Ok(Err("its audit trail is cut off".to_owned())) }
}

/// Takes the write-ahead log into the file, and away. `false` when somebody uses the database.
///
/// # Errors
/// When it can't be read.
pub async fn settle(path: &Path) -> Result<bool, StoreError> {
    let mut connection = open(path).await?;
    // Only who is alone may leave the write-ahead log behind.
    let mode = sqlx::query_scalar("pragma journal_mode = delete").fetch_one(&mut connection).await;
    let settled = match mode {
        Ok(mode) => {
            let mode: String = mode;
            mode == "delete"
        }
        Err(sqlx::Error::Database(error)) if error.code().is_some_and(|code| code == "5") => false,
        Err(error) => return Err(error.into()),
    };
    connection.close().await?;
    Ok(settled)
}

async fn open(path: &Path) -> Result<SqliteConnection, StoreError> {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(false).busy_timeout(BUSY);
    SqliteConnection::connect_with(&options).await.map_err(StoreError::Open)
}
