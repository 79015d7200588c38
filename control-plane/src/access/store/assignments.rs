//! Collaborators' assignments to tenants, as rows.

use marque_config::TenantId;
use sqlx::{Any, Executor, FromRow};

use crate::access::model::{Assignment, AssignmentState, CollaboratorRole};
use crate::database::row::{from_word, word};
use crate::database::statement::Statement;
use crate::database::within::Owner;
use crate::database::{Page, Store, StoreError, Write, parsed};
use crate::kernel::ids::{AssignmentId, MemberId};
use crate::kernel::principal::Reach;

/// Which assignments are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssignmentFilter {
    /// Those of a collaborator.
    pub collaborator: Option<MemberId>,
    /// Those to a tenant.
    pub tenant: Option<TenantId>,
    /// Those that are neither over nor ended.
    pub open: bool,
}

#[derive(FromRow)]
struct Row {
    id: String,
    partner_id: String,
    member_id: String,
    name: String,
    email: String,
    tenant_id: String,
    tenant_name: String,
    role: String,
    state: String,
    consent_id: Option<String>,
    created_ms: i64,
    since_ms: Option<i64>,
    until_ms: Option<i64>,
    ended_ms: Option<i64>,
}

const SELECT: &str = include_str!("assignments/assigned.sql");

const OWNER: Owner =
    Owner { partner: "assignment.partner_id", application: "tenant.application_id", tenant: "assignment.tenant_id" };

const OPEN: &str = "(assignment.state = 'pending_consent' or assignment.state = 'active')";
const LASTING: &str = "(assignment.until_ms is null or assignment.until_ms > ?1)";

const ADD: &str = "insert into assignment
    (id, partner_id, member_id, tenant_id, role, state, consent_id, created_ms, since_ms, until_ms)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

const UPDATE: &str = "update assignment set state = $2, since_ms = $3, until_ms = $4, ended_ms = $5 where id = $1";

impl Store {
    /// One assignment within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn assignment(&self, reach: &Reach, id: AssignmentId) -> Result<Option<Assignment>, StoreError> {
        one(self.reader(), reach, id, self.now_ms()).await
    }

    /// The assignments within reach, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn assignments(
        &self,
        reach: &Reach,
        filter: &AssignmentFilter,
        page: &Page,
    ) -> Result<Vec<Assignment>, StoreError> {
        let now_ms = self.now_ms();
        let rows: Vec<Row> = Statement::of(SELECT)
            .narrowed("assignment.member_id = ?1", filter.collaborator.map(|id| id.to_string()))
            .narrowed("assignment.tenant_id = ?1", filter.tenant.map(|id| id.to_string()))
            .within(OWNER, reach)
            .when(filter.open, OPEN)
            .given(LASTING, filter.open.then_some(now_ms))
            .page("assignment.id", page)
            .rows(self.reader())
            .await?;
        rows.into_iter().map(|row| Ok(Assignment::try_from(row)?.at(now_ms))).collect()
    }

    /// What the collaborators from one to another, in the order of their identities, follow or are to follow.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn files_between(
        &self,
        reach: &Reach,
        first: MemberId,
        last: MemberId,
    ) -> Result<Vec<Assignment>, StoreError> {
        let between = "assignment.member_id >= ?1 and assignment.member_id <= ?2";
        self.open_between(between, reach, (first.to_string(), last.to_string())).await
    }

    /// Who follows, or is to follow, the tenants from one to another, in the order of their identities.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn following_between(
        &self,
        reach: &Reach,
        first: TenantId,
        last: TenantId,
    ) -> Result<Vec<Assignment>, StoreError> {
        let between = "assignment.tenant_id >= ?1 and assignment.tenant_id <= ?2";
        self.open_between(between, reach, (first.to_string(), last.to_string())).await
    }

    async fn open_between(
        &self,
        between: &'static str,
        reach: &Reach,
        (first, last): (String, String),
    ) -> Result<Vec<Assignment>, StoreError> {
        Statement::of(SELECT)
            .and(between, [first.into(), last.into()])
            .within(OWNER, reach)
            .and(OPEN, [])
            .with(LASTING, self.now_ms())
            .text(" order by assignment.id limit 10000", [])
            .all::<Row, _>(self.reader())
            .await
    }
}

