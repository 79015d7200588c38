//! People's places in tenants, as rows.

use marque_config::TenantId;
use marque_config::tenant::TenantState;
use sqlx::{Any, Executor, FromRow};

use crate::database::row::{from_word, word};
use crate::database::statement::Statement;
use crate::database::within::Owner;
use crate::database::{Page, Store, StoreError, Write, parsed};
use crate::kernel::ids::{TenantUserId, UserId};
use crate::kernel::person::TenantUser;
use crate::kernel::principal::Reach;

#[derive(FromRow)]
struct Row {
    id: String,
    tenant_id: String,
    user_id: String,
    email: String,
    name: String,
    role: String,
    side: String,
    state: String,
    until_ms: Option<i64>,
    created_ms: i64,
}

const SELECT: &str = "select tenant_user.id as id, tenant_user.tenant_id as tenant_id, tenant_user.user_id as user_id,
    app_user.email_written as email,
    case when tenant_user.state = 'invited' then tenant_user.name else app_user.name end as name,
    tenant_user.role as role, tenant_user.side as side, tenant_user.state as state,
    tenant_user.until_ms as until_ms, tenant_user.created_ms as created_ms
    from tenant_user join app_user on app_user.id = tenant_user.user_id
    join tenant on tenant.id = tenant_user.tenant_id";

const OWNER: Owner =
    Owner { partner: "tenant.partner_id", application: "tenant.application_id", tenant: "tenant_user.tenant_id" };

const ADD: &str = "insert into tenant_user
    (id, tenant_id, user_id, name, role, side, state, until_ms, created_ms)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

const UPDATE: &str = "update tenant_user set name = $2, role = $3, side = $4, state = $5, until_ms = $6 where id = $1";

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
        one(self.reader(), reach, id).await
    }

    /// The people of a tenant that was found within reach, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tenant_users(&self, tenant: TenantId, page: &Page) -> Result<Vec<TenantUser>, StoreError> {
        Statement::of(SELECT)
            .with("tenant_user.tenant_id = ?1 and tenant_user.state <> 'removed'", tenant.to_string())
            .with("(tenant_user.until_ms is null or tenant_user.until_ms > ?1)", self.now_ms())
            .page("tenant_user.id", page)
            .all::<Row, _>(self.reader())
            .await
    }
}

impl Write {
    /// One place within reach, also one that was removed.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tenant_user(&mut self, reach: &Reach, id: TenantUserId) -> Result<Option<TenantUser>, StoreError> {
        one(self.connection(), reach, id).await
    }

    /// A person's place in a tenant, also one that was removed.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tenant_user_of(&mut self, tenant: TenantId, user: UserId) -> Result<Option<TenantUser>, StoreError> {
        let values = [tenant.to_string().into(), user.to_string().into()];
        let place = Statement::of(SELECT).and("tenant_user.tenant_id = ?1 and tenant_user.user_id = ?2", values);
        place.one::<Row, _>(self.connection()).await
    }

    /// Adds a place.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_tenant_user(&mut self, place: &TenantUser) -> Result<(), StoreError> {
        sqlx::query(ADD)
            .bind(place.id.to_string())
            .bind(place.tenant.to_string())
            .bind(place.user.to_string())
            .bind(&place.name)
            .bind(word("tenant_user.role", &place.role)?)
            .bind(word("tenant_user.side", &place.side)?)
            .bind(word("tenant_user.state", &place.state)?)
            .bind(place.until_ms)
            .bind(place.created_ms)
            .execute(self.connection())
            .await?;
        self.index_person_of(place.user, place.tenant).await
    }

    /// Writes the current status of a place.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn update_tenant_user(&mut self, place: &TenantUser) -> Result<(), StoreError> {
        let done = sqlx::query(UPDATE)
            .bind(place.id.to_string())
            .bind(&place.name)
            .bind(word("tenant_user.role", &place.role)?)
            .bind(word("tenant_user.side", &place.side)?)
            .bind(word("tenant_user.state", &place.state)?)
            .bind(place.until_ms)
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)?;
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

async fn one<'e>(
    executor: impl Executor<'e, Database = Any>,
    reach: &Reach,
    id: TenantUserId,
) -> Result<Option<TenantUser>, StoreError> {
    let one = Statement::of(SELECT).narrowed("tenant_user.id = ?1", Some(id.to_string()));
    one.within(OWNER, reach).one::<Row, _>(executor).await
}

impl TryFrom<Row> for TenantUser {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("tenant_user.id", &row.id)?,
            tenant: parsed("tenant_user.tenant_id", &row.tenant_id)?,
            user: parsed("tenant_user.user_id", &row.user_id)?,
            email: parsed("app_user.email_written", &row.email)?,
            name: row.name,
            role: from_word("tenant_user.role", &row.role)?,
            side: from_word("tenant_user.side", &row.side)?,
            state: from_word("tenant_user.state", &row.state)?,
            until_ms: row.until_ms,
            created_ms: row.created_ms,
        })
    }
}
