//! The client's word on support's access: asked for with a reason, given by an administrator of the client alone,
//! taken back at any moment, over by itself. What a consent lets do ends in the transaction in which it does.

use serde_json::json;

use super::assignments;
use crate::access::model::{
    AssignmentState, Collaborator, Consent, ConsentSession, ConsentState, LONGEST_CONSENT_MS, REQUEST_MS,
};
use crate::access::operations::assignments::NewAssignment;
use crate::database::refused::Refused;
use crate::database::{Store, StoreError, Whose, Write};
use crate::kernel::fault::{Conflict, FieldFault, Forbidden, text};
use crate::kernel::ids::ConsentId;
use crate::kernel::language::Sentence;
use crate::kernel::principal::{Principal, Reach};
use crate::kernel::time::Time;
use crate::notify::model::mail::{Mail, MailKind};
use crate::notify::operations::mail::{self, Notice};
use crate::tenants::model::Tenant;

impl Conflict {
    /// Nobody asks, or no longer.
    pub const CONSENT_NOT_REQUESTED: Self = Self::new(
        "consent-not-requested",
        "This consent is not being asked for, or no longer.",
        "Cet accord n’est pas demandé, ou ne l’est plus.",
    );
    /// There is nothing to take back.
    pub const CONSENT_NOT_GRANTED: Self =
        Self::new("consent-not-granted", "This consent does not hold.", "Cet accord n’est pas en vigueur.");
    /// There is no access without the client's word.
    pub const CONSENT_REQUIRED: Self = Self::new(
        "consent-required",
        "The client has not consented to this access, or no longer does.",
        "Le client n’a pas consenti à cet accès, ou n’y consent plus.",
    );
}

/// For how long a client consents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Term {
    /// Until then: within 365 days.
    Until(i64),
    /// Until it is revoked; it is confirmed every year, or ends.
    Lasting,
    /// For as long as was asked.
    AsAsked,
}

/// Asks the client; part of assigning.
pub(crate) async fn ask(
    write: &mut Write,
    collaborator: &Collaborator,
    tenant: &Tenant,
    new: &NewAssignment,
) -> Result<ConsentId, Refused> {
    let now_ms = write.now_ms();
    let reason = text("/reason", new.reason.as_deref().unwrap_or_default(), 500)?;
    if let Some(until_ms) = new.until_ms {
        within_a_year(now_ms, until_ms)?;
    }
    let consent = Consent {
        id: write.id(),
        tenant: tenant.id,
        partner: tenant.partner,
        collaborator: collaborator.id,
        name: collaborator.name.clone(),
        role: new.role,
        scope: new.scope,
        reason,
        state: ConsentState::Requested,
        requested_by: write.actor().to_string(),
        requested_ms: now_ms,
        asked_until_ms: new.until_ms,
        granted_by: None,
        granted_ms: None,
        lasting: false,
        ends_ms: now_ms + REQUEST_MS,
        ended_by: None,
        ended_ms: None,
    };
    write.add(&consent).await?;
    let detail = json!({ "collaborator": collaborator.id, "role": new.role, "scope": new.scope,
            "until": new.until_ms.map(Time::from_ms) });
    write.audit("consent.requested", &consent.id, whose(&consent), detail);
    notify_administrators(write, &consent, tenant).await?;
    Ok(consent.id)
}

/// What an administrator of the client, and nobody else, decides on a consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// What was asked for is granted, for so long.
    Grant(Term),
    /// It is refused.
    Deny,
    /// What was granted is taken back: access ends at once.
    Revoke,
    /// What lasts goes on for another year.
    Confirm,
}

/// Carries out what the client decides on a consent.
///
/// # Errors
/// [`Refused`].
pub async fn decide(write: &mut Write, reach: &Reach, id: ConsentId, decision: Decision) -> Result<Consent, Refused> {
    let consent = of_client(write, reach, id).await?;
    match decision {
        Decision::Grant(term) => grant(write, consent, term).await,
        Decision::Deny if consent.state != ConsentState::Requested => Err(Conflict::CONSENT_NOT_REQUESTED.into()),
        Decision::Deny => close(write, consent, ConsentState::Denied).await,
        Decision::Revoke if consent.state != ConsentState::Granted => Err(Conflict::CONSENT_NOT_GRANTED.into()),
        Decision::Revoke => close(write, consent, ConsentState::Revoked).await,
        Decision::Confirm => confirm(write, consent).await,
    }
}

