//! White label of a tenant: set up, switched on when everything is there, switched off (S1.7, S1.16, S1.24). Who looks
//! at it also learns what is missing.

mod ready;

use marque_config::brand::Brand;
use marque_config::tenant::TenantState;
use marque_config::{DomainId, TenantId};
use serde_json::{Value, json};

use crate::database::refused::Refused;
use crate::database::{Store, Whose, Write};
use crate::domains::model::white_label::{ContactRoute, OwnBrand, WhiteLabel, WhiteLabelState};
use crate::domains::operations::Named;
use crate::domains::store::Domain;
use crate::kernel::fault::{Conflict, FieldFault, Forbidden, text, unknown};
use crate::kernel::ids::UserId;
use crate::kernel::look::Look;
use crate::kernel::person::PlaceState;
use crate::kernel::principal::Reach;
use crate::kernel::scope::Scope;
use crate::kernel::tenant::TenantKind;
use crate::partners::model::Partner;
use crate::partners::operations as partners;
use crate::tenants::model::Tenant;

pub use ready::{address_of, missing};

/// What a white label is to be; the whole of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Setting {
    /// The person who holds the rights on it.
    pub owner: Option<UserId>,
    /// The domain that the client's people come by.
    pub primary: Option<DomainId>,
    /// Whether visitors of the tenant's other names are sent to it.
    pub redirect_to_primary: bool,
    /// Whether installed applications are locked to this tenant.
    pub app_lock: bool,
    /// Who gets what the client writes.
    pub contact_route: ContactRoute,
    /// A brand of its own.
    pub brand: Option<(Brand, Look)>,
}

/// A white label with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// What was set up.
    pub label: WhiteLabel,
    /// Whose tenant it is: who is in charge of billing and support.
    pub partner: Partner,
    /// The primary address.
    pub address: Option<Named>,
}

impl Conflict {
    /// Something is missing before white label can go live.
    pub const WHITE_LABEL_NOT_READY: Self = Self::new(
        "white-label-not-ready",
        "Something is missing before white label can be live.",
        "Il manque quelque chose pour que la marque blanche soit en ligne.",
    );
    /// The domain is the primary address of a live white label.
    pub const DOMAIN_IS_PRIMARY: Self = Self::new(
        "domain-is-primary",
        "This is the primary address of a white label that is live: choose another first.",
        "C’est l’adresse principale d’une marque blanche en ligne : choisissez-en d’abord une autre.",
    );
    /// The partner's own business isn't shown in its own brand.
    pub const NO_WHITE_LABEL: Self = Self::new(
        "no-white-label",
        "The space of the partner’s own business has no white label.",
        "L’espace de gestion du partenaire n’a pas de marque blanche.",
    );
}

impl Forbidden {
    /// Somebody else holds the rights on this white label.
    pub const NOT_THE_OWNER: Self = Self::new(
        "not-the-owner",
        "Somebody else holds the rights on this white label.",
        "Quelqu’un d’autre détient les droits sur cette marque blanche.",
    );
}

/// Sets a white label up. One that is live stays so, and must be complete.
///
/// # Errors
/// [`Refused`].
pub async fn put(write: &mut Write, reach: &Reach, id: TenantId, setting: Setting) -> Result<Whole, Refused> {
    let (tenant, before) = open(write, reach, id).await?;
    must_be_owner(reach, &before)?;
    let state = if before.is_live() { WhiteLabelState::Live } else { WhiteLabelState::Configured };
    let mut label = WhiteLabel {
        state,
        owner: setting.owner,
        primary: setting.primary,
        redirect_to_primary: setting.redirect_to_primary,
        app_lock: setting.app_lock,
        contact_route: setting.contact_route,
        brand: setting.brand.map(own_brand).transpose()?,
        ..before.clone()
    };
    if let Some(owner) = label.owner.filter(|owner| Some(*owner) != before.owner) {
        must_belong(write, &tenant, owner).await?;
    }
    if let Some(primary) = label.primary {
        own_domain(write, reach, &tenant, primary).await?;
    }
    if label.is_live() {
        must_be_ready(write, &tenant, &label).await?;
    }
    label.changed_ms = before.changed_ms;
    if label != before {
        label.changed_ms = write.now_ms();
        write.upsert(&label).await?;
        write.tell_label(&label).await?;
        trace(
            write,
            "white_label.changed",
            &tenant,
            json!({ "before": audit_detail(&before), "after": audit_detail(&label) }),
        );
    }
    whole(write, label, &tenant).await
}

