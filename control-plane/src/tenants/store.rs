//! Tenants, as rows.

pub mod tenant_users;

use marque_config::feed::Record;
use marque_config::tenant::{self, TenantState};
use marque_config::{Account, PartnerId, TenantId};
use sqlx::{Any, Executor, FromRow};

use crate::database::row::{from_word, word};
use crate::database::statement::Statement;
use crate::database::within::Owner;
use crate::database::{Page, Store, StoreError, Whose, Write, from_json, parsed, to_json};
use crate::kernel::ids::ClientId;
use crate::kernel::principal::Reach;
use crate::tenants::model::Tenant;

#[derive(FromRow)]
struct Row {
    id: String,
    partner_id: String,
    application_id: String,
    name: String,
    kind: String,
    client_id: Option<String>,
    account: Option<String>,
    state: String,
    state_reason: Option<String>,
    suspended_by: Option<String>,
    handed_over_ms: Option<i64>,
    licence: Option<String>,
    created_ms: i64,
}

const SELECT: &str = "select id, partner_id, application_id,
    name, kind, client_id, account, state, state_reason, suspended_by, handed_over_ms, licence, created_ms from tenant";

const OWNER: Owner = Owner { tenant: "id", ..Owner::ROW };

const OF_PARTNER: &str = "select id, partner_id, application_id,
    name, kind, client_id, account, state, state_reason, suspended_by, handed_over_ms, licence, created_ms
    from tenant where partner_id = $1 and state <> 'closed' order by id";

const UPDATE: &str = "update tenant set account = $2, state = $3, state_reason = $4, suspended_by = $5,
    handed_over_ms = $6 where id = $1";

const TOLD_AS_BEFORE: &str = "select tenant.id from feed_record join tenant on tenant.id = feed_record.name
    where feed_record.kind = 'tenant' and coalesce(feed_record.line_revision, -1) <> feed_record.revision
    order by tenant.id limit $1";

impl Store {
    /// One tenant within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tenant(&self, reach: &Reach, id: TenantId) -> Result<Option<Tenant>, StoreError> {
        one(self.reader(), reach, id).await
    }

    /// The tenants within reach, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tenants(&self, reach: &Reach, page: &Page) -> Result<Vec<Tenant>, StoreError> {
        list(reach, None, page).all::<Row, _>(self.reader()).await
    }

    /// The tenants of a client within reach, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tenants_of_client(
        &self,
        reach: &Reach,
        client: ClientId,
        page: &Page,
    ) -> Result<Vec<Tenant>, StoreError> {
        list(reach, Some(client), page).all::<Row, _>(self.reader()).await
    }

    /// Tenants that the feed has as a control plane of the version before wrote them.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tenants_told_as_before(&self, limit: i64) -> Result<Vec<TenantId>, StoreError> {
        let ids: Vec<String> = sqlx::query_scalar(TOLD_AS_BEFORE).bind(limit).fetch_all(self.reader()).await?;
        ids.iter().map(|id| parsed("tenant.id", id)).collect()
    }
}

