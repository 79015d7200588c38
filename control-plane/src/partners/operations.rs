//! Partners: who sells, and in whose brand clients are served.

pub mod members;
pub mod regions;
pub mod search;

use std::collections::BTreeSet;

use marque_config::PartnerId;
use marque_config::brand::Brand;
use serde_json::{Value, json};

use crate::database::refused::Refused;
use crate::database::{Store, Whose, Write};
use crate::kernel::fault::{Conflict, FieldFault, text, unknown};
use crate::kernel::ids::{AccountManagerId, PlanId};
use crate::kernel::language::Sentence;
use crate::kernel::look::Look;
use crate::kernel::principal::Reach;
use crate::partners::model::feature::Feature;
use crate::partners::model::{DistributionMode, Legal, Partner, PartnerKind, PartnerSettings, PartnerState};
use crate::partners::store::regions::AccountManager;

/// What a new partner is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPartner {
    /// Its name, for the vendor's staff.
    pub name: String,
    /// What its clients see.
    pub brand: Brand,
    /// How it shows itself beyond that.
    pub look: Look,
    /// What an operator knows of it.
    pub terms: Terms,
}

/// What only an operator says of a partner; what isn't given stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// What sort of business it is.
    pub kind: Option<PartnerKind>,
    /// The region that it is looked after in.
    pub region: Option<String>,
    /// Who looks after it.
    pub account_manager: Option<AccountManagerId>,
    /// How it brings the application to its clients.
    pub distribution_mode: Option<DistributionMode>,
    /// What proves its professional status.
    pub legal: Option<Legal>,
    /// Its tax number.
    pub tax_id: Option<String>,
}

/// What may change of a partner; what isn't given stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartnerChange {
    /// A new name.
    pub name: Option<String>,
    /// A new brand, whole.
    pub brand: Option<(Brand, Look)>,
    /// What only an operator changes.
    pub terms: Terms,
    /// Whether it does the first level of support.
    pub support_level1: Option<bool>,
    /// The plan that each new client tenant takes by itself; none for none.
    pub auto_licence_plan: Option<Option<PlanId>>,
    /// What its clients don't see.
    pub hidden: Option<BTreeSet<Feature>>,
}

impl Conflict {
    /// The partner isn't active: it sells nothing new.
    pub const PARTNER_NOT_ACTIVE: Self = Self::new(
        "partner-not-active",
        "The partner is not active: nothing new is sold by it.",
        "Le partenaire n’est pas actif : il ne peut rien vendre de nouveau.",
    );
}

/// Refuses unless the partner is active: who isn't approved, or is suspended, sells nothing new.
///
/// # Errors
/// [`Conflict::PARTNER_NOT_ACTIVE`].
pub fn must_be_active(partner: &Partner) -> Result<(), Conflict> {
    if partner.state == PartnerState::Active { Ok(()) } else { Err(Conflict::PARTNER_NOT_ACTIVE) }
}

/// Adds a partner. It sells nothing before it is approved.
///
/// # Errors
/// [`Refused`].
pub async fn create(write: &mut Write, new: NewPartner) -> Result<Partner, Refused> {
    let mut partner = Partner {
        id: write.id(),
        name: text("/name", &new.name, 200)?,
        brand: checked_brand(new.brand)?,
        look: checked_look(new.look)?,
        kind: PartnerKind::default(),
        state: PartnerState::Applied,
        reason: None,
        region: None,
        account_manager: None,
        distribution_mode: DistributionMode::default(),
        support_level1: false,
        legal: None,
        tax_id: None,
        auto_licence_plan: None,
        settings: PartnerSettings::default(),
        approved_ms: None,
        created_ms: write.now_ms(),
    };
    agree(write, &mut partner, new.terms).await?;
    write.add(&partner).await?;
    search::partner(write, &partner);
    let detail = json!({ "name": partner.name, "kind": partner.kind });
    write.audit("partner.created", &partner.id, Whose::partner(partner.id), detail);
    write.feed(partner.at_the_edge());
    Ok(partner)
}

/// One partner, behind the gate.
///
/// # Errors
/// [`Refused`].
pub async fn current(write: &mut Write, reach: &Reach, id: PartnerId) -> Result<Partner, Refused> {
    write.partner(reach, id).await?.ok_or(Refused::NotFound)
}

/// One partner.
///
/// # Errors
/// [`Refused`].
pub async fn one(store: &Store, reach: &Reach, id: PartnerId) -> Result<Partner, Refused> {
    store.partner(reach, id).await?.ok_or(Refused::NotFound)
}

