//! Invitations, as rows: the hashes of their links, never the links.

use sqlx::{Any, Executor, FromRow};

use crate::database::row::{from_word, word};
use crate::database::statement::Statement;
use crate::database::{Page, Store, StoreError, Write, parsed};
use crate::identity::model::invitation::{Invitation, Place};
use crate::kernel::ids::InvitationId;
use crate::kernel::principal::Reach;
use crate::kernel::secret::Secret;

#[derive(FromRow)]
struct Row {
    id: String,
    user_id: String,
    email: String,
    place: String,
    partner_id: Option<String>,
    tenant_id: Option<String>,
    state: String,
    created_ms: i64,
    sent_ms: i64,
    expires_ms: i64,
}

const SELECT: &str = "select invitation.id as id, invitation.user_id as user_id, app_user.email_written as email,
    invitation.place as place, invitation.partner_id as partner_id, invitation.tenant_id as tenant_id,
    invitation.state as state, invitation.created_ms as created_ms, invitation.sent_ms as sent_ms,
    invitation.expires_ms as expires_ms
    from invitation join app_user on app_user.id = invitation.user_id";

const ADD: &str = "insert into invitation
    (id, user_id, place, partner_id, tenant_id, hash, state, created_ms, sent_ms, expires_ms)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

const UPDATE: &str = "update invitation set state = $2, sent_ms = $3, expires_ms = $4 where id = $1";

impl Store {
    /// The invitation that a link holds.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn invitation_by(&self, secret: &Secret) -> Result<Option<Invitation>, StoreError> {
        by_hash(self.reader(), secret).await
    }

    /// One invitation within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn invitation(&self, reach: &Reach, id: InvitationId) -> Result<Option<Invitation>, StoreError> {
        one(self.reader(), reach, id).await
    }

    /// The invitations within reach that weren't accepted yet, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn invitations(&self, reach: &Reach, page: &Page) -> Result<Vec<Invitation>, StoreError> {
        let list = within(Statement::of(SELECT).and("invitation.state = 'sent'", []), reach);
        list.page("invitation.id", page).all::<Row, _>(self.reader()).await
    }
}

impl Write {
    /// The invitation that a link holds.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn invitation_by(&mut self, secret: &Secret) -> Result<Option<Invitation>, StoreError> {
        by_hash(self.connection(), secret).await
    }

    /// One invitation within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn invitation(&mut self, reach: &Reach, id: InvitationId) -> Result<Option<Invitation>, StoreError> {
        one(self.connection(), reach, id).await
    }

    /// Adds an invitation, with what its link holds.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_invitation(&mut self, invitation: &Invitation, secret: &Secret) -> Result<(), StoreError> {
        sqlx::query(ADD)
            .bind(invitation.id.to_string())
            .bind(invitation.user.to_string())
            .bind(invitation.place.to_string())
            .bind(invitation.partner.map(|id| id.to_string()))
            .bind(invitation.tenant.map(|id| id.to_string()))
            .bind(secret.hash())
            .bind(word("invitation.state", &invitation.state)?)
            .bind(invitation.created_ms)
            .bind(invitation.sent_ms)
            .bind(invitation.expires_ms)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Writes the current status of an invitation.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn update_invitation(&mut self, invitation: &Invitation) -> Result<(), StoreError> {
        let done = sqlx::query(UPDATE)
            .bind(invitation.id.to_string())
            .bind(word("invitation.state", &invitation.state)?)
            .bind(invitation.sent_ms)
            .bind(invitation.expires_ms)
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }

    /// Gives an invitation another link: the one before leads nowhere.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn replace_link(&mut self, id: InvitationId, secret: &Secret) -> Result<(), StoreError> {
        let done = sqlx::query("update invitation set hash = $2 where id = $1")
            .bind(id.to_string())
            .bind(secret.hash())
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }

    /// Withdraws what was sent for a place and not accepted.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn withdraw_invitations(&mut self, place: Place) -> Result<(), StoreError> {
        sqlx::query("update invitation set state = 'withdrawn' where place = $1 and state = 'sent'")
            .bind(place.to_string())
            .execute(self.connection())
            .await?;
        Ok(())
    }
}

async fn by_hash<'e>(
    executor: impl Executor<'e, Database = Any>,
    secret: &Secret,
) -> Result<Option<Invitation>, StoreError> {
    Statement::of(SELECT).with("invitation.hash = ?1", secret.hash()).one::<Row, _>(executor).await
}

async fn one<'e>(
    executor: impl Executor<'e, Database = Any>,
    reach: &Reach,
    id: InvitationId,
) -> Result<Option<Invitation>, StoreError> {
    let one = within(Statement::of(SELECT).narrowed("invitation.id = ?1", Some(id.to_string())), reach);
    one.one::<Row, _>(executor).await
}

/// An application has none of them.
fn within(statement: Statement, reach: &Reach) -> Statement {
    let limits = reach.limits();
    let limited = statement
        .narrowed_among("invitation.tenant_id", limits.tenants.as_deref())
        .owned("invitation.partner_id", limits.partner);
    if limits.application.is_some() { limited.nothing() } else { limited }
}

impl TryFrom<Row> for Invitation {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("invitation.id", &row.id)?,
            user: parsed("invitation.user_id", &row.user_id)?,
            email: parsed("app_user.email_written", &row.email)?,
            place: parsed("invitation.place", &row.place)?,
            partner: row.partner_id.as_deref().map(|id| parsed("invitation.partner_id", id)).transpose()?,
            tenant: row.tenant_id.as_deref().map(|id| parsed("invitation.tenant_id", id)).transpose()?,
            state: from_word("invitation.state", &row.state)?,
            created_ms: row.created_ms,
            sent_ms: row.sent_ms,
            expires_ms: row.expires_ms,
        })
    }
}
