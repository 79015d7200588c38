//! Regions of partners, and the vendor's people who look after them.

use marque_config::PartnerId;
use serde_json::json;

use crate::database::refused::Refused;
use crate::database::{Store, Whose, Write};
use crate::kernel::email::check_deliverable;
use crate::kernel::fault::{Conflict, FieldFault, optional_text, text, unknown};
use crate::kernel::ids::{AccountManagerId, AccountManagerKind};
use crate::kernel::language::Sentence;
use crate::kernel::principal::Reach;
use crate::kernel::resource::{New, Put};
use crate::partners::model::PartnerState;
use crate::partners::store::regions::{AccountManager, Region};

/// A region has at most so many people.
const MOST_MANAGERS: usize = 20;

/// Whom a partner turns to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Its region.
    pub region: Option<Region>,
    /// Who looks after it: its own account manager, then those of its region.
    pub managers: Vec<AccountManager>,
    /// Whether it may be told what is for active partners only.
    pub is_active: bool,
}

impl Conflict {
    /// The account manager still looks after partners.
    pub const MANAGER_IN_USE: Self = Self::new(
        "account-manager-in-use",
        "This account manager still looks after partners.",
        "Ce gestionnaire de compte suit encore des partenaires.",
    );
}

/// Writes a region, new or not, and who looks after it.
///
/// # Errors
/// [`Refused`].
pub async fn put(write: &mut Write, region: Region, managers: &[AccountManagerId]) -> Result<(), Refused> {
    let region = Region {
        code: code(&region.code)?,
        name_en: text("/name_en", &region.name_en, 100)?,
        name_fr: text("/name_fr", &region.name_fr, 100)?,
        position: region.position,
    };
    if managers.len() > MOST_MANAGERS {
        let said = Sentence::fixed("A region has at most 20 people.", "Une région a au plus 20 personnes.");
        return Err(FieldFault::new("/account_managers", "too-many", said).into());
    }
    for (index, manager) in managers.iter().enumerate() {
        let pointer = format!("/account_managers/{index}");
        write.find::<AccountManager>(manager).await?.ok_or_else(|| unknown(&pointer))?;
    }
    write.put_region(&region, managers).await?;
    let detail = json!({ "name_en": region.name_en, "name_fr": region.name_fr, "account_managers": managers });
    write.audit("region.changed", &region.code, Whose::VENDOR, detail);
    Ok(())
}

/// Adds an account manager. The audit trail says nothing of who they are.
///
/// # Errors
/// [`Refused`].
pub async fn add_manager(write: &mut Write, new: New<AccountManager>) -> Result<AccountManager, Refused> {
    let manager = new.with(write.assigned::<AccountManagerKind>())?;
    check(&manager)?;
    write.add(&manager).await?;
    write.audit("account_manager.created", &manager.id, Whose::VENDOR, json!({}));
    Ok(manager)
}

/// Changes an account manager.
///
/// # Errors
/// [`Refused`].
pub async fn change_manager(
    write: &mut Write,
    before: AccountManager,
    put: Put<AccountManager>,
) -> Result<AccountManager, Refused> {
    let manager = put.over(&before)?;
    check(&manager)?;
    write.update(&manager).await?;
    let detail = json!({ "renamed": before.name != manager.name });
    write.audit("account_manager.changed", &manager.id, Whose::VENDOR, detail);
    Ok(manager)
}

/// Lets an account manager go; not while they look after a partner.
///
/// # Errors
/// [`Refused`].
pub async fn remove_manager(write: &mut Write, id: AccountManagerId) -> Result<(), Refused> {
    if write.partners_managed_by(id).await? > 0 {
        return Err(Conflict::MANAGER_IN_USE.into());
    }
    write.remove_account_manager(id).await?;
    write.audit("account_manager.removed", &id, Whose::VENDOR, json!({}));
    Ok(())
}

/// One region, and who looks after it.
///
/// # Errors
/// [`Refused`].
pub async fn one(store: &Store, code: &str) -> Result<(Region, Vec<AccountManager>), Refused> {
    if !is_code(code) {
        return Err(Refused::NotFound);
    }
    let region = store.region(code).await?.ok_or(Refused::NotFound)?;
    Ok((region, store.managers_of(code).await?))
}

/// One region behind the gate, and who looks after it; none when it is new.
///
/// # Errors
/// [`Refused`].
pub async fn current(write: &mut Write, code: &str) -> Result<Option<(Region, Vec<AccountManager>)>, Refused> {
    if !is_code(code) {
        return Err(Refused::NotFound);
    }
    match write.region(code).await? {
        Some(region) => Ok(Some((region, write.managers_of(code).await?))),
        None => Ok(None),
    }
}

/// Whom a partner turns to (S3.3).
///
/// # Errors
/// [`Refused`].
pub async fn contact(store: &Store, reach: &Reach, id: PartnerId) -> Result<Contact, Refused> {
    let partner = store.partner(reach, id).await?.ok_or(Refused::NotFound)?;
    let region = match &partner.region {
        Some(code) => store.region(code).await?,
        None => None,
    };
    let mut managers = Vec::new();
    if let Some(manager) = partner.account_manager {
        managers.extend(store.find::<AccountManager>(&manager).await?);
    }
    if let Some(region) = &region {
        let others = store.managers_of(&region.code).await?;
        managers.extend(others.into_iter().filter(|other| Some(other.id) != partner.account_manager));
    }
    Ok(Contact { region, managers, is_active: partner.state == PartnerState::Active })
}

fn check(manager: &AccountManager) -> Result<(), FieldFault> {
    text("/name", &manager.name, 100)?;
    check_deliverable("/email", &manager.email)?;
    optional_text("/phone", manager.phone.as_deref(), 100)?;
    optional_text("/other", manager.other.as_deref(), 100)
}

/// Whether a text can be a region's code at all.
#[must_use]
pub fn is_code(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    plain && (2..=40).contains(&text.len())
}

fn code(code: &str) -> Result<String, FieldFault> {
    if is_code(code) {
        return Ok(code.to_owned());
    }
    let said = Sentence::fixed(
        "A region's code has 2 to 40 small letters, digits and underscores.",
        "Le code d’une région a de 2 à 40 minuscules, chiffres et tirets bas.",
    );
    Err(FieldFault::new("/code", "invalid-code", said))
}
