//! Corrections of the ledger, as rows.

use marque_config::PartnerId;
use sqlx::{Any, Executor, FromRow};

use super::ledger::currency;
use crate::database::row::{from_word, word};
use crate::database::statement::Statement;
use crate::database::{Page, Store, StoreError, Write, parsed};
use crate::kernel::ids::AdjustmentId;
use crate::kernel::money::Money;
use crate::money::model::adjustment::Adjustment;

#[derive(FromRow)]
struct Row {
    id: String,
    partner_id: String,
    currency: String,
    amount: i64,
    reason: String,
    state: String,
    proposed_by: String,
    decided_by: Option<String>,
    created_ms: i64,
    decided_ms: Option<i64>,
}

const SELECT: &str = "select id, partner_id, currency, amount, reason, state, proposed_by, decided_by, created_ms,
    decided_ms from ledger_adjustment";

const ADD: &str = "insert into ledger_adjustment
    (id, partner_id, currency, amount, reason, state, proposed_by, created_ms)
    values ($1, $2, $3, $4, $5, $6, $7, $8)";

impl Store {
    /// One correction. They are the vendor's own.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn adjustment(&self, id: AdjustmentId) -> Result<Option<Adjustment>, StoreError> {
        one(self.reader(), id).await
    }

    /// Corrections, of one partner where one is named.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn adjustments(&self, partner: Option<PartnerId>, page: &Page) -> Result<Vec<Adjustment>, StoreError> {
        let partner = partner.map(|partner| partner.to_string());
        Statement::of(SELECT).given("partner_id = ?1", partner).page("id", page).all::<Row, _>(self.reader()).await
    }
}

impl Write {
    /// One correction.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn adjustment(&mut self, id: AdjustmentId) -> Result<Option<Adjustment>, StoreError> {
        one(self.connection(), id).await
    }

    /// Adds a correction.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_adjustment(&mut self, adjustment: &Adjustment) -> Result<(), StoreError> {
        sqlx::query(ADD)
            .bind(adjustment.id.to_string())
            .bind(adjustment.partner.to_string())
            .bind(adjustment.amount.currency.code())
            .bind(adjustment.amount.minor)
            .bind(&adjustment.reason)
            .bind(word("ledger_adjustment.state", &adjustment.state)?)
            .bind(&adjustment.proposed_by)
            .bind(adjustment.created_ms)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Writes what became of a correction.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn update_adjustment(&mut self, adjustment: &Adjustment) -> Result<(), StoreError> {
        let done = sqlx::query(
            "update ledger_adjustment set state = $2, decided_by = $3, decided_ms = $4
             where id = $1 and state = 'proposed'",
        )
        .bind(adjustment.id.to_string())
        .bind(word("ledger_adjustment.state", &adjustment.state)?)
        .bind(&adjustment.decided_by)
        .bind(adjustment.decided_ms)
        .execute(self.connection())
        .await?;
        crate::database::one_row(&done)
    }
}

async fn one<'e>(
    executor: impl Executor<'e, Database = Any>,
    id: AdjustmentId,
) -> Result<Option<Adjustment>, StoreError> {
    Statement::of(SELECT).with("id = ?1", id.to_string()).one::<Row, _>(executor).await
}

impl TryFrom<Row> for Adjustment {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("ledger_adjustment.id", &row.id)?,
            partner: parsed("ledger_adjustment.partner_id", &row.partner_id)?,
            amount: Money { minor: row.amount, currency: currency("ledger_adjustment.currency", &row.currency)? },
            reason: row.reason,
            state: from_word("ledger_adjustment.state", &row.state)?,
            proposed_by: row.proposed_by,
            decided_by: row.decided_by,
            created_ms: row.created_ms,
            decided_ms: row.decided_ms,
        })
    }
}
