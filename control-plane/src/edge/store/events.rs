//! What proxies saw, and what became of it, as rows: what is sent again is found here.

use marque_config::edge_events::EdgeEvent;

use crate::database::{StoreError, Write};

/// What became of an event that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Why it was refused; none when it was applied.
    pub refused: Option<String>,
}

impl Write {
    /// What became of an event, if it was taken before.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn edge_event(&mut self, proxy: &str, id: &str) -> Result<Option<Taken>, StoreError> {
        let found: Option<(Option<String>,)> =
            sqlx::query_as("select refused from edge_event where proxy = $1 and id = $2")
                .bind(proxy)
                .bind(id)
                .fetch_optional(self.connection())
                .await?;
        Ok(found.map(|(refused,)| Taken { refused }))
    }

    /// Notes that an event was taken.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_edge_event(
        &mut self,
        proxy: &str,
        event: &EdgeEvent,
        refused: Option<&str>,
    ) -> Result<(), StoreError> {
        let now_ms = self.now_ms();
        sqlx::query(
            "insert into edge_event (proxy, id, kind, seen_ms, taken_ms, refused) values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(proxy)
        .bind(&event.id)
        .bind(&event.kind)
        .bind(event.at_ms)
        .bind(now_ms)
        .bind(refused)
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