/// Takes over what an operator says of a partner.
pub(crate) async fn agree(write: &mut Write, partner: &mut Partner, terms: Terms) -> Result<(), Refused> {
    partner.kind = terms.kind.unwrap_or(partner.kind);
    partner.distribution_mode = terms.distribution_mode.unwrap_or(partner.distribution_mode);
    if let Some(region) = terms.region {
        let known = regions::is_code(&region) && write.region(&region).await?.is_some();
        if !known {
            return Err(unknown("/region").into());
        }
        partner.region = Some(region);
    }
    if let Some(manager) = terms.account_manager {
        write.find::<AccountManager>(&manager).await?.ok_or_else(|| unknown("/account_manager"))?;
        partner.account_manager = Some(manager);
    }
    if let Some(legal) = terms.legal {
        let registration = text("/legal/registration", &legal.registration, 100)?;
        let evidence = text("/legal/evidence", &legal.evidence, 500)?;
        partner.legal = Some(Legal { registration, evidence, ..legal });
    }
    if let Some(tax_id) = terms.tax_id {
        partner.tax_id = Some(text("/tax_id", &tax_id, 50)?);
    }
    // In integrated mode the first level of support is the partner's duty, not its choice.
    partner.support_level1 |= partner.distribution_mode == DistributionMode::Integrated;
    Ok(())
}

/// What the audit trail tells of a partner.
pub(crate) fn audit_detail(partner: &Partner) -> Value {
    json!({
        "name": partner.name,
        "brand": partner.brand,
        "look": partner.look,
        "kind": partner.kind,
        "region": partner.region,
        "account_manager": partner.account_manager,
        "distribution_mode": partner.distribution_mode,
        "support_level1": partner.support_level1,
        "legal": partner.legal,
        "tax_id": partner.tax_id,
        "auto_licence_plan": partner.auto_licence_plan,
        "hidden": partner.settings.hidden,
    })
}

pub(crate) fn checked_brand(brand: Brand) -> Result<Brand, FieldFault> {
    let support = brand.support.map(|support| text("/brand/support", &support, 200)).transpose()?;
    Ok(Brand { name: text("/brand/name", &brand.name, 100)?, support })
}

/// Takes a look whose addresses and colours are such.
pub(crate) fn checked_look(look: Look) -> Result<Look, FieldFault> {
    for (pointer, address) in [("/brand/logo", &look.logo), ("/brand/website", &look.website)] {
        address.as_deref().map(|address| https(pointer, address)).transpose()?;
    }
    for (pointer, colour) in [("/brand/colour", &look.colour), ("/brand/accent", &look.accent)] {
        colour.as_deref().map(|colour| is_colour(pointer, colour)).transpose()?;
    }
    look.mail_name.as_deref().map(|name| text("/brand/mail_name", name, 100)).transpose()?;
    Ok(look)
}

/// Takes an address that a browser may be sent to: `https`, with a host, nobody's password in it.
pub(crate) fn https(pointer: &str, address: &str) -> Result<(), FieldFault> {
    let host = address.strip_prefix("https://").and_then(|rest| rest.split(['/', '?', '#']).next());
    let plain =
        address.len() <= 2000 && address.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'<>\\`".contains(&byte));
    if plain && host.is_some_and(|host| host.parse::<marque_config::Hostname>().is_ok()) {
        return Ok(());
    }
    let said = Sentence::fixed("This is no https address.", "Ce n’est pas une adresse https.");
    Err(FieldFault::new(pointer, "invalid-address", said))
}

fn is_colour(pointer: &str, colour: &str) -> Result<(), FieldFault> {
    let digits = colour.strip_prefix('#').unwrap_or_default();
    if digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(());
    }
    let said = Sentence::fixed(
        "A colour is # and six hexadecimal digits.",
        "Une couleur s’écrit # et six chiffres hexadécimaux.",
    );
    Err(FieldFault::new(pointer, "invalid-colour", said))
}

/// Takes what a partner wants to hide, unless the law wants it shown.
pub(crate) fn hideable(hidden: BTreeSet<Feature>) -> Result<BTreeSet<Feature>, FieldFault> {
    if hidden.iter().any(|feature| feature.is_required()) {
        let said = Sentence::fixed("The law wants this to be shown.", "La loi impose de le montrer.");
        return Err(FieldFault::new("/hidden", "required-by-law", said));
    }
    Ok(hidden)
}
