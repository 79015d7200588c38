//! The secrets that proxies share: tickets, cookies, assertions. Sealed under the edge key wherever they are.

use marque_config::certificate::{KeyUse, SharedKey};
use marque_config::feed::{Key, Record, RecordKind};
use marque_config::seal::Sealed;

use crate::database::{Store, StoreError, Write};

/// A shared key as the database keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptKey {
    /// The key, as proxies get it.
    pub key: SharedKey,
    /// When it was made, milliseconds since 1970, UTC.
    pub created_ms: i64,
}

impl Store {
    /// Every shared key, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn shared_keys(&self) -> Result<Vec<KeptKey>, StoreError> {
        let rows: Vec<(String, String, i64, Vec<u8>, i64)> = sqlx::query_as(
            "select id, purpose, use_from_ms, secret, created_ms from shared_key order by use_from_ms, id",
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter()
            .map(|(id, purpose, use_from_ms, secret, created_ms)| {
                let key = SharedKey { id, use_: use_of(&purpose)?, use_from_ms, secret: Sealed::from_bytes(secret) };
                Ok(KeptKey { key, created_ms })
            })
            .collect()
    }
}

impl Write {
    /// Keeps a shared key and gives it to the proxies.
    ///
    /// # Errors
    /// When the database is away, or the id is taken.
    pub async fn add_shared_key(&mut self, key: SharedKey) -> Result<(), StoreError> {
        let now_ms = self.now_ms();
        sqlx::query(
            "insert into shared_key (id, purpose, use_from_ms, secret, created_ms) values ($1, $2, $3, $4, $5)",
        )
        .bind(&key.id)
        .bind(key.use_.as_str())
        .bind(key.use_from_ms)
        .bind(key.secret.as_bytes())
        .bind(now_ms)
        .execute(self.connection())
        .await?;
        self.feed(Record::SharedKey(key));
        Ok(())
    }

    /// Forgets a shared key, here and at the proxies.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn remove_shared_key(&mut self, id: &str) -> Result<(), StoreError> {
        sqlx::query("delete from shared_key where id = $1").bind(id).execute(self.connection()).await?;
        self.feed_delete(Key { kind: RecordKind::SharedKey, name: id.to_owned() });
        Ok(())
    }
}

fn use_of(name: &str) -> Result<KeyUse, StoreError> {
    let unreadable = || StoreError::Unreadable { what: "shared_key.purpose", detail: name.to_owned() };
    KeyUse::ALL.into_iter().find(|it| it.as_str() == name).ok_or_else(unreadable)
}
