//! Domains: a free platform name, or a name that a reseller brought with its `www`.
//!
//! A platform name is served at once. A custom name reaches the edge only when DNS was seen to lead here, which is a
//! task's doing; its two halves never wait for each other.

pub mod certificates;
pub mod white_label;
pub mod wildcards;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use marque_config::settings::NameSettings;
use marque_config::tenant::{AddressKind, TenantState};
use marque_config::{DomainId, Hostname, TenantId};
use serde_json::json;

use crate::database::refused::Refused;
use crate::database::{Page, Store, Whose, Write};
use crate::domains::model::custom_name::{CustomName, CustomNameError};
use crate::domains::model::platform_label::{LabelError, PlatformLabel};
use crate::domains::store::Domain;
use crate::domains::store::hostnames::{ClaimedName, Role};
use crate::domains::store::uploads::Uploaded;
use crate::kernel::fault::{Conflict, FieldFault, unknown};
use crate::kernel::language::Sentence;
use crate::kernel::parts::Parts;
use crate::kernel::period::DAY_MS;
use crate::kernel::principal::Reach;
use crate::tenants::model::Tenant;

/// What a new domain is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDomain {
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub wanted: Wanted,
}

/// Which name is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// This label below the platform zone.
    Platform(String),
    /// This name, and its `www`.
    Custom(String),
}

/// A tenant has at most so many domains.
const MOST: usize = 100;
const CROCKFORD: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A domain with its names, the main one first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The domain.
    pub domain: Domain,
    /// Its names.
    pub names: Vec<ClaimedName>,
    /// What was uploaded for them.
    pub uploads: Vec<Uploaded>,
}

/// Claims a name for a tenant.
///
/// # Errors
/// [`Refused`].
pub async fn create(write: &mut Write, reach: &Reach, names: &NameSettings, new: NewDomain) -> Result<Named, Refused> {
    let hosts = hosts(names, &new.wanted)?;
    let tenant = write.tenant(reach, new.tenant).await?.ok_or_else(|| unknown("/tenant"))?;
    if tenant.state == TenantState::Closed {
        return Err(Conflict::TENANT_CLOSED.into());
    }
    if write.domains_of(tenant.id).await?.len() >= MOST {
        return Err(Conflict::TOO_MANY_DOMAINS.into());
    }
    let domain = fresh(write, &tenant, &new.wanted, &hosts);
    write.add_domain(&domain).await?;
    for (host, role) in &hosts {
        if write.is_quarantined(host, tenant.partner).await? {
            return Err(Conflict::HOST_QUARANTINED.into());
        }
        if !write.claim_name(host, domain.id, (tenant.id, domain.kind, *role)).await? {
            return Err(Conflict::HOST_TAKEN.into());
        }
    }
    let detail = json!({ "tenant": tenant.id, "host": domain.host, "kind": domain.kind });
    write.audit("domain.created", &domain.id, Whose::tenant(tenant.partner, tenant.id), detail);
    named(write, domain).await
}

/// Gives a domain up: its names and certificates are gone at once, and other partners wait before they can have them.
///
/// # Errors
/// [`Refused`].
pub async fn remove(write: &mut Write, reach: &Reach, id: DomainId) -> Result<(), Refused> {
    let domain = write.domain(reach, id).await?.ok_or(Refused::NotFound)?;
    let tenant = write.tenant(reach, domain.tenant).await?.ok_or(Refused::NotFound)?;
    white_label::let_go(write, &domain).await?;
    release(write, &tenant, &domain, 30).await
}

/// Gives up everything that a closed tenant was reached by.
pub(crate) async fn remove_all(write: &mut Write, tenant: &Tenant) -> Result<(), Refused> {
    white_label::end(write, tenant).await?;
    for domain in write.domains_of(tenant.id).await? {
        let days = if domain.kind == AddressKind::Platform { 90 } else { 30 };
        release(write, tenant, &domain, days).await?;
    }
    Ok(())
}

/// Looks at a domain's DNS, and for its certificates, now rather than when it is due.
///
/// # Errors
/// [`Refused`].
pub async fn check(write: &mut Write, reach: &Reach, id: DomainId) -> Result<Named, Refused> {
    let domain = write.domain(reach, id).await?.ok_or(Refused::NotFound)?;
    write.look_again(id).await?;
    let whose = write.whose(domain.tenant).await?;
    write.audit("domain.checked", &id, whose, json!({}));
    named(write, domain).await
}

/// Has a domain's certificates issued anew now, as after a key was lost or a CA changed; the old ones are served until
/// the new ones are there.
///
/// # Errors
/// [`Refused`].
pub async fn renew(write: &mut Write, reach: &Reach, id: DomainId) -> Result<Named, Refused> {
    let domain = write.domain(reach, id).await?.ok_or(Refused::NotFound)?;
    write.renew_now(id).await?;
    let whose = write.whose(domain.tenant).await?;
    write.audit("domain.renewed", &id, whose, json!({}));
    named(write, domain).await
}

/// One domain, behind the gate.
///
/// # Errors
/// [`Refused`].
pub async fn current(write: &mut Write, reach: &Reach, id: DomainId) -> Result<Named, Refused> {
    let domain = write.domain(reach, id).await?.ok_or(Refused::NotFound)?;
    named(write, domain).await
}

/// One domain.
///
/// # Errors
/// [`Refused`].
pub async fn one(store: &Store, reach: &Reach, id: DomainId) -> Result<Named, Refused> {
    let domain = store.domain(reach, id).await?.ok_or(Refused::NotFound)?;
    Ok(Named { names: store.names_of(id).await?, uploads: store.uploads_of(id).await?, domain })
}