/// Switches white label on, when everything is there.
///
/// # Errors
/// [`Conflict::WHITE_LABEL_NOT_READY`] with everything that is missing.
pub async fn enable(write: &mut Write, reach: &Reach, id: TenantId) -> Result<Whole, Refused> {
    let (tenant, mut label) = open(write, reach, id).await?;
    must_be_owner(reach, &label)?;
    let partner = partner(write, &tenant).await?;
    partners::must_be_active(&partner)?;
    must_be_ready(write, &tenant, &label).await?;
    if !label.is_live() {
        let now_ms = write.now_ms();
        label = WhiteLabel { state: WhiteLabelState::Live, live_since_ms: Some(now_ms), changed_ms: now_ms, ..label };
        write.upsert(&label).await?;
        write.tell_label(&label).await?;
        trace(write, "white_label.enabled", &tenant, audit_detail(&label));
    }
    whole(write, label, &tenant).await
}

/// Switches white label off. What was set up is kept.
///
/// # Errors
/// [`Refused`].
pub async fn disable(write: &mut Write, reach: &Reach, id: TenantId) -> Result<Whole, Refused> {
    let tenant = write.tenant(reach, id).await?.ok_or(Refused::NotFound)?;
    let label = write.white_label(id).await?;
    must_be_owner(reach, &label)?;
    let label = switch_off(write, &tenant, label).await?;
    whole(write, label, &tenant).await
}

/// What a check of a white label says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What is missing, as codes; nothing when it can be live.
    pub missing: Vec<&'static str>,
    /// The primary address.
    pub address: Option<Named>,
}

/// Says what a white label still needs, and has its address looked at now.
///
/// # Errors
/// [`Refused`].
pub async fn check(write: &mut Write, reach: &Reach, id: TenantId) -> Result<Checked, Refused> {
    let (tenant, label) = open(write, reach, id).await?;
    if let Some(primary) = label.primary {
        write.look_again(primary).await?;
    }
    let missing = missing(write, &tenant, &label).await?;
    trace(write, "white_label.checked", &tenant, json!({ "missing": missing }));
    let whole = whole(write, label, &tenant).await?;
    Ok(Checked { missing, address: whole.address })
}

/// A tenant's white label, behind the gate.
///
/// # Errors
/// [`Refused`].
pub async fn current(write: &mut Write, reach: &Reach, id: TenantId) -> Result<Whole, Refused> {
    let tenant = write.tenant(reach, id).await?.ok_or(Refused::NotFound)?;
    let label = write.white_label(id).await?;
    whole(write, label, &tenant).await
}

/// A tenant's white label.
///
/// # Errors
/// [`Refused`].
pub async fn one(store: &Store, reach: &Reach, id: TenantId) -> Result<Whole, Refused> {
    let tenant = store.tenant(reach, id).await?.ok_or(Refused::NotFound)?;
    let label = store.white_label(id).await?;
    // Who may see the tenant may know in whose brand it is shown.
    let partner = store.partner(&Reach::system("white-label"), tenant.partner).await?.ok_or(Refused::NotFound)?;
    let address = match label.primary {
        Some(primary) => Some(crate::domains::operations::one(store, &Reach::system("white-label"), primary).await?),
        None => None,
    };
    Ok(Whole { label, partner, address })
}

/// Lets a domain go that may be a primary address; not that of a live white label.
pub(crate) async fn let_go(write: &mut Write, domain: &Domain) -> Result<(), Refused> {
    match write.white_label_at(domain.id).await? {
        Some(label) if label.is_live() => Err(Conflict::DOMAIN_IS_PRIMARY.into()),
        Some(label) => Ok(write.upsert(&WhiteLabel { primary: None, ..label }).await?),
        None => Ok(()),
    }
}

/// Ends the white label of a tenant that is closed.
pub(crate) async fn end(write: &mut Write, tenant: &Tenant) -> Result<(), Refused> {
    let label = write.white_label(tenant.id).await?;
    if label.changed_ms == 0 {
        return Ok(());
    }
    let label = switch_off(write, tenant, label).await?;
    Ok(write.upsert(&WhiteLabel { primary: None, ..label }).await?)
}

