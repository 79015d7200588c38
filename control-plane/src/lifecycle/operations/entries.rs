//! Entries: a ticket for one of the partner's people to a client's space, what it opens, and its end. Before the handover
//! only whoever sets the space up comes in; afterwards only its accountants, and support that the client consented to.

use marque_config::entry::{ENTER_PATH, EntryKind, EntryRole, TICKET_FIELD};
use marque_config::feed::{Format, Key, Record, RecordKind};
use marque_config::tenant::TenantState;
use marque_config::{EntryId, TenantId};
use serde_json::json;

use crate::access::model::entry::{Entry, EntryEnd, EntryState, LASTS_MS, TICKET_MS};
use crate::access::model::{Assignment, AssignmentState, CollaboratorRole, ConsentScope, ConsentSession, ConsentState};
use crate::database::refused::Refused;
use crate::database::{StoreError, Whose, Write};
use crate::domains::operations::white_label;
use crate::kernel::fault::{Conflict, Forbidden};
use crate::kernel::ids::{ConsentId, MemberId, UserId};
use crate::kernel::person::{PlaceState, Side, UserState};
use crate::kernel::principal::Reach;
use crate::kernel::secret::Secret;
use crate::kernel::tenant::TenantKind;
use crate::kernel::time::Time;
use crate::partners::model::PartnerState;
use crate::tenants::model::Tenant;

impl Conflict {
    /// Nothing lets the person in.
    pub const NO_ACCESS: Self = Self::new(
        "no-access",
        "Nothing lets you in to this space now: no setup access before its handover, no assignment or consent after it.",
        "Rien ne vous ouvre cet espace pour l’instant : ni accès de configuration avant sa remise, ni affectation ou accord ensuite.",
    );
    /// The space isn't served.
    pub const TENANT_NOT_ACTIVE: Self = Self::new(
        "tenant-not-active",
        "The space is not served: it is not set up in the application yet, or is suspended.",
        "L’espace n’est pas servi : il n’est pas encore créé dans l’application, ou il est suspendu.",
    );
    /// The space has no address.
    pub const TENANT_WITHOUT_ADDRESS: Self =
        Self::new("tenant-without-address", "The space has no address yet.", "L’espace n’a pas encore d’adresse.");
    /// The ticket was shown before.
    pub const TICKET_USED: Self = Self::new("ticket-used", "This ticket was used before.", "Ce ticket a déjà servi.");
    /// The ticket is over.
    pub const TICKET_EXPIRED: Self = Self::new(
        "ticket-expired",
        "This ticket is over: ask for another.",
        "Ce ticket a expiré : demandez-en un autre.",
    );
}

/// What lets somebody in.
struct Basis {
    member: MemberId,
    kind: EntryKind,
    role: EntryRole,
    id: String,
    consent: Option<ConsentId>,
    reads_only: bool,
    until_ms: Option<i64>,
}

/// Gives a person a ticket to a client's space, and the address at which it is good once.
///
/// # Errors
/// [`Refused`].
pub async fn issue(
    write: &mut Write,
    reach: &Reach,
    tenant: TenantId,
    wanted: Option<EntryKind>,
) -> Result<(Entry, String), Refused> {
    let user = reach.user().ok_or(Forbidden::PEOPLE_ONLY)?;
    let tenant = write.tenant(reach, tenant).await?.ok_or(Refused::NotFound)?;
    must_be_served(&tenant)?;
    let basis = basis(write, &tenant, user, wanted).await?.ok_or(Conflict::NO_ACCESS)?;
    let ticket = Secret::draw(&*write.parts().random);
    let address = address(write, &tenant, &ticket).await?;
    must_be_known_to_proxies(write).await?;
    let now_ms = write.now_ms();
    let entry = Entry {
        id: write.id(),
        tenant: tenant.id,
        partner: tenant.partner,
        user,
        name: write.user(user).await?.map(|user| user.name).unwrap_or_default(),
        member: basis.member,
        kind: basis.kind,
        role: basis.role,
        basis: basis.id,
        consent: basis.consent,
        reads_only: basis.reads_only,
        state: EntryState::Issued,
        created_ms: now_ms,
        ticket_until_ms: now_ms + TICKET_MS,
        opened_ms: None,
        until_ms: None,
        ended_ms: None,
        ended_by: None,
    };
    write.add_entry(&entry, &ticket).await?;
    write.audit("entry.issued", &entry.id, whose(&entry), detail(&entry));
    Ok((entry, address))
}

