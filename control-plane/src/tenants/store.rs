//! Tenants, as rows.

pub mod tenant_users;

use marque_config::feed::Record;
use marque_config::tenant::{self, LicenceUse, TenantState};
use marque_config::{Account, PartnerId, TenantId};

use crate::database::row::word;
use crate::database::statement::Statement;
use crate::database::stored::{Column, Stored};
use crate::database::within::Owner;
use crate::database::{Page, Store, StoreError, Whose, Write, parsed, to_json};
use crate::kernel::ids::ClientId;
use crate::kernel::principal::Reach;
use crate::tenants::model::Tenant;

impl Stored for Tenant {
    const TABLE: &'static str = "tenant";
    const COLUMNS: &'static [Column] = &[
        Column::text("id"),
        Column::text("partner_id").of("partner"),
        Column::text("application_id").of("application"),
        Column::text("name"),
        Column::text("kind"),
        Column::text("client_id").of("client"),
        Column::text("account"),
        Column::text("state"),
        Column::text("state_reason").of("reason"),
        Column::text("suspended_by"),
        Column::number("handed_over_ms"),
        // Written by who changes licences alone.
        Column::json("licence").derived(),
        Column::json("licence_use").derived(),
        Column::number("created_ms"),
    ];
}

const OWNER: Owner = Owner { tenant: "id", ..Owner::ROW };

const TOLD_AS_BEFORE: &str = "select tenant.id from feed_record join tenant on tenant.id = feed_record.name
    where feed_record.kind = 'tenant' and (coalesce(feed_record.line_revision, -1) <> feed_record.revision
        or (tenant.kind = 'client' and tenant.handed_over_ms is null and tenant.state <> 'closed'
            and feed_record.line not like '%\"awaits_handover\":true%'))
    order by tenant.id limit $1";

const UNDESCRIBED: &str =
    "select id from tenant where licence is not null and licence_use is null order by id limit $1";

impl Store {
    /// One tenant within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tenant(&self, reach: &Reach, id: TenantId) -> Result<Option<Tenant>, StoreError> {
        one(reach, id).resource(self.reader()).await
    }

    /// The tenants within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tenants(&self, reach: &Reach, page: &Page) -> Result<Vec<Tenant>, StoreError> {
        list(reach, None, page).resources(self.reader()).await
    }

    /// The tenants of a client within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tenants_of_client(
        &self,
        reach: &Reach,
        client: ClientId,
        page: &Page,
    ) -> Result<Vec<Tenant>, StoreError> {
        list(reach, Some(client), page).resources(self.reader()).await
    }

    /// Tenants that the feed has as a control plane of the version before wrote them.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tenants_told_as_before(&self, limit: i64) -> Result<Vec<TenantId>, StoreError> {
        let ids: Vec<String> = sqlx::query_scalar(TOLD_AS_BEFORE).bind(limit).fetch_all(self.reader()).await?;
        ids.iter().map(|id| parsed("tenant.id", id)).collect()
    }

    /// Tenants with licences of which a control plane of the version before kept no description.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tenants_with_undescribed_licences(&self, limit: i64) -> Result<Vec<TenantId>, StoreError> {
        let ids: Vec<String> = sqlx::query_scalar(UNDESCRIBED).bind(limit).fetch_all(self.reader()).await?;
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
        one(reach, id).resource(self.connection()).await
    }

    /// Every tenant of a partner that isn't closed.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tenants_of(&mut self, partner: PartnerId) -> Result<Vec<Tenant>, StoreError> {
        let living = Statement::select::<Tenant>().with("partner_id = ?1 and state <> 'closed'", partner.to_string());
        living.text(" order by id", []).resources(self.connection()).await
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
        licence_use: &LicenceUse,
    ) -> Result<(), StoreError> {
        let done = sqlx::query("update tenant set licence = $2, licence_use = $3 where id = $1")
            .bind(tenant.to_string())
            .bind(licence.map(|licence| to_json("tenant.licence", licence)).transpose()?)
            .bind(to_json("tenant.licence_use", licence_use)?)
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }
}

pub(crate) fn list(reach: &Reach, client: Option<ClientId>, page: &Page) -> Statement {
    Statement::select::<Tenant>()
        .narrowed_among("id", page.only.as_deref())
        .narrowed("client_id = ?1", client.map(|id| id.to_string()))
        .within(OWNER, reach)
        .page("id", page)
}

fn one(reach: &Reach, id: TenantId) -> Statement {
    Statement::select_one::<Tenant>(&id).within(OWNER, reach)
}
