//! What ends with a person's place: the tokens that they made on behalf of whom they acted for, themselves or by tokens of
//! theirs. What others made goes on.

use serde_json::json;

use crate::database::refused::Refused;
use crate::database::{Signal, Whose, Write};
use crate::kernel::ids::UserId;
use crate::kernel::principal::Principal;

/// Ends the tokens that somebody made on behalf of a principal.
pub(crate) async fn end(write: &mut Write, user: UserId, principal: Principal) -> Result<(), Refused> {
    let whose = match principal {
        Principal::Partner(id) => Whose::partner(id),
        Principal::Operator | Principal::Edge | Principal::Application(_) | Principal::Tenant(_) => Whose::VENDOR,
    };
    for token in write.revoke_tokens_made_by(user, principal).await? {
        write.audit("token.revoked", &token, whose, json!({ "ended_with": user }));
        write.wake(Signal::Tokens);
    }
    Ok(())
}
