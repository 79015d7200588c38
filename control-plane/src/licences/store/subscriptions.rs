//! Subscriptions, as rows.

use marque_config::{PartnerId, TenantId};
use sqlx::any::AnyArguments;
use sqlx::{Any, Executor, FromRow};

use crate::database::row::{from_word, word};
use crate::database::statement::Statement;
use crate::database::within::Owner;
use crate::database::{Page, Store, StoreError, Write, from_json, parsed, to_json};
use crate::kernel::ids::SubscriptionId;
use crate::kernel::period::DAY_MS;
use crate::kernel::principal::Reach;
use crate::licences::model::SOON_DAYS;
use crate::licences::model::subscription::{Period, Subscription};

#[derive(FromRow)]
struct Row {
    id: String,
    tenant_id: String,
    partner_id: String,
    application_id: String,
    client_id: Option<String>,
    plan_id: String,
    product_id: String,
    term: String,
    components: String,
    state: String,
    ends_after_period: i64,
    anchor_ms: i64,
    anchor_no: i64,
    period_no: i64,
    period_start_ms: i64,
    period_end_ms: i64,
    grace_days: i64,
    priced: Option<String>,
    promo_id: Option<String>,
    scheduled: Option<String>,
    next_ms: Option<i64>,
    created_ms: i64,
    suspended_ms: Option<i64>,
    ended_ms: Option<i64>,
}

const SELECT: &str = "select id, tenant_id, partner_id, application_id, client_id, plan_id, product_id, term,
    components, state, ends_after_period, anchor_ms, anchor_no, period_no, period_start_ms, period_end_ms, grace_days,
    priced, promo_id, scheduled, next_ms, created_ms, suspended_ms, ended_ms from subscription";

// Both take the same values in the same order: what one writes the other doesn't forget.
const ADD: &str = "insert into subscription (id, tenant_id, partner_id, application_id, client_id, plan_id, product_id,
    term, components, state, ends_after_period, anchor_ms, anchor_no, period_no, period_start_ms, period_end_ms,
    grace_days, priced, promo_id, scheduled, next_ms, created_ms, suspended_ms, ended_ms) values ($1, $2, $3, $4, $5,
    $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)";

const UPDATE: &str = "update subscription set tenant_id = $2, partner_id = $3, application_id = $4, client_id = $5,
    plan_id = $6, product_id = $7, term = $8, components = $9, state = $10, ends_after_period = $11, anchor_ms = $12,
    anchor_no = $13, period_no = $14, period_start_ms = $15, period_end_ms = $16, grace_days = $17, priced = $18,
    promo_id = $19, scheduled = $20, next_ms = $21, created_ms = $22, suspended_ms = $23, ended_ms = $24
    where id = $1";

// The longest unpaid is tried first.
const TRY_UNPAID: &str = "update subscription set next_ms = period_end_ms
    where partner_id = $1 and (state = 'past_due' or state = 'suspended')";

const DUE: &str = "select id from subscription where next_ms <= $1
    and not exists (select 1 from task_trouble where task_trouble.task = 'renew'
        and task_trouble.object = subscription.id and task_trouble.next_ms > $1)
    order by next_ms, id limit $2";

const ENDING: &str = "select id from subscription where ends_after_period = 1 and state = 'active'
    and told_period_no < period_no and period_end_ms > $1 and period_end_ms <= $2
    and not exists (select 1 from task_trouble where task_trouble.task = 'renew'
        and task_trouble.object = subscription.id and task_trouble.next_ms > $1)
    order by period_end_ms, id limit $3";

const TOLD: &str = "update subscription set told_period_no = period_no where id = $1 and ends_after_period = 1
    and state = 'active' and told_period_no < period_no";

impl Store {
    /// One subscription within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn subscription(&self, reach: &Reach, id: SubscriptionId) -> Result<Option<Subscription>, StoreError> {
        one(self.reader(), reach, id).await
    }

    /// The subscriptions within reach, perhaps of one tenant only.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn subscriptions(
        &self,
        reach: &Reach,
        tenant: Option<TenantId>,
        page: &Page,
    ) -> Result<Vec<Subscription>, StoreError> {
        list(reach, tenant, page).all::<Row, _>(self.reader()).await
    }

    /// The subscriptions whose period ends, or whose payment is tried again; the longest waiting first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn subscriptions_due(&self, limit: i64) -> Result<Vec<SubscriptionId>, StoreError> {
        let ids: Vec<String> = sqlx::query_scalar(DUE).bind(self.now_ms()).bind(limit).fetch_all(self.reader()).await?;
        ids.iter().map(|id| parsed("subscription.id", id)).collect()
    }

    /// The subscriptions that end soon, of which that is still to be told; the first to end first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn subscriptions_ending(&self, limit: i64) -> Result<Vec<SubscriptionId>, StoreError> {
        let now_ms = self.now_ms();
        let ids: Vec<String> = sqlx::query_scalar(ENDING)
            .bind(now_ms)
            .bind(now_ms + SOON_DAYS * DAY_MS)
            .bind(limit)
            .fetch_all(self.reader())
            .await?;
        ids.iter().map(|id| parsed("subscription.id", id)).collect()
    }
}

