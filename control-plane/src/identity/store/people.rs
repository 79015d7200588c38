//! People, as rows: one for each address.

use sqlx::FromRow;

use crate::database::row::{from_word, word};
use crate::database::{Page, Store, StoreError, Write, parsed};
use crate::kernel::email::Email;
use crate::kernel::ids::UserId;
use crate::kernel::language::Language;
use crate::kernel::person::{User, UserState};

#[derive(FromRow)]
struct Row {
    id: String,
    email_written: String,
    name: String,
    language: String,
    state: String,
    second_factor: i64,
    created_ms: i64,
}

const BY_ID: &str = "select id, email_written, name, language, state,
    case when totp_since_ms is null then 0 else 1 end as second_factor, created_ms from app_user where id = $1";

const BY_EMAIL: &str = "select id, email_written, name, language, state,
    case when totp_since_ms is null then 0 else 1 end as second_factor, created_ms
    from app_user where email_compared = $1";

const PAGE: &str = "select id, email_written, name, language, state,
    case when totp_since_ms is null then 0 else 1 end as second_factor, created_ms
    from app_user where id > $1 order by id limit $2";

const ADD: &str = "insert into app_user (id, email_compared, email_written, name, language, state, created_ms)
    values ($1, $2, $3, $4, $5, $6, $7)";

const UPDATE: &str = "update app_user set name = $2, language = $3, state = $4 where id = $1";

impl Store {
    /// A person.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let row: Option<Row> = sqlx::query_as(BY_ID).bind(id.to_string()).fetch_optional(self.reader()).await?;
        row.map(User::try_from).transpose()
    }

    /// The person with this address.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn user_by_email(&self, email: &Email) -> Result<Option<User>, StoreError> {
        let row: Option<Row> = sqlx::query_as(BY_EMAIL).bind(email.compared()).fetch_optional(self.reader()).await?;
        row.map(User::try_from).transpose()
    }

    /// Everybody, oldest first: for the vendor's staff.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn users(&self, page: &Page) -> Result<Vec<User>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(PAGE).bind(&page.after).bind(page.limit).fetch_all(self.reader()).await?;
        rows.into_iter().map(User::try_from).collect()
    }
}

impl Write {
    /// A person.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn user(&mut self, id: UserId) -> Result<Option<User>, StoreError> {
        let row: Option<Row> = sqlx::query_as(BY_ID).bind(id.to_string()).fetch_optional(self.connection()).await?;
        row.map(User::try_from).transpose()
    }

    /// The person with this address.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn user_by_email(&mut self, email: &Email) -> Result<Option<User>, StoreError> {
        let row: Option<Row> =
            sqlx::query_as(BY_EMAIL).bind(email.compared()).fetch_optional(self.connection()).await?;
        row.map(User::try_from).transpose()
    }

    /// Adds a person.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_user(&mut self, user: &User) -> Result<(), StoreError> {
        sqlx::query(ADD)
            .bind(user.id.to_string())
            .bind(user.email.compared())
            .bind(user.email.written())
            .bind(&user.name)
            .bind(user.language.code())
            .bind(word("app_user.state", &user.state)?)
            .bind(user.created_ms)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Writes a person's name, language and state.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn update_user(&mut self, user: &User) -> Result<(), StoreError> {
        let done = sqlx::query(UPDATE)
            .bind(user.id.to_string())
            .bind(&user.name)
            .bind(user.language.code())
            .bind(word("app_user.state", &user.state)?)
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)?;
        self.index_everywhere(user.id).await
    }
}

impl TryFrom<Row> for User {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("app_user.id", &row.id)?,
            email: parsed("app_user.email_written", &row.email_written)?,
            name: row.name,
            language: parsed::<Language>("app_user.language", &row.language)?,
            state: from_word::<UserState>("app_user.state", &row.state)?,
            second_factor: row.second_factor == 1,
            created_ms: row.created_ms,
        })
    }
}
