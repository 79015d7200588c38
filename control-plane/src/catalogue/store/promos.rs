//! Promo codes and their redemptions, as rows.

use marque_config::PartnerId;
use sqlx::{Any, Executor};

use crate::catalogue::model::promo::{Promo, Redemption, RedemptionState};
use crate::database::row::{from_word, word};
use crate::database::statement::Statement;
use crate::database::stored::{Column, Stored};
use crate::database::{Page, Store, StoreError, Write, parsed};
use crate::kernel::ids::{ClientId, OrderId, PromoId};

impl Stored for Promo {
    const TABLE: &'static str = "promo_code";
    const COLUMNS: &'static [Column] = &[
        Column::text("id"),
        Column::text("code"),
        Column::json("terms"),
        Column::number("from_ms"),
        Column::number("until_ms"),
        Column::number("max_uses"),
        Column::number("max_uses_per_partner"),
        Column::number("used"),
        Column::number("revoked_ms"),
        Column::number("created_ms"),
    ];
}

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
    /// The promo codes.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn promos(&self, page: &Page) -> Result<Vec<Promo>, StoreError> {
        Statement::select::<Promo>().page("id", page).resources(self.reader()).await
    }
}

impl Write {
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

/// The promo code of a text in capitals, on any connection.
pub(crate) async fn by_code<'e>(
    executor: impl Executor<'e, Database = Any>,
    code: &str,
) -> Result<Option<Promo>, StoreError> {
    Statement::select::<Promo>().with("code = ?1", code).resource(executor).await
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