/// The domains within reach, perhaps only those of one tenant.
///
/// # Errors
/// [`Refused`].
pub async fn list(store: &Store, reach: &Reach, tenant: Option<TenantId>, page: &Page) -> Result<Vec<Named>, Refused> {
    let mut list = Vec::new();
    for domain in store.domains(reach, tenant, page).await? {
        let (names, uploads) = (store.names_of(domain.id).await?, store.uploads_of(domain.id).await?);
        list.push(Named { domain, names, uploads });
    }
    Ok(list)
}

pub(crate) async fn named(write: &mut Write, domain: Domain) -> Result<Named, Refused> {
    Ok(Named { names: write.names_of(domain.id).await?, uploads: write.uploads_of(domain.id).await?, domain })
}

async fn release(write: &mut Write, tenant: &Tenant, domain: &Domain, days: i64) -> Result<(), Refused> {
    let until_ms = write.now_ms() + days * DAY_MS;
    for host in write.hosts_of(domain.id).await? {
        write.quarantine(&host, tenant.partner, until_ms).await?;
        write.release_name(&host).await?;
    }
    write.drop_uploads(domain.id).await?;
    write.remove_domain(domain.id).await?;
    let detail = json!({ "tenant": tenant.id, "host": domain.host });
    write.audit("domain.removed", &domain.id, Whose::tenant(tenant.partner, tenant.id), detail);
    Ok(())
}

fn fresh(write: &Write, tenant: &Tenant, wanted: &Wanted, hosts: &[(Hostname, Role)]) -> Domain {
    let (kind, target_label, txt_token) = match wanted {
        Wanted::Platform(_) => (AddressKind::Platform, String::new(), String::new()),
        Wanted::Custom(_) => (AddressKind::Custom, target_label(write.parts()), txt_token(write.parts())),
    };
    let (id, created_ms) = (write.id(), write.now_ms());
    Domain { id, tenant: tenant.id, kind, host: hosts[0].0.clone(), target_label, txt_token, created_ms }
}

/// 80 random bits that no one else can know: what a CNAME to it proves.
fn target_label(parts: &Parts) -> String {
    let bits = parts.bytes::<10>().iter().fold(0_u128, |bits, &byte| bits << 8 | u128::from(byte));
    (0..16).map(|index| char::from(CROCKFORD[(bits >> (5 * index)) as usize & 31])).collect()
}

/// 128 random bits for a TXT record.
fn txt_token(parts: &Parts) -> String {
    format!("marque-{}", URL_SAFE_NO_PAD.encode(parts.bytes::<16>()))
}

/// The names that a domain has, the main one first.
fn hosts(names: &NameSettings, wanted: &Wanted) -> Result<Vec<(Hostname, Role)>, FieldFault> {
    match wanted {
        Wanted::Platform(label) => {
            let label = PlatformLabel::parse(label).map_err(label_fault)?;
            let zone = names.platform_zone().map_err(|_| label_fault(LabelError::Length))?;
            let host = zone.child(label.as_str()).map_err(|_| label_fault(LabelError::Length))?;
            Ok(vec![(host, Role::Main)])
        }
        Wanted::Custom(host) => {
            let host: Hostname = host.parse().map_err(|error: marque_config::hostname::HostnameError| {
                let english = format!("This is no hostname: {error}.");
                FieldFault::new("/host", "invalid-hostname", Sentence::new(english, "Ce n’est pas un nom d’hôte."))
            })?;
            let pair = CustomName::of(&host, names).map_err(name_fault)?;
            Ok(vec![(pair.main, Role::Main), (pair.www, Role::Www)])
        }
    }
}

fn label_fault(error: LabelError) -> FieldFault {
    let (code, said) = match error {
        LabelError::Length => {
            ("invalid-label", Sentence::fixed("A label has 3 to 63 characters.", "Un nom a de 3 à 63 caractères."))
        }
        LabelError::Character => (
            "invalid-label",
            Sentence::fixed(
                "A label has letters, digits and inner hyphens, and is more than a number.",
                "Un nom a des lettres, des chiffres et des tirets intérieurs, et n’est pas qu’un nombre.",
            ),
        ),
        LabelError::Script => (
            "label-script",
            Sentence::fixed(
                "A label is written in the Latin alphabet, without letters that look like others.",
                "Un nom s’écrit en alphabet latin, sans lettre qui ressemble à une autre.",
            ),
        ),
        LabelError::Reserved => ("host-reserved", Sentence::fixed("This name is reserved.", "Ce nom est réservé.")),
    };
    FieldFault::new("/label", code, said)
}

fn name_fault(error: CustomNameError) -> FieldFault {
    let (code, said) = match error {
        CustomNameError::Ours => {
            ("host-reserved", Sentence::fixed("This name lies in our own zone.", "Ce nom est dans notre propre zone."))
        }
        CustomNameError::PublicSuffix => {
            ("public-suffix", Sentence::fixed("This name is a public suffix.", "Ce nom est un suffixe public."))
        }
        CustomNameError::SingleLabel => {
            ("single-label", Sentence::fixed("This name has only one label.", "Ce nom n’a qu’une seule partie."))
        }
        CustomNameError::SpecialUse => (
            "special-use",
            Sentence::fixed("This name never leads to the internet.", "Ce nom ne mène jamais à internet."),
        ),
        CustomNameError::TooLong => (
            "invalid-hostname",
            Sentence::fixed(
                "There is no room for www before this name.",
                "Il n’y a pas de place pour www devant ce nom.",
            ),
        ),
    };
    FieldFault::new("/host", code, said)
}
