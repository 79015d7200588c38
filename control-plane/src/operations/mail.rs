//! Mails that no server took: an operator looks at them, and has them sent again.

use serde_json::json;

use super::Refused;
use crate::model::fault::Conflict;
use crate::model::ids::MailId;
use crate::model::mail::MailState;
use crate::store::{MailStatus, Whose, Write};

impl Conflict {
    /// The mail didn't fail.
    pub const MAIL_NOT_FAILED: Self = Self::new(
        "mail-not-failed",
        "The mail has not failed: it waits, or was sent.",
        "Ce courriel n’a pas échoué : il attend, ou il est parti.",
    );
}

/// Has a failed mail tried again from the beginning.
///
/// # Errors
/// [`Refused`].
pub async fn retry(write: &mut Write, id: MailId) -> Result<MailStatus, Refused> {
    let mail = write.mail_status(id).await?.ok_or(Refused::NotFound)?;
    if mail.state != MailState::Failed {
        return Err(Conflict::MAIL_NOT_FAILED.into());
    }
    write.retry_mail(id).await?;
    let whose = mail.partner.map_or(Whose::VENDOR, Whose::partner);
    write.audit("mail.retried", &id, whose, json!({ "kind": mail.kind }));
    write.mail_status(id).await?.ok_or(Refused::NotFound)
}
