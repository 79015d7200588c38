//! Endpoints of webhooks, as rows: their secrets sealed.

use marque_config::PartnerId;
use marque_config::seal::Sealed;
use serde::{Deserialize, Serialize};
use sqlx::{Any, Executor, FromRow};
use utoipa::ToSchema;

use crate::database::row::{from_word, word};
use crate::database::statement::Statement;
use crate::database::{Page, Store, StoreError, Write, parsed};
use crate::kernel::ids::EndpointId;
use crate::kernel::principal::Reach;

/// Where somebody is told of what happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its identity.
    pub id: EndpointId,
    /// Whose it is: none for the vendor's own, which is told of everything.
    pub partner: Option<PartnerId>,
    /// Where.
    pub url: String,
    /// What it is for, for people.
    pub description: String,
    /// The kinds of events that are wanted; empty for all.
    pub kinds: Vec<String>,
    /// Whether it is told.
    pub state: EndpointState,
    /// Why it isn't.
    pub disabled_reason: Option<String>,
    /// What signs, sealed.
    pub secret: Sealed,
    /// What signed before and still does, sealed, and until when.
    pub previous: Option<(Sealed, i64)>,
    /// Events up to this number have their deliveries.
    pub seen_seq: i64,
    /// When it was made, milliseconds since 1970, UTC.
    pub created_ms: i64,
}

/// Whether an endpoint is told of what happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndpointState {
    /// It is.
    Enabled,
    /// It isn't; what happens meanwhile is told when it is enabled again, within thirty days.
    Disabled,
}

#[derive(FromRow)]
struct Row {
    id: String,
    partner_id: Option<String>,
    url: String,
    description: String,
    kinds: String,
    state: String,
    disabled_reason: Option<String>,
    secret: Vec<u8>,
    previous_secret: Option<Vec<u8>>,
    previous_until_ms: Option<i64>,
    seen_seq: i64,
    created_ms: i64,
}

const SELECT: &str = "select id, partner_id, url, description, kinds, state, disabled_reason, secret, previous_secret,
    previous_until_ms, seen_seq, created_ms from webhook_endpoint";

const BEHIND: &str = "select id from webhook_endpoint where state = $1
    and not exists (select 1 from task_trouble where task_trouble.task = 'deliver'
        and task_trouble.object = webhook_endpoint.id and task_trouble.next_ms > $3)
    and exists (select 1 from outbox_event where outbox_event.seq > webhook_endpoint.seen_seq
        and (webhook_endpoint.partner_id is null or outbox_event.partner_id = webhook_endpoint.partner_id))
    order by id limit $2";

const ADD: &str =
    "insert into webhook_endpoint (id, partner_id, url, description, kinds, state, disabled_reason, secret,
    previous_secret, previous_until_ms, seen_seq, created_ms)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

const UPDATE: &str =
    "update webhook_endpoint set url = $2, description = $3, kinds = $4, state = $5, disabled_reason = $6,
    secret = $7, previous_secret = $8, previous_until_ms = $9, seen_seq = $10 where id = $1";

impl Store {
    /// One endpoint within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn endpoint(&self, reach: &Reach, id: EndpointId) -> Result<Option<Endpoint>, StoreError> {
        one(self.reader(), reach, id).await
    }

    /// The endpoints within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn endpoints(&self, reach: &Reach, page: &Page) -> Result<Vec<Endpoint>, StoreError> {
        let list = Statement::of(SELECT).within_partner("partner_id", reach).page("id", page);
        list.all::<Row, _>(self.reader()).await
    }

    /// Enabled endpoints that something happened for since they were last looked after.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn endpoints_behind(&self, limit: i64) -> Result<Vec<EndpointId>, StoreError> {
        let enabled = word("webhook_endpoint.state", &EndpointState::Enabled)?;
        let query = sqlx::query_scalar(BEHIND).bind(enabled).bind(limit).bind(self.now_ms());
        let ids: Vec<String> = query.fetch_all(self.reader()).await?;
        ids.iter().map(|id| parsed("webhook_endpoint.id", id)).collect()
    }
}

