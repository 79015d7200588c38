//! Partners' members and the vendor's staff, as rows.

use marque_config::PartnerId;
use sqlx::{Any, Executor, FromRow};

use crate::database::row::{from_word, word};
use crate::database::statement::Statement;
use crate::database::{Page, Store, StoreError, Write, parsed};
use crate::kernel::ids::{MemberId, UserId};
use crate::kernel::person::{Member, Operator, PlaceState};
use crate::kernel::principal::Reach;
use crate::kernel::right;

#[derive(FromRow)]
struct Row {
    id: String,
    partner_id: String,
    user_id: String,
    email: String,
    name: String,
    rights: String,
    state: String,
    created_ms: i64,
}

const SELECT: &str = "select member.id as id, member.partner_id as partner_id, member.user_id as user_id,
    app_user.email_written as email,
    case when member.state = 'invited' then member.name else app_user.name end as name,
    member.rights as rights, member.state as state, member.created_ms as created_ms
    from member join app_user on app_user.id = member.user_id";

const ADD: &str = "insert into member (id, partner_id, user_id, name, rights, state, created_ms)
    values ($1, $2, $3, $4, $5, $6, $7)";

const UPDATE: &str = "update member set name = $2, rights = $3, state = $4 where id = $1";

const SOLE_OF: &str = "select partner.id from member join partner on partner.id = member.partner_id
    where member.user_id = $1 and member.state = 'active' and member.rights like '%settings.manage%'
    and partner.state <> 'closed'
    and not exists (select 1 from member as other join app_user on app_user.id = other.user_id
        where other.partner_id = partner.id and other.state = 'active' and app_user.state = 'active'
        and other.rights like '%settings.manage%' and other.user_id <> $1)
    limit 1";

const OPERATORS: &str = "select operator_user.user_id as user_id, app_user.email_written as email,
    case when operator_user.state = 'invited' then operator_user.name else app_user.name end as name,
    operator_user.state as state, operator_user.created_ms as created_ms
    from operator_user join app_user on app_user.id = operator_user.user_id
    where operator_user.state <> 'removed' and operator_user.user_id > $1 order by operator_user.user_id limit $2";

const OPERATOR: &str = "select operator_user.user_id as user_id, app_user.email_written as email,
    case when operator_user.state = 'invited' then operator_user.name else app_user.name end as name,
    operator_user.state as state, operator_user.created_ms as created_ms
    from operator_user join app_user on app_user.id = operator_user.user_id where operator_user.user_id = $1";

const PUT_OPERATOR: &str = "insert into operator_user (user_id, name, state, created_ms) values ($1, $2, $3, $4)
    on conflict (user_id) do update set name = excluded.name, state = excluded.state";

#[derive(FromRow)]
struct OperatorRow {
    user_id: String,
    email: String,
    name: String,
    state: String,
    created_ms: i64,
}

impl Store {
    /// One member within reach, also one who was removed.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn member(&self, reach: &Reach, id: MemberId) -> Result<Option<Member>, StoreError> {
        one(self.reader(), reach, id).await
    }

    /// The members within reach, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn members(&self, reach: &Reach, page: &Page) -> Result<Vec<Member>, StoreError> {
        Statement::of(SELECT)
            .and("member.state <> 'removed'", [])
            .owned("member.partner_id", reach.partner())
            .page("member.id", page)
            .all::<Row, _>(self.reader())
            .await
    }

    /// The vendor's staff, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn operators(&self, page: &Page) -> Result<Vec<Operator>, StoreError> {
        let rows: Vec<OperatorRow> =
            sqlx::query_as(OPERATORS).bind(&page.after).bind(page.limit).fetch_all(self.reader()).await?;
        rows.into_iter().map(Operator::try_from).collect()
    }
}

