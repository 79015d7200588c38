//! By what it is told whether a key is this database's: a check value for each, and the values that are sealed in it.

use sqlx::AssertSqlSafe;

use super::{Store, StoreError, Write};

/// A key that the database depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyName {
    /// Seals what only the control plane reads.
    Store,
    /// Seals what proxies read too.
    Edge,
    /// Signs the feed.
    Feed,
}

/// A column of sealed values: its table, its name, the migration that made it.
type Column = (&'static str, &'static str, i64);

const BY_STORE_KEY: [Column; 6] = [
    ("acme_account", "credentials", 1),
    ("app_user", "totp_sealed", 10),
    ("licence_key", "seed", 60),
    ("webhook_endpoint", "secret", 100),
    ("webhook_endpoint", "previous_secret", 100),
    ("mail", "secret", 140),
];
const BY_EDGE_KEY: [Column; 5] = [
    ("hostname", "certificate_key", 1),
    ("issuance", "key_sealed", 1),
    ("shared_key", "secret", 1),
    ("wildcard", "key_sealed", 203),
    ("wildcard", "new_key_sealed", 203),
];

const CHECK: &str = "select value from key_check where name = $1";

impl KeyName {
    /// Every key.
    pub const ALL: [Self; 3] = [Self::Store, Self::Edge, Self::Feed];

    /// The name as the database keeps it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Store => "store_key",
            Self::Edge => "edge_key",
            Self::Feed => "feed_key",
        }
    }

    fn columns(self) -> &'static [Column] {
        match self {
            Self::Store => &BY_STORE_KEY,
            Self::Edge => &BY_EDGE_KEY,
            Self::Feed => &[],
        }
    }
}

impl Store {
    /// The check value of a key; none before the first start with one.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn key_check(&self, name: KeyName) -> Result<Option<Vec<u8>>, StoreError> {
        if !self.schema().await?.has_table_of_key_checks() {
            return Ok(None);
        }
        Ok(sqlx::query_scalar(CHECK).bind(name.as_str()).fetch_optional(self.reader()).await?)
    }

    /// With which keys the values are sealed that a key is to open: the first eight bytes of each value name its key.
    /// Gives each name once for each table.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn sealed_with(&self, name: KeyName) -> Result<Vec<(&'static str, Vec<u8>)>, StoreError> {
        let schema = self.schema().await?;
        let mut found = Vec::new();
        for &(table, column, _) in name.columns().iter().filter(|(.., since)| schema.applied.contains(since)) {
            // Table and column are constants of this file.
            let distinct = AssertSqlSafe(format!(
                "select distinct substr({column}, 1, 8) from {table} where {column} is not null"
            ));
            let ids: Vec<Vec<u8>> = sqlx::query_scalar(distinct).fetch_all(self.reader()).await?;
            found.extend(ids.into_iter().map(|id| (table, id)));
        }
        Ok(found)
    }
}

impl Write {
    /// As [`Store::key_check`], behind the gate.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn key_check(&mut self, name: KeyName) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(sqlx::query_scalar(CHECK).bind(name.as_str()).fetch_optional(self.connection()).await?)
    }

    /// Keeps the check value of a key, in the place of the one before.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn keep_key_check(&mut self, name: KeyName, value: &[u8]) -> Result<(), StoreError> {
        sqlx::query(
            "insert into key_check (name, value) values ($1, $2)
             on conflict (name) do update set value = excluded.value",
        )
        .bind(name.as_str())
        .bind(value)
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
