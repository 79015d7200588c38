//! People: found by their address, invited by a link that is followed once, given a place with the vendor, in a partner
//! or in a tenant. Nobody gives on more than they have.

mod handover;
mod invitations;
mod members;
mod operators;
mod tenant_users;
mod tokens;
mod users;

use serde_json::json;

use super::{Refused, text};
use crate::model::email::Email;
use crate::model::ids::UserId;
use crate::model::language::Language;
use crate::model::person::{User, UserState};
use crate::store::{Whose, Write};

pub use crate::model::person::TenantRole;
pub use handover::{give_setup_access, hand_over};
pub use invitations::{resend, withdraw};
pub(crate) use invitations::{standing, taken};
pub use members::{MemberChange, NewMember, change_member, invite_member, remove_member};
pub use operators::{NewOperator, invite_operator, remove_operator};
pub use tenant_users::{
    NewTenantUser, TenantUserChange, change_tenant_user, invite_tenant_user, remove_tenant_user,
    tenant_has_active_admin,
};
pub use users::{UserChange, change_user, settle_user};

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
