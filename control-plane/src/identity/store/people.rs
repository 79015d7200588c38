//! People, as rows: one for each address.

use crate::database::row::word;
use crate::database::statement::Statement;
use crate::database::stored::{Column, Stored};
use crate::database::{Page, Store, StoreError, Write};
use crate::kernel::email::Email;
use crate::kernel::ids::UserId;
use crate::kernel::person::User;

impl Stored for User {
    const TABLE: &'static str = "app_user";
    const COLUMNS: &'static [Column] = &[
        Column::text("id"),
        Column::text("email_written").of("email"),
        Column::text("name"),
        Column::text("language"),
        Column::text("state"),
        Column::flag("case when totp_since_ms is null then 0 else 1 end").derived().of("second_factor"),
        Column::time("created_ms").of("created_at"),
    ];
}

const ADD: &str = "insert into app_user (id, email_compared, email_written, name, language, state, created_ms)
    values ($1, $2, $3, $4, $5, $6, $7)";

const UPDATE: &str = "update app_user set name = $2, language = $3, state = $4 where id = $1";

impl Store {
    /// A person.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.find(&id).await
    }

    /// The person with this address.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn user_by_email(&self, email: &Email) -> Result<Option<User>, StoreError> {
        by_email(email).resource(self.reader()).await
    }

    /// Everybody: for the vendor's staff.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn users(&self, page: &Page) -> Result<Vec<User>, StoreError> {
        Statement::select::<User>().page("id", page).resources(self.reader()).await
    }
}

impl Write {
    /// A person.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn user(&mut self, id: UserId) -> Result<Option<User>, StoreError> {
        self.find(&id).await
    }

    /// The person with this address.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn user_by_email(&mut self, email: &Email) -> Result<Option<User>, StoreError> {
        by_email(email).resource(self.connection()).await
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

fn by_email(email: &Email) -> Statement {
    Statement::select::<User>().with("email_compared = ?1", email.compared())
}
