//! People: found by their address, invited by a link that is followed once, given a place with the vendor, in a partner
//! or in a tenant. Nobody gives on more than they have.

pub(crate) mod tokens;

use std::collections::BTreeSet;

use marque_config::TokenId;
use serde_json::json;

use crate::database::refused::Refused;
use crate::database::{Whose, Write};
use crate::kernel::email::Email;
use crate::kernel::fault::{Forbidden, text};
use crate::kernel::ids::UserId;
use crate::kernel::language::Language;
use crate::kernel::person::{User, UserState};

/// The person with this address: who is there, or somebody new who has yet to accept an invitation. A person who is
/// there keeps the name and the language that they have.
///
/// # Errors
/// [`Refused`].
pub async fn ensure_user(write: &mut Write, email: &Email, name: &str, language: Language) -> Result<UserId, Refused> {
    if let Some(user) = write.user_by_email(email).await? {
        return Ok(user.id);
    }
    let user = User {
        id: write.id(),
        email: email.clone(),
        name: text("/name", name, 200)?,
        language,
        state: UserState::Invited,
        second_factor: false,
        created_ms: write.now_ms(),
    };
    write.add_user(&user).await?;
    write.audit("user.created", &user.id, Whose::VENDOR, json!({ "state": user.state }));
    Ok(user.id)
}

/// Who may be behind somebody: themselves, who made their token, who made that one's, and so on to a person or to the
/// machine, which is nobody in particular. Where the chain is cut, anybody may be.
pub(crate) async fn people(write: &mut Write, actor: &str) -> Result<BTreeSet<String>, Refused> {
    let mut people = BTreeSet::from([actor.to_owned()]);
    let mut at = actor.to_owned();
    while at.starts_with("tok_") {
        let token: TokenId = at.parse().map_err(|_| Forbidden::MAKER_UNKNOWN)?;
        let maker = write.made_by(token).await?.ok_or(Forbidden::MAKER_UNKNOWN)?;
        let is_machine = maker.contains(':');
        if is_machine || !people.insert(maker.clone()) {
            break;
        }
        at = maker;
    }
    Ok(people)
}
