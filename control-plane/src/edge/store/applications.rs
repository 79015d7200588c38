//! Applications, as rows.

use marque_config::ApplicationId;
use marque_config::application::Policy;
use sqlx::{Any, Executor};

use crate::database::statement::Statement;
use crate::database::{Page, Store, StoreError, Write, from_json, parsed, to_json};
use crate::kernel::principal::Reach;

/// An application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its identity.
    pub id: ApplicationId,
    /// Who the edge's assertions are for.
    pub name: String,
    /// What the edge does with its traffic.
    pub policy: Policy,
    /// When it was added, milliseconds since 1970, UTC.
    pub created_ms: i64,
}

type Row = (String, String, String, i64);

const SELECT: &str = "select id, name, policy, created_ms from application";

impl Store {
    /// One application within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn application(&self, reach: &Reach, id: ApplicationId) -> Result<Option<Application>, StoreError> {
        one(self.reader(), reach, id).await
    }

    /// The applications within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn applications(&self, reach: &Reach, page: &Page) -> Result<Vec<Application>, StoreError> {
        let rows = within(Statement::of(SELECT), reach).page("id", page).rows(self.reader()).await?;
        rows.into_iter().map(read).collect()
    }
}

impl Write {
    /// One application within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn application(&mut self, reach: &Reach, id: ApplicationId) -> Result<Option<Application>, StoreError> {
        one(self.connection(), reach, id).await
    }

    /// Whether there is such an application, whoever the caller is: its id is no secret, what it is made of is.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn application_exists(&mut self, id: ApplicationId) -> Result<bool, StoreError> {
        let count: i64 = sqlx::query_scalar("select count(*) from application where id = $1")
            .bind(id.to_string())
            .fetch_one(self.connection())
            .await?;
        Ok(count > 0)
    }

    /// The only application; none when there is none, or there are several.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn only_application(&mut self) -> Result<Option<ApplicationId>, StoreError> {
        let ids: Vec<String> =
            sqlx::query_scalar("select id from application order by id limit 2").fetch_all(self.connection()).await?;
        match ids.as_slice() {
            [id] => Ok(Some(parsed("application.id", id)?)),
            _ => Ok(None),
        }
    }

    /// Adds an application; `false` when its name is taken.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_application(&mut self, application: &Application) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "insert into application (id, name, policy, created_ms) values ($1, $2, $3, $4) on conflict (name) do nothing",
        )
        .bind(application.id.to_string())
        .bind(&application.name)
        .bind(to_json("application.policy", &application.policy)?)
        .bind(application.created_ms)
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Writes an application's name and policy; `false` when the name is taken.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn update_application(&mut self, application: &Application) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "update application set name = $2, policy = $3
             where id = $1 and not exists (select 1 from application other where other.name = $2 and other.id <> $1)",
        )
        .bind(application.id.to_string())
        .bind(&application.name)
        .bind(to_json("application.policy", &application.policy)?)
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

async fn one<'e>(
    executor: impl Executor<'e, Database = Any>,
    reach: &Reach,
    id: ApplicationId,
) -> Result<Option<Application>, StoreError> {
    let one = within(Statement::of(SELECT).narrowed("id = ?1", Some(id.to_string())), reach);
    one.row(executor).await?.map(read).transpose()
}

/// An application sees itself, an operator all of them, a partner none.
fn within(statement: Statement, reach: &Reach) -> Statement {
    let limited = statement.owned("id", reach.application());
    if reach.partner().is_some() { limited.nothing() } else { limited }
}

fn read((id, name, policy, created_ms): Row) -> Result<Application, StoreError> {
    let policy = from_json("application.policy", &policy)?;
    Ok(Application { id: parsed("application.id", &id)?, name, policy, created_ms })
}
