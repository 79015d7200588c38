//! From application to approval, and to the end. Approval gives a partner its own two spaces, at once and for life
//! (S2.4).

use marque_config::{ApplicationId, PartnerId};
use serde_json::json;

use crate::access::operations::collaborators;
use crate::database::refused::Refused;
use crate::database::{StoreError, Whose, Write};
use crate::kernel::email::Email;
use crate::kernel::fault::{Conflict, FieldFault, Forbidden, text, unknown};
use crate::kernel::ids::AccountManagerId;
use crate::kernel::language::{Language, Sentence};
use crate::kernel::principal::Reach;
use crate::kernel::right::Right;
use crate::kernel::tenant::TenantKind;
use crate::lifecycle::operations::tenants;
use crate::money::operations::ledger;
use crate::notify::model::mail::MailKind;
use crate::notify::operations::mail::{self, Notice};
use crate::partners::model::{NoStep, Partner, PartnerKind, PartnerState, PartnerStep};
use crate::partners::operations::members::NewMember;
use crate::partners::operations::{PartnerChange, Terms, agree, audit_detail, checked_brand, checked_look, hideable};
use crate::partners::store::regions::AccountManager;

/// What an approval says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Approval {
    /// The application of the partner's own spaces; may be left out while there is only one.
    pub application: Option<ApplicationId>,
    /// Who looks after the partner, where it wasn't said before.
    pub account_manager: Option<AccountManagerId>,
    /// Who is invited to manage the partner, with every right.
    pub admin: Option<Admin>,
}

/// Who manages a partner first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin {
    /// Their address.
    pub email: Email,
    /// Their name.
    pub name: String,
    /// The language of the invitation.
    pub language: Language,
}

impl Conflict {
    /// The partner was approved before.
    pub const PARTNER_APPROVED: Self =
        Self::new("partner-approved", "The partner is approved already.", "Le partenaire est déjà agréé.");
    /// Something is missing before the partner can be approved.
    pub const PARTNER_NOT_READY: Self = Self::new(
        "partner-not-ready",
        "Something is missing before the partner can be approved.",
        "Il manque quelque chose pour agréer le partenaire.",
    );
    /// The partner isn't suspended.
    pub const PARTNER_NOT_SUSPENDED: Self =
        Self::new("partner-not-suspended", "The partner is not suspended.", "Le partenaire n’est pas suspendu.");
    /// The partner is closed.
    pub const PARTNER_CLOSED: Self = Self::new("partner-closed", "The partner is closed.", "Le partenaire est fermé.");
    /// The partner has clients whose spaces are open.
    pub const PARTNER_HAS_CLIENTS: Self = Self::new(
        "partner-has-clients",
        "The partner has clients whose spaces are open.",
        "Le partenaire a des clients dont les espaces sont ouverts.",
    );
}

/// Approves a partner: with a proof of its professional status (S1.19) and somebody who looks after it (S3.4). Its own
/// two spaces are there from then on.
///
/// # Errors
/// [`Refused`].
pub async fn approve(write: &mut Write, reach: &Reach, id: PartnerId, approval: Approval) -> Result<Partner, Refused> {
    let mut partner = write.partner(reach, id).await?.ok_or(Refused::NotFound)?;
    if let Some(manager) = approval.account_manager {
        write.find::<AccountManager>(&manager).await?.ok_or_else(|| unknown("/account_manager"))?;
        partner.account_manager = Some(manager);
    }
    let missing = partner.missing();
    let partner = partner.after(PartnerStep::Approve(write.now_ms())).map_err(refused)?;
    if !missing.is_empty() {
        return Err(Conflict::PARTNER_NOT_READY.because_of(missing).into());
    }
    let application = application(write, approval.application).await?;
    write.update(&partner).await?;
    let detail = json!({ "account_manager": partner.account_manager, "legal": partner.legal });
    write.audit("partner.approved", &partner.id, Whose::partner(partner.id), detail);
    for kind in [TenantKind::BusinessFreePartner, TenantKind::Sandbox] {
        tenants::open_own(write, &partner, application, kind).await?;
    }
    ledger::open_wallets(write, id).await?;
    notify(write, &partner).await?;
    if let Some(admin) = approval.admin {
        // To activate a licence in a client's stead is for who makes machines.
        let may = |right: &Right| *right != Right::OemActivateLicence || partner.kind == PartnerKind::Oem;
        let rights = Right::all().filter(may).collect();
        let new = NewMember { email: admin.email, name: admin.name, rights, language: admin.language };
        crate::partners::operations::members::invite_member(write, reach, id, new).await?;
    }
    Ok(partner)
}

/// Tells those who manage the partner and are in already. Whom the approval invites is told by the invitation alone.
async fn notify(write: &mut Write, partner: &Partner) -> Result<(), StoreError> {
    let mut values = json!({ "company": partner.name, "path": "/" });
    if let Some(manager) = partner.account_manager {
        let manager = write.find::<AccountManager>(&manager).await?;
        values["manager"] = manager.map(|manager| manager.name).into();
    }
    // The vendor speaks to its partner: in its own name.
    let notice = Notice { kind: MailKind::PartnerApproved, brand: None, values };
    mail::to_members(write, partner.id, Right::SettingsManage, notice).await
}

