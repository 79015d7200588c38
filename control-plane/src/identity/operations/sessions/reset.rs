//! A password that is forgotten or changed: every other session of the person ends.

use serde_json::json;

use super::{Authenticator, NotIn, tried_anywhere};
use crate::database::refused::Refused;
use crate::database::{Store, Whose};
use crate::identity::operations::attempts;
use crate::identity::passwords::{Password, Verdict};
use crate::kernel::actor::{Actor, Asked};
use crate::kernel::email::Email;
use crate::kernel::fault::Conflict;
use crate::kernel::person::UserState;
use crate::kernel::secret::Secret;
use crate::kernel::session::Session;
use crate::notify::model::mail::{Mail, MailKind};

/// How long the link may be followed.
const LINK_MS: i64 = 3_600_000;

impl Conflict {
    /// The link was followed, replaced, or is over.
    pub const LINK_OVER: Self = Self::new(
        "link-over",
        "This link was used, replaced by a newer one, or has expired: ask for another.",
        "Ce lien a déjà servi, a été remplacé par un plus récent ou a expiré : demandez-en un autre.",
    );
}

/// Mails a link to who has forgotten a password; whether there is such a person isn't said.
///
/// # Errors
/// [`NotIn::TooMany`] for an address that asks too often, and when the database is away.
pub async fn ask_reset(
    authenticator: &Authenticator,
    store: &Store,
    asked: &Asked,
    email: &Email,
) -> Result<(), NotIn> {
    let now_ms = store.now_ms();
    authenticator.attempts.count(&tried_anywhere(&format!("reset {}", email.compared()), asked), now_ms)?;
    let actor = Actor::system("password_reset").asking(asked.clone());
    // Whoever is unknown costs a write too: the time that it takes tells nothing.
    let mut write = store.begin(&actor, now_ms).await?;
    let user = write.user_by_email(email).await?.filter(|user| user.state == UserState::Active);
    if let Some(user) = user {
        let secret = Secret::draw(&*write.parts().random);
        let until_ms = now_ms + LINK_MS;
        write.add_reset(user.id, &secret, until_ms).await?;
        write.audit("password_reset.asked", &user.id, Whose::VENDOR, json!({}));
        let values = json!({ "name": user.name, "path": "/password-reset", "until_ms": until_ms });
        let (to, language) = (user.email, user.language);
        write.mail_with(Mail { to, kind: MailKind::PasswordReset, language, partner: None, values }, &secret).await?;
    }
    write.commit().await?;
    Ok(())
}

/// Follows such a link, once.
///
/// # Errors
/// [`NotIn`].
pub async fn reset_password(
    authenticator: &Authenticator,
    store: &Store,
    asked: &Asked,
    secret: &Secret,
    password: String,
) -> Result<(), NotIn> {
    let counted = [attempts::all_from(asked.ip)];
    authenticator.attempts.count(&counted, store.now_ms())?;
    let password = Password::chosen("/password", password).map_err(Refused::from)?;
    let hash = authenticator.passwords.hash(&password).await?;
    let actor = Actor::system("password_reset").asking(asked.clone());
    let mut write = store.begin(&actor, store.now_ms()).await?;
    let user = write.use_reset(secret).await?.ok_or(Refused::Conflict(Conflict::LINK_OVER))?;
    let known = write.credentials(user).await?.filter(|known| known.state == UserState::Active);
    known.ok_or(Refused::Conflict(Conflict::LINK_OVER))?;
    write.set_password(user, &hash).await?;
    write.end_sessions(user, None).await?;
    write.audit("user.password_changed", &user, Whose::VENDOR, json!({ "by": "reset" }));
    write.commit().await?;
    authenticator.attempts.succeeded(&counted);
    Ok(())
}

/// Changes the password of who is in, who shows the one before.
///
/// # Errors
/// [`NotIn`].
pub async fn change_password(
    authenticator: &Authenticator,
    store: &Store,
    asked: &Asked,
    session: &Session,
    (current, new): (Password, String),
) -> Result<(), NotIn> {
    let new = Password::chosen("/new_password", new).map_err(Refused::from)?;
    authenticator.prove(store, asked, session, &current).await?;
    let hash = authenticator.passwords.hash(&new).await?;
    let actor = Actor::user(session.user).asking(asked.clone());
    let mut write = store.begin(&actor, store.now_ms()).await?;
    write.set_password(session.user, &hash).await?;
    write.end_sessions(session.user, Some(session.id)).await?;
    write.audit("user.password_changed", &session.user, Whose::VENDOR, json!({ "by": "person" }));
    write.commit().await?;
    Ok(())
}

impl Authenticator {
    /// Makes who is in show their password again.
    ///
    /// # Errors
    /// [`NotIn`].
    pub(crate) async fn prove(
        &self,
        store: &Store,
        asked: &Asked,
        session: &Session,
        password: &Password,
    ) -> Result<(), NotIn> {
        let counted = tried_anywhere(&format!("again {}", session.user), asked);
        self.attempts.count(&counted, store.now_ms())?;
        let known = store.credentials(session.user).await?;
        let hash = known.as_ref().and_then(|known| known.password.as_deref());
        if self.passwords.compare(password, hash).await? == Verdict::Wrong {
            return Err(NotIn::Wrong);
        }
        self.attempts.succeeded(&counted);
        Ok(())
    }
}