/// Opens an entry for a ticket that was shown at a tenant's address: once, within its minute, and only while what it rests
/// on holds.
///
/// # Errors
/// [`Refused`]; a ticket to another tenant is one that nobody has.
pub async fn redeem(write: &mut Write, tenant: TenantId, ticket: &Secret) -> Result<Entry, Refused> {
    let now_ms = write.now_ms();
    let entry = write.entry_by(ticket).await?.filter(|entry| entry.tenant == tenant).ok_or(Refused::NotFound)?;
    if entry.state != EntryState::Issued {
        return Err(Conflict::TICKET_USED.into());
    }
    if entry.ticket_until_ms <= now_ms {
        return Err(Conflict::TICKET_EXPIRED.into());
    }
    let tenant = write.tenant(&Reach::system("entries"), tenant).await?.ok_or(Refused::NotFound)?;
    must_be_served(&tenant)?;
    let basis = basis(write, &tenant, entry.user, Some(entry.kind)).await?;
    let basis = basis.filter(|basis| basis.id == entry.basis).ok_or(Conflict::NO_ACCESS)?;
    let longest_ms = now_ms + LASTS_MS;
    let until_ms = Some(basis.until_ms.map_or(longest_ms, |until_ms| until_ms.min(longest_ms)));
    let entry = Entry { state: EntryState::Open, opened_ms: Some(now_ms), until_ms, ..entry };
    write.update(&entry).await?;
    if let Some(consent) = entry.consent {
        let opened_by = entry.user.to_string();
        let session = ConsentSession { id: write.id(), opened_by, opened_ms: now_ms, ip: None };
        write.add_consent_session(consent, &session).await?;
    }
    if let Some(told) = entry.at_the_edge() {
        write.feed(Record::Entry(Box::new(told)));
    }
    write.audit("entry.opened", &entry.id, whose(&entry), detail(&entry));
    Ok(entry)
}

/// Ends an entry that is open; one that has ended stays as it is.
///
/// # Errors
/// [`Refused`].
pub async fn end(write: &mut Write, id: EntryId, how: EntryEnd) -> Result<(), Refused> {
    let entry = write.find::<Entry>(&id).await?.ok_or(Refused::NotFound)?;
    if entry.state != EntryState::Open {
        return Ok(());
    }
    let ended_ms = entry.until_ms.filter(|_| how == EntryEnd::Expired).unwrap_or(write.now_ms());
    let entry = Entry { state: EntryState::Ended, ended_ms: Some(ended_ms), ended_by: Some(how), ..entry };
    write.update(&entry).await?;
    write.feed_delete(Key { kind: RecordKind::Entry, name: id.to_string() });
    write.audit("entry.ended", &entry.id, whose(&entry), detail(&entry));
    Ok(())
}

/// Refuses a space that nobody comes in to by an entry: the partner's own, and one that isn't served.
fn must_be_served(tenant: &Tenant) -> Result<(), Conflict> {
    match (tenant.kind, tenant.state) {
        (TenantKind::Client, TenantState::Active) => Ok(()),
        (TenantKind::Client, _) => Err(Conflict::TENANT_NOT_ACTIVE),
        _ => Err(Conflict::OWN_TENANT),
    }
}

/// Refuses a ticket while a live proxy would pass it on to the application.
async fn must_be_known_to_proxies(write: &mut Write) -> Result<(), StoreError> {
    let proxies = write.proxies_below(Format::ENTRIES).await?;
    if proxies.is_empty() { Ok(()) } else { Err(StoreError::ProxiesLackFormat { format: Format::ENTRIES, proxies }) }
}

