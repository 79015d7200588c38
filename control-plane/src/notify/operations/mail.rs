//! Mails to several, and mails that no server took: an operator looks at them, and has them sent again.

use marque_config::{PartnerId, TenantId};
use serde_json::{Value, json};

use crate::database::refused::Refused;
use crate::database::{StoreError, Whose, Write};
use crate::kernel::fault::Conflict;
use crate::kernel::ids::MailId;
use crate::kernel::right::Right;
use crate::notify::model::mail::{Mail, MailKind, MailState};
use crate::notify::store::addressees::Addressee;
use crate::notify::store::mail::MailStatus;

/// A mail to several people, to each in their own language and with their own name.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    /// What it is about.
    pub(crate) kind: MailKind,
    /// In whose brand; none for the vendor's own.
    pub(crate) brand: Option<PartnerId>,
    /// What the words are filled with, beside `name`.
    pub(crate) values: Value,
}

impl Conflict {
    /// The mail didn't fail.
    pub const MAIL_NOT_FAILED: Self = Self::new(
        "mail-not-failed",
        "The mail has not failed: it waits, or was sent.",
        "Ce courriel n’a pas échoué : il attend, ou il est parti.",
    );
}

/// Writes to every active member of a partner who has a right.
///
/// # Errors
/// When the database is away.
pub(crate) async fn to_members(
    write: &mut Write,
    partner: PartnerId,
    right: Right,
    notice: Notice,
) -> Result<(), StoreError> {
    let members = write.members_with(partner, right).await?;
    to_each(write, members, notice).await
}

/// Writes to the administrators among a client's own people.
///
/// # Errors
/// When the database is away.
pub(crate) async fn to_administrators(write: &mut Write, tenant: TenantId, notice: Notice) -> Result<(), StoreError> {
    let administrators = write.tenant_administrators(tenant).await?;
    to_each(write, administrators, notice).await
}

async fn to_each(write: &mut Write, people: Vec<Addressee>, notice: Notice) -> Result<(), StoreError> {
    for Addressee { email, name, language } in people {
        let mut values = notice.values.clone();
        values["name"] = name.into();
        write.mail(Mail { to: email, kind: notice.kind, language, partner: notice.brand, values }).await?;
    }
    Ok(())
}

/// Has a failed mail tried again from the beginning.
///
/// # Errors
/// [`Refused`].
pub async fn retry(write: &mut Write, id: MailId) -> Result<MailStatus, Refused> {
    let mail = write.find::<MailStatus>(&id).await?.ok_or(Refused::NotFound)?;
    if mail.state != MailState::Failed {
        return Err(Conflict::MAIL_NOT_FAILED.into());
    }
    write.retry_mail(id).await?;
    let whose = mail.partner.map_or(Whose::VENDOR, Whose::partner);
    write.audit("mail.retried", &id, whose, json!({ "kind": mail.kind }));
    write.find::<MailStatus>(&id).await?.ok_or(Refused::NotFound)
}