/// Stops a partner from selling. Its clients are served as before.
///
/// # Errors
/// [`Refused`].
pub async fn suspend(write: &mut Write, reach: &Reach, id: PartnerId, why: Option<String>) -> Result<Partner, Refused> {
    step(write, reach, id, PartnerStep::Suspend(why)).await
}

/// Lets a suspended partner sell again.
///
/// # Errors
/// [`Refused`].
pub async fn resume(write: &mut Write, reach: &Reach, id: PartnerId) -> Result<Partner, Refused> {
    step(write, reach, id, PartnerStep::Resume).await
}

/// Gives a partner up for good, with its own spaces and its tokens; not while a client's space is open.
///
/// # Errors
/// [`Refused`].
pub async fn close(write: &mut Write, reach: &Reach, id: PartnerId) -> Result<Partner, Refused> {
    write.partner(reach, id).await?.ok_or(Refused::NotFound)?;
    if write.living_clients_of(id).await? > 0 {
        return Err(Conflict::PARTNER_HAS_CLIENTS.into());
    }
    let partner = step(write, reach, id, PartnerStep::Close).await?;
    tenants::close_own(write, reach, &partner).await?;
    write.revoke_tokens_of(id).await?;
    Ok(partner)
}

async fn step(write: &mut Write, reach: &Reach, id: PartnerId, step: PartnerStep) -> Result<Partner, Refused> {
    let before = write.partner(reach, id).await?.ok_or(Refused::NotFound)?;
    let partner = before.clone().after(step).map_err(refused)?;
    if partner == before {
        return Ok(partner);
    }
    write.update(&partner).await?;
    let action = match partner.state {
        PartnerState::Suspended => "partner.suspended",
        PartnerState::Closed => "partner.closed",
        PartnerState::Active | PartnerState::Applied => "partner.resumed",
    };
    let detail = json!({ "before": before.state, "after": partner.state, "reason": partner.reason });
    write.audit(action, &partner.id, Whose::partner(partner.id), detail);
    Ok(partner)
}

/// The application of a partner's own spaces: the one that was named, or the only one.
async fn application(write: &mut Write, named: Option<ApplicationId>) -> Result<ApplicationId, Refused> {
    match named {
        Some(id) if write.application_exists(id).await? => Ok(id),
        Some(_) => Err(unknown("/application").into()),
        None => write.only_application().await?.ok_or_else(|| {
            let english = "Say which application: there is not exactly one.";
            let french = "Indiquez l’application : il n’y en a pas exactement une.";
            FieldFault::new("/application", "missing-field", Sentence::fixed(english, french)).into()
        }),
    }
}

fn refused(no: NoStep) -> Refused {
    match no {
        NoStep::Approved => Conflict::PARTNER_APPROVED.into(),
        NoStep::NotActive => Conflict::PARTNER_NOT_ACTIVE.into(),
        NoStep::NotSuspended => Conflict::PARTNER_NOT_SUSPENDED.into(),
        NoStep::Closed => Conflict::PARTNER_CLOSED.into(),
    }
}

/// Changes a partner.
///
/// # Errors
/// [`Refused`].
pub async fn change(
    write: &mut Write,
    reach: &Reach,
    id: PartnerId,
    change: PartnerChange,
) -> Result<Partner, Refused> {
    let mut partner = write.partner(reach, id).await?.ok_or(Refused::NotFound)?;
    if change.terms != Terms::default() && !reach.is_operator() {
        return Err(Forbidden::OPERATORS_ONLY.into());
    }
    let (was, before) = (partner.clone(), audit_detail(&partner));
    if let Some(name) = change.name {
        partner.name = text("/name", &name, 200)?;
    }
    if let Some((brand, look)) = change.brand {
        (partner.brand, partner.look) = (checked_brand(brand)?, checked_look(look)?);
    }
    if let Some(hidden) = change.hidden {
        partner.settings.hidden = hideable(hidden)?;
    }
    if let Some(plan) = change.auto_licence_plan {
        if let Some(plan) = plan {
            write.plan(plan).await?.ok_or_else(|| unknown("/auto_licence_plan"))?;
        }
        partner.auto_licence_plan = plan;
    }
    partner.support_level1 = change.support_level1.unwrap_or(partner.support_level1);
    agree(write, &mut partner, change.terms).await?;
    write.update(&partner).await?;
    crate::partners::operations::search::partner(write, &partner);
    let detail = json!({ "before": before, "after": audit_detail(&partner) });
    write.audit("partner.changed", &partner.id, Whose::partner(partner.id), detail);
    write.feed(partner.at_the_edge());
    collaborators::end_lost(write, &was, &partner).await?;
    Ok(partner)
}