async fn grant(write: &mut Write, mut consent: Consent, term: Term) -> Result<Consent, Refused> {
    let id = consent.id;
    if consent.state != ConsentState::Requested {
        return Err(Conflict::CONSENT_NOT_REQUESTED.into());
    }
    let now_ms = write.now_ms();
    let until_ms = match term {
        Term::Until(until_ms) => Some(until_ms),
        Term::AsAsked => consent.asked_until_ms,
        Term::Lasting => None,
    };
    if let Some(until_ms) = until_ms {
        within_a_year(now_ms, until_ms)?;
    }
    consent.state = ConsentState::Granted;
    consent.granted_by = Some(write.actor().to_string());
    consent.granted_ms = Some(now_ms);
    consent.lasting = until_ms.is_none();
    consent.ends_ms = until_ms.unwrap_or(now_ms + LONGEST_CONSENT_MS);
    write.update(&consent).await?;
    let detail =
        json!({ "lasting": consent.lasting, "ends_at": Time::from_ms(consent.ends_ms), "scope": consent.scope });
    write.audit("consent.granted", &id, whose(&consent), detail);
    let mut assignment = write.assignment_of_consent(id).await?.ok_or(Conflict::CONSENT_NOT_REQUESTED)?;
    assignment.state = AssignmentState::Active;
    assignment.since_ms = Some(now_ms);
    assignment.until_ms = Some(consent.ends_ms);
    write.update(&assignment).await?;
    write.audit("assignment.activated", &assignment.id, assignments::whose(&assignment), json!({ "consent": id }));
    notify_collaborator(write, &consent, &assignment.tenant_name).await?;
    Ok(consent)
}

async fn confirm(write: &mut Write, mut consent: Consent) -> Result<Consent, Refused> {
    let id = consent.id;
    if consent.state != ConsentState::Granted || !consent.lasting {
        return Err(Conflict::CONSENT_NOT_GRANTED.into());
    }
    consent.ends_ms = write.now_ms() + LONGEST_CONSENT_MS;
    write.update(&consent).await?;
    write.audit("consent.confirmed", &id, whose(&consent), json!({ "ends_at": Time::from_ms(consent.ends_ms) }));
    if let Some(mut assignment) = write.assignment_of_consent(id).await? {
        assignment.until_ms = Some(consent.ends_ms);
        write.update(&assignment).await?;
    }
    Ok(consent)
}

/// Opens a support session of the collaborator under a consent: refused when it doesn't hold.
///
/// # Errors
/// [`Refused`].
pub async fn open_support_session(
    write: &mut Write,
    reach: &Reach,
    id: ConsentId,
) -> Result<(Consent, ConsentSession), Refused> {
    let consent = current(write, reach, id).await?;
    if matches!(reach.principal(), Principal::Tenant(_)) {
        return Err(Refused::NotFound);
    }
    // A person opens one only as themselves.
    let other = match reach.user() {
        Some(user) => {
            write.member_of(consent.partner, user).await?.is_none_or(|member| member.id != consent.collaborator)
        }
        None => false,
    };
    if consent.state != ConsentState::Granted || other {
        return Err(Conflict::CONSENT_REQUIRED.into());
    }
    let ip = write.actor().asked().ip.map(|ip| ip.to_string());
    let session =
        ConsentSession { id: write.id(), opened_by: write.actor().to_string(), opened_ms: write.now_ms(), ip };
    write.add_consent_session(id, &session).await?;
    let detail = json!({ "session": session.id, "collaborator": consent.collaborator });
    write.audit("consent.session_opened", &id, whose(&consent), detail);
    Ok((consent, session))
}

/// Writes down that a consent, or the wait for it, has ended by itself; nothing when it hasn't.
///
/// # Errors
/// When the database is away.
pub async fn write_end(write: &mut Write, id: ConsentId) -> Result<(), StoreError> {
    let reach = Reach::system("consents");
    let Some(consent) = write.consent(&reach, id).await? else { return Ok(()) };
    let action = match consent.state {
        ConsentState::Expired => "consent.expired",
        ConsentState::Lapsed => "consent.lapsed",
        _ => return Ok(()),
    };
    if !write.end_consent(&consent).await? {
        return Ok(());
    }
    write.audit(action, &id, whose(&consent), json!({ "ends_at": Time::from_ms(consent.ends_ms) }));
    let Some(mut assignment) = write.assignment_of_consent(id).await? else { return Ok(()) };
    assignment.state = AssignmentState::Expired;
    assignment.ended_ms = Some(consent.ends_ms);
    write.update(&assignment).await?;
    let detail = json!({ "after": assignment.state, "role": assignment.role });
    write.audit("assignment.ended", &assignment.id, assignments::whose(&assignment), detail);
    Ok(())
}

