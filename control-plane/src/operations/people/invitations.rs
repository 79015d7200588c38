//! Invitations: a link that is followed once, within seven days. Sent again, it is another link and the one before
//! leads nowhere.

use serde_json::json;

use super::{handover, tenant_users};
use crate::model::email::Email;
use crate::model::fault::Conflict;
use crate::model::ids::{InvitationId, UserId};
use crate::model::invitation::{Invitation, InvitationState, LASTS_MS, Place};
use crate::model::language::Language;
use crate::model::mail::{Mail, MailKind};
use crate::model::person::{PlaceState, TenantRole};
use crate::model::principal::Reach;
use crate::model::secret::Secret;
use crate::operations::Refused;
use crate::store::{StoreError, Whose, Write};

/// Who is invited.
pub(super) struct Invited {
    pub(super) user: UserId,
    pub(super) email: Email,
    pub(super) name: String,
    pub(super) language: Language,
}

impl Conflict {
    /// The link was followed, or withdrawn.
    pub const INVITATION_USED: Self = Self::new(
        "invitation-used",
        "This invitation was used or withdrawn.",
        "Cette invitation a déjà servi ou a été retirée.",
    );
    /// The link is over.
    pub const INVITATION_EXPIRED: Self = Self::new(
        "invitation-expired",
        "This invitation has expired: ask for another.",
        "Cette invitation a expiré : demandez-en une autre.",
    );
}

/// Makes an invitation and mails its link. Who calls has told the audit trail what it leads to.
pub(super) async fn send(
    write: &mut Write,
    place: Place,
    whose: Whose,
    invited: Invited,
    company: &str,
) -> Result<(), StoreError> {
    write.withdraw_invitations(place).await?;
    let now_ms = write.now_ms();
    let invitation = Invitation {
        id: write.id(),
        user: invited.user,
        email: invited.email.clone(),
        place,
        partner: whose.partner,
        tenant: whose.tenant,
        state: InvitationState::Sent,
        created_ms: now_ms,
        sent_ms: now_ms,
        expires_ms: now_ms + LASTS_MS,
    };
    let secret = Secret::draw(&*write.parts().random);
    write.add_invitation(&invitation, &secret).await?;
    mail(write, &invitation, &secret, &invited, company).await
}

/// Sends an invitation again, with another link.
///
/// # Errors
/// [`Refused`].
pub async fn resend(write: &mut Write, reach: &Reach, id: InvitationId) -> Result<Invitation, Refused> {
    let mut invitation = write.invitation(reach, id).await?.ok_or(Refused::NotFound)?;
    must_be_theirs(write, reach, &invitation).await?;
    let user = write.user(invitation.user).await?.ok_or(Refused::NotFound)?;
    let (name, company) = named(write, &invitation).await?;
    invitation.sent_ms = write.now_ms();
    invitation.expires_ms = write.now_ms() + LASTS_MS;
    let secret = Secret::draw(&*write.parts().random);
    write.update_invitation(&invitation).await?;
    write.replace_link(id, &secret).await?;
    let whose = Whose { partner: invitation.partner, tenant: invitation.tenant };
    write.audit("invitation.resent", &id, whose, json!({ "place": invitation.place.to_string() }));
    let invited = Invited { user: user.id, email: user.email, name, language: user.language };
    mail(write, &invitation, &secret, &invited, &company).await?;
    Ok(invitation)
}

/// Withdraws an invitation, and the place that it led to.
///
/// # Errors
/// [`Refused`].
pub async fn withdraw(write: &mut Write, reach: &Reach, id: InvitationId) -> Result<(), Refused> {
    let invitation = write.invitation(reach, id).await?.ok_or(Refused::NotFound)?;
    must_be_theirs(write, reach, &invitation).await?;
    write.withdraw_invitations(invitation.place).await?;
    settle(write, &invitation, PlaceState::Removed).await?;
    let whose = Whose { partner: invitation.partner, tenant: invitation.tenant };
    write.audit("invitation.withdrawn", &id, whose, json!({ "place": invitation.place.to_string() }));
    Ok(())
}

