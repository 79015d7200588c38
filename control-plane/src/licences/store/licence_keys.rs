//! The keys that sign licence files. Seeds are sealed under the store key.

use marque_config::seal::Sealed;
use sqlx::{Any, Executor};

use crate::database::{Store, StoreError, Write};

/// A key that signs licence files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenceKey {
    /// Its name, as the files say it.
    pub id: String,
    /// The public key, as base64.
    pub public: String,
    /// The seed, sealed.
    pub seed: Sealed,
    /// When it was made, milliseconds since 1970, UTC.
    pub created_ms: i64,
}

const ALL: &str = "select id, public_key, seed, created_ms from licence_key order by created_ms, id";

impl Store {
    /// Every key, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn licence_keys(&self) -> Result<Vec<LicenceKey>, StoreError> {
        all(self.reader()).await
    }
}

impl Write {
    /// Every key, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn licence_keys(&mut self) -> Result<Vec<LicenceKey>, StoreError> {
        all(self.connection()).await
    }

    /// Keeps a key.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_licence_key(&mut self, key: &LicenceKey) -> Result<(), StoreError> {
        sqlx::query("insert into licence_key (id, public_key, seed, created_ms) values ($1, $2, $3, $4)")
            .bind(&key.id)
            .bind(&key.public)
            .bind(key.seed.as_bytes())
            .bind(key.created_ms)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}

async fn all<'e>(executor: impl Executor<'e, Database = Any>) -> Result<Vec<LicenceKey>, StoreError> {
    let rows: Vec<(String, String, Vec<u8>, i64)> = sqlx::query_as(ALL).fetch_all(executor).await?;
    let key = |(id, public, seed, created_ms)| LicenceKey { id, public, seed: Sealed::from_bytes(seed), created_ms };
    Ok(rows.into_iter().map(key).collect())
}
