//! The outbox, as it is read: what happened, for those who ask and those who are told.

use sqlx::FromRow;

use super::statement::Statement;
use super::{Page, Store, StoreError, Write};
use crate::kernel::event::Event;
use crate::kernel::principal::Reach;

#[derive(FromRow)]
struct Row {
    seq: i64,
    id: String,
    at_ms: i64,
    kind: String,
    object: String,
    object_seq: i64,
    partner_id: Option<String>,
    tenant_id: Option<String>,
    payload: String,
}

const SELECT: &str = "select seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload
    from outbox_event";

impl Store {
    /// The events within reach since `since_ms`.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn events(&self, reach: &Reach, since_ms: i64, page: &Page) -> Result<Vec<Event>, StoreError> {
        let rows: Vec<Row> = list(reach, since_ms, page).rows(self.reader()).await?;
        Ok(rows.into_iter().map(Event::from).collect())
    }
}

impl Write {
    /// Events after a number, of one partner or of all.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn events_after(
        &mut self,
        seq: i64,
        partner: Option<String>,
        limit: i64,
    ) -> Result<Vec<Event>, StoreError> {
        let rows: Vec<Row> = Statement::of(SELECT)
            .owned("partner_id", partner)
            .with("seq > ?1", seq)
            .text(" order by seq limit ?1", [limit.into()])
            .rows(self.connection())
            .await?;
        Ok(rows.into_iter().map(Event::from).collect())
    }

    /// The number of the last event.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn last_event(&mut self) -> Result<i64, StoreError> {
        let seq = sqlx::query_scalar("select coalesce(max(seq), 0) from outbox_event");
        Ok(seq.fetch_one(self.connection()).await?)
    }
}

/// The number of the event that a page ended with.
const PLACE: (&str, &str) =
    ("(select seq from outbox_event where id = ?1)", "coalesce((select seq from outbox_event where id = ?1), 0)");

pub(crate) fn list(reach: &Reach, since_ms: i64, page: &Page) -> Statement {
    let limits = reach.limits();
    Statement::of(SELECT)
        .narrowed_among("tenant_id", limits.tenants.as_deref())
        .owned("partner_id", limits.partner)
        .given("tenant_id in (select id from tenant where application_id = ?1)", limits.application)
        .with("at_ms >= ?1", since_ms)
        .page_by_number("seq", PLACE, page.after_identity(), page)
}

impl From<Row> for Event {
    fn from(row: Row) -> Self {
        Self {
            seq: row.seq,
            id: row.id,
            at_ms: row.at_ms,
            kind: row.kind,
            object: row.object,
            object_seq: row.object_seq,
            partner: row.partner_id,
            tenant: row.tenant_id,
            payload: row.payload,
        }
    }
}
