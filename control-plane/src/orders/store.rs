//! Orders, as rows. A voided one is shown only to a caller who asks for voided ones.

pub(crate) mod rules;

use sqlx::{Any, Executor, FromRow};

use crate::database::row::{from_word, word};
use crate::database::statement::Statement;
use crate::database::{Page, Store, StoreError, Write, from_json, parsed, to_json};
use crate::kernel::ids::{ClientId, OrderId};
use crate::kernel::principal::Reach;
use crate::orders::model::{Order, OrderState};

pub use rules::Holder;

#[derive(FromRow)]
struct Row {
    id: String,
    number: String,
    partner_id: String,
    client_id: String,
    kind: String,
    state: String,
    po_number: Option<String>,
    basket: String,
    priced: String,
    tenant_id: String,
    opened_tenant: i64,
    serial: String,
    licence_id: Option<String>,
    subscription_id: Option<String>,
    replaces_id: Option<String>,
    replaced_by_id: Option<String>,
    told: i64,
    policy_version: i64,
    placed_ms: i64,
    activated_ms: Option<i64>,
    voided_ms: Option<i64>,
}

const SELECT: &str = "select o.id, o.number, o.partner_id, o.client_id, o.kind, o.state, o.po_number, o.basket,
    o.priced, o.tenant_id, o.opened_tenant, o.serial, licence.id as licence_id, o.subscription_id, o.replaces_id,
    o.replaced_by_id, o.told, o.policy_version, o.placed_ms, licence.activated_ms, o.voided_ms
    from partner_order as o
    left join licence on licence.serial = o.serial and licence.superseded_ms is null";

const ADD: &str = "insert into partner_order (id, number, partner_id, client_id, kind, state, po_number, product_id,
    plan_id, term, basket, priced, currency, total_minor, tenant_id, opened_tenant, serial, subscription_id,
    replaces_id, told, policy_version, placed_ms)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
    (select max(version) from order_policy), $21) returning policy_version";

const UPDATE: &str = "update partner_order set state = $2, replaced_by_id = $3, told = $4, voided_ms = $5
    where id = $1 and state = 'fulfilled'";

/// Which orders are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// Those that stand there; every one that isn't voided when not given.
    pub state: Option<OrderState>,
    /// Those of this kind.
    pub kind: Option<String>,
    /// Those with this number of the partner's own.
    pub po_number: Option<String>,
    /// Those of this client.
    pub client: Option<ClientId>,
    /// The one with this number.
    pub number: Option<String>,
}

impl Store {
    /// One order within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn order(&self, reach: &Reach, id: OrderId) -> Result<Option<Order>, StoreError> {
        one(self.reader(), reach, id).await
    }

    /// The orders within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn orders(&self, reach: &Reach, filter: &OrderFilter, page: &Page) -> Result<Vec<Order>, StoreError> {
        list(reach, filter, page).all::<Row, _>(self.reader()).await
    }
}

impl Write {
    /// One order within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn order(&mut self, reach: &Reach, id: OrderId) -> Result<Option<Order>, StoreError> {
        one(self.connection(), reach, id).await
    }

    /// Adds an order, under the rules in force, and gives their version.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_order(&mut self, order: &Order) -> Result<i64, StoreError> {
        let priced = &order.priced;
        let version = sqlx::query_scalar(ADD)
            .bind(order.id.to_string())
            .bind(&order.number)
            .bind(order.partner.to_string())
            .bind(order.client.to_string())
            .bind(word("partner_order.kind", &order.kind)?)
            .bind(word("partner_order.state", &order.state)?)
            .bind(order.po_number.as_deref())
            .bind(priced.product.to_string())
            .bind(priced.plan.to_string())
            .bind(word("partner_order.term", &priced.term)?)
            .bind(to_json("partner_order.basket", &order.basket)?)
            .bind(to_json("partner_order.priced", priced)?)
            .bind(priced.currency.code())
            .bind(priced.total.minor)
            .bind(order.tenant.to_string())
            .bind(i64::from(order.opened_tenant))
            .bind(order.serial.plain())
            .bind(order.subscription.map(|id| id.to_string()))
            .bind(order.replaces.map(|id| id.to_string()))
            .bind(order.told)
            .bind(order.placed_ms)
            .fetch_one(self.connection())
            .await?;
        Ok(version)
    }

    /// Writes what became of an order. What was voided stays as it is.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn update_order(&mut self, order: &Order) -> Result<(), StoreError> {
        let state = if order.state == OrderState::Voided { OrderState::Voided } else { OrderState::Fulfilled };
        let done = sqlx::query(UPDATE)
            .bind(order.id.to_string())
            .bind(word("partner_order.state", &state)?)
            .bind(order.replaced_by.map(|id| id.to_string()))
            .bind(order.told)
            .bind(order.voided_ms)
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }
}

pub(crate) fn list(reach: &Reach, filter: &OrderFilter, page: &Page) -> Statement {
    // What is in use is known from the licence alone.
    let standing = match filter.state {
        None => "o.state <> 'voided'",
        Some(OrderState::Voided) => "o.state = 'voided'",
        Some(OrderState::Completed) => "o.state <> 'voided' and licence.activated_ms is not null",
        Some(OrderState::Fulfilled) => "o.state <> 'voided' and licence.activated_ms is null",
    };
    Statement::of(SELECT)
        .and(standing, [])
        .narrowed("o.number = ?1", filter.number.as_deref())
        .narrowed("o.po_number = ?1", filter.po_number.as_deref())
        .narrowed("o.client_id = ?1", filter.client.map(|client| client.to_string()))
        .within_partner("o.partner_id", reach)
        .given("o.kind = ?1", filter.kind.as_deref())
        .page("o.id", page)
}

async fn one<'e>(
    executor: impl Executor<'e, Database = Any>,
    reach: &Reach,
    id: OrderId,
) -> Result<Option<Order>, StoreError> {
    let one = Statement::of(SELECT).narrowed("o.id = ?1", Some(id.to_string()));
    one.within_partner("o.partner_id", reach).one::<Row, _>(executor).await
}

impl TryFrom<Row> for Order {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let state = from_word("partner_order.state", &row.state)?;
        let used = state == OrderState::Fulfilled && row.activated_ms.is_some();
        Ok(Self {
            id: parsed("partner_order.id", &row.id)?,
            number: row.number,
            partner: parsed("partner_order.partner_id", &row.partner_id)?,
            client: parsed("partner_order.client_id", &row.client_id)?,
            kind: from_word("partner_order.kind", &row.kind)?,
            state: if used { OrderState::Completed } else { state },
            po_number: row.po_number,
            basket: from_json("partner_order.basket", &row.basket)?,
            priced: from_json("partner_order.priced", &row.priced)?,
            tenant: parsed("partner_order.tenant_id", &row.tenant_id)?,
            opened_tenant: row.opened_tenant == 1,
            serial: parsed("partner_order.serial", &row.serial)?,
            licence: row.licence_id.as_deref().map(|id| parsed("licence.id", id)).transpose()?,
            subscription: optional("partner_order.subscription_id", row.subscription_id.as_deref())?,
            replaces: optional("partner_order.replaces_id", row.replaces_id.as_deref())?,
            replaced_by: optional("partner_order.replaced_by_id", row.replaced_by_id.as_deref())?,
            told: row.told,
            policy_version: row.policy_version,
            placed_ms: row.placed_ms,
            activated_ms: row.activated_ms,
            voided_ms: row.voided_ms,
        })
    }
}

fn optional<T>(what: &'static str, text: Option<&str>) -> Result<Option<T>, StoreError>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    text.map(|text| parsed(what, text)).transpose()
}