impl Write {
    /// One member within reach, also one who was removed.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn member(&mut self, reach: &Reach, id: MemberId) -> Result<Option<Member>, StoreError> {
        one(self.connection(), reach, id).await
    }

    /// A person's membership in a partner, also one that was removed.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn member_of(&mut self, partner: PartnerId, user: UserId) -> Result<Option<Member>, StoreError> {
        let values = [partner.to_string().into(), user.to_string().into()];
        let member = Statement::of(SELECT).and("member.partner_id = ?1 and member.user_id = ?2", values);
        member.one::<Row, _>(self.connection()).await
    }

    /// A partner's members, invited and active, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn members_of(&mut self, partner: PartnerId) -> Result<Vec<Member>, StoreError> {
        Statement::of(SELECT)
            .with("member.state <> 'removed' and member.partner_id = ?1", partner.to_string())
            .text(" order by member.id", [])
            .all::<Row, _>(self.connection())
            .await
    }

    /// A partner that isn't closed and whose settings nobody else than this person manages.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn solely_managed(&mut self, user: UserId) -> Result<Option<PartnerId>, StoreError> {
        let id: Option<String> =
            sqlx::query_scalar(SOLE_OF).bind(user.to_string()).fetch_optional(self.connection()).await?;
        id.map(|id| parsed("partner.id", &id)).transpose()
    }

    /// The partners that somebody is, or was, a member of.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn partners_of(&mut self, user: UserId) -> Result<Vec<PartnerId>, StoreError> {
        let ids: Vec<String> =
            sqlx::query_scalar("select partner_id from member where user_id = $1 order by partner_id")
                .bind(user.to_string())
                .fetch_all(self.connection())
                .await?;
        ids.iter().map(|id| parsed("member.partner_id", id)).collect()
    }

    /// Adds a member.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_member(&mut self, member: &Member) -> Result<(), StoreError> {
        sqlx::query(ADD)
            .bind(member.id.to_string())
            .bind(member.partner.to_string())
            .bind(member.user.to_string())
            .bind(&member.name)
            .bind(right::joined(&member.rights))
            .bind(word("member.state", &member.state)?)
            .bind(member.created_ms)
            .execute(self.connection())
            .await?;
        self.index_person(member.user, member.partner).await
    }

    /// Writes a member's rights and state.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn update_member(&mut self, member: &Member) -> Result<(), StoreError> {
        let done = sqlx::query(UPDATE)
            .bind(member.id.to_string())
            .bind(&member.name)
            .bind(right::joined(&member.rights))
            .bind(word("member.state", &member.state)?)
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)?;
        self.index_person(member.user, member.partner).await
    }

    /// One of the vendor's staff, also one who was removed.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn operator(&mut self, user: UserId) -> Result<Option<Operator>, StoreError> {
        let row: Option<OperatorRow> =
            sqlx::query_as(OPERATOR).bind(user.to_string()).fetch_optional(self.connection()).await?;
        row.map(Operator::try_from).transpose()
    }

    /// Writes one of the vendor's staff.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn put_operator(&mut self, operator: &Operator) -> Result<(), StoreError> {
        sqlx::query(PUT_OPERATOR)
            .bind(operator.user.to_string())
            .bind(&operator.name)
            .bind(word("operator_user.state", &operator.state)?)
            .bind(operator.created_ms)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}

async fn one<'e>(
    executor: impl Executor<'e, Database = Any>,
    reach: &Reach,
    id: MemberId,
) -> Result<Option<Member>, StoreError> {
    let one = Statement::of(SELECT).narrowed("member.id = ?1", Some(id.to_string()));
    one.owned("member.partner_id", reach.partner()).one::<Row, _>(executor).await
}

impl TryFrom<Row> for Member {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("member.id", &row.id)?,
            partner: parsed("member.partner_id", &row.partner_id)?,
            user: parsed("member.user_id", &row.user_id)?,
            email: parsed("app_user.email_written", &row.email)?,
            name: row.name,
            rights: right::split(&row.rights)
                .map_err(|error| StoreError::Unreadable { what: "member.rights", detail: error.to_string() })?,
            state: from_word::<PlaceState>("member.state", &row.state)?,
            created_ms: row.created_ms,
        })
    }
}

impl TryFrom<OperatorRow> for Operator {
    type Error = StoreError;

    fn try_from(row: OperatorRow) -> Result<Self, StoreError> {
        Ok(Self {
            user: parsed("operator_user.user_id", &row.user_id)?,
            email: parsed("app_user.email_written", &row.email)?,
            name: row.name,
            state: from_word::<PlaceState>("operator_user.state", &row.state)?,
            created_ms: row.created_ms,
        })
    }
}
