//! Promo codes and their redemptions, as rows.

use marque_config::PartnerId;
use sqlx::{Any, Executor, FromRow};

use crate::catalogue::model::promo::{Promo, Redemption, RedemptionState};
use crate::database::row::{from_word, word};
use crate::database::{Page, Store, StoreError, Write, from_json, parsed, to_json};
use crate::kernel::ids::{ClientId, OrderId, PromoId};

#[derive(FromRow)]
struct Row {
    id: String,
    code: String,
    terms: String,
    from_ms: i64,
    until_ms: Option<i64>,
    max_uses: Option<i64>,
    max_uses_per_partner: Option<i64>,
    used: i64,
    revoked_ms: Option<i64>,
    created_ms: i64,
}

const ONE: &str = "select id, code, terms, from_ms, until_ms, max_uses, max_uses_per_partner, used, revoked_ms,
    created_ms from promo_code where id = $1";

const BY_CODE: &str = "select id, code, terms, from_ms, until_ms, max_uses, max_uses_per_partner, used, revoked_ms,
    created_ms from promo_code where code = $1";

const PAGE: &str = "select id, code, terms, from_ms, until_ms, max_uses, max_uses_per_partner, used, revoked_ms,
    created_ms from promo_code where id > $1 order by id limit $2";

const ADD: &str = "insert into promo_code (id, code, terms, from_ms, until_ms, max_uses, max_uses_per_partner, used,
    created_ms) values ($1, $2, $3, $4, $5, $6, $7, 0, $8) on conflict do nothing";

const UPDATE: &str = "update promo_code set until_ms = $2, max_uses = $3, max_uses_per_partner = $4, revoked_ms = $5
    where id = $1";

// The limits once more, whatever was looked at before.
const TAKE_USE: &str = "update promo_code set used = used + 1 where id = $1 and (max_uses is null or used < max_uses)
    and (max_uses_per_partner is null or (select count(*) from promo_redemption where promo_code_id = $1
    and partner_id = $2 and state <> 'released') < max_uses_per_partner)";

const USES: &str = "select count(*) from promo_redemption where promo_code_id = $1 and partner_id = $2
    and state <> 'released'";

const REDEMPTION: &str = "select id, promo_code_id, partner_id, client_id, state, discount_minor, currency
    from promo_redemption where order_id = $1";

const ADD_REDEMPTION: &str = "insert into promo_redemption (id, promo_code_id, order_id, partner_id, client_id, state,
    discount_minor, currency, created_ms, changed_ms) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)";

impl Store {
    /// One promo code.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn promo(&self, id: PromoId) -> Result<Option<Promo>, StoreError> {
        promo(self.reader(), id).await
    }

    /// The promo codes, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn promos(&self, page: &Page) -> Result<Vec<Promo>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(PAGE).bind(&page.after).bind(page.limit).fetch_all(self.reader()).await?;
        rows.into_iter().map(Promo::try_from).collect()
    }
}