impl Write {
    /// One subscription within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn subscription(
        &mut self,
        reach: &Reach,
        id: SubscriptionId,
    ) -> Result<Option<Subscription>, StoreError> {
        one(self.connection(), reach, id).await
    }

    /// Notes that it is told that a subscription ends with its period. Says whether it was still to be told.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn note_ending_told(&mut self, id: SubscriptionId) -> Result<bool, StoreError> {
        let done = sqlx::query(TOLD).bind(id.to_string()).execute(self.connection()).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Adds a subscription.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_subscription(&mut self, subscription: &Subscription) -> Result<(), StoreError> {
        bound(ADD, subscription)?.execute(self.connection()).await?;
        Ok(())
    }

    /// Writes the current status of a subscription.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn update_subscription(&mut self, subscription: &Subscription) -> Result<(), StoreError> {
        let done = bound(UPDATE, subscription)?.execute(self.connection()).await?;
        crate::database::one_row(&done)
    }

    /// Has the task try at once to charge what a partner didn't pay. Says whether there is something.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn try_unpaid(&mut self, partner: PartnerId) -> Result<bool, StoreError> {
        let done = sqlx::query(TRY_UNPAID).bind(partner.to_string()).execute(self.connection()).await?;
        Ok(done.rows_affected() > 0)
    }
}

type Query<'q> = sqlx::query::Query<'q, Any, AnyArguments>;

fn bound<'q>(statement: &'static str, subscription: &Subscription) -> Result<Query<'q>, StoreError> {
    let (priced, scheduled) = (&subscription.priced, &subscription.scheduled);
    Ok(sqlx::query(statement)
        .bind(subscription.id.to_string())
        .bind(subscription.tenant.to_string())
        .bind(subscription.partner.to_string())
        .bind(subscription.application.to_string())
        .bind(subscription.client.map(|id| id.to_string()))
        .bind(subscription.plan.to_string())
        .bind(subscription.product.to_string())
        .bind(word("subscription.term", &subscription.term)?)
        .bind(to_json("subscription.components", &subscription.components)?)
        .bind(word("subscription.state", &subscription.state)?)
        .bind(i64::from(subscription.ends_after_period))
        .bind(subscription.anchor.0)
        .bind(subscription.anchor.1)
        .bind(subscription.period.number)
        .bind(subscription.period.start_ms)
        .bind(subscription.period.end_ms)
        .bind(subscription.grace_days)
        .bind(priced.as_ref().map(|priced| to_json("subscription.priced", priced)).transpose()?)
        .bind(subscription.promo.map(|id| id.to_string()))
        .bind(scheduled.as_ref().map(|change| to_json("subscription.scheduled", change)).transpose()?)
        .bind(subscription.next_ms)
        .bind(subscription.created_ms)
        .bind(subscription.suspended_ms)
        .bind(subscription.ended_ms))
}

pub(crate) fn list(reach: &Reach, tenant: Option<TenantId>, page: &Page) -> Statement {
    Statement::of(SELECT)
        .narrowed_among("id", page.only.as_deref())
        .narrowed("tenant_id = ?1", tenant.map(|id| id.to_string()))
        .within(Owner::ROW, reach)
        .page("id", page)
}

async fn one<'e>(
    executor: impl Executor<'e, Database = Any>,
    reach: &Reach,
    id: SubscriptionId,
) -> Result<Option<Subscription>, StoreError> {
    let one = Statement::of(SELECT).narrowed("id = ?1", Some(id.to_string()));
    one.within(Owner::ROW, reach).one::<Row, _>(executor).await
}

impl TryFrom<Row> for Subscription {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("subscription.id", &row.id)?,
            tenant: parsed("subscription.tenant_id", &row.tenant_id)?,
            partner: parsed("subscription.partner_id", &row.partner_id)?,
            application: parsed("subscription.application_id", &row.application_id)?,
            client: row.client_id.as_deref().map(|id| parsed("subscription.client_id", id)).transpose()?,
            plan: parsed("subscription.plan_id", &row.plan_id)?,
            product: parsed("subscription.product_id", &row.product_id)?,
            term: from_word("subscription.term", &row.term)?,
            components: from_json("subscription.components", &row.components)?,
            state: from_word("subscription.state", &row.state)?,
            ends_after_period: row.ends_after_period != 0,
            anchor: (row.anchor_ms, row.anchor_no),
            period: Period { number: row.period_no, start_ms: row.period_start_ms, end_ms: row.period_end_ms },
            grace_days: row.grace_days,
            priced: row.priced.as_deref().map(|priced| from_json("subscription.priced", priced)).transpose()?,
            promo: row.promo_id.as_deref().map(|id| parsed("subscription.promo_id", id)).transpose()?,
            scheduled: row.scheduled.as_deref().map(|it| from_json("subscription.scheduled", it)).transpose()?,
            next_ms: row.next_ms,
            created_ms: row.created_ms,
            suspended_ms: row.suspended_ms,
            ended_ms: row.ended_ms,
        })
    }
}
