//! Regions, and the vendor's people who look after them, as rows.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use utoipa::ToSchema;

use crate::database::statement::Statement;
use crate::database::stored::{Column, Stored};
use crate::database::{Page, Store, StoreError, Write};
use crate::kernel::email::{Email, kept_one};
use crate::kernel::ids::AccountManagerId;
use crate::kernel::resource::{New, Put, Resource};
use crate::kernel::time::Time;

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccountManager {
    /// Their identity: `amg_…`.
    #[schema(value_type = String)]
    pub id: AccountManagerId,
    /// Their name.
    pub name: String,
    /// Where mail reaches them.
    #[serde(deserialize_with = "kept_one")]
    #[schema(value_type = String)]
    pub email: Email,
    /// Where a call reaches them.
    pub phone: Option<String>,
    /// Another way, in words.
    pub other: Option<String>,
    /// When they were added.
    pub created_at: Time,
}

/// An account manager to add.
pub type AccountManagerToAdd = New<AccountManager>;

/// What an account manager is to be, the whole of it.
pub type AccountManagerToPut = Put<AccountManager>;

impl Resource for AccountManager {
    const ASSIGNED: &'static [&'static str] = &["id", "created_at"];
    const MUTABLE: &'static [&'static str] = &["name", "email", "phone", "other"];
}

impl Stored for AccountManager {
    const TABLE: &'static str = "account_manager";
    const COLUMNS: &'static [Column] = &[
        Column::text("id"),
        Column::text("name"),
        Column::text("email"),
        Column::text("phone"),
        Column::text("other"),
        Column::time("created_ms").of("created_at"),
    ];
    const CONDITION: Option<&'static str> = Some("removed_ms is null");
}

const PUT_REGION: &str = "insert into region (code, name_en, name_fr, position) values ($1, $2, $3, $4)
    on conflict (code) do update
    set name_en = excluded.name_en, name_fr = excluded.name_fr, position = excluded.position";

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
        managers_of(region).resources(self.reader()).await
    }

    /// The account managers.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn account_managers(&self, page: &Page) -> Result<Vec<AccountManager>, StoreError> {
        Statement::select::<AccountManager>().page("id", page).resources(self.reader()).await
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
        managers_of(region).resources(self.connection()).await
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

fn managers_of(region: &str) -> Statement {
    let of_region = "id in (select account_manager_id from region_contact where region = ?1)";
    Statement::select::<AccountManager>().with(of_region, region).text(" order by id", [])
}
