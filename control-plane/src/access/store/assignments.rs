//! Collaborators' assignments to tenants, as rows.

use marque_config::TenantId;

use crate::access::model::{Assignment, CollaboratorRole};
use crate::database::row::word;
use crate::database::statement::Statement;
use crate::database::stored::{Column, Stored};
use crate::database::within::Owner;
use crate::database::{Page, Store, StoreError, Write};
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

impl Stored for Assignment {
    const TABLE: &'static str = "assignment";
    const COLUMNS: &'static [Column] = &[
        Column::text("id"),
        Column::text("partner_id").of("partner"),
        Column::text("member_id").of("collaborator"),
        Column::text(
            "(select app_user.name from member join app_user on app_user.id = member.user_id
            where member.id = assignment.member_id)",
        )
        .derived()
        .of("name"),
        Column::text(
            "(select app_user.email_written from member join app_user on app_user.id = member.user_id
            where member.id = assignment.member_id)",
        )
        .derived()
        .of("email"),
        Column::text("tenant_id").of("tenant"),
        Column::text("(select name from tenant where tenant.id = assignment.tenant_id)").derived().of("tenant_name"),
        Column::text("role"),
        Column::text("state"),
        Column::text("consent_id").of("consent"),
        Column::time("created_ms").of("created_at"),
        Column::time("since_ms").of("since"),
        Column::time("until_ms").of("until"),
        Column::time("ended_ms").of("ended_at"),
    ];
}

const OWNER: Owner =
    Owner { application: "(select application_id from tenant where tenant.id = assignment.tenant_id)", ..Owner::ROW };

const OPEN: &str = "(state = 'pending_consent' or state = 'active')";
const LASTING: &str = "(until_ms is null or until_ms > ?1)";

impl Store {
    /// One assignment within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn assignment(&self, reach: &Reach, id: AssignmentId) -> Result<Option<Assignment>, StoreError> {
        let found = one(reach, id).resource(self.reader()).await?;
        Ok(found.map(|assignment: Assignment| assignment.at(self.now_ms())))
    }

    /// The assignments within reach.
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
        let found: Vec<Assignment> = Statement::select::<Assignment>()
            .narrowed("member_id = ?1", filter.collaborator.map(|id| id.to_string()))
            .narrowed("tenant_id = ?1", filter.tenant.map(|id| id.to_string()))
            .within(OWNER, reach)
            .when(filter.open, OPEN)
            .given(LASTING, filter.open.then_some(now_ms))
            .page("id", page)
            .resources(self.reader())
            .await?;
        Ok(found.into_iter().map(|assignment| assignment.at(now_ms)).collect())
    }

    /// What the collaborators from one to another, whichever comes first, follow or are to follow.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn files_between(
        &self,
        reach: &Reach,
        first: MemberId,
        last: MemberId,
    ) -> Result<Vec<Assignment>, StoreError> {
        let between = "member_id >= ?1 and member_id <= ?2";
        self.open_between(between, reach, [first.to_string(), last.to_string()]).await
    }

    /// Who follows, or is to follow, the tenants from one to another, whichever comes first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn following_between(
        &self,
        reach: &Reach,
        first: TenantId,
        last: TenantId,
    ) -> Result<Vec<Assignment>, StoreError> {
        let between = "tenant_id >= ?1 and tenant_id <= ?2";
        self.open_between(between, reach, [first.to_string(), last.to_string()]).await
    }

    async fn open_between(
        &self,
        between: &'static str,
        reach: &Reach,
        mut ends: [String; 2],
    ) -> Result<Vec<Assignment>, StoreError> {
        // Lists are read from either end.
        ends.sort();
        Statement::select::<Assignment>()
            .and(between, ends.map(Into::into))
            .within(OWNER, reach)
            .and(OPEN, [])
            .with(LASTING, self.now_ms())
            .text(" order by id limit 10000", [])
            .resources(self.reader())
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
        let found = one(reach, id).resource(self.connection()).await?;
        Ok(found.map(|assignment: Assignment| assignment.at(now_ms)))
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
        let role = role.map(|role| word("role", &role)).transpose()?;
        Statement::select::<Assignment>()
            .given("member_id = ?1", collaborator.map(|id| id.to_string()))
            .given("tenant_id = ?1", tenant.map(|id| id.to_string()))
            .given("role = ?1", role)
            .and(OPEN, [])
            .text(" order by id", [])
            .resources(self.connection())
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
        Statement::select::<Assignment>()
            .with("consent_id = ?1", consent.to_string())
            .and(OPEN, [])
            .resource(self.connection())
            .await
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

fn one(reach: &Reach, id: AssignmentId) -> Statement {
    Statement::select_one::<Assignment>(&id).within(OWNER, reach)
}