impl Write {
    /// One assignment within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn assignment(&mut self, reach: &Reach, id: AssignmentId) -> Result<Option<Assignment>, StoreError> {
        let now_ms = self.now_ms();
        one(self.connection(), reach, id, now_ms).await
    }

    /// The open assignments of a collaborator, perhaps of one role or to one tenant, as they were written down last.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn open_assignments(
        &mut self,
        collaborator: Option<MemberId>,
        tenant: Option<TenantId>,
        role: Option<CollaboratorRole>,
    ) -> Result<Vec<Assignment>, StoreError> {
        let role = role.map(|role| word("assignment.role", &role)).transpose()?;
        Statement::of(SELECT)
            .given("assignment.member_id = ?1", collaborator.map(|id| id.to_string()))
            .given("assignment.tenant_id = ?1", tenant.map(|id| id.to_string()))
            .given("assignment.role = ?1", role)
            .and(OPEN, [])
            .text(" order by assignment.id", [])
            .all::<Row, _>(self.connection())
            .await
    }

    /// The open assignment that rests on a consent.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn assignment_of_consent(
        &mut self,
        consent: crate::kernel::ids::ConsentId,
    ) -> Result<Option<Assignment>, StoreError> {
        Statement::of(SELECT)
            .with("assignment.consent_id = ?1", consent.to_string())
            .and(OPEN, [])
            .one::<Row, _>(self.connection())
            .await
    }

    /// Adds an assignment.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_assignment(&mut self, assignment: &Assignment) -> Result<(), StoreError> {
        sqlx::query(ADD)
            .bind(assignment.id.to_string())
            .bind(assignment.partner.to_string())
            .bind(assignment.collaborator.to_string())
            .bind(assignment.tenant.to_string())
            .bind(word("assignment.role", &assignment.role)?)
            .bind(word("assignment.state", &assignment.state)?)
            .bind(assignment.consent.map(|id| id.to_string()))
            .bind(assignment.created_ms)
            .bind(assignment.since_ms)
            .bind(assignment.until_ms)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Writes the current status of an assignment.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn update_assignment(&mut self, assignment: &Assignment) -> Result<(), StoreError> {
        let done = sqlx::query(UPDATE)
            .bind(assignment.id.to_string())
            .bind(word("assignment.state", &assignment.state)?)
            .bind(assignment.since_ms)
            .bind(assignment.until_ms)
            .bind(assignment.ended_ms)
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }

    /// Whether the client keeps a collaborator out.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn is_blocked(&mut self, tenant: TenantId, collaborator: MemberId) -> Result<bool, StoreError> {
        let count: i64 =
            sqlx::query_scalar("select count(*) from blocked_collaborator where tenant_id = $1 and member_id = $2")
                .bind(tenant.to_string())
                .bind(collaborator.to_string())
                .fetch_one(self.connection())
                .await?;
        Ok(count > 0)
    }

    /// Keeps a collaborator out of a tenant.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn block(&mut self, tenant: TenantId, collaborator: MemberId) -> Result<(), StoreError> {
        let (by, now_ms) = (self.actor().to_string(), self.now_ms());
        sqlx::query(
            "insert into blocked_collaborator (tenant_id, member_id, blocked_by, blocked_ms) values ($1, $2, $3, $4)
             on conflict (tenant_id, member_id) do nothing",
        )
        .bind(tenant.to_string())
        .bind(collaborator.to_string())
        .bind(by)
        .bind(now_ms)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Keeps a collaborator out of a tenant no longer.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn unblock(&mut self, tenant: TenantId, collaborator: MemberId) -> Result<(), StoreError> {
        sqlx::query("delete from blocked_collaborator where tenant_id = $1 and member_id = $2")
            .bind(tenant.to_string())
            .bind(collaborator.to_string())
            .execute(self.connection())
            .await?;
        Ok(())
    }
}

async fn one<'e>(
    executor: impl Executor<'e, Database = Any>,
    reach: &Reach,
    id: AssignmentId,
    now_ms: i64,
) -> Result<Option<Assignment>, StoreError> {
    let one = Statement::of(SELECT).narrowed("assignment.id = ?1", Some(id.to_string())).within(OWNER, reach);
    let row: Option<Row> = one.row(executor).await?;
    row.map(|row| Ok(Assignment::try_from(row)?.at(now_ms))).transpose()
}

impl TryFrom<Row> for Assignment {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("assignment.id", &row.id)?,
            partner: parsed("assignment.partner_id", &row.partner_id)?,
            collaborator: parsed("assignment.member_id", &row.member_id)?,
            name: row.name,
            email: parsed("app_user.email_written", &row.email)?,
            tenant: parsed("assignment.tenant_id", &row.tenant_id)?,
            tenant_name: row.tenant_name,
            role: from_word("assignment.role", &row.role)?,
            state: from_word::<AssignmentState>("assignment.state", &row.state)?,
            consent: row.consent_id.as_deref().map(|id| parsed("assignment.consent_id", id)).transpose()?,
            created_ms: row.created_ms,
            since_ms: row.since_ms,
            until_ms: row.until_ms,
            ended_ms: row.ended_ms,
        })
    }
}
