//! What somebody sees first, how a partner gets started, and where help is.

use std::collections::BTreeSet;

use marque_config::PartnerId;
use serde_json::json;

use crate::database::refused::Refused;
use crate::database::{Store, Whose, Write};
use crate::kernel::email::Email;
use crate::kernel::fault::{FieldFault, text};
use crate::kernel::ids::HelpLinkKind;
use crate::kernel::language::Sentence;
use crate::kernel::principal::{Principal, Reach};
use crate::kernel::resource::{New, Put};
use crate::partners::model::PartnerState;
use crate::partners::operations::https;
use crate::reports::model::home::{Block, Step, StepName};
use crate::reports::store::home::{HelpLink, SupportContact};

/// A home: what is shown, and what may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The blocks, in their order.
    pub blocks: Vec<Block>,
    /// What else there is to choose from.
    pub available: Vec<Block>,
}

/// What somebody sees first. A block that they may no longer see isn't shown.
///
/// # Errors
/// [`Refused`].
pub async fn home(store: &Store, reach: &Reach) -> Result<Home, Refused> {
    let chosen = store.home(&reach.asker()).await?;
    Ok(seen(reach, chosen))
}

/// The same, behind the gate.
///
/// # Errors
/// [`Refused`].
pub async fn current_home(write: &mut Write, reach: &Reach) -> Result<Home, Refused> {
    let chosen = write.home(&reach.asker()).await?;
    Ok(seen(reach, chosen))
}

/// Chooses the blocks that one sees first, and their order.
///
/// # Errors
/// [`Refused`].
pub async fn set_home(write: &mut Write, reach: &Reach, blocks: Vec<Block>) -> Result<Home, Refused> {
    let mut met = BTreeSet::new();
    for (index, block) in blocks.iter().enumerate() {
        if !met.insert(*block) || !reach.holds(block.scope()) {
            let said = Sentence::fixed(
                "This block is there twice, or isn't for you.",
                "Ce bloc figure deux fois, ou ne vous est pas ouvert.",
            );
            return Err(FieldFault::new(format!("/blocks/{index}"), "invalid-block", said).into());
        }
    }
    let partner = match reach.principal() {
        Principal::Partner(id) => Some(id),
        _ => None,
    };
    let owner = reach.asker();
    if write.home(&owner).await?.as_ref() != Some(&blocks) {
        write.put_home(&owner, partner, &blocks).await?;
        let whose = partner.map_or(Whose::VENDOR, Whose::partner);
        write.audit("home.changed", &owner, whose, json!({ "blocks": blocks }));
    }
    Ok(seen(reach, Some(blocks)))
}

/// How far a partner has got (S3.1).
///
/// # Errors
/// [`Refused`].
pub async fn onboarding(store: &Store, reach: &Reach, id: PartnerId) -> Result<Vec<Step>, Refused> {
    let partner = store.partner(reach, id).await?.ok_or(Refused::NotFound)?;
    let progress = store.progress(id).await?;
    let steps = [
        (StepName::Approved, partner.state != PartnerState::Applied),
        (StepName::FirstMember, progress.members > 0),
        (StepName::Brand, partner.brand.support.is_some() || partner.look.reply_to.is_some()),
        (StepName::TestSpace, progress.tests > 0),
        (StepName::RetailOffer, progress.offers > 0),
        (StepName::FirstClient, progress.clients > 0),
        (StepName::WhiteLabelLive, progress.live > 0),
    ];
    Ok(steps.into_iter().map(|(name, done)| Step { name, done }).collect())
}

/// Adds a help link.
///
/// # Errors
/// [`Refused`].
pub async fn add_link(write: &mut Write, new: New<HelpLink>) -> Result<HelpLink, Refused> {
    let link = new.with(write.assigned::<HelpLinkKind>())?;
    check(&link)?;
    write.create("help_link.created", Whose::VENDOR, &link).await?;
    Ok(link)
}

/// Changes a help link, whole.
///
/// # Errors
/// [`Refused`].
pub async fn change_link(write: &mut Write, before: HelpLink, put: Put<HelpLink>) -> Result<HelpLink, Refused> {
    let link = put.over(&before)?;
    check(&link)?;
    write.change("help_link.changed", Whose::VENDOR, (&before, &link)).await?;
    Ok(link)
}

/// Removes a help link.
///
/// # Errors
/// [`Refused`].
pub async fn remove_link(write: &mut Write, link: &HelpLink) -> Result<(), Refused> {
    write.remove(link).await?;
    write.audit("help_link.removed", &link.id, Whose::VENDOR, json!({ "url": link.url }));
    Ok(())
}

/// Says how partners reach the vendor.
///
/// # Errors
/// [`Refused`].
pub async fn set_support(write: &mut Write, contact: SupportContact) -> Result<SupportContact, Refused> {
    let given = |pointer, value: &Option<String>| value.as_deref().map(|value| text(pointer, value, 200)).transpose();
    for (pointer, value) in [("/phone", &contact.phone), ("/hours", &contact.hours)] {
        given(pointer, value)?;
    }
    for (pointer, value) in [("/email", &contact.email), ("/partner_email", &contact.partner_email)] {
        value.as_deref().map(|value| address(pointer, value)).transpose()?;
    }
    write.put_support_contact(&contact).await?;
    write.audit("support_contact.changed", &"support_contact", Whose::VENDOR, json!({ "email": contact.email }));
    Ok(contact)
}

fn address(pointer: &str, address: &str) -> Result<Email, FieldFault> {
    address.parse().map_err(|_| {
        let said = Sentence::fixed("This is no mail address.", "Ce n’est pas une adresse de courriel.");
        FieldFault::new(pointer, "invalid-email", said)
    })
}

fn check(link: &HelpLink) -> Result<(), FieldFault> {
    https("/url", &link.url)?;
    text("/title_en", &link.title_en, 200)?;
    text("/title_fr", &link.title_fr, 200)?;
    Ok(())
}

fn seen(reach: &Reach, chosen: Option<Vec<Block>>) -> Home {
    let available: Vec<Block> = Block::ALL.into_iter().filter(|block| reach.holds(block.scope())).collect();
    let blocks = match chosen {
        Some(chosen) => chosen.into_iter().filter(|block| available.contains(block)).collect(),
        None => available.clone(),
    };
    Home { blocks, available }
}
