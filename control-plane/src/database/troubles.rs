//! What tasks can't do for single objects, as rows.

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;

use super::statement::Statement;
use super::{Page, Store, StoreError, Write};
use crate::kernel::time::ms;

/// Something that a task can't do for one object, which keeps no other.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize, ToSchema)]
#[schema(as = TaskTrouble)]
pub struct Trouble {
    /// The task, as in the metrics: `renew`, `verify`, `issue`, `deliver`, `consents` or `mail`.
    pub task: String,
    /// The object: its identity, or a hostname.
    pub object: String,
    /// How often it was tried.
    #[schema(minimum = 1)]
    pub attempts: i64,
    /// Why it can't be done, as the log has it.
    pub said: String,
    /// When it was tried first.
    #[serde(rename = "since", with = "ms")]
    #[schema(value_type = String, format = DateTime)]
    pub since_ms: i64,
    /// When it was tried last.
    #[serde(rename = "last_at", with = "ms")]
    #[schema(value_type = String, format = DateTime)]
    pub last_ms: i64,
    /// When it is tried again.
    #[serde(rename = "next_at", with = "ms")]
    #[schema(value_type = String, format = DateTime)]
    pub next_ms: i64,
}

const MINUTE_MS: i64 = 60_000;
/// Between one attempt and the next; the last of these from then on.
const WAITS_MS: [i64; 5] = [MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 120 * MINUTE_MS, 720 * MINUTE_MS];
/// As much as is kept of why.
const MOST_SAID: usize = 500;

const OF_TASK: &str = "select object, next_ms from task_trouble where task = $1 order by next_ms desc limit 10000";

const COUNTS: &str = "select task, count(*) from task_trouble group by task";

const SELECT: &str = "select task, object, attempts, said, since_ms, last_ms, next_ms from task_trouble";

const NOTE: &str = "insert into task_trouble (task, object, attempts, said, since_ms, last_ms, next_ms)
    values ($1, $2, 1, $3, $4, $4, $5)
    on conflict (task, object) do update set attempts = task_trouble.attempts + 1, said = excluded.said,
    last_ms = excluded.last_ms, next_ms = excluded.next_ms";

impl Store {
    /// The objects that a task has trouble with, and when each is tried again.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn troubles_of(&self, task: &str) -> Result<BTreeMap<String, i64>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(OF_TASK).bind(task).fetch_all(self.reader()).await?;
        Ok(rows.into_iter().collect())
    }

    /// How many objects each task has trouble with.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn trouble_counts(&self) -> Result<Vec<(String, i64)>, StoreError> {
        Ok(sqlx::query_as(COUNTS).fetch_all(self.reader()).await?)
    }

    /// Everything that tasks have trouble with, by task and object.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn troubles(&self, page: &Page) -> Result<Vec<Trouble>, StoreError> {
        Statement::of(SELECT).page("task || ' ' || object", page).rows(self.reader()).await
    }
}

impl Write {
    /// Notes that a task can't do something for an object: it is tried again later, and ever later.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn note_trouble(&mut self, task: &str, object: &str, said: &str) -> Result<(), StoreError> {
        let attempts: Option<i64> =
            sqlx::query_scalar("select attempts from task_trouble where task = $1 and object = $2")
                .bind(task)
                .bind(object)
                .fetch_optional(self.connection())
                .await?;
        let before = usize::try_from(attempts.unwrap_or_default()).unwrap_or_default();
        let now_ms = self.now_ms();
        sqlx::query(NOTE)
            .bind(task)
            .bind(object)
            .bind(said.chars().filter(|character| *character != '\0').take(MOST_SAID).collect::<String>())
            .bind(now_ms)
            .bind(now_ms + WAITS_MS[before.min(WAITS_MS.len() - 1)])
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Forgets that a task had trouble with an object.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn end_trouble(&mut self, task: &str, object: &str) -> Result<(), StoreError> {
        let query = sqlx::query("delete from task_trouble where task = $1 and object = $2").bind(task).bind(object);
        query.execute(self.connection()).await?;
        Ok(())
    }
}