async fn switch_off(write: &mut Write, tenant: &Tenant, label: WhiteLabel) -> Result<WhiteLabel, Refused> {
    if !label.is_live() {
        return Ok(label);
    }
    let now_ms = write.now_ms();
    let label = WhiteLabel { state: WhiteLabelState::Off, live_since_ms: None, changed_ms: now_ms, ..label };
    write.upsert(&label).await?;
    write.tell_label(&label).await?;
    trace(write, "white_label.disabled", tenant, json!({}));
    Ok(label)
}

/// The tenant, when it may have white label, and what it has of it.
async fn open(write: &mut Write, reach: &Reach, id: TenantId) -> Result<(Tenant, WhiteLabel), Refused> {
    let tenant = write.tenant(reach, id).await?.ok_or(Refused::NotFound)?;
    if tenant.state == TenantState::Closed {
        return Err(Conflict::TENANT_CLOSED.into());
    }
    if tenant.kind == TenantKind::BusinessFreePartner {
        return Err(Conflict::NO_WHITE_LABEL.into());
    }
    let label = write.white_label(id).await?;
    Ok((tenant, label))
}

async fn must_be_ready(write: &mut Write, tenant: &Tenant, label: &WhiteLabel) -> Result<(), Refused> {
    let missing = missing(write, tenant, label).await?;
    if missing.is_empty() { Ok(()) } else { Err(Conflict::WHITE_LABEL_NOT_READY.because_of(missing).into()) }
}

/// A person changes the white label that they own, or any when they manage the partner's settings (S1.24).
fn must_be_owner(reach: &Reach, label: &WhiteLabel) -> Result<(), Forbidden> {
    match (reach.user(), label.owner) {
        (Some(user), Some(owner)) if user != owner && !reach.holds(Scope::PartnersWrite) => {
            Err(Forbidden::NOT_THE_OWNER)
        }
        _ => Ok(()),
    }
}

/// The owner is one of the partner's people, or of the tenant's.
async fn must_belong(write: &mut Write, tenant: &Tenant, owner: UserId) -> Result<(), Refused> {
    let member = write.member_of(tenant.partner, owner).await?.map(|member| member.state);
    let user = write.tenant_user_of(tenant.id, owner).await?.map(|user| user.state);
    let belongs = member.into_iter().chain(user).any(|state| state != PlaceState::Removed);
    if belongs { Ok(()) } else { Err(unknown("/owner").into()) }
}

async fn own_domain(write: &mut Write, reach: &Reach, tenant: &Tenant, id: DomainId) -> Result<Domain, Refused> {
    let domain = write.domain(reach, id).await?.filter(|domain| domain.tenant == tenant.id);
    Ok(domain.ok_or_else(|| unknown("/primary_domain"))?)
}

fn own_brand((brand, look): (Brand, Look)) -> Result<OwnBrand, FieldFault> {
    let support = brand.support.map(|support| text("/brand/support", &support, 200)).transpose()?;
    let brand = Brand { name: text("/brand/name", &brand.name, 100)?, support };
    Ok(OwnBrand { brand, look: partners::checked_look(look)? })
}

async fn partner(write: &mut Write, tenant: &Tenant) -> Result<Partner, Refused> {
    write.partner(&Reach::system("white-label"), tenant.partner).await?.ok_or(Refused::NotFound)
}

async fn whole(write: &mut Write, label: WhiteLabel, tenant: &Tenant) -> Result<Whole, Refused> {
    let partner = partner(write, tenant).await?;
    let address = match label.primary {
        Some(primary) => {
            Some(crate::domains::operations::current(write, &Reach::system("white-label"), primary).await?)
        }
        None => None,
    };
    Ok(Whole { label, partner, address })
}

fn trace(write: &mut Write, action: &'static str, tenant: &Tenant, detail: Value) {
    write.audit(action, &tenant.id, Whose::tenant(tenant.partner, tenant.id), detail);
}

fn audit_detail(label: &WhiteLabel) -> Value {
    json!({
        "state": label.state,
        "owner": label.owner,
        "primary_domain": label.primary,
        "redirect_to_primary": label.redirect_to_primary,
        "app_lock": label.app_lock,
        "contact_route": label.contact_route,
        "brand": label.brand,
    })
}
