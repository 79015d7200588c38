//! Activations, as rows.

use marque_config::TenantId;
use sqlx::{Any, Executor, FromRow};

use crate::database::row::{from_word, word};
use crate::database::statement::Statement;
use crate::database::within::Owner;
use crate::database::{Page, Store, StoreError, Write, parsed};
use crate::kernel::ids::{ActivationId, LicenceId};
use crate::kernel::principal::Reach;
use crate::licences::model::activation::Activation;

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

const SELECT: &str = "select id, licence_id, tenant_id, partner_id, application_id, fingerprint, name, how,
    activated_ms, deactivated_ms from activation";

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

    /// The activations within reach, perhaps of one licence or tenant only.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn activations(
        &self,
        reach: &Reach,
        (licence, tenant): (Option<LicenceId>, Option<TenantId>),
        page: &Page,
    ) -> Result<Vec<Activation>, StoreError> {
        Statement::of(SELECT)
            .narrowed("licence_id = ?1", licence.map(|id| id.to_string()))
            .narrowed("tenant_id = ?1", tenant.map(|id| id.to_string()))
            .within(Owner::ROW, reach)
            .page("id", page)
            .all::<Row, _>(self.reader())
            .await
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
        crate::database::one_row(&done)
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
    let one = Statement::of(SELECT).narrowed("id = ?1", Some(id.to_string()));
    one.within(Owner::ROW, reach).one::<Row, _>(executor).await
}

async fn by_fingerprint<'e>(
    executor: impl Executor<'e, Database = Any>,
    licence: LicenceId,
    fingerprint: &str,
) -> Result<Option<Activation>, StoreError> {
    let values = [licence.to_string().into(), fingerprint.into()];
    Statement::of(SELECT).and("licence_id = ?1 and fingerprint = ?2", values).one::<Row, _>(executor).await
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
