//! Collaborators and their roles, as rows.

use std::collections::BTreeSet;

use marque_config::PartnerId;
use sqlx::{Any, Executor, FromRow};

use crate::access::model::{Collaborator, CollaboratorRole};
use crate::database::row::{from_word, word};
use crate::database::statement::Statement;
use crate::database::{Page, Store, StoreError, Write, parsed};
use crate::kernel::ids::MemberId;
use crate::kernel::principal::Reach;

#[derive(FromRow)]
struct Row {
    id: String,
    partner_id: String,
    user_id: String,
    email: String,
    name: String,
    language: String,
    state: String,
    accountant: i64,
    technical_support: i64,
    created_ms: i64,
}

const SELECT: &str = include_str!("collaborators/collaborating.sql");
const HAS_ROLE: &str = "member.state <> 'removed'
    and exists (select 1 from role_grant where role_grant.member_id = member.id)";

const WITH_ROLE: &str = concat!(
    include_str!("collaborators/collaborating.sql"),
    "where member.partner_id = $1 and exists (select 1 from role_grant
        where role_grant.member_id = member.id and role_grant.role = $2) order by member.id"
);

impl Store {
    /// One collaborator within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn collaborator(&self, reach: &Reach, id: MemberId) -> Result<Option<Collaborator>, StoreError> {
        one(self.reader(), reach, id).await
    }

    /// The collaborators within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn collaborators(&self, reach: &Reach, page: &Page) -> Result<Vec<Collaborator>, StoreError> {
        let list = Statement::of(SELECT).and(HAS_ROLE, []).within_partner("member.partner_id", reach);
        list.page("member.id", page).all::<Row, _>(self.reader()).await
    }
}

impl Write {
    /// One collaborator within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn collaborator(&mut self, reach: &Reach, id: MemberId) -> Result<Option<Collaborator>, StoreError> {
        one(self.connection(), reach, id).await
    }

    /// Every collaborator of a partner who has a role.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn collaborators_with(
        &mut self,
        partner: PartnerId,
        role: CollaboratorRole,
    ) -> Result<Vec<Collaborator>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(WITH_ROLE)
            .bind(partner.to_string())
            .bind(word("role_grant.role", &role)?)
            .fetch_all(self.connection())
            .await?;
        rows.into_iter().map(Collaborator::try_from).collect()
    }

    /// Gives a member a role.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn grant_role(&mut self, member: MemberId, role: CollaboratorRole) -> Result<(), StoreError> {
        let now_ms = self.now_ms();
        sqlx::query("insert into role_grant (member_id, role, granted_ms) values ($1, $2, $3)")
            .bind(member.to_string())
            .bind(word("role_grant.role", &role)?)
            .bind(now_ms)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Takes a role from a member, or every role.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn revoke_roles(&mut self, member: MemberId, role: Option<CollaboratorRole>) -> Result<(), StoreError> {
        Statement::of("delete from role_grant")
            .with("member_id = ?1", member.to_string())
            .given("role = ?1", role.map(|role| word("role_grant.role", &role)).transpose()?)
            .bound()
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// The name that a partner's clients know it by.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn brand_name(&mut self, partner: PartnerId) -> Result<String, StoreError> {
        let brand = self.brand_of(partner).await?;
        Ok(brand.map(|brand| brand.name).unwrap_or_default())
    }
}

async fn one<'e>(
    executor: impl Executor<'e, Database = Any>,
    reach: &Reach,
    id: MemberId,
) -> Result<Option<Collaborator>, StoreError> {
    let one = Statement::of(SELECT).narrowed("member.id = ?1", Some(id.to_string())).and(HAS_ROLE, []);
    one.within_partner("member.partner_id", reach).one::<Row, _>(executor).await
}

impl TryFrom<Row> for Collaborator {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let roles = [
            (CollaboratorRole::Accountant, row.accountant),
            (CollaboratorRole::TechnicalSupport, row.technical_support),
        ];
        let roles: BTreeSet<_> = roles.into_iter().filter(|(_, has)| *has == 1).map(|(role, _)| role).collect();
        Ok(Self {
            id: parsed("member.id", &row.id)?,
            partner: parsed("member.partner_id", &row.partner_id)?,
            user: parsed("member.user_id", &row.user_id)?,
            email: parsed("app_user.email_written", &row.email)?,
            name: row.name,
            language: parsed("app_user.language", &row.language)?,
            state: from_word("member.state", &row.state)?,
            roles,
            created_ms: row.created_ms,
        })
    }
}
