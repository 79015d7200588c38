//! The audit trail as it is read: a page at a time by those who may, and whole by who verifies it.

use sqlx::FromRow;

use super::statement::Statement;
use super::{AuditAddress, Audited, Page, Store, StoreError};
use crate::kernel::principal::Reach;

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

const SELECT: &str = "select seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail,
    prev_hash, hash from audit_event";

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
        let rows: Vec<Row> = list(reach, filter, page).rows(self.reader()).await?;
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

/// The number of the event that a page ended with.
const PLACE: (&str, &str) =
    ("(select seq from audit_event where id = ?1)", "coalesce((select seq from audit_event where id = ?1), 0)");

pub(crate) fn list(reach: &Reach, filter: &AuditFilter, page: &Page) -> Statement {
    let limits = reach.limits();
    Statement::of(SELECT)
        .narrowed("object = ?1", filter.object.as_deref())
        .narrowed_among("tenant_id", limits.tenants.as_deref())
        .owned("partner_id", limits.partner)
        .given("tenant_id in (select id from tenant where application_id = ?1)", limits.application)
        .given("action = ?1", filter.action.as_deref())
        .page_by_number("seq", PLACE, page.after_identity(), page)
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
