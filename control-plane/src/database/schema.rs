//! Which migrations a database has, and which this program needs. Migrations expand the tables: a program that doesn't
//! know one works on beside a newer one. One that contracts them raises the floor (`schema_floor`), and programs from
//! before it refuse to start.

use std::collections::BTreeSet;

use sqlx::migrate::{MigrateError, Migration, Migrator};
use sqlx::{AnyConnection, Executor};

use super::connect::{Backend, UNHURRIED};
use super::{Store, StoreError};

static ALL: Migrator = sqlx::migrate!();

/// The newest migration of the first version. That one refuses a database whose list has others: what came later is in
/// a list of its own, so that a rollback, or a restart beside a newer control plane, finds what it knows.
const FIRST: i64 = 140;

/// The migration that made the table of key checks.
const KEY_CHECKS: i64 = 151;

const LISTS: [List; 2] = [
    List {
        table: "_sqlx_migrations",
        applied: "select version, checksum from _sqlx_migrations where success order by version",
    },
    List {
        table: "schema_change",
        applied: "select version, checksum from schema_change where success order by version",
    },
];

/// One table of the database that lists migrations.
struct List {
    table: &'static str,
    applied: &'static str,
}

/// What a database lacks, and whether this program can use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// The migrations that it has.
    pub applied: BTreeSet<i64>,
    /// The migrations that this program knows and the database lacks, in their order.
    pub missing: Vec<i64>,
    /// A migration that has another text here than the one that was applied.
    pub altered: Option<i64>,
    /// A program must know this migration to use the database; 0 when any may.
    pub floor: i64,
}

impl Schema {
    fn of(applied: &[(i64, Vec<u8>)], floor: i64) -> Self {
        let other = |migration: &&Migration| {
            applied.iter().any(|(version, sum)| *version == migration.version && *sum != *migration.checksum)
        };
        let altered = ALL.iter().find(other).map(|migration| migration.version);
        let applied: BTreeSet<i64> = applied.iter().map(|(version, _)| *version).collect();
        let known = ALL.iter().map(|migration| migration.version);
        let missing = known.filter(|version| !applied.contains(version)).collect();
        Self { applied, missing, altered, floor }
    }

    /// Refuses a database that a newer program has contracted, or that isn't one of ours.
    fn usable(&self) -> Result<(), StoreError> {
        if let Some(version) = self.altered {
            return Err(StoreError::Migrate(MigrateError::VersionMismatch(version)));
        }
        if self.floor > newest() {
            return Err(StoreError::TooNew { needs: self.floor });
        }
        Ok(())
    }

    /// Whether check values of keys can be kept.
    pub(crate) fn has_table_of_key_checks(&self) -> bool {
        self.applied.contains(&KEY_CHECKS)
    }

    fn current(&self) -> Result<(), StoreError> {
        self.usable()?;
        match self.missing.first() {
            Some(&first) => Err(StoreError::Behind { first, count: self.missing.len() }),
            None => Ok(()),
        }
    }
}

impl Store {
    /// What the database has and lacks.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn schema(&self) -> Result<Schema, StoreError> {
        let mut connection = self.inner.writer.acquire().await?;
        look(self.inner.backend, &mut connection).await
    }

    /// Refuses a database that isn't as this program needs it.
    ///
    /// # Errors
    /// [`StoreError::Behind`], [`StoreError::TooNew`], or when the database is away.
    pub async fn expect_current(&self) -> Result<(), StoreError> {
        self.schema().await?.current()
    }

    /// Brings the database up to date; gives the migrations that were applied.
    ///
    /// # Errors
    /// [`StoreError::TooNew`], or when a migration fails.
    pub async fn migrate(&self) -> Result<Vec<i64>, StoreError> {
        let backend = self.inner.backend;
        let mut connection = self.inner.writer.acquire().await?;
        let before = look(backend, &mut connection).await?;
        before.usable()?;
        if backend == Backend::Postgres {
            let domain = "do $$ begin create domain blob as bytea; exception when duplicate_object then null; end $$";
            connection.execute(sqlx::raw_sql(domain)).await?;
            // A large table takes longer to change than any statement of every day.
            connection.execute(sqlx::raw_sql(UNHURRIED)).await?;
        }
        let done = run(&mut connection).await;
        for statement in backend.session(false) {
            connection.execute(sqlx::raw_sql(statement)).await?;
        }
        drop(connection);
        done?;
        self.begin_epoch().await?;
        Ok(before.missing)
    }
}

/// The newest migration that this program knows.
fn newest() -> i64 {
    ALL.iter().map(|migration| migration.version).max().unwrap_or_default()
}

async fn run(connection: &mut AnyConnection) -> Result<(), StoreError> {
    for (index, list) in LISTS.iter().enumerate() {
        let mine = |migration: &&Migration| (migration.version <= FIRST) == (index == 0);
        let mut migrator = Migrator::with_migrations(ALL.iter().filter(mine).cloned().collect());
        migrator.dangerous_set_table_name(list.table);
        migrator.set_ignore_missing(true);
        migrator.run(&mut *connection).await.map_err(StoreError::Migrate)?;
    }
    Ok(())
}

async fn look(backend: Backend, connection: &mut AnyConnection) -> Result<Schema, StoreError> {
    let mut applied: Vec<(i64, Vec<u8>)> = Vec::new();
    for list in &LISTS {
        if has_table(backend, connection, list.table).await? {
            applied.extend(sqlx::query_as::<_, (i64, Vec<u8>)>(list.applied).fetch_all(&mut *connection).await?);
        }
    }
    let floor = match has_table(backend, connection, "schema_floor").await? {
        true => sqlx::query_scalar("select needs from schema_floor where one = 1").fetch_one(&mut *connection).await?,
        false => 0,
    };
    Ok(Schema::of(&applied, floor))
}

async fn has_table(backend: Backend, connection: &mut AnyConnection, name: &str) -> Result<bool, StoreError> {
    let count: i64 = sqlx::query_scalar(backend.count_tables()).bind(name).fetch_one(connection).await?;
    Ok(count > 0)
}

#[cfg(test)]
mod tests;
