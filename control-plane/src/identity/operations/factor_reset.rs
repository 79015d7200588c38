//! A lost second factor, reset by two others: one proposes, another agrees within a day. Whoever is behind a token counts,
//! as for corrections of the ledger; the person whose it is, is neither. Their password still has to be right afterwards,
//! and every session of theirs ends.

use serde_json::json;

use super::second_factor;
use crate::database::refused::Refused;
use crate::database::{Whose, Write};
use crate::identity::operations::people::people;
use crate::kernel::fault::{Conflict, Forbidden};
use crate::kernel::ids::UserId;

impl Forbidden {
    /// Who lost a second factor doesn't reset it.
    pub const OWN_SECOND_FACTOR: Self = Self::new(
        "own-second-factor",
        "Two others reset a lost second factor: nobody resets their own.",
        "Un second facteur perdu est réinitialisé par deux autres personnes : nul ne réinitialise le sien.",
    );
}

/// What became of a wish to reset a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reset {
    /// It waits for another operator.
    Proposed,
    /// It is done.
    Done,
}

/// For how long a proposal waits.
const WAITS_MS: i64 = 86_400_000;

/// Proposes that somebody's second factor be reset, or does it, where another operator proposed it within a day.
///
/// # Errors
/// [`Conflict::SECOND_FACTOR_MISSING`], [`Forbidden::OWN_SECOND_FACTOR`], [`Forbidden::SECOND_OPERATOR_NEEDED`] for who
/// proposed it, [`Forbidden::MAKER_UNKNOWN`].
pub async fn reset(write: &mut Write, user: UserId) -> Result<Reset, Refused> {
    let known = write.credentials(user).await?.ok_or(Refused::NotFound)?;
    if known.totp_since_ms.is_none() {
        return Err(Conflict::SECOND_FACTOR_MISSING.into());
    }
    let by = write.actor().to_string();
    let asking = people(write, &by).await?;
    if asking.contains(&user.to_string()) {
        return Err(Forbidden::OWN_SECOND_FACTOR.into());
    }
    let since_ms = write.now_ms() - WAITS_MS;
    let Some(proposed_by) = write.factor_reset(user, since_ms).await? else {
        write.propose_factor_reset(user).await?;
        write.audit("second_factor.reset_proposed", &user, Whose::VENDOR, json!({}));
        return Ok(Reset::Proposed);
    };
    if !people(write, &proposed_by).await?.is_disjoint(&asking) {
        return Err(Forbidden::SECOND_OPERATOR_NEEDED.into());
    }
    second_factor::clear(write, known).await?;
    write.end_sessions(user, None).await?;
    write.end_factor_reset(user).await?;
    write.audit("second_factor.reset", &user, Whose::VENDOR, json!({ "proposed_by": proposed_by }));
    Ok(Reset::Done)
}
