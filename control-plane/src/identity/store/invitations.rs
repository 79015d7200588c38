//! Invitations, as rows: the hashes of their links, never the links.

use crate::database::row::word;
use crate::database::statement::Statement;
use crate::database::stored::{Column, Stored};
use crate::database::{Page, Store, StoreError, Write};
use crate::identity::model::invitation::{Invitation, Place};
use crate::kernel::ids::InvitationId;
use crate::kernel::principal::Reach;
use crate::kernel::secret::Secret;

impl Stored for Invitation {
    const TABLE: &'static str = "invitation";
    const COLUMNS: &'static [Column] = &[
        Column::text("id"),
        Column::text("user_id").of("user"),
        Column::text("(select email_written from app_user where app_user.id = invitation.user_id)")
            .derived()
            .of("email"),
        Column::text("place"),
        Column::text("partner_id").of("partner"),
        Column::text("tenant_id").of("tenant"),
        Column::text("state"),
        Column::time("created_ms").of("created_at"),
        Column::time("sent_ms").of("sent_at"),
        Column::time("expires_ms").of("expires_at"),
    ];
}

const ADD: &str = "insert into invitation
    (id, user_id, place, partner_id, tenant_id, hash, state, created_ms, sent_ms, expires_ms)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

impl Store {
    /// The invitation that a link holds.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn invitation_by(&self, secret: &Secret) -> Result<Option<Invitation>, StoreError> {
        by_hash(secret).resource(self.reader()).await
    }

    /// One invitation within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn invitation(&self, reach: &Reach, id: InvitationId) -> Result<Option<Invitation>, StoreError> {
        one(reach, id).resource(self.reader()).await
    }

    /// The invitations within reach that weren't accepted yet.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn invitations(&self, reach: &Reach, page: &Page) -> Result<Vec<Invitation>, StoreError> {
        let list = within(Statement::select::<Invitation>().and("state = 'sent'", []), reach);
        list.page("id", page).resources(self.reader()).await
    }
}

impl Write {
    /// The invitation that a link holds.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn invitation_by(&mut self, secret: &Secret) -> Result<Option<Invitation>, StoreError> {
        by_hash(secret).resource(self.connection()).await
    }

    /// One invitation within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn invitation(&mut self, reach: &Reach, id: InvitationId) -> Result<Option<Invitation>, StoreError> {
        one(reach, id).resource(self.connection()).await
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

fn by_hash(secret: &Secret) -> Statement {
    Statement::select::<Invitation>().with("hash = ?1", secret.hash())
}

fn one(reach: &Reach, id: InvitationId) -> Statement {
    within(Statement::select_one::<Invitation>(&id), reach)
}

/// An application has none of them.
fn within(statement: Statement, reach: &Reach) -> Statement {
    let limits = reach.limits();
    let limited = statement.narrowed_among("tenant_id", limits.tenants.as_deref()).owned("partner_id", limits.partner);
    if limits.application.is_some() { limited.nothing() } else { limited }
}
