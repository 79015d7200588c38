//! Connections, and what each database is told about them.

use std::time::Duration;

use marque_config::settings::DatabaseSettings;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AnyPool, Connection, Executor, PgPool};

use super::StoreError;

/// Which database serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// A file beside the process.
    Sqlite,
    /// A server.
    Postgres,
}

/// Everything that is connected.
pub(crate) struct Pools {
    pub(crate) backend: Backend,
    /// For answers.
    pub(crate) readers: AnyPool,
    /// For answers to who isn't known, so that strangers never keep others waiting.
    pub(crate) strangers: AnyPool,
    /// For feed streams, so that slow proxies never keep the API waiting.
    pub(crate) followers: AnyPool,
    /// One connection: writers are serial.
    pub(crate) writer: AnyPool,
    /// For what is written without the gate. SQLite has one writer: there it is the same connection.
    pub(crate) notes: AnyPool,
    /// For what `Any` doesn't have: LISTEN.
    pub(crate) listener: Option<PgPool>,
}

/// The longest that anybody waits for a connection or for the gate.
const ACQUIRE: Duration = Duration::from_secs(5);

/// Prepared texts that a connection keeps: more than there are, for each one lost costs another way to the server.
const KEPT: (&str, &str) = ("statement-cache-capacity", "1000");

const SQLITE: &[&str] = &[
    "pragma journal_mode = wal",
    "pragma synchronous = full",
    "pragma foreign_keys = on",
    "pragma busy_timeout = 5000",
];
const SQLITE_READER: &[&str] = &["pragma query_only = on"];
const POSTGRES: &[&str] =
    &["set statement_timeout = '10s'", "set lock_timeout = '5s'", "set idle_in_transaction_session_timeout = '30s'"];
pub(crate) const UNHURRIED: &str = "set statement_timeout = 0; set lock_timeout = 0";
const POSTGRES_READER: &[&str] = &["set default_transaction_read_only = on"];

impl Backend {
    pub(crate) fn begin_write(self) -> &'static str {
        match self {
            Self::Sqlite => "begin immediate",
            Self::Postgres => "begin",
        }
    }

    /// The first statement of a write: it takes no snapshot, so what is read after it is not stale.
    pub(crate) fn gate(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some("lock table write_gate in exclusive mode"),
        }
    }

    /// Whether other processes may use the database, too.
    pub(crate) fn has_others(self) -> bool {
        self == Self::Postgres
    }

    /// Begins a transaction whose reads all see one moment.
    pub(crate) fn begin_read(self) -> &'static str {
        match self {
            Self::Sqlite => "begin",
            Self::Postgres => "begin isolation level repeatable read read only",
        }
    }

    /// Counts the tables of a name.
    pub(crate) fn count_tables(self) -> &'static str {
        match self {
            Self::Sqlite => "select count(*) from sqlite_master where type = 'table' and name = $1",
            Self::Postgres => "select count(to_regclass($1))",
        }
    }

    pub(crate) fn session(self, reads_only: bool) -> impl Iterator<Item = &'static str> {
        let (all, reader) = match self {
            Self::Sqlite => (SQLITE, SQLITE_READER),
            Self::Postgres => (POSTGRES, POSTGRES_READER),
        };
        let reader = if reads_only { reader } else { &[] };
        all.iter().chain(reader).copied()
    }
}

/// Whether an error code says that a later try may work: SQLite's busy, read-only, I/O error, full and can't-open;
/// PostgreSQL's lock, serialization, resource and connection failures.
pub(crate) fn is_passing(code: &str) -> bool {
    // An SQLSTATE has five characters, SQLite's numbers at most four.
    if code.len() == 5 {
        return ["08", "25006", "40", "53", "55P03", "57"].iter().any(|class| code.starts_with(class));
    }
    code.parse::<i64>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 8 | 10 | 13 | 14))
}

/// Connects. A SQLite file that isn't there is made only where `may_make` says so.
pub(crate) async fn open(settings: &DatabaseSettings, may_make: bool) -> Result<Pools, StoreError> {
    sqlx::any::install_default_drivers();
    let (backend, options) = options(settings, may_make)?;
    let writer = pool(backend, 1, false).connect_with(options.clone()).await.map_err(StoreError::Open)?;
    let readers = pool(backend, settings.readers, true).connect_lazy_with(options.clone());
    let strangers = pool(backend, settings.readers_for_strangers, true).connect_lazy_with(options.clone());
    let followers = pool(backend, settings.readers_for_feed, true).connect_lazy_with(options.clone());
    let notes = match backend {
        Backend::Sqlite => writer.clone(),
        Backend::Postgres => pool(backend, 1, false).connect_lazy_with(options.clone()),
    };
    let listener = match backend {
        Backend::Sqlite => None,
        Backend::Postgres => {
            let options = PgConnectOptions::try_from(&options).map_err(StoreError::Open)?;
            Some(PgPoolOptions::new().max_connections(1).acquire_timeout(ACQUIRE).connect_lazy_with(options))
        }
    };
    Ok(Pools { backend, readers, strangers, followers, writer, notes, listener })
}

fn pool(backend: Backend, connections: u32, reads_only: bool) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                for statement in backend.session(reads_only) {
                    connection.execute(sqlx::raw_sql(statement)).await?;
                }
                Ok(())
            })
        })
        // A full disk makes SQLite end a transaction by itself; sqlx goes on counting it, and would begin no other.
        .before_acquire(|connection, _| {
            let clean = !connection.is_in_transaction();
            Box::pin(async move { Ok(clean) })
        })
}

fn options(settings: &DatabaseSettings, may_make: bool) -> Result<(Backend, AnyConnectOptions), StoreError> {
    let wrong = |key, detail: &dyn std::fmt::Display| StoreError::Settings { key, detail: detail.to_string() };
    let sqlite = settings.url.starts_with("sqlite:");
    let mode = if may_make { "rwc" } else { "rw" };
    let url = match sqlite && !settings.url.contains('?') {
        true => format!("{}?mode={mode}", settings.url),
        false => settings.url.clone(),
    };
    let mut options: AnyConnectOptions = url.parse().map_err(|error| wrong("database.url", &error))?;
    if let Some(path) = &settings.password_file {
        let read = std::fs::read_to_string(path);
        let password =
            read.map_err(|error| wrong("database.password_file", &format!("{}: {error}", path.display())))?;
        let set = options.database_url.set_password(Some(password.trim_end_matches(['\r', '\n'])));
        set.map_err(|()| wrong("database.password_file", &"the URL has no place for a password"))?;
    }
    if !sqlite && !settings.url.contains(KEPT.0) {
        options.database_url.query_pairs_mut().append_pair(KEPT.0, KEPT.1);
    }
    Ok((if sqlite { Backend::Sqlite } else { Backend::Postgres }, options))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_by_itself_is_told_from_what_is_wrong() {
        for code in ["5", "517", "13", "1032", "08006", "40001", "55P03", "57P01", "25006"] {
            assert!(is_passing(code), "{code}");
        }
        for code in ["1", "19", "2067", "23505", "42601", "22021"] {
            assert!(!is_passing(code), "{code}");
        }
    }
}
