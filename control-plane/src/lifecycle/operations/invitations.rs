//! Invitations: a link that is followed once, within seven days. Sent again, it is another link and the one before
//! leads nowhere.

use serde_json::json;

use super::handover;
use crate::database::refused::Refused;
use crate::database::{Store, Whose, Write};
use crate::identity::model::invitation::{Invitation, InvitationState, LASTS_MS, Place};
use crate::identity::operations::invitations::{Invited, mail};
use crate::identity::operations::sessions::{Authenticator, NotIn, tried};
use crate::identity::passwords::{Password, Verdict};
use crate::identity::store::sessions::Credentials;
use crate::kernel::actor::{Actor, Asked};
use crate::kernel::fault::Conflict;
use crate::kernel::ids::InvitationId;
use crate::kernel::person::{Operator, PlaceState, TenantRole, UserState};
use crate::kernel::principal::Reach;
use crate::kernel::secret::Secret;
use crate::tenants::operations::tenant_users;

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
    write.update(&invitation).await?;
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
    write.update(&invitation).await?;
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
            let mut operator = write.find::<Operator>(&user).await?.ok_or(Refused::NotFound)?;
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
            let operator = write.find::<Operator>(&user).await?.ok_or(Refused::NotFound)?;
            Ok((operator.name, crate::identity::operations::operators::VENDOR.into()))
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

/// Follows an invitation: who has no password yet chooses one, everybody else shows theirs.
///
/// # Errors
/// [`NotIn`].
pub async fn accept(
    authenticator: &Authenticator,
    store: &Store,
    asked: &Asked,
    secret: &Secret,
    password: String,
) -> Result<Invitation, NotIn> {
    let invitation = store.invitation_by(secret).await?.ok_or(Refused::NotFound)?;
    standing(&invitation, store.now_ms()).map_err(Refused::from)?;
    let known = store.credentials(invitation.user).await?.ok_or(Refused::NotFound)?;
    let chosen = match known.password.as_deref() {
        None => {
            let password = Password::chosen("/password", password).map_err(Refused::from)?;
            Some(authenticator.passwords.hash(&password).await?)
        }
        Some(hash) => {
            let typed = Password::typed(password);
            let counted = tried(&format!("account {}", invitation.email.compared()), asked);
            authenticator.attempts.count(&counted, store.now_ms())?;
            if authenticator.passwords.compare(&typed, Some(hash)).await? == Verdict::Wrong {
                return Err(NotIn::Wrong);
            }
            authenticator.attempts.succeeded(&counted);
            None
        }
    };
    let actor = Actor::user(invitation.user).asking(asked.clone());
    let mut write = store.begin(&actor, store.now_ms()).await?;
    let current = write.credentials(invitation.user).await?.ok_or(Refused::NotFound)?;
    if current.password != known.password {
        return Err(NotIn::Wrong);
    }
    let invitation = arrive(&mut write, &invitation, chosen, secret, &current).await?;
    write.commit().await?;
    Ok(invitation)
}

/// What happens behind the gate when an invitation is followed.
pub(crate) async fn arrive(
    write: &mut Write,
    invitation: &Invitation,
    chosen: Option<String>,
    secret: &Secret,
    current: &Credentials,
) -> Result<Invitation, Refused> {
    match current.state {
        UserState::Invited => {
            let mut user = write.user(invitation.user).await?.ok_or(Refused::NotFound)?;
            user.state = UserState::Active;
            // Their own name was unknown so far; it is the one by which they were invited.
            write.update_user(&user).await?;
            write.audit("user.activated", &user.id, Whose::VENDOR, json!({}));
        }
        UserState::Active => {}
        UserState::Locked | UserState::Deactivated => return Err(Refused::NotFound),
    }
    if let Some(hash) = chosen {
        write.set_password(invitation.user, &hash).await?;
    }
    taken(write, secret).await
}