impl Write {
    /// One endpoint within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn endpoint(&mut self, reach: &Reach, id: EndpointId) -> Result<Option<Endpoint>, StoreError> {
        one(self.connection(), reach, id).await
    }

    /// How many endpoints a partner has, or the vendor.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn count_endpoints(&mut self, partner: Option<PartnerId>) -> Result<i64, StoreError> {
        let count: Option<(i64,)> = Statement::of("select count(*) from webhook_endpoint")
            .when(partner.is_none(), "partner_id is null")
            .given("partner_id = ?1", partner.map(|id| id.to_string()))
            .row(self.connection())
            .await?;
        Ok(count.map_or(0, |(count,)| count))
    }

    /// Adds an endpoint.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_endpoint(&mut self, endpoint: &Endpoint) -> Result<(), StoreError> {
        sqlx::query(ADD)
            .bind(endpoint.id.to_string())
            .bind(endpoint.partner.map(|id| id.to_string()))
            .bind(&endpoint.url)
            .bind(&endpoint.description)
            .bind(endpoint.kinds.join(" "))
            .bind(word("webhook_endpoint.state", &endpoint.state)?)
            .bind(&endpoint.disabled_reason)
            .bind(endpoint.secret.as_bytes())
            .bind(endpoint.previous.as_ref().map(|(secret, _)| secret.as_bytes()))
            .bind(endpoint.previous.as_ref().map(|(_, until_ms)| *until_ms))
            .bind(endpoint.seen_seq)
            .bind(endpoint.created_ms)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Writes the current status of an endpoint.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn update_endpoint(&mut self, endpoint: &Endpoint) -> Result<(), StoreError> {
        let done = sqlx::query(UPDATE)
            .bind(endpoint.id.to_string())
            .bind(&endpoint.url)
            .bind(&endpoint.description)
            .bind(endpoint.kinds.join(" "))
            .bind(word("webhook_endpoint.state", &endpoint.state)?)
            .bind(&endpoint.disabled_reason)
            .bind(endpoint.secret.as_bytes())
            .bind(endpoint.previous.as_ref().map(|(secret, _)| secret.as_bytes()))
            .bind(endpoint.previous.as_ref().map(|(_, until_ms)| *until_ms))
            .bind(endpoint.seen_seq)
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }

    /// Removes an endpoint and its deliveries.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn remove_endpoint(&mut self, id: EndpointId) -> Result<(), StoreError> {
        sqlx::query("delete from webhook_delivery where endpoint_id = $1")
            .bind(id.to_string())
            .execute(self.connection())
            .await?;
        let done = sqlx::query("delete from webhook_endpoint where id = $1")
            .bind(id.to_string())
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }
}

async fn one<'e>(
    executor: impl Executor<'e, Database = Any>,
    reach: &Reach,
    id: EndpointId,
) -> Result<Option<Endpoint>, StoreError> {
    let one = Statement::of(SELECT).narrowed("id = ?1", Some(id.to_string()));
    one.within_partner("partner_id", reach).one::<Row, _>(executor).await
}

impl TryFrom<Row> for Endpoint {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("webhook_endpoint.id", &row.id)?,
            partner: row.partner_id.as_deref().map(|id| parsed("webhook_endpoint.partner_id", id)).transpose()?,
            url: row.url,
            description: row.description,
            kinds: row.kinds.split_whitespace().map(str::to_owned).collect(),
            state: from_word("webhook_endpoint.state", &row.state)?,
            disabled_reason: row.disabled_reason,
            secret: Sealed::from_bytes(row.secret),
            previous: row.previous_secret.map(Sealed::from_bytes).zip(row.previous_until_ms),
            seen_seq: row.seen_seq,
            created_ms: row.created_ms,
        })
    }
}
