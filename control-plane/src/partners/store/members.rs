//! Partners' members and the vendor's staff, as rows.

use marque_config::PartnerId;

use crate::database::row::word;
use crate::database::statement::Statement;
use crate::database::stored::{Column, Stored};
use crate::database::{Page, Store, StoreError, Write, parsed};
use crate::kernel::ids::{MemberId, UserId};
use crate::kernel::person::{Member, Operator};
use crate::kernel::principal::Reach;

impl Stored for Member {
    const TABLE: &'static str = "member";
    const COLUMNS: &'static [Column] = &[
        Column::text("id"),
        Column::text("partner_id").of("partner"),
        Column::text("user_id").of("user"),
        Column::text("(select email_written from app_user where app_user.id = member.user_id)").derived().of("email"),
        Column::text("name").read_as(
            "case state when 'invited' then name
            else (select app_user.name from app_user where app_user.id = member.user_id) end",
        ),
        Column::words("rights"),
        Column::text("state"),
        Column::time("created_ms").of("created_at"),
    ];
}

impl Stored for Operator {
    const TABLE: &'static str = "operator_user";
    const COLUMNS: &'static [Column] = &[
        Column::text("user_id").of("id"),
        Column::text("(select email_written from app_user where app_user.id = operator_user.user_id)")
            .derived()
            .of("email"),
        Column::text("name").read_as(
            "case state when 'invited' then name
            else (select app_user.name from app_user where app_user.id = operator_user.user_id) end",
        ),
        Column::text("state"),
        Column::time("created_ms").of("created_at"),
    ];
}

const SOLE_OF: &str = "select partner.id from member join partner on partner.id = member.partner_id
    where member.user_id = $1 and member.state = 'active' and member.rights like '%settings.manage%'
    and partner.state <> 'closed'
    and not exists (select 1 from member as other join app_user on app_user.id = other.user_id
        where other.partner_id = partner.id and other.state = 'active' and app_user.state = 'active'
        and other.rights like '%settings.manage%' and other.user_id <> $1)
    limit 1";

const PUT_OPERATOR: &str = "insert into operator_user (user_id, name, state, created_ms) values ($1, $2, $3, $4)
    on conflict (user_id) do update set name = excluded.name, state = excluded.state";

impl Store {
    /// One member within reach, also one who was removed.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn member(&self, reach: &Reach, id: MemberId) -> Result<Option<Member>, StoreError> {
        one(reach, id).resource(self.reader()).await
    }

    /// The members within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn members(&self, reach: &Reach, page: &Page) -> Result<Vec<Member>, StoreError> {
        let list = Statement::select::<Member>().and("state <> 'removed'", []).owned("partner_id", reach.partner());
        list.page("id", page).resources(self.reader()).await
    }

    /// The vendor's staff.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn operators(&self, page: &Page) -> Result<Vec<Operator>, StoreError> {
        let list = Statement::select::<Operator>().and("state <> 'removed'", []);
        list.page("user_id", page).resources(self.reader()).await
    }
}

impl Write {
    /// One member within reach, also one who was removed.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn member(&mut self, reach: &Reach, id: MemberId) -> Result<Option<Member>, StoreError> {
        one(reach, id).resource(self.connection()).await
    }

    /// A person's membership in a partner, also one that was removed.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn member_of(&mut self, partner: PartnerId, user: UserId) -> Result<Option<Member>, StoreError> {
        let values = [partner.to_string().into(), user.to_string().into()];
        Statement::select::<Member>().and("partner_id = ?1 and user_id = ?2", values).resource(self.connection()).await
    }

    /// A partner's members, invited and active, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn members_of(&mut self, partner: PartnerId) -> Result<Vec<Member>, StoreError> {
        Statement::select::<Member>()
            .with("state <> 'removed' and partner_id = ?1", partner.to_string())
            .text(" order by id", [])
            .resources(self.connection())
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
        self.add(member).await?;
        self.index_person(member.user, member.partner).await
    }

    /// Writes a member's rights and state.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn update_member(&mut self, member: &Member) -> Result<(), StoreError> {
        self.update(member).await?;
        self.index_person(member.user, member.partner).await
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

fn one(reach: &Reach, id: MemberId) -> Statement {
    Statement::select_one::<Member>(&id).owned("partner_id", reach.partner())
}
