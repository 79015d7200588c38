//! Regions, and the vendor's people who look after them, as rows.

use sqlx::FromRow;

use crate::database::{Page, Store, StoreError, Write, parsed};
use crate::kernel::email::Email;
use crate::kernel::ids::AccountManagerId;

/// A region of partners.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Region {
    /// Its code.
    pub code: String,
    /// Its name in English.
    pub name_en: String,
    /// Its name in French.
    pub name_fr: String,
    /// Its position among the others.
    pub position: i64,
}

/// Somebody of the vendor's who looks after partners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountManager {
    /// Their identity.
    pub id: AccountManagerId,
    /// Their name.
    pub name: String,
    /// Where mail reaches them.
    pub email: Email,
    /// Where a call reaches them.
    pub phone: Option<String>,
    /// Another way, in words.
    pub other: Option<String>,
    /// When they were added, milliseconds since 1970, UTC.
    pub created_ms: i64,
}

#[derive(FromRow)]
struct Row {
    id: String,
    name: String,
    email: String,
    phone: Option<String>,
    other: Option<String>,
    created_ms: i64,
}

const ONE: &str = "select id, name, email, phone, other, created_ms from account_manager
    where id = $1 and removed_ms is null";

const PAGE: &str = "select id, name, email, phone, other, created_ms from account_manager
    where removed_ms is null and id > $1 order by id limit $2";

const OF_REGION: &str = "select m.id, m.name, m.email, m.phone, m.other, m.created_ms
    from account_manager m join region_contact c on c.account_manager_id = m.id
    where c.region = $1 and m.removed_ms is null order by m.id";

const PUT_REGION: &str = "insert into region (code, name_en, name_fr, position) values ($1, $2, $3, $4)
    on conflict (code) do update
    set name_en = excluded.name_en, name_fr = excluded.name_fr, position = excluded.position";

const PUT_MANAGER: &str = "insert into account_manager (id, name, email, phone, other, created_ms)
    values ($1, $2, $3, $4, $5, $6)
    on conflict (id) do update
    set name = excluded.name, email = excluded.email, phone = excluded.phone, other = excluded.other";

impl Store {
    /// Every region, in their order.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn regions(&self) -> Result<Vec<Region>, StoreError> {
        let statement = "select code, name_en, name_fr, position from region order by position, code";
        Ok(sqlx::query_as(statement).fetch_all(self.reader()).await?)
    }

    /// One region.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn region(&self, code: &str) -> Result<Option<Region>, StoreError> {
        let statement = "select code, name_en, name_fr, position from region where code = $1";
        Ok(sqlx::query_as(statement).bind(code).fetch_optional(self.reader()).await?)
    }

    /// Who looks after a region.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn managers_of(&self, region: &str) -> Result<Vec<AccountManager>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(OF_REGION).bind(region).fetch_all(self.reader()).await?;
        rows.into_iter().map(AccountManager::try_from).collect()
    }

    /// One account manager.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn account_manager(&self, id: AccountManagerId) -> Result<Option<AccountManager>, StoreError> {
        let row: Option<Row> = sqlx::query_as(ONE).bind(id.to_string()).fetch_optional(self.reader()).await?;
        row.map(AccountManager::try_from).transpose()
    }

    /// The account managers, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn account_managers(&self, page: &Page) -> Result<Vec<AccountManager>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(PAGE).bind(&page.after).bind(page.limit).fetch_all(self.reader()).await?;
        rows.into_iter().map(AccountManager::try_from).collect()
    }
}

impl Write {
    /// One region.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn region(&mut self, code: &str) -> Result<Option<Region>, StoreError> {
        let statement = "select code, name_en, name_fr, position from region where code = $1";
        Ok(sqlx::query_as(statement).bind(code).fetch_optional(self.connection()).await?)
    }

    /// Who looks after a region.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn managers_of(&mut self, region: &str) -> Result<Vec<AccountManager>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(OF_REGION).bind(region).fetch_all(self.connection()).await?;
        rows.into_iter().map(AccountManager::try_from).collect()
    }

    /// Writes a region, and who looks after it.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn put_region(&mut self, region: &Region, managers: &[AccountManagerId]) -> Result<(), StoreError> {
        sqlx::query(PUT_REGION)
            .bind(&region.code)
            .bind(&region.name_en)
            .bind(&region.name_fr)
            .bind(region.position)
            .execute(self.connection())
            .await?;
        sqlx::query("delete from region_contact where region = $1")
            .bind(&region.code)
            .execute(self.connection())
            .await?;
        for manager in managers {
            sqlx::query(
                "insert into region_contact (region, account_manager_id) values ($1, $2) on conflict do nothing",
            )
            .bind(&region.code)
            .bind(manager.to_string())
            .execute(self.connection())
            .await?;
        }
        Ok(())
    }

    /// One account manager.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn account_manager(&mut self, id: AccountManagerId) -> Result<Option<AccountManager>, StoreError> {
        let row: Option<Row> = sqlx::query_as(ONE).bind(id.to_string()).fetch_optional(self.connection()).await?;
        row.map(AccountManager::try_from).transpose()
    }

    /// Writes an account manager.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn put_account_manager(&mut self, manager: &AccountManager) -> Result<(), StoreError> {
        sqlx::query(PUT_MANAGER)
            .bind(manager.id.to_string())
            .bind(&manager.name)
            .bind(manager.email.written())
            .bind(manager.phone.as_deref())
            .bind(manager.other.as_deref())
            .bind(manager.created_ms)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// How many open partners an account manager looks after.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn partners_managed_by(&mut self, id: AccountManagerId) -> Result<i64, StoreError> {
        let count = "select count(*) from partner where account_manager_id = $1 and state <> 'closed'";
        Ok(sqlx::query_scalar(count).bind(id.to_string()).fetch_one(self.connection()).await?)
    }

    /// Lets an account manager look after nobody any more.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn remove_account_manager(&mut self, id: AccountManagerId) -> Result<(), StoreError> {
        let now_ms = self.now_ms();
        sqlx::query("delete from region_contact where account_manager_id = $1")
            .bind(id.to_string())
            .execute(self.connection())
            .await?;
        let done = sqlx::query("update account_manager set removed_ms = $2 where id = $1 and removed_ms is null")
            .bind(id.to_string())
            .bind(now_ms)
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }
}

impl TryFrom<Row> for AccountManager {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("account_manager.id", &row.id)?,
            name: row.name,
            email: parsed("account_manager.email", &row.email)?,
            phone: row.phone,
            other: row.other,
            created_ms: row.created_ms,
        })
    }
}
