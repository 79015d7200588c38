//! People's places in tenants, as rows.

use marque_config::TenantId;
use marque_config::tenant::TenantState;

use crate::database::row::word;
use crate::database::statement::Statement;
use crate::database::stored::{Column, Stored};
use crate::database::within::Owner;
use crate::database::{Page, Store, StoreError, Write, parsed};
use crate::kernel::ids::{TenantUserId, UserId};
use crate::kernel::person::TenantUser;
use crate::kernel::principal::Reach;

impl Stored for TenantUser {
    const TABLE: &'static str = "tenant_user";
    const COLUMNS: &'static [Column] = &[
        Column::text("id"),
        Column::text("tenant_id").of("tenant"),
        Column::text("user_id").of("user"),
        Column::text("(select email_written from app_user where app_user.id = tenant_user.user_id)")
            .derived()
            .of("email"),
        Column::text("name").read_as(
            "case state when 'invited' then name
            else (select app_user.name from app_user where app_user.id = tenant_user.user_id) end",
        ),
        Column::text("role"),
        Column::text("side"),
        Column::text("state"),
        Column::time("until_ms").of("until"),
        Column::time("created_ms").of("created_at"),
    ];
}

const OWNER: Owner = Owner {
    partner: "(select partner_id from tenant where tenant.id = tenant_user.tenant_id)",
    application: "(select application_id from tenant where tenant.id = tenant_user.tenant_id)",
    tenant: "tenant_id",
};

const END_SETUP: &str = "update tenant_user set state = 'removed'
    where tenant_id = $1 and side = 'setup' and state <> 'removed' returning user_id";

const ADMINISTRATORS: &str = "select count(*) from tenant_user join app_user on app_user.id = tenant_user.user_id
    where tenant_user.tenant_id = $1 and tenant_user.role = 'administrator' and tenant_user.side = 'client'
    and tenant_user.state = 'active' and app_user.state = 'active' and tenant_user.id <> $2";

const OWN_ADMINISTRATORS: &str = "select count(*) from tenant join member on member.partner_id = tenant.partner_id
    join app_user on app_user.id = member.user_id
    where tenant.id = $1 and tenant.kind <> 'client' and member.state = 'active' and app_user.state = 'active'
    and member.rights like '%settings.manage%'";

const SOLE_OF: &str = "select tenant.id from tenant_user join tenant on tenant.id = tenant_user.tenant_id
    where tenant_user.user_id = $1 and tenant_user.role = 'administrator' and tenant_user.side = 'client'
    and tenant_user.state = 'active' and tenant.handed_over_ms is not null and tenant.state <> $2
    and not exists (select 1 from tenant_user as other join app_user on app_user.id = other.user_id
        where other.tenant_id = tenant.id and other.role = 'administrator' and other.side = 'client'
        and other.state = 'active' and app_user.state = 'active' and other.user_id <> $1)
    limit 1";

impl Store {
    /// One place within reach, also one that was removed.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tenant_user(&self, reach: &Reach, id: TenantUserId) -> Result<Option<TenantUser>, StoreError> {
        one(reach, id).resource(self.reader()).await
    }

    /// The people of a tenant that was found within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tenant_users(&self, tenant: TenantId, page: &Page) -> Result<Vec<TenantUser>, StoreError> {
        Statement::select::<TenantUser>()
            .with("tenant_id = ?1 and state <> 'removed'", tenant.to_string())
            .with("(until_ms is null or until_ms > ?1)", self.now_ms())
            .page("id", page)
            .resources(self.reader())
            .await
    }
}

impl Write {
    /// One place within reach, also one that was removed.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tenant_user(&mut self, reach: &Reach, id: TenantUserId) -> Result<Option<TenantUser>, StoreError> {
        one(reach, id).resource(self.connection()).await
    }

    /// A person's place in a tenant, also one that was removed.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tenant_user_of(&mut self, tenant: TenantId, user: UserId) -> Result<Option<TenantUser>, StoreError> {
        let values = [tenant.to_string().into(), user.to_string().into()];
        let place = Statement::select::<TenantUser>().and("tenant_id = ?1 and user_id = ?2", values);
        place.resource(self.connection()).await
    }

    /// Adds a place.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_tenant_user(&mut self, place: &TenantUser) -> Result<(), StoreError> {
        self.add(place).await?;
        self.index_person_of(place.user, place.tenant).await
    }

    /// Writes the current status of a place.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn update_tenant_user(&mut self, place: &TenantUser) -> Result<(), StoreError> {
        self.update(place).await?;
        self.index_person_of(place.user, place.tenant).await
    }

    /// Ends every setup access to a tenant.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn end_setup(&mut self, tenant: TenantId) -> Result<(), StoreError> {
        let users: Vec<String> =
            sqlx::query_scalar(END_SETUP).bind(tenant.to_string()).fetch_all(self.connection()).await?;
        for user in users {
            self.index_person_of(parsed("tenant_user.user_id", &user)?, tenant).await?;
        }
        Ok(())
    }

    /// Whether the client's own people of a tenant have an active administrator, somebody's place left out.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn has_client_administrator(
        &mut self,
        tenant: TenantId,
        but: Option<TenantUserId>,
    ) -> Result<bool, StoreError> {
        let count: i64 = sqlx::query_scalar(ADMINISTRATORS)
            .bind(tenant.to_string())
            .bind(but.map(|id| id.to_string()).unwrap_or_default())
            .fetch_one(self.connection())
            .await?;
        Ok(count > 0)
    }

    /// Whether a tenant is the partner's own, and the partner has an active member who manages its settings.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn has_own_administrator(&mut self, tenant: TenantId) -> Result<bool, StoreError> {
        let count: i64 =
            sqlx::query_scalar(OWN_ADMINISTRATORS).bind(tenant.to_string()).fetch_one(self.connection()).await?;
        Ok(count > 0)
    }

    /// A tenant that was handed over and has no other active administrator than this person.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn solely_administered(&mut self, user: UserId) -> Result<Option<TenantId>, StoreError> {
        let id: Option<String> = sqlx::query_scalar(SOLE_OF)
            .bind(user.to_string())
            .bind(word("tenant.state", &TenantState::Closed)?)
            .fetch_optional(self.connection())
            .await?;
        id.map(|id| parsed("tenant.id", &id)).transpose()
    }
}

fn one(reach: &Reach, id: TenantUserId) -> Statement {
    Statement::select_one::<TenantUser>(&id).within(OWNER, reach)
}
