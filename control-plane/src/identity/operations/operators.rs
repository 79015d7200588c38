//! The vendor's staff, as people: invited by one of them.

use serde_json::json;

use super::invitations::Invited;
use crate::database::refused::Refused;
use crate::database::{Whose, Write};
use crate::identity::model::invitation::Place;
use crate::identity::operations::people::{ensure_user, tokens};
use crate::kernel::email::Email;
use crate::kernel::fault::{Conflict, text};
use crate::kernel::ids::UserId;
use crate::kernel::language::Language;
use crate::kernel::person::{Operator, PlaceState};
use crate::kernel::principal::Principal;

/// What the vendor's staff join, as their mails say.
pub(crate) const VENDOR: &str = "Marque";

/// Who is to join the vendor's staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOperator {
    /// Their address.
    pub email: Email,
    /// Their name, as who invites them says.
    pub name: String,
    /// The language of the invitation.
    pub language: Language,
}

impl Conflict {
    /// The person is of the vendor's staff, or invited.
    pub const OPERATOR_EXISTS: Self = Self::new(
        "operator-exists",
        "This person is an operator already, or invited.",
        "Cette personne est déjà opérateur ou invitée.",
    );
}

/// Invites somebody to the vendor's staff. Only an operator asks for it.
///
/// # Errors
/// [`Refused`].
pub async fn invite_operator(write: &mut Write, new: NewOperator) -> Result<Operator, Refused> {
    let name = text("/name", &new.name, 200)?;
    let user = ensure_user(write, &new.email, &name, new.language).await?;
    let before = write.find::<Operator>(&user).await?;
    if before.is_some_and(|operator| operator.state != PlaceState::Removed) {
        return Err(Conflict::OPERATOR_EXISTS.into());
    }
    let (email, state) = (new.email.clone(), PlaceState::Invited);
    let operator = Operator { user, email, name: name.clone(), state, created_ms: write.now_ms() };
    write.put_operator(&operator).await?;
    write.audit("operator.invited", &user, Whose::VENDOR, json!({}));
    let invited = Invited { user, email: new.email, name, language: new.language };
    crate::identity::operations::invitations::send(write, Place::Operator(user), Whose::VENDOR, invited, VENDOR)
        .await?;
    Ok(operator)
}

/// Removes somebody from the vendor's staff, at once. Who has access to the machine can always make an operator's token.
///
/// # Errors
/// [`Refused`].
pub async fn remove_operator(write: &mut Write, user: UserId) -> Result<Operator, Refused> {
    let before = write.find::<Operator>(&user).await?.filter(|operator| operator.state != PlaceState::Removed);
    let operator = Operator { state: PlaceState::Removed, ..before.ok_or(Refused::NotFound)? };
    write.put_operator(&operator).await?;
    write.withdraw_invitations(Place::Operator(user)).await?;
    tokens::end(write, user, Principal::Operator).await?;
    write.audit("operator.removed", &user, Whose::VENDOR, json!({}));
    Ok(operator)
}
