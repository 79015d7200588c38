//! The audit trail as it is read: a page at a time by those who may, and whole by who verifies it.

use sqlx::FromRow;

use super::{AuditAddress, Audited, Page, Store, StoreError};
use crate::model::principal::Reach;

/// An event of the trail with its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chained {
    /// The event.
    pub event: Audited,
    /// From where it came, as long as that is kept.
    pub address: Option<AuditAddress>,
    /// The hash that it says the event before it has.
    pub before: String,
    /// The hash that it says it has.
    pub hash: String,
}

/// Where the trail ends, as it is kept apart from the trail itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditHead {
    /// The number of the last event.
    pub seq: i64,
    /// Its hash; empty when there is none.
    pub hash: String,
    /// The highest number that any event has.
    pub highest: i64,
}

/// Which events are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only those of this object.
    pub object: Option<String>,
    /// Only those of this action.
    pub action: Option<String>,
    /// The newest first.
    pub newest_first: bool,
}

#[derive(FromRow)]
struct Row {
    seq: i64,
    id: String,
    at_ms: i64,
    actor: String,
    action: String,
    object: String,
    partner_id: Option<String>,
    tenant_id: Option<String>,
    request_id: Option<String>,
    ip: Option<String>,
    detail: String,
    prev_hash: String,
    hash: String,
}

// A partner has statements of its own, that its index serves: an optional condition would read the whole trail.
const OLDEST: &str = "select seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail,
    prev_hash, hash from audit_event
    where ($1 is null or tenant_id in (select id from tenant where application_id = $1))
    and ($2 is null or $2 like '%' || tenant_id || '%')
    and ($3 is null or object = $3) and ($4 is null or action = $4)
    and seq > coalesce((select seq from audit_event where id = $5), 0) order by seq limit $6";

const NEWEST: &str = "select seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail,
    prev_hash, hash from audit_event
    where ($1 is null or tenant_id in (select id from tenant where application_id = $1))
    and ($2 is null or $2 like '%' || tenant_id || '%')
    and ($3 is null or object = $3) and ($4 is null or action = $4)
    and seq < coalesce((select seq from audit_event where id = $5), 9223372036854775807) order by seq desc limit $6";

const OLDEST_OF_PARTNER: &str = "select seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip,
    detail, prev_hash, hash from audit_event
    where partner_id = $1 and ($2 is null or $2 like '%' || tenant_id || '%')
    and ($3 is null or object = $3) and ($4 is null or action = $4)
    and seq > coalesce((select seq from audit_event where id = $5), 0) order by seq limit $6";

const NEWEST_OF_PARTNER: &str = "select seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip,
    detail, prev_hash, hash from audit_event
    where partner_id = $1 and ($2 is null or $2 like '%' || tenant_id || '%')
    and ($3 is null or object = $3) and ($4 is null or action = $4)
    and seq < coalesce((select seq from audit_event where id = $5), 9223372036854775807) order by seq desc limit $6";

const SPAN: &str = "select seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail,
    prev_hash, hash from audit_event where seq >= $1 order by seq limit $2";

const HEAD: &str = "select seq, hash, (select coalesce(max(seq), 0) from audit_event) from audit_head where one = 1";

impl Store {
    /// The events within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn audit_events(
        &self,
        reach: &Reach,
        filter: &AuditFilter,
        page: &Page,
    ) -> Result<Vec<Chained>, StoreError> {
        let limits = reach.limits();
        let (statement, limit) = match (&limits.partner, filter.newest_first) {
            (Some(_), false) => (OLDEST_OF_PARTNER, &limits.partner),
            (Some(_), true) => (NEWEST_OF_PARTNER, &limits.partner),
            (None, false) => (OLDEST, &limits.application),
            (None, true) => (NEWEST, &limits.application),
        };
        let rows: Vec<Row> = sqlx::query_as(statement)
            .bind(limit)
            .bind(&limits.tenants)
            .bind(&filter.object)
            .bind(&filter.action)
            .bind(&page.after)
            .bind(page.limit)
            .fetch_all(self.reader())
            .await?;
        self.with_addresses(rows.into_iter().map(Chained::from).collect()).await
    }

    /// Events of the chain from a number on, whoever's they are.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn audit_span(&self, from: i64, limit: i64) -> Result<Vec<Chained>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(SPAN).bind(from).bind(limit).fetch_all(self.reader()).await?;
        self.with_addresses(rows.into_iter().map(Chained::from).collect()).await
    }

    /// Where the chain ends.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn audit_head(&self) -> Result<AuditHead, StoreError> {
        let (seq, hash, highest): (i64, String, i64) = sqlx::query_as(HEAD).fetch_one(self.reader()).await?;
        Ok(AuditHead { seq, hash, highest })
    }
}

impl From<Row> for Chained {
    fn from(row: Row) -> Self {
        let event = Audited {
            seq: row.seq,
            id: row.id,
            at_ms: row.at_ms,
            actor: row.actor,
            action: row.action,
            object: row.object,
            partner: row.partner_id,
            tenant: row.tenant_id,
            request_id: row.request_id,
            ip: row.ip,
            detail: row.detail,
        };
        Self { event, address: None, before: row.prev_hash, hash: row.hash }
    }
}
