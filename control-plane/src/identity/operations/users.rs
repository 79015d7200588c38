//! What becomes of a person, whatever they belong to.

use serde_json::json;

use crate::database::refused::Refused;
use crate::database::{Whose, Write};
use crate::identity::operations::people::tokens;
use crate::kernel::fault::{Conflict, text};
use crate::kernel::ids::UserId;
use crate::kernel::language::Language;
use crate::kernel::person::{User, UserState};
use crate::kernel::principal::Principal;

/// What a person may change of themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserChange {
    /// A new name.
    pub name: Option<String>,
    /// Another language.
    pub language: Option<Language>,
}

impl Conflict {
    /// The person's state doesn't lead there.
    pub const USER_STATE: Self = Self::new(
        "user-state",
        "This can't be done to a person in this state.",
        "C’est impossible pour une personne dans cet état.",
    );
}

/// Changes a person's name and language.
///
/// # Errors
/// [`Refused`].
pub async fn change_user(write: &mut Write, id: UserId, change: UserChange) -> Result<User, Refused> {
    let before = write.user(id).await?.ok_or(Refused::NotFound)?;
    let mut user = before.clone();
    if let Some(name) = change.name {
        user.name = text("/name", &name, 200)?;
    }
    user.language = change.language.unwrap_or(user.language);
    if user != before {
        write.update_user(&user).await?;
        let detail = json!({ "language": user.language, "renamed": user.name != before.name });
        write.audit("user.changed", &id, Whose::VENDOR, detail);
    }
    Ok(user)
}

/// Locks a person, unlocks them, or deactivates them for good: their sessions end at once. Doing what is done already
/// changes nothing.
///
/// # Errors
/// [`Refused`].
pub async fn settle_user(write: &mut Write, id: UserId, state: UserState) -> Result<User, Refused> {
    let before = write.user(id).await?.ok_or(Refused::NotFound)?;
    if before.state == state {
        return Ok(before);
    }
    let action = match (before.state, state) {
        (UserState::Active, UserState::Locked) => "user.locked",
        (UserState::Locked, UserState::Active) => "user.unlocked",
        (UserState::Invited | UserState::Active | UserState::Locked, UserState::Deactivated) => "user.deactivated",
        _ => return Err(Conflict::USER_STATE.into()),
    };
    if state == UserState::Deactivated {
        must_not_be_needed(write, id).await?;
    }
    let user = User { state, ..before };
    write.update_user(&user).await?;
    write.end_sessions(id, None).await?;
    if state == UserState::Deactivated {
        end_tokens(write, id).await?;
    }
    write.audit(action, &id, Whose::VENDOR, json!({}));
    Ok(user)
}

/// Ends the tokens that somebody made, in whatever place.
async fn end_tokens(write: &mut Write, id: UserId) -> Result<(), Refused> {
    tokens::end(write, id, Principal::Operator).await?;
    for partner in write.partners_of(id).await? {
        tokens::end(write, id, Principal::Partner(partner)).await?;
    }
    Ok(())
}

/// Somebody without whom a client or a partner could manage itself no more stays.
async fn must_not_be_needed(write: &mut Write, id: UserId) -> Result<(), Refused> {
    if write.solely_administered(id).await?.is_some() {
        return Err(Conflict::LAST_ADMIN.into());
    }
    if write.solely_managed(id).await?.is_some() {
        return Err(Conflict::LAST_SETTINGS_MANAGER.into());
    }
    Ok(())
}