/// Where a ticket is good.
async fn address(write: &mut Write, tenant: &Tenant, ticket: &Secret) -> Result<String, Refused> {
    let host = white_label::address_of(write, tenant.id).await?.ok_or(Conflict::TENANT_WITHOUT_ADDRESS)?;
    let application = write.application(&Reach::system("entries"), tenant.application).await?;
    let port = application.map_or(443, |application| application.policy.public_https_port);
    let port = if port == 443 { String::new() } else { format!(":{port}") };
    Ok(format!("https://{host}{port}{ENTER_PATH}?{TICKET_FIELD}={}", ticket.reveal()))
}

/// What lets a person in now: of the kind that is wanted, or whatever does.
async fn basis(
    write: &mut Write,
    tenant: &Tenant,
    user: UserId,
    wanted: Option<EntryKind>,
) -> Result<Option<Basis>, Refused> {
    let all = Reach::system("entries");
    let is_active = write.user(user).await?.is_some_and(|user| user.state == UserState::Active);
    let sells = write.partner(&all, tenant.partner).await?.is_some_and(|it| it.state == PartnerState::Active);
    let member = write.member_of(tenant.partner, user).await?.filter(|member| member.state == PlaceState::Active);
    let Some(member) = member.filter(|_| is_active && sells) else { return Ok(None) };
    let found = match tenant.handed_over_ms {
        None => setup(write, tenant, user, member.id).await?.into_iter().collect(),
        Some(_) => assigned(write, tenant, member.id).await?,
    };
    Ok(found.into_iter().find(|basis| wanted.is_none_or(|wanted| wanted == basis.kind)))
}

async fn setup(write: &mut Write, tenant: &Tenant, user: UserId, member: MemberId) -> Result<Option<Basis>, Refused> {
    let now_ms = write.now_ms();
    let place = write.tenant_user_of(tenant.id, user).await?.filter(|place| {
        let lasts = place.until_ms.is_none_or(|until_ms| until_ms > now_ms);
        place.side == Side::Setup && place.state == PlaceState::Active && lasts
    });
    Ok(place.map(|place| Basis {
        member,
        kind: EntryKind::Setup,
        role: EntryRole::Manager,
        id: place.id.to_string(),
        consent: None,
        reads_only: false,
        until_ms: place.until_ms,
    }))
}

async fn assigned(write: &mut Write, tenant: &Tenant, member: MemberId) -> Result<Vec<Basis>, Refused> {
    let now_ms = write.now_ms();
    let mut found = Vec::new();
    for assignment in write.open_assignments(Some(member), Some(tenant.id), None).await? {
        let assignment = assignment.at(now_ms);
        if assignment.state == AssignmentState::Active {
            found.extend(of_assignment(write, assignment).await?);
        }
    }
    Ok(found)
}

async fn of_assignment(write: &mut Write, assignment: Assignment) -> Result<Option<Basis>, Refused> {
    let (kind, role) = match assignment.role {
        CollaboratorRole::Accountant => (EntryKind::Collaborator, EntryRole::Accountant),
        CollaboratorRole::TechnicalSupport => (EntryKind::Support, EntryRole::TechnicalSupport),
    };
    let consent = match assignment.consent {
        Some(id) => write.consent(&Reach::system("entries"), id).await?,
        None => None,
    };
    // Support comes in by the client's word alone.
    let consents = consent.as_ref().is_some_and(|consent| consent.state == ConsentState::Granted);
    if kind == EntryKind::Support && !consents {
        return Ok(None);
    }
    Ok(Some(Basis {
        member: assignment.collaborator,
        kind,
        role,
        id: assignment.id.to_string(),
        consent: assignment.consent,
        reads_only: consent.is_some_and(|consent| consent.scope == ConsentScope::View),
        until_ms: assignment.until_ms,
    }))
}

fn whose(entry: &Entry) -> Whose {
    Whose::tenant(entry.partner, entry.tenant)
}

/// Who, as what and by what right: what the client sees of it.
fn detail(entry: &Entry) -> serde_json::Value {
    json!({
        "user": entry.user, "kind": entry.kind, "role": entry.role, "basis": entry.basis, "consent": entry.consent,
        "reads_only": entry.reads_only, "until": entry.until_ms.map(Time::from_ms), "ended_by": entry.ended_by,
    })
}