impl Write {
    /// Tells the edge of a tenant as it is.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn republish_tenant(&mut self, id: TenantId) -> Result<(), StoreError> {
        if let Some(tenant) = self.tenant(&Reach::system("retell"), id).await? {
            self.feed(Record::Tenant(tenant.at_the_edge()));
        }
        Ok(())
    }

    /// One tenant within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tenant(&mut self, reach: &Reach, id: TenantId) -> Result<Option<Tenant>, StoreError> {
        one(self.connection(), reach, id).await
    }

    /// Every tenant of a partner that isn't closed.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tenants_of(&mut self, partner: PartnerId) -> Result<Vec<Tenant>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(OF_PARTNER).bind(partner.to_string()).fetch_all(self.connection()).await?;
        rows.into_iter().map(Tenant::try_from).collect()
    }

    /// Whose a tenant is, for the traces of a change.
    ///
    /// # Errors
    /// When the database is away, or there is no such tenant.
    pub async fn whose(&mut self, tenant: TenantId) -> Result<Whose, StoreError> {
        let partner: String = sqlx::query_scalar("select partner_id from tenant where id = $1")
            .bind(tenant.to_string())
            .fetch_one(self.connection())
            .await?;
        Ok(Whose::tenant(parsed("tenant.partner_id", &partner)?, tenant))
    }

    /// Adds a tenant.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_tenant(&mut self, tenant: &Tenant) -> Result<(), StoreError> {
        sqlx::query(
            "insert into tenant (id, partner_id, application_id, name, kind, client_id, state, created_ms)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(tenant.id.to_string())
        .bind(tenant.partner.to_string())
        .bind(tenant.application.to_string())
        .bind(&tenant.name)
        .bind(word("tenant.kind", &tenant.kind)?)
        .bind(tenant.client.map(|client| client.to_string()))
        .bind(word("tenant.state", &tenant.state)?)
        .bind(tenant.created_ms)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Whether another living tenant of the application is bound to the account of this one.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn account_is_taken(&mut self, tenant: &Tenant) -> Result<bool, StoreError> {
        let count: i64 = sqlx::query_scalar(
            "select count(*) from tenant where application_id = $1 and account = $2 and state <> $3 and id <> $4",
        )
        .bind(tenant.application.to_string())
        .bind(tenant.account.as_ref().map(Account::as_str))
        .bind(word("tenant.state", &TenantState::Closed)?)
        .bind(tenant.id.to_string())
        .fetch_one(self.connection())
        .await?;
        Ok(count > 0)
    }

    /// Keeps what the edge is told of a tenant's licences.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn set_tenant_licence(
        &mut self,
        tenant: TenantId,
        licence: Option<&tenant::Licence>,
    ) -> Result<(), StoreError> {
        let done = sqlx::query("update tenant set licence = $2 where id = $1")
            .bind(tenant.to_string())
            .bind(licence.map(|licence| to_json("tenant.licence", licence)).transpose()?)
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }

    /// Writes the current status of a tenant.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn update_tenant(&mut self, tenant: &Tenant) -> Result<(), StoreError> {
        let suspended_by = tenant.suspended_by.as_ref().map(|by| word("tenant.suspended_by", by)).transpose()?;
        let done = sqlx::query(UPDATE)
            .bind(tenant.id.to_string())
            .bind(tenant.account.as_ref().map(Account::as_str))
            .bind(word("tenant.state", &tenant.state)?)
            .bind(tenant.reason.as_deref())
            .bind(suspended_by)
            .bind(tenant.handed_over_ms)
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }
}

pub(crate) fn list(reach: &Reach, client: Option<ClientId>, page: &Page) -> Statement {
    Statement::of(SELECT)
        .narrowed("client_id = ?1", client.map(|id| id.to_string()))
        .within(OWNER, reach)
        .page("id", page)
}

async fn one<'e>(
    executor: impl Executor<'e, Database = Any>,
    reach: &Reach,
    id: TenantId,
) -> Result<Option<Tenant>, StoreError> {
    Statement::of(SELECT).narrowed("id = ?1", Some(id.to_string())).within(OWNER, reach).one::<Row, _>(executor).await
}

impl TryFrom<Row> for Tenant {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("tenant.id", &row.id)?,
            partner: parsed("tenant.partner_id", &row.partner_id)?,
            application: parsed("tenant.application_id", &row.application_id)?,
            name: row.name,
            kind: from_word("tenant.kind", &row.kind)?,
            client: row.client_id.as_deref().map(|id| parsed("tenant.client_id", id)).transpose()?,
            account: row.account.as_deref().map(|account| parsed("tenant.account", account)).transpose()?,
            state: from_word("tenant.state", &row.state)?,
            reason: row.state_reason,
            suspended_by: row.suspended_by.as_deref().map(|by| from_word("tenant.suspended_by", by)).transpose()?,
            handed_over_ms: row.handed_over_ms,
            licence: row.licence.as_deref().map(|licence| from_json("tenant.licence", licence)).transpose()?,
            created_ms: row.created_ms,
        })
    }
}
