//! Activations, as rows.

use marque_config::TenantId;
use sqlx::{Any, Executor, FromRow};

use super::hostnames::{from_word, word};
use super::{Page, Store, StoreError, Write, parsed, within};
use crate::model::activation::Activation;
use crate::model::ids::{ActivationId, LicenceId};
use crate::model::principal::Reach;

#[derive(FromRow)]
struct Row {
    id: String,
    licence_id: String,
    tenant_id: String,
    partner_id: String,
    application_id: String,
    fingerprint: String,
    name: Option<String>,
    how: String,
    activated_ms: i64,
    deactivated_ms: Option<i64>,
}

const ONE: &str = "select id, licence_id, tenant_id, partner_id, application_id, fingerprint, name, how, activated_ms,
    deactivated_ms from activation where id = $1 and ($2 is null or partner_id = $2)
    and ($3 is null or application_id = $3) and ($4 is null or $4 like '%' || tenant_id || '%')";

const BY_FINGERPRINT: &str = "select id, licence_id, tenant_id, partner_id, application_id, fingerprint, name, how,
    activated_ms, deactivated_ms from activation where licence_id = $1 and fingerprint = $2";

const PAGE: &str = "select id, licence_id, tenant_id, partner_id, application_id, fingerprint, name, how, activated_ms,
    deactivated_ms from activation where ($1 is null or partner_id = $1) and ($2 is null or application_id = $2)
    and ($3 is null or $3 like '%' || tenant_id || '%') and ($4 is null or licence_id = $4)
    and ($5 is null or tenant_id = $5) and id > $6 order by id limit $7";

const ADD: &str = "insert into activation (id, licence_id, tenant_id, partner_id, application_id, fingerprint, name,
    how, activated_ms, deactivated_ms) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

impl Store {
    /// The installation of a licence that names itself so.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn activation_of(&self, licence: LicenceId, fingerprint: &str) -> Result<Option<Activation>, StoreError> {
        by_fingerprint(self.reader(), licence, fingerprint).await
    }

    /// One activation within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn activation(&self, reach: &Reach, id: ActivationId) -> Result<Option<Activation>, StoreError> {
        one(self.reader(), reach, id).await
    }

    /// The activations within reach, perhaps of one licence or tenant only, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn activations(
        &self,
        reach: &Reach,
        (licence, tenant): (Option<LicenceId>, Option<TenantId>),
        page: &Page,
    ) -> Result<Vec<Activation>, StoreError> {
        let limits = reach.limits();
        let rows: Vec<Row> = sqlx::query_as(PAGE)
            .bind(limits.partner)
            .bind(limits.application)
            .bind(limits.tenants)
            .bind(licence.map(|id| id.to_string()))
            .bind(tenant.map(|id| id.to_string()))
            .bind(&page.after)
            .bind(page.limit)
            .fetch_all(self.reader())
            .await?;
        rows.into_iter().map(Activation::try_from).collect()
    }
}

impl Write {
    /// One activation within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn activation(&mut self, reach: &Reach, id: ActivationId) -> Result<Option<Activation>, StoreError> {
        one(self.connection(), reach, id).await
    }

    /// The installation of a licence that names itself so.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn activation_of(
        &mut self,
        licence: LicenceId,
        fingerprint: &str,
    ) -> Result<Option<Activation>, StoreError> {
        by_fingerprint(self.connection(), licence, fingerprint).await
    }

    /// How many installations use a licence, and how many were let go since an instant.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn count_activations(&mut self, licence: LicenceId, since_ms: i64) -> Result<(i64, i64), StoreError> {
        Ok(sqlx::query_as(
            "select cast(coalesce(sum(case when deactivated_ms is null then 1 else 0 end), 0) as bigint),
             cast(coalesce(sum(case when deactivated_ms > $2 then 1 else 0 end), 0) as bigint)
             from activation where licence_id = $1",
        )
        .bind(licence.to_string())
        .bind(since_ms)
        .fetch_one(self.connection())
        .await?)
    }

    /// Adds an activation.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_activation(&mut self, activation: &Activation) -> Result<(), StoreError> {
        sqlx::query(ADD)
            .bind(activation.id.to_string())
            .bind(activation.licence.to_string())
            .bind(activation.tenant.to_string())
            .bind(activation.partner.to_string())
            .bind(activation.application.to_string())
            .bind(&activation.fingerprint)
            .bind(&activation.name)
            .bind(word("activation.how", &activation.how)?)
            .bind(activation.activated_ms)
            .bind(activation.deactivated_ms)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Writes since when an installation uses its licence, or no longer does.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn update_activation(&mut self, activation: &Activation) -> Result<(), StoreError> {
        let statement = "update activation set name = $2, activated_ms = $3, deactivated_ms = $4 where id = $1";
        let done = sqlx::query(statement)
            .bind(activation.id.to_string())
            .bind(&activation.name)
            .bind(activation.activated_ms)
            .bind(activation.deactivated_ms)
            .execute(self.connection())
            .await?;
        super::one_row(&done)
    }

    /// Lets the installations of a licence use the one that takes its place.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn move_activations(&mut self, from: LicenceId, to: LicenceId) -> Result<(), StoreError> {
        sqlx::query("update activation set licence_id = $2 where licence_id = $1")
            .bind(from.to_string())
            .bind(to.to_string())
            .execute(self.connection())
            .await?;
        Ok(())
    }
}

async fn one<'e>(
    executor: impl Executor<'e, Database = Any>,
    reach: &Reach,
    id: ActivationId,
) -> Result<Option<Activation>, StoreError> {
    let row: Option<Row> = within::of_tenant(executor, ONE, reach, id.to_string()).await?;
    row.map(Activation::try_from).transpose()
}

async fn by_fingerprint<'e>(
    executor: impl Executor<'e, Database = Any>,
    licence: LicenceId,
    fingerprint: &str,
) -> Result<Option<Activation>, StoreError> {
    let row: Option<Row> =
        sqlx::query_as(BY_FINGERPRINT).bind(licence.to_string()).bind(fingerprint).fetch_optional(executor).await?;
    row.map(Activation::try_from).transpose()
}

impl TryFrom<Row> for Activation {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("activation.id", &row.id)?,
            licence: parsed("activation.licence_id", &row.licence_id)?,
            tenant: parsed("activation.tenant_id", &row.tenant_id)?,
            partner: parsed("activation.partner_id", &row.partner_id)?,
            application: parsed("activation.application_id", &row.application_id)?,
            fingerprint: row.fingerprint,
            name: row.name,
            how: from_word("activation.how", &row.how)?,
            activated_ms: row.activated_ms,
            deactivated_ms: row.deactivated_ms,
        })
    }
}
