//! Deliveries of events to endpoints, as rows. One that is claimed is nobody else's until its lease ends; of one object
//! the next event waits until the one before is delivered or given up.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use utoipa::ToSchema;

use super::webhooks::EndpointState;
use crate::database::row::{from_word, word};
use crate::database::statement::Statement;
use crate::database::{Page, Store, StoreError, Write, parsed};
use crate::kernel::event::Event;
use crate::kernel::ids::{DeliveryId, EndpointId};

/// One event on its way to one endpoint, or there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its identity.
    pub id: DeliveryId,
    /// Where to.
    pub endpoint: EndpointId,
    /// What.
    pub event: Event,
    /// Its current status.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next, if it is pending, milliseconds since 1970, UTC.
    pub next_ms: i64,
    /// What the endpoint answered last.
    pub last_status: Option<i64>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was made.
    pub created_ms: i64,
    /// When it was delivered or given up.
    pub done_ms: Option<i64>,
}

/// The current status of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It is tried, again if need be.
    Pending,
    /// The endpoint has taken it.
    Delivered,
    /// It was given up.
    Failed,
}

#[derive(FromRow)]
struct Row {
    id: String,
    endpoint_id: String,
    state: String,
    attempts: i64,
    next_ms: i64,
    last_status: Option<i64>,
    last_error: Option<String>,
    created_ms: i64,
    done_ms: Option<i64>,
    event_seq: i64,
    event_id: String,
    at_ms: i64,
    kind: String,
    object: String,
    object_seq: i64,
    partner_id: Option<String>,
    tenant_id: Option<String>,
    payload: String,
}

/// Claims what is due, no more than a few for each endpoint: a slow one must not keep the others waiting.
const CLAIM: &str = "update webhook_delivery set attempts = attempts + 1, next_ms = $3 where id in (
    select ranked.id from (
        select due.id as id, row_number() over (partition by due.endpoint_id order by due.event_seq) as place
        from webhook_delivery due join webhook_endpoint on webhook_endpoint.id = due.endpoint_id
        where due.state = $1 and due.next_ms <= $2 and webhook_endpoint.state = $4
        and not exists (select 1 from task_trouble where task_trouble.task = 'deliver'
        and task_trouble.object = due.id and task_trouble.next_ms > $2)
        and not exists (select 1 from webhook_delivery earlier where earlier.endpoint_id = due.endpoint_id
            and earlier.object = due.object and earlier.state = $1 and earlier.event_seq < due.event_seq)
    ) ranked where ranked.place <= $5 limit $6) returning id";

const ONE: &str = "select webhook_delivery.id as id, endpoint_id, state, attempts, next_ms, last_status, last_error,
    created_ms, done_ms, event_seq, outbox_event.id as event_id, at_ms, kind, outbox_event.object as object, object_seq,
    partner_id, tenant_id, payload
    from webhook_delivery join outbox_event on outbox_event.seq = webhook_delivery.event_seq
    where webhook_delivery.id = $1";

const SELECT: &str = "select webhook_delivery.id as id, endpoint_id, state, attempts, next_ms, last_status, last_error,
    created_ms, done_ms, event_seq, outbox_event.id as event_id, at_ms, kind, outbox_event.object as object, object_seq,
    partner_id, tenant_id, payload
    from webhook_delivery join outbox_event on outbox_event.seq = webhook_delivery.event_seq";

const RECORD: &str = "update webhook_delivery set state = $2, next_ms = $3, last_status = $4, last_error = $5,
    done_ms = $6 where id = $1";

impl Store {
    /// The deliveries to an endpoint.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn deliveries(&self, endpoint: EndpointId, page: &Page) -> Result<Vec<Delivery>, StoreError> {
        let list = Statement::of(SELECT).with("endpoint_id = ?1", endpoint.to_string());
        list.page("webhook_delivery.id", page).all::<Row, _>(self.reader()).await
    }

    /// Whether a delivery is due.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn is_delivery_due(&self) -> Result<bool, StoreError> {
        let pending = word("webhook_delivery.state", &DeliveryState::Pending)?;
        let found: i64 = sqlx::query_scalar(
            "select count(*) from (select 1 from webhook_delivery where state = $1 and next_ms <= $2 limit 1) due",
        )
        .bind(pending)
        .bind(self.now_ms())
        .fetch_one(self.reader())
        .await?;
        Ok(found > 0)
    }

    /// One delivery that was claimed; none where it is gone with its endpoint.
    ///
    /// # Errors
    /// When it can't be read, or the database is away.
    pub async fn claimed_delivery(&self, id: &str) -> Result<Option<Delivery>, StoreError> {
        let row: Option<Row> = sqlx::query_as(ONE).bind(id).fetch_optional(self.reader()).await?;
        row.map(Delivery::try_from).transpose()
    }
}

impl Write {
    /// Adds a delivery, due now.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_delivery(&mut self, endpoint: EndpointId, event: &Event) -> Result<(), StoreError> {
        let (id, now_ms): (DeliveryId, i64) = (self.id(), self.now_ms());
        sqlx::query(
            "insert into webhook_delivery (id, endpoint_id, event_seq, object, state, attempts, next_ms, created_ms)
             values ($1, $2, $3, $4, $5, 0, $6, $6)",
        )
        .bind(id.to_string())
        .bind(endpoint.to_string())
        .bind(event.seq)
        .bind(&event.object)
        .bind(word("webhook_delivery.state", &DeliveryState::Pending)?)
        .bind(now_ms)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Claims deliveries that are due, until `until_ms`, in the order of their events.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn claim_deliveries(&mut self, until_ms: i64, each: i64, most: i64) -> Result<Vec<String>, StoreError> {
        let now_ms = self.now_ms();
        Ok(sqlx::query_scalar(CLAIM)
            .bind(word("webhook_delivery.state", &DeliveryState::Pending)?)
            .bind(now_ms)
            .bind(until_ms)
            .bind(word("webhook_endpoint.state", &EndpointState::Enabled)?)
            .bind(each)
            .bind(most)
            .fetch_all(self.connection())
            .await?)
    }

    /// Writes what came of an attempt. `false` when the delivery is gone with its endpoint.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn record_delivery(&mut self, delivery: &Delivery) -> Result<bool, StoreError> {
        let done = sqlx::query(RECORD)
            .bind(delivery.id.to_string())
            .bind(word("webhook_delivery.state", &delivery.state)?)
            .bind(delivery.next_ms)
            .bind(delivery.last_status)
            .bind(&delivery.last_error)
            .bind(delivery.done_ms)
            .execute(self.connection())
            .await?;
        Ok(done.rows_affected() == 1)
    }
}

impl TryFrom<Row> for Delivery {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let event = Event {
            seq: row.event_seq,
            id: row.event_id,
            at_ms: row.at_ms,
            kind: row.kind,
            object: row.object,
            object_seq: row.object_seq,
            partner: row.partner_id,
            tenant: row.tenant_id,
            payload: row.payload,
        };
        Ok(Self {
            id: parsed("webhook_delivery.id", &row.id)?,
            endpoint: parsed("webhook_delivery.endpoint_id", &row.endpoint_id)?,
            event,
            state: from_word("webhook_delivery.state", &row.state)?,
            attempts: row.attempts,
            next_ms: row.next_ms,
            last_status: row.last_status,
            last_error: row.last_error,
            created_ms: row.created_ms,
            done_ms: row.done_ms,
        })
    }
}