impl Write {
    /// One promo code.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn promo(&mut self, id: PromoId) -> Result<Option<Promo>, StoreError> {
        promo(self.connection(), id).await
    }

    /// Adds a promo code, unless there is one of its text.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_promo(&mut self, promo: &Promo) -> Result<bool, StoreError> {
        let done = sqlx::query(ADD)
            .bind(promo.id.to_string())
            .bind(&promo.code)
            .bind(to_json("promo_code.terms", &promo.terms)?)
            .bind(promo.from_ms)
            .bind(promo.until_ms)
            .bind(promo.max_uses)
            .bind(promo.max_uses_per_partner)
            .bind(promo.created_ms)
            .execute(self.connection())
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Writes until when and how often a promo code can be used.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn update_promo(&mut self, promo: &Promo) -> Result<(), StoreError> {
        let done = sqlx::query(UPDATE)
            .bind(promo.id.to_string())
            .bind(promo.until_ms)
            .bind(promo.max_uses)
            .bind(promo.max_uses_per_partner)
            .bind(promo.revoked_ms)
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }

    /// Takes one of the uses that are left to a partner; false when none is.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn take_promo_use(&mut self, id: PromoId, partner: PartnerId) -> Result<bool, StoreError> {
        let done =
            sqlx::query(TAKE_USE).bind(id.to_string()).bind(partner.to_string()).execute(self.connection()).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Gives a use back.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn give_promo_use_back(&mut self, id: PromoId) -> Result<(), StoreError> {
        let done = sqlx::query("update promo_code set used = used - 1 where id = $1")
            .bind(id.to_string())
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }

    /// The redemption of an order.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn redemption(&mut self, order: OrderId) -> Result<Option<Redemption>, StoreError> {
        type Row = (String, String, String, Option<String>, String, i64, String);
        let row: Option<Row> =
            sqlx::query_as(REDEMPTION).bind(order.to_string()).fetch_optional(self.connection()).await?;
        let Some((id, promo, partner, client, state, minor, currency)) = row else { return Ok(None) };
        let currency = from_word("promo_redemption.currency", &currency)?;
        Ok(Some(Redemption {
            id: parsed("promo_redemption.id", &id)?,
            promo: parsed("promo_redemption.promo_code_id", &promo)?,
            order,
            partner: parsed("promo_redemption.partner_id", &partner)?,
            client: client.map(|id| parsed("promo_redemption.client_id", &id)).transpose()?,
            state: from_word("promo_redemption.state", &state)?,
            discount: crate::kernel::money::Money { minor, currency },
        }))
    }

    /// Adds a redemption.
    ///
    /// # Errors
    /// When the database is away, or the order has one.
    pub async fn add_redemption(&mut self, redemption: &Redemption) -> Result<(), StoreError> {
        let now_ms = self.now_ms();
        sqlx::query(ADD_REDEMPTION)
            .bind(redemption.id.to_string())
            .bind(redemption.promo.to_string())
            .bind(redemption.order.to_string())
            .bind(redemption.partner.to_string())
            .bind(redemption.client.map(|id| id.to_string()))
            .bind(word("promo_redemption.state", &redemption.state)?)
            .bind(redemption.discount.minor)
            .bind(redemption.discount.currency.code())
            .bind(now_ms)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Writes the current status of a redemption.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn update_redemption(&mut self, order: OrderId, state: RedemptionState) -> Result<(), StoreError> {
        let now_ms = self.now_ms();
        let done = sqlx::query("update promo_redemption set state = $2, changed_ms = $3 where order_id = $1")
            .bind(order.to_string())
            .bind(word("promo_redemption.state", &state)?)
            .bind(now_ms)
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }
}

/// One promo code, on any connection.
pub(crate) async fn promo<'e>(
    executor: impl Executor<'e, Database = Any>,
    id: PromoId,
) -> Result<Option<Promo>, StoreError> {
    let row: Option<Row> = sqlx::query_as(ONE).bind(id.to_string()).fetch_optional(executor).await?;
    row.map(Promo::try_from).transpose()
}

/// The promo code of a text in capitals, on any connection.
pub(crate) async fn by_code<'e>(
    executor: impl Executor<'e, Database = Any>,
    code: &str,
) -> Result<Option<Promo>, StoreError> {
    let row: Option<Row> = sqlx::query_as(BY_CODE).bind(code).fetch_optional(executor).await?;
    row.map(Promo::try_from).transpose()
}

/// How often a partner uses a promo code, on any connection.
pub(crate) async fn uses<'e>(
    executor: impl Executor<'e, Database = Any>,
    id: PromoId,
    partner: PartnerId,
) -> Result<i64, StoreError> {
    let query = sqlx::query_scalar(USES).bind(id.to_string()).bind(partner.to_string());
    Ok(query.fetch_one(executor).await?)
}

impl TryFrom<Row> for Promo {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("promo_code.id", &row.id)?,
            code: row.code,
            terms: from_json("promo_code.terms", &row.terms)?,
            from_ms: row.from_ms,
            until_ms: row.until_ms,
            max_uses: row.max_uses,
            max_uses_per_partner: row.max_uses_per_partner,
            used: row.used,
            revoked_ms: row.revoked_ms,
            created_ms: row.created_ms,
        })
    }
}

/// Whether a client still has an order that it was charged for, on any connection.
pub(crate) async fn has_order<'e>(
    executor: impl Executor<'e, Database = Any>,
    client: ClientId,
) -> Result<bool, StoreError> {
    let count: i64 = sqlx::query_scalar(
        "select count(*) from partner_order where client_id = $1 and kind = 'order' and state <> 'voided'",
    )
    .bind(client.to_string())
    .fetch_one(executor)
    .await?;
    Ok(count > 0)
}
