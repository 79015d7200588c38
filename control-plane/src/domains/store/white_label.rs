//! White label of tenants, as rows. A tenant without a row never had anything set up.

use marque_config::{DomainId, TenantId};
use sqlx::{Any, Executor, FromRow};

use crate::database::row::{from_word, word};
use crate::database::{Store, StoreError, Write, from_json, parsed, to_json};
use crate::domains::model::white_label::WhiteLabel;

#[derive(FromRow)]
struct Row {
    tenant_id: String,
    state: String,
    owner_user_id: Option<String>,
    primary_domain_id: Option<String>,
    app_lock: i64,
    contact_route: String,
    brand: Option<String>,
    live_since_ms: Option<i64>,
    changed_ms: i64,
}

const ONE: &str = "select tenant_id, state, owner_user_id, primary_domain_id, app_lock, contact_route, brand,
    live_since_ms, changed_ms from white_label where tenant_id = $1";

const PUT: &str =
    "insert into white_label (tenant_id, state, owner_user_id, primary_domain_id, app_lock, contact_route,
    brand, live_since_ms, changed_ms) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    on conflict (tenant_id) do update
    set state = excluded.state, owner_user_id = excluded.owner_user_id,
    primary_domain_id = excluded.primary_domain_id, app_lock = excluded.app_lock,
    contact_route = excluded.contact_route, brand = excluded.brand, live_since_ms = excluded.live_since_ms,
    changed_ms = excluded.changed_ms";

impl Store {
    /// A tenant's white label. Whether the tenant is within reach is looked at first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn white_label(&self, tenant: TenantId) -> Result<WhiteLabel, StoreError> {
        one(self.reader(), tenant).await
    }
}

impl Write {
    /// A tenant's white label.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn white_label(&mut self, tenant: TenantId) -> Result<WhiteLabel, StoreError> {
        one(self.connection(), tenant).await
    }

    /// The white label whose primary address is a domain.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn white_label_at(&mut self, domain: DomainId) -> Result<Option<WhiteLabel>, StoreError> {
        let tenant: Option<String> =
            sqlx::query_scalar("select tenant_id from white_label where primary_domain_id = $1")
                .bind(domain.to_string())
                .fetch_optional(self.connection())
                .await?;
        match tenant {
            Some(tenant) => Ok(Some(self.white_label(parsed("white_label.tenant_id", &tenant)?).await?)),
            None => Ok(None),
        }
    }

    /// Writes a tenant's white label.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn put_white_label(&mut self, label: &WhiteLabel) -> Result<(), StoreError> {
        sqlx::query(PUT)
            .bind(label.tenant.to_string())
            .bind(word("white_label.state", &label.state)?)
            .bind(label.owner.map(|id| id.to_string()))
            .bind(label.primary.map(|id| id.to_string()))
            .bind(i64::from(label.app_lock))
            .bind(word("white_label.contact_route", &label.contact_route)?)
            .bind(label.brand.as_ref().map(|brand| to_json("white_label.brand", brand)).transpose()?)
            .bind(label.live_since_ms)
            .bind(label.changed_ms)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}

async fn one<'e>(executor: impl Executor<'e, Database = Any>, tenant: TenantId) -> Result<WhiteLabel, StoreError> {
    let row: Option<Row> = sqlx::query_as(ONE).bind(tenant.to_string()).fetch_optional(executor).await?;
    row.map_or_else(|| Ok(WhiteLabel::off(tenant)), WhiteLabel::try_from)
}

impl TryFrom<Row> for WhiteLabel {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let (owner, primary) = (row.owner_user_id.as_deref(), row.primary_domain_id.as_deref());
        Ok(Self {
            tenant: parsed("white_label.tenant_id", &row.tenant_id)?,
            state: from_word("white_label.state", &row.state)?,
            owner: owner.map(|id| parsed("white_label.owner_user_id", id)).transpose()?,
            primary: primary.map(|id| parsed("white_label.primary_domain_id", id)).transpose()?,
            app_lock: row.app_lock != 0,
            contact_route: from_word("white_label.contact_route", &row.contact_route)?,
            brand: row.brand.as_deref().map(|brand| from_json("white_label.brand", brand)).transpose()?,
            live_since_ms: row.live_since_ms,
            changed_ms: row.changed_ms,
        })
    }
}