/// Ends a consent because the assignment that rested on it did.
pub(crate) async fn end_with(write: &mut Write, id: ConsentId, state: ConsentState) -> Result<(), StoreError> {
    let Some(mut consent) = write.consent(&Reach::system("consents"), id).await? else { return Ok(()) };
    if !matches!(consent.state, ConsentState::Requested | ConsentState::Granted) {
        return Ok(());
    }
    consent.state = state;
    consent.ended_by = Some(write.actor().to_string());
    consent.ended_ms = Some(write.now_ms());
    write.update(&consent).await?;
    write.audit(ended(state), &id, whose(&consent), json!({ "collaborator": consent.collaborator }));
    Ok(())
}

/// One consent, behind the gate.
///
/// # Errors
/// [`Refused`].
pub async fn current(write: &mut Write, reach: &Reach, id: ConsentId) -> Result<Consent, Refused> {
    write.consent(reach, id).await?.ok_or(Refused::NotFound)
}

/// One consent.
///
/// # Errors
/// [`Refused`].
pub async fn one(store: &Store, reach: &Reach, id: ConsentId) -> Result<Consent, Refused> {
    store.consent(reach, id).await?.ok_or(Refused::NotFound)
}

/// Ends a consent and what rests on it, on the client's word.
async fn close(write: &mut Write, consent: Consent, state: ConsentState) -> Result<Consent, Refused> {
    end_with(write, consent.id, state).await?;
    if let Some(assignment) = write.assignment_of_consent(consent.id).await? {
        assignments::end(write, assignment, AssignmentState::Revoked).await?;
    }
    current(write, &Reach::system("consents"), consent.id).await
}

async fn of_client(write: &mut Write, reach: &Reach, id: ConsentId) -> Result<Consent, Refused> {
    let consent = current(write, reach, id).await?;
    match reach.principal() {
        Principal::Tenant(_) => Ok(consent),
        _ => Err(Forbidden::CLIENT_DECIDES.into()),
    }
}

fn ended(state: ConsentState) -> &'static str {
    if state == ConsentState::Denied { "consent.denied" } else { "consent.revoked" }
}

fn whose(consent: &Consent) -> Whose {
    Whose::tenant(consent.partner, consent.tenant)
}

fn within_a_year(now_ms: i64, until_ms: i64) -> Result<(), FieldFault> {
    if until_ms > now_ms && until_ms <= now_ms + LONGEST_CONSENT_MS {
        return Ok(());
    }
    let said = Sentence::fixed(
        "An access ends in the future, within 365 days.",
        "Un accès prend fin dans l’avenir, dans les 365 jours.",
    );
    Err(FieldFault::new("/until", "out-of-range", said))
}

async fn notify_administrators(write: &mut Write, consent: &Consent, tenant: &Tenant) -> Result<(), StoreError> {
    let path = format!("/consents/{}", consent.id);
    let mut values =
        json!({ "company": tenant.name, "collaborator": consent.name, "reason": consent.reason, "path": path });
    if let Some(until_ms) = consent.asked_until_ms {
        values["until_ms"] = until_ms.into();
    }
    let notice = Notice { kind: MailKind::ConsentRequested, brand: Some(tenant.partner), values };
    mail::to_administrators(write, tenant.id, notice).await
}

async fn notify_collaborator(write: &mut Write, consent: &Consent, company: &str) -> Result<(), StoreError> {
    let everywhere = Reach::system("consents");
    let Some(collaborator) = write.collaborator(&everywhere, consent.collaborator).await? else { return Ok(()) };
    let mut values = json!({ "name": collaborator.name, "company": company });
    if !consent.lasting {
        values["until_ms"] = consent.ends_ms.into();
    }
    let (kind, partner) = (MailKind::ConsentGranted, Some(consent.partner));
    write.mail(Mail { to: collaborator.email, kind, language: collaborator.language, partner, values }).await
}
