//! An invitation's link, and the mail that carries it.

use serde_json::json;

use crate::database::{StoreError, Whose, Write};
use crate::identity::model::invitation::{Invitation, InvitationState, LASTS_MS, Place};
use crate::kernel::email::Email;
use crate::kernel::ids::UserId;
use crate::kernel::language::Language;
use crate::kernel::secret::Secret;
use crate::notify::model::mail::{Mail, MailKind};

/// Makes an invitation and mails its link. Who calls has told the audit trail what it leads to.
pub(crate) async fn send(
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

pub(crate) async fn mail(
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

/// Who is invited.
pub(crate) struct Invited {
    pub(crate) user: UserId,
    pub(crate) email: Email,
    pub(crate) name: String,
    pub(crate) language: Language,
}
