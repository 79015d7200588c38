//! The outbox, as it is read: what happened, for those who ask and those who are told.

use sqlx::FromRow;

use super::{Page, Store, StoreError, Write};
use crate::model::event::Event;
use crate::model::principal::Reach;

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

const PAGE: &str = "select seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload from outbox_event
    where ($1 is null or tenant_id in (select id from tenant where application_id = $1))
    and ($2 is null or $2 like '%' || tenant_id || '%') and at_ms >= $3
    and seq > coalesce((select seq from outbox_event where id = $4), 0) order by seq limit $5";

const PAGE_OF_PARTNER: &str = "select seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload
    from outbox_event
    where partner_id = $1 and ($2 is null or $2 like '%' || tenant_id || '%') and at_ms >= $3
    and seq > coalesce((select seq from outbox_event where id = $4), 0) order by seq limit $5";

const AFTER: &str = "select seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload from outbox_event
    where seq > $1 order by seq limit $2";

const AFTER_OF_PARTNER: &str = "select seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload
    from outbox_event where partner_id = $3 and seq > $1 order by seq limit $2";

impl Store {
    /// The events within reach since `since_ms`, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn events(&self, reach: &Reach, since_ms: i64, page: &Page) -> Result<Vec<Event>, StoreError> {
        let limits = reach.limits();
        let (statement, limit) = match &limits.partner {
            Some(_) => (PAGE_OF_PARTNER, &limits.partner),
            None => (PAGE, &limits.application),
        };
        let rows: Vec<Row> = sqlx::query_as(statement)
            .bind(limit)
            .bind(&limits.tenants)
            .bind(since_ms)
            .bind(&page.after)
            .bind(page.limit)
            .fetch_all(self.reader())
            .await?;
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
        let query = match partner {
            None => sqlx::query_as::<_, Row>(AFTER).bind(seq).bind(limit),
            Some(partner) => sqlx::query_as(AFTER_OF_PARTNER).bind(seq).bind(limit).bind(partner),
        };
        let rows = query.fetch_all(self.connection()).await?;
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