/// Only what waits is sent again or withdrawn, and by who says who belongs there.
async fn must_be_theirs(write: &mut Write, reach: &Reach, invitation: &Invitation) -> Result<(), Refused> {
    if let Some(tenant) = invitation.tenant {
        let tenant = write.tenant(reach, tenant).await?.ok_or(Refused::NotFound)?;
        tenant_users::may_manage(reach, &tenant)?;
    }
    match invitation.state {
        InvitationState::Sent => Ok(()),
        InvitationState::Accepted | InvitationState::Withdrawn => Err(Conflict::INVITATION_USED.into()),
    }
}

/// Takes an invitation: behind the gate, so once. Gives where it leads.
pub(crate) async fn taken(write: &mut Write, secret: &Secret) -> Result<Invitation, Refused> {
    let mut invitation = write.invitation_by(secret).await?.ok_or(Refused::NotFound)?;
    standing(&invitation, write.now_ms())?;
    invitation.state = InvitationState::Accepted;
    write.update_invitation(&invitation).await?;
    settle(write, &invitation, PlaceState::Active).await?;
    let whose = Whose { partner: invitation.partner, tenant: invitation.tenant };
    write.audit("invitation.accepted", &invitation.id, whose, json!({ "place": invitation.place.to_string() }));
    Ok(invitation)
}

/// Whether an invitation may be followed.
pub(crate) fn standing(invitation: &Invitation, now_ms: i64) -> Result<(), Conflict> {
    match invitation.state {
        InvitationState::Sent if invitation.expires_ms > now_ms => Ok(()),
        InvitationState::Sent => Err(Conflict::INVITATION_EXPIRED),
        InvitationState::Accepted | InvitationState::Withdrawn => Err(Conflict::INVITATION_USED),
    }
}

/// Writes what becomes of the place that an invitation leads to.
async fn settle(write: &mut Write, invitation: &Invitation, state: PlaceState) -> Result<(), Refused> {
    let all = Reach::system("invitations");
    match invitation.place {
        Place::Operator(user) => {
            let mut operator = write.operator(user).await?.ok_or(Refused::NotFound)?;
            operator.state = state;
            write.put_operator(&operator).await?;
        }
        Place::Member(id) => {
            let mut member = write.member(&all, id).await?.ok_or(Refused::NotFound)?;
            member.state = state;
            write.update_member(&member).await?;
        }
        Place::Tenant(id) => {
            let mut place = write.tenant_user(&all, id).await?.ok_or(Refused::NotFound)?;
            place.state = state;
            write.update_tenant_user(&place).await?;
            if state == PlaceState::Active && place.role == TenantRole::Administrator {
                handover::on_arrival(write, place.tenant).await?;
            }
        }
    }
    Ok(())
}

/// The name of who is invited, as who invited them says, and of what they join.
async fn named(write: &mut Write, invitation: &Invitation) -> Result<(String, String), Refused> {
    let all = Reach::system("invitations");
    match invitation.place {
        Place::Operator(user) => {
            let operator = write.operator(user).await?.ok_or(Refused::NotFound)?;
            Ok((operator.name, super::operators::VENDOR.into()))
        }
        Place::Member(id) => {
            let member = write.member(&all, id).await?.ok_or(Refused::NotFound)?;
            let partner = write.partner(&all, member.partner).await?.ok_or(Refused::NotFound)?;
            Ok((member.name, partner.name))
        }
        Place::Tenant(id) => {
            let place = write.tenant_user(&all, id).await?.ok_or(Refused::NotFound)?;
            let tenant = write.tenant(&all, place.tenant).await?.ok_or(Refused::NotFound)?;
            Ok((place.name, tenant.name))
        }
    }
}

async fn mail(
    write: &mut Write,
    invitation: &Invitation,
    secret: &Secret,
    invited: &Invited,
    company: &str,
) -> Result<(), StoreError> {
    let values = json!({
        "name": invited.name,
        "company": company,
        "path": "/invitation",
        "until_ms": invitation.expires_ms,
    });
    let to = invited.email.clone();
    let kind = MailKind::Invitation;
    let mail = Mail { to, kind, language: invited.language, partner: invitation.partner, values };
    write.mail_with(mail, secret).await
}
