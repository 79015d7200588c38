//! The replica's file: SQLite, written by one task, read whole at start.
//!
//! Records are kept as they came, whether this version understands them or not: a later one finds what an earlier one
//! passed over, and an earlier one keeps closed what it can't read. Every record carries a digest of itself, and a file
//! that doesn't read back as it was written is set aside, never repaired: the control plane has all of it.

use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};
use futures_util::TryStreamExt;
use marque_config::clock::Random;
use marque_config::feed::{KeyText, Revision};
use serde_json::value::RawValue;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Row, Transaction};

use super::Position;
use super::file::{self, FileError};
use crate::directory::{Batch, Change};
use crate::telemetry::Causes;

/// What the file says its format is, for versions that look at it: rows have said themselves how they are to be read
/// since, so this one doesn't.
const FORMAT: &str = "1";
const SCHEMA: [&str; 2] = [
    "create table if not exists record (kind text not null, name text not null, body text not null,
     digest blob not null, primary key (kind, name)) without rowid",
    "create table if not exists state (key text primary key, value text not null) without rowid",
];
const RECORDS: &str = "select kind, name, body, digest from record";
const CLEAR: &str = "delete from record";
const UPSERT: &str = "insert into record (kind, name, body, digest) values ($1, $2, $3, $4)
                      on conflict (kind, name) do update set body = excluded.body, digest = excluded.digest";
const DELETE: &str = "delete from record where kind = $1 and name = $2";
const STATE: &str = "select value from state where key = $1";
const SET_STATE: &str = "insert into state (key, value) values ($1, $2)
                         on conflict (key) do update set value = excluded.value";

/// The replica's file, opened.
#[derive(Debug)]
pub(super) struct Store {
    connection: SqliteConnection,
}

/// Why the file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It can't be made, or set aside.
    #[error(transparent)]
    File(#[from] FileError),
    /// The database says no.
    #[error("the replica's database")]
    Database(#[from] sqlx::Error),
    /// What is in it isn't what was written.
    #[error("the replica's file is damaged: {0}")]
    Damaged(String),
}

impl Store {
    /// Opens the file, making it if need be, and reads it whole. A damaged one is set aside beside its name.
    ///
    /// # Errors
    /// [`StoreError`] when no usable file can be had: no permission, no space, or another process has it.
    pub(super) async fn open(path: &Path, now_ms: i64) -> Result<(Self, Option<(Position, Batch)>), StoreError> {
        match Self::open_as_it_is(path).await {
            Err(error) if error.is_damage() => {
                let aside = file::set_aside(path, now_ms)?;
                tracing::error!(error = %Causes(&error), path = %aside.display(), "the replica was set aside; starting without");
                Self::open_as_it_is(path).await
            }
            opened => opened,
        }
    }

    async fn open_as_it_is(path: &Path) -> Result<(Self, Option<(Position, Batch)>), StoreError> {
        file::private(path)?;
        let mut store = Self { connection: SqliteConnection::connect_with(&file::options(path)).await? };
        store.prepare().await?;
        let held = store.load().await?;
        Ok((store, held))
    }

    async fn prepare(&mut self) -> Result<(), StoreError> {
        for statement in SCHEMA {
            sqlx::query(statement).execute(&mut self.connection).await?;
        }
        let sound: String = sqlx::query_scalar("pragma quick_check(1)").fetch_one(&mut self.connection).await?;
        if sound != "ok" {
            return Err(StoreError::Damaged(sound));
        }
        match self.state("format").await? {
            None => self.set_state("format", FORMAT).await,
            Some(_) => Ok(()),
        }
    }

    /// The name that this proxy drew for itself, once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) async fn name(&mut self, random: &dyn Random) -> Result<String, StoreError> {
        if let Some(name) = self.state("name").await? {
            return Ok(name);
        }
        let mut bytes = [0; 8];
        random.fill(&mut bytes);
        let name = format!("proxy-{:016x}", u64::from_be_bytes(bytes));
        self.set_state("name", &name).await?;
        Ok(name)
    }

    /// Writes a batch and where it leads; durable when it returns.
    ///
    /// # Errors
    /// [`StoreError`]; nothing of the batch is written then.
    pub(super) async fn apply(&mut self, to: &Position, batch: &Batch) -> Result<(), StoreError> {
        let mut transaction = self.connection.begin().await?;
        if batch.is_snapshot {
            sqlx::query(CLEAR).execute(&mut *transaction).await?;
        }
        for change in &batch.changes {
            write(&mut transaction, change).await?;
        }
        for (key, value) in [("epoch", to.epoch.as_str()), ("revision", &to.revision.0.to_string())] {
            sqlx::query(SET_STATE).bind(key).bind(value).execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    async fn load(&mut self) -> Result<Option<(Position, Batch)>, StoreError> {
        let Some(epoch) = self.state("epoch").await? else { return Ok(None) };
        let revision = self.state("revision").await?.and_then(|text| text.parse().ok());
        let revision = Revision(revision.ok_or_else(|| StoreError::Damaged("no revision".into()))?);
        let mut changes = Vec::new();
        let mut rows = sqlx::query(RECORDS).fetch(&mut self.connection);
        while let Some(row) = rows.try_next().await? {
            let (kind, name, body) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            let change = checked(kind, name, body, row.try_get(3)?)
                .ok_or_else(|| StoreError::Damaged(format!("{kind} {name}")))?;
            changes.push(change);
        }
        Ok(Some((Position { epoch, revision }, Batch { revision, is_snapshot: true, changes })))
    }

    async fn state(&mut self, key: &str) -> Result<Option<String>, StoreError> {
        Ok(sqlx::query_scalar(STATE).bind(key).fetch_optional(&mut self.connection).await?)
    }

    async fn set_state(&mut self, key: &str, value: &str) -> Result<(), StoreError> {
        sqlx::query(SET_STATE).bind(key).bind(value).execute(&mut self.connection).await?;
        Ok(())
    }
}

async fn write(transaction: &mut Transaction<'_, sqlx::Sqlite>, change: &Change) -> Result<(), StoreError> {
    match change {
        Change::Upsert(upsert) => {
            let (KeyText { kind, name }, body) = (&upsert.read.key, upsert.text.get());
            let digest = digest(kind, name, body);
            let query = sqlx::query(UPSERT).bind(kind).bind(name).bind(body).bind(digest);
            query.execute(&mut **transaction).await?;
        }
        Change::Delete(key) => {
            let query = sqlx::query(DELETE).bind(&key.kind).bind(&key.name);
            query.execute(&mut **transaction).await?;
        }
    }
    Ok(())
}

/// The record of a row, if the row is as it was written.
fn checked(kind: &str, name: &str, body: &str, written: &[u8]) -> Option<Change> {
    let text = RawValue::from_string(body.to_owned()).ok().filter(|_| digest(kind, name, body) == written)?;
    Some(Change::kept(KeyText { kind: kind.to_owned(), name: name.to_owned() }, text))
}

fn digest(kind: &str, name: &str, body: &str) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    for part in [kind, "\0", name, "\0", body] {
        context.update(part.as_bytes());
    }
    context.finish().as_ref().to_vec()
}

impl StoreError {
    /// Whether the file itself is at fault.
    fn is_damage(&self) -> bool {
        match self {
            Self::Damaged(_) => true,
            Self::Database(error) => file::is_damage(error),
            Self::File(_) => false,
        }
    }
}

#[cfg(test)]
mod tests;
