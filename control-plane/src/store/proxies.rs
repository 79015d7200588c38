//! Which proxies are live, and how far each has come.

use marque_config::feed::Revision;

use super::{Signal, Store, StoreError};
use crate::model::actor::Actor;

/// How long a proxy counts as live after its stream was last seen open.
const LIVE_MS: i64 = 10_000;

/// Whether every live proxy has a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Barrier {
    /// All have it.
    Reached,
    /// These have not.
    Waiting {
        /// Their names.
        behind: Vec<String>,
    },
    /// No proxy is live: nothing was reached.
    NoneLive,
}

impl Store {
    /// A proxy opened its stream: it has what it says, whatever it acknowledged before. Gives the stream's own name.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn proxy_came(&self, name: &str, has: Revision) -> Result<String, StoreError> {
        let mut write = self.begin(&Actor::system("feed"), self.now_ms()).await?;
        let stream = self.drawn();
        sqlx::query(
            "insert into edge_proxy (name, acked_revision, live_until_ms, stream) values ($1, $2, $3, $4)
             on conflict (name) do update set acked_revision = excluded.acked_revision,
             live_until_ms = excluded.live_until_ms, stream = excluded.stream",
        )
        .bind(name)
        .bind(has.0)
        .bind(write.now_ms() + LIVE_MS)
        .bind(&stream)
        .execute(write.connection())
        .await?;
        write.wake(Signal::Acks);
        write.commit().await?;
        Ok(stream)
    }

    /// A proxy's stream is still open, or was until now; `false` when a later one was opened under its name.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn proxy_is_live(&self, name: &str, stream: &str) -> Result<bool, StoreError> {
        let mut write = self.begin(&Actor::system("feed"), self.now_ms()).await?;
        let done = sqlx::query("update edge_proxy set live_until_ms = $2 where name = $1 and stream = $3")
            .bind(name)
            .bind(write.now_ms() + LIVE_MS)
            .bind(stream)
            .execute(write.connection())
            .await?;
        write.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// A proxy has applied a revision, in memory and durably. An acknowledgement of another epoch, or of a revision
    /// that was never committed, changes nothing and is told by `false`.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn acknowledge(&self, name: &str, epoch: &str, revision: Revision) -> Result<bool, StoreError> {
        let mut write = self.begin(&Actor::system("feed"), self.now_ms()).await?;
        let done = sqlx::query(
            "update edge_proxy set acked_revision = case when acked_revision > $2 then acked_revision else $2 end
             where name = $1 and exists (select 1 from feed_counter where epoch = $3 and revision >= $2)",
        )
        .bind(name)
        .bind(revision.0)
        .bind(epoch)
        .execute(write.connection())
        .await?;
        write.wake(Signal::Acks);
        write.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Whether every live proxy has applied `revision`. Who waits for it watches [`Signal::Acks`].
    ///
    /// # Errors
    /// When the database is away.
    pub async fn barrier(&self, revision: Revision) -> Result<Barrier, StoreError> {
        let live: Vec<(String, i64)> =
            sqlx::query_as("select name, acked_revision from edge_proxy where live_until_ms > $1 order by name")
                .bind(self.now_ms())
                .fetch_all(self.reader())
                .await?;
        if live.is_empty() {
            return Ok(Barrier::NoneLive);
        }
        let behind: Vec<String> =
            live.into_iter().filter(|(_, acked)| *acked < revision.0).map(|(name, _)| name).collect();
        Ok(if behind.is_empty() { Barrier::Reached } else { Barrier::Waiting { behind } })
    }
}
