//! Partners, as rows.

pub mod members;
pub mod regions;

use marque_config::PartnerId;
use marque_config::tenant::TenantState;
use sqlx::{Any, Executor, FromRow};

use crate::database::row::{from_word, word};
use crate::database::statement::Statement;
use crate::database::{Page, Signal, Store, StoreError, Write, from_json, parsed, to_json};
use crate::kernel::principal::{Principal, Reach};
use crate::kernel::tenant::TenantKind;
use crate::partners::model::Partner;

#[derive(FromRow)]
struct Row {
    id: String,
    name: String,
    brand: String,
    look: String,
    kind: String,
    state: String,
    state_reason: Option<String>,
    region: Option<String>,
    account_manager_id: Option<String>,
    distribution_mode: String,
    support_level1: i64,
    legal: Option<String>,
    tax_id: Option<String>,
    auto_licence_plan: Option<String>,
    settings: String,
    approved_ms: Option<i64>,
    created_ms: i64,
}

const SELECT: &str = "select id, name, brand, look, kind, state, state_reason, region, account_manager_id,
    distribution_mode, support_level1, legal, tax_id, auto_licence_plan, settings, approved_ms, created_ms from partner";

const ADD: &str = "insert into partner (id, state, created_ms, name, brand) values ($1, $2, $3, '', '{}')";

const UPDATE: &str = "update partner set name = $2, brand = $3, look = $4, kind = $5, state = $6, state_reason = $7,
    region = $8, account_manager_id = $9, distribution_mode = $10, support_level1 = $11, legal = $12, tax_id = $13,
    auto_licence_plan = $14, settings = $15, approved_ms = $16 where id = $1";

impl Store {
    /// One partner within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn partner(&self, reach: &Reach, id: PartnerId) -> Result<Option<Partner>, StoreError> {
        one(self.reader(), reach, id).await
    }

    /// The partners within reach, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn partners(&self, reach: &Reach, page: &Page) -> Result<Vec<Partner>, StoreError> {
        Statement::of(SELECT).within_partner("id", reach).page("id", page).all::<Row, _>(self.reader()).await
    }
}

impl Write {
    /// One partner within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn partner(&mut self, reach: &Reach, id: PartnerId) -> Result<Option<Partner>, StoreError> {
        one(self.connection(), reach, id).await
    }

    /// Adds a partner.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_partner(&mut self, partner: &Partner) -> Result<(), StoreError> {
        sqlx::query(ADD)
            .bind(partner.id.to_string())
            .bind(word("partner.state", &partner.state)?)
            .bind(partner.created_ms)
            .execute(self.connection())
            .await?;
        self.update_partner(partner).await
    }

    /// Writes what a partner is.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn update_partner(&mut self, partner: &Partner) -> Result<(), StoreError> {
        let done = sqlx::query(UPDATE)
            .bind(partner.id.to_string())
            .bind(&partner.name)
            .bind(to_json("partner.brand", &partner.brand)?)
            .bind(to_json("partner.look", &partner.look)?)
            .bind(word("partner.kind", &partner.kind)?)
            .bind(word("partner.state", &partner.state)?)
            .bind(partner.reason.as_deref())
            .bind(partner.region.as_deref())
            .bind(partner.account_manager.map(|id| id.to_string()))
            .bind(word("partner.distribution_mode", &partner.distribution_mode)?)
            .bind(i64::from(partner.support_level1))
            .bind(partner.legal.as_ref().map(|legal| to_json("partner.legal", legal)).transpose()?)
            .bind(partner.tax_id.as_deref())
            .bind(partner.auto_licence_plan.map(|id| id.to_string()))
            .bind(to_json("partner.settings", &partner.settings)?)
            .bind(partner.approved_ms)
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }

    /// How many tenants of a partner are its clients' and not closed.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn living_clients_of(&mut self, partner: PartnerId) -> Result<i64, StoreError> {
        let count =
            sqlx::query_scalar("select count(*) from tenant where partner_id = $1 and kind = $2 and state <> $3")
                .bind(partner.to_string())
                .bind(word("tenant.kind", &TenantKind::Client)?)
                .bind(word("tenant.state", &TenantState::Closed)?)
                .fetch_one(self.connection())
                .await?;
        Ok(count)
    }

    /// Revokes every token of a partner.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn revoke_tokens_of(&mut self, partner: PartnerId) -> Result<(), StoreError> {
        let now_ms = self.now_ms();
        sqlx::query("update api_token set revoked_ms = $2 where principal = $1 and revoked_ms is null")
            .bind(Principal::Partner(partner).to_string())
            .bind(now_ms)
            .execute(self.connection())
            .await?;
        self.wake(Signal::Tokens);
        Ok(())
    }
}

async fn one<'e>(
    executor: impl Executor<'e, Database = Any>,
    reach: &Reach,
    id: PartnerId,
) -> Result<Option<Partner>, StoreError> {
    let one = Statement::of(SELECT).narrowed("id = ?1", Some(id.to_string()));
    one.within_partner("id", reach).one::<Row, _>(executor).await
}

impl TryFrom<Row> for Partner {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let manager = row.account_manager_id.as_deref();
        Ok(Self {
            id: parsed("partner.id", &row.id)?,
            name: row.name,
            brand: from_json("partner.brand", &row.brand)?,
            look: from_json("partner.look", &row.look)?,
            kind: from_word("partner.kind", &row.kind)?,
            state: from_word("partner.state", &row.state)?,
            reason: row.state_reason,
            region: row.region,
            account_manager: manager.map(|id| parsed("partner.account_manager_id", id)).transpose()?,
            distribution_mode: from_word("partner.distribution_mode", &row.distribution_mode)?,
            support_level1: row.support_level1 != 0,
            legal: row.legal.as_deref().map(|legal| from_json("partner.legal", legal)).transpose()?,
            tax_id: row.tax_id,
            auto_licence_plan: row
                .auto_licence_plan
                .as_deref()
                .map(|id| parsed("partner.auto_licence_plan", id))
                .transpose()?,
            settings: from_json("partner.settings", &row.settings)?,
            approved_ms: row.approved_ms,
            created_ms: row.created_ms,
        })
    }
}
