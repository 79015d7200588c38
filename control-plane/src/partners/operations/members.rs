//! Partners' members.

use std::collections::BTreeSet;

use marque_config::PartnerId;
use serde_json::json;

use crate::database::refused::Refused;
use crate::database::{Whose, Write};
use crate::identity::model::invitation::Place;
use crate::identity::operations::invitations::Invited;
use crate::identity::operations::people::ensure_user;
use crate::kernel::email::Email;
use crate::kernel::fault::{Conflict, FieldFault, text, unknown};
use crate::kernel::ids::MemberId;
use crate::kernel::language::{Language, Sentence};
use crate::kernel::person::{Member, PlaceState};
use crate::kernel::principal::Reach;
use crate::kernel::right::Right;

/// Who is to become a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMember {
    /// Their address.
    pub email: Email,
    /// Their name, as who invites them says.
    pub name: String,
    /// What they may do.
    pub rights: BTreeSet<Right>,
    /// The language of the invitation.
    pub language: Language,
}

/// What may change of a member.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberChange {
    /// What they may do from now on.
    pub rights: Option<BTreeSet<Right>>,
}

impl Conflict {
    /// The person is a member, or invited.
    pub const MEMBER_EXISTS: Self = Self::new(
        "member-exists",
        "This person is a member already, or invited.",
        "Cette personne est déjà membre ou invitée.",
    );
    /// Nobody else manages the partner's settings.
    pub const LAST_SETTINGS_MANAGER: Self = Self::new(
        "last-settings-manager",
        "Nobody else has the right settings.manage: give it to somebody first.",
        "Personne d’autre n’a le droit settings.manage : donnez-le d’abord à quelqu’un.",
    );
}

/// Invites somebody to a partner, by a link that is followed once.
///
/// # Errors
/// [`Refused`].
pub async fn invite_member(
    write: &mut Write,
    reach: &Reach,
    partner: PartnerId,
    new: NewMember,
) -> Result<Member, Refused> {
    let company = write.partner(reach, partner).await?.ok_or_else(|| unknown("/partner"))?;
    let name = text("/name", &new.name, 200)?;
    check_delegation(reach, &new.rights)?;
    let user = ensure_user(write, &new.email, &name, new.language).await?;
    let before = write.member_of(partner, user).await?;
    let member = match before.clone() {
        Some(member) if member.state != PlaceState::Removed => return Err(Conflict::MEMBER_EXISTS.into()),
        Some(removed) => Member { name, rights: new.rights, state: PlaceState::Invited, ..removed },
        None => Member {
            id: write.id(),
            partner,
            user,
            email: new.email.clone(),
            name,
            rights: new.rights,
            state: PlaceState::Invited,
            created_ms: write.now_ms(),
        },
    };
    match before {
        Some(_) => write.update_member(&member).await?,
        None => write.add_member(&member).await?,
    }
    let detail = json!({ "user": user, "rights": member.rights });
    write.audit("member.invited", &member.id, Whose::partner(partner), detail);
    let invited = Invited { user, email: new.email, name: member.name.clone(), language: new.language };
    let whose = Whose::partner(partner);
    crate::identity::operations::invitations::send(write, Place::Member(member.id), whose, invited, &company.name)
        .await?;
    Ok(member)
}

/// Changes what a member may do. The last who manages the settings keeps doing so.
///
/// # Errors
/// [`Refused`].
pub async fn change_member(
    write: &mut Write,
    reach: &Reach,
    id: MemberId,
    change: MemberChange,
) -> Result<Member, Refused> {
    let before = current(write, reach, id).await?;
    let mut member = before.clone();
    if let Some(rights) = change.rights {
        // What they have already isn't given.
        check_delegation(reach, &rights.difference(&before.rights).copied().collect())?;
        member.rights = rights;
    }
    if member == before {
        return Ok(member);
    }
    if !member.rights.contains(&Right::SettingsManage) {
        must_not_be_last(write, &before).await?;
    }
    write.update_member(&member).await?;
    let detail = json!({ "before": before.rights, "after": member.rights });
    write.audit("member.changed", &member.id, Whose::partner(member.partner), detail);
    Ok(member)
}

pub(crate) async fn current(write: &mut Write, reach: &Reach, id: MemberId) -> Result<Member, Refused> {
    let member = write.member(reach, id).await?.filter(|member| member.state != PlaceState::Removed);
    member.ok_or(Refused::NotFound)
}

/// Only who has accepted counts: an invitation may never be.
pub(crate) async fn must_not_be_last(write: &mut Write, member: &Member) -> Result<(), Refused> {
    let manages =
        |member: &Member| member.state == PlaceState::Active && member.rights.contains(&Right::SettingsManage);
    if !manages(member) {
        return Ok(());
    }
    let others = write.members_of(member.partner).await?;
    if others.iter().any(|other| other.id != member.id && manages(other)) {
        return Ok(());
    }
    Err(Conflict::LAST_SETTINGS_MANAGER.into())
}

/// Refuses rights that the caller lacks in part: nobody delegates what they do not have.
fn check_delegation(reach: &Reach, rights: &BTreeSet<Right>) -> Result<(), FieldFault> {
    let missing = rights.iter().find(|right| right.scopes().iter().any(|scope| !reach.holds(*scope)));
    missing.map_or(Ok(()), |right| {
        let english = format!("The right {right} can't be given by you: you don't have all of it.");
        let french = format!("Vous ne pouvez pas donner le droit {right} : vous ne l’avez pas en entier.");
        Err(FieldFault::new("/rights", "right-not-given", Sentence::new(english, french)))
    })
}
