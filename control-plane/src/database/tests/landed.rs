//! The database of the first version, as it lies beside this file: one tenant, one order.

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};

use super::*;

const POSTGRES: &str = include_str!("landed/postgres.sql");
const SQLITE: &str = include_str!("landed/sqlite.sql");
const WRITES: &str = include_str!("landed/writes.sql");

/// The keys with which the first version sealed what is in it: store key, edge key.
pub(crate) const KEYS: [[u8; 32]; 2] = [[1; 32], [2; 32]];

/// The settings of such a database, loaded into a fresh one.
pub(crate) async fn landed(directory: &std::path::Path) -> DatabaseSettings {
    let url = fresh(directory).await;
    if url.starts_with("sqlite:") {
        let options: sqlx::sqlite::SqliteConnectOptions = url.parse().unwrap();
        let mut connection = options.create_if_missing(true).foreign_keys(false).connect().await.unwrap();
        sqlx::raw_sql(SQLITE).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    } else {
        let mut connection = PgConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(POSTGRES).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
    DatabaseSettings { url, ..DatabaseSettings::default() }
}

/// Does what the first version did next, in its own statements.
pub(crate) async fn write_as_the_first_version(store: &Store) {
    let mut write = store.begin(&Actor::system("test"), store.now_ms()).await.unwrap();
    let writes = match store.backend() {
        Backend::Sqlite => WRITES.replace("'\\x", "x'"),
        Backend::Postgres => WRITES.to_owned(),
    };
    sqlx::raw_sql(AssertSqlSafe(writes)).execute(write.connection()).await.unwrap();
    sqlx::raw_sql("commit").execute(write.connection()).await.unwrap();
}
