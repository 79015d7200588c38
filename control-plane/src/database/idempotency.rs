//! What was answered to a request with an idempotency key: kept in the transaction of its effects, so that the same
//! request a second time finds either both or neither.

use super::{StoreError, Write};

/// What was answered before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// A digest of the request.
    pub request_hash: String,
    /// The status.
    pub status: u16,
    /// The body, JSON.
    pub body: String,
}

impl Write {
    /// What was answered under this key, if anything. Behind the gate nobody else is about to answer it.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn answered(&mut self, asker: &str, key: &str) -> Result<Option<Answered>, StoreError> {
        let row: Option<(String, i64, String)> =
            sqlx::query_as("select request_hash, status, body from idempotency where principal = $1 and key = $2")
                .bind(asker)
                .bind(key)
                .fetch_optional(self.connection())
                .await?;
        Ok(row.map(|(request_hash, status, body)| Answered {
            request_hash,
            status: u16::try_from(status).unwrap_or(500),
            body,
        }))
    }

    /// Keeps an answer for `keep_ms` milliseconds.
    ///
    /// # Errors
    /// When the database is away, or something was answered under the key.
    pub async fn answer(&mut self, asker: &str, key: &str, answer: &Answered, keep_ms: i64) -> Result<(), StoreError> {
        let now_ms = self.now_ms();
        sqlx::query(
            "insert into idempotency (principal, key, request_hash, status, body, created_ms, kept_until_ms)
             values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(asker)
        .bind(key)
        .bind(&answer.request_hash)
        .bind(i64::from(answer.status))
        .bind(&answer.body)
        .bind(now_ms)
        .bind(now_ms.saturating_add(keep_ms))
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
