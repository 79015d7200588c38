//! Members who leave, with what rested on them.

use serde_json::json;

use crate::access::operations::collaborators;
use crate::database::refused::Refused;
use crate::database::{Whose, Write};
use crate::identity::model::invitation::Place;
use crate::identity::operations::people::tokens;
use crate::kernel::ids::MemberId;
use crate::kernel::person::{Member, PlaceState};
use crate::kernel::principal::{Principal, Reach};
use crate::partners::operations::members::{current, must_not_be_last};

/// Removes a member: at once, with the sessions that act for the partner. The last who manages the settings stays.
///
/// # Errors
/// [`Refused`].
pub async fn remove_member(write: &mut Write, reach: &Reach, id: MemberId) -> Result<Member, Refused> {
    let before = current(write, reach, id).await?;
    must_not_be_last(write, &before).await?;
    collaborators::end(write, reach, id).await?;
    let member = Member { state: PlaceState::Removed, ..before };
    write.update_member(&member).await?;
    write.withdraw_invitations(Place::Member(id)).await?;
    tokens::end(write, member.user, Principal::Partner(member.partner)).await?;
    write.audit("member.removed", &id, Whose::partner(member.partner), json!({ "user": member.user }));
    Ok(member)
}
