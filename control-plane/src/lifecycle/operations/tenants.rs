//! Tenants: one client's space, from its creation to its end.

use marque_config::feed::Record;
use marque_config::tenant::TenantState;
use marque_config::{ApplicationId, PartnerId, TenantId};
use serde_json::json;

use crate::access::operations::assignments;
use crate::database::refused::Refused;
use crate::database::{Whose, Write};
use crate::domains::operations as domains;
use crate::kernel::fault::{Conflict, FieldFault, Forbidden, text, unknown};
use crate::kernel::ids::ClientId;
use crate::kernel::language::Sentence;
use crate::kernel::principal::{Principal, Reach};
use crate::kernel::tenant::TenantKind;
use crate::licences::operations::{adding, standing};
use crate::partners::model::Partner;
use crate::partners::operations as partners;
use crate::tenants::model::{Change, SuspendedBy, Tenant, Unfit};

/// What a new tenant is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTenant {
    /// Whose client it is.
    pub partner: PartnerId,
    /// The application that serves it.
    pub application: ApplicationId,
    /// The client's name.
    pub name: String,
    /// What it is for.
    pub kind: TenantKind,
    /// Whose it is.
    pub client: Option<ClientId>,
}

impl Conflict {
    /// The tenant is the partner's own: it is closed with the partner, not before.
    pub const TENANT_KEPT: Self = Self::new(
        "tenant-kept",
        "This space is the partner’s own, for as long as the partner is open.",
        "Cet espace appartient au partenaire tant que celui-ci est ouvert.",
    );
}

/// Adds a client's tenant, or one for a test. It answers 503 until it is bound to an account. The licence that the
/// partner chose for its new tenants is taken with it.
///
/// # Errors
/// [`Refused`].
pub async fn create(write: &mut Write, reach: &Reach, new: NewTenant) -> Result<Tenant, Refused> {
    let name = text("/name", &new.name, 200)?;
    let partner = write.partner(reach, new.partner).await?.ok_or_else(|| unknown("/partner"))?;
    partners::must_be_active(&partner)?;
    // The partner's own come with its approval.
    if new.kind.is_kept() {
        let said = Sentence::fixed("A space is client or test.", "Un espace est client ou test.");
        return Err(FieldFault::new("/kind", "invalid-value", said).into());
    }
    if !write.application_exists(new.application).await? {
        return Err(unknown("/application").into());
    }
    let tenant = add(write, NewTenant { name, ..new }).await?;
    adding::add_automatically(write, &partner, &tenant).await?;
    Ok(tenant)
}

/// Opens one of a partner's own spaces.
pub(crate) async fn open_own(
    write: &mut Write,
    partner: &Partner,
    application: ApplicationId,
    kind: TenantKind,
) -> Result<Tenant, Refused> {
    let name = kind.plan_code().unwrap_or_default().to_owned();
    let new = NewTenant { partner: partner.id, application, name, kind, client: None };
    add(write, new).await
}

/// Closes everything that isn't a client's, with the partner.
pub(crate) async fn close_own(write: &mut Write, reach: &Reach, partner: &Partner) -> Result<(), Refused> {
    for tenant in write.tenants_of(partner.id).await? {
        apply(write, reach, tenant.id, Change::Close).await?;
    }
    Ok(())
}

/// Opens a space of what was looked at before: an order brings the licence with it.
pub(crate) async fn add(write: &mut Write, new: NewTenant) -> Result<Tenant, Refused> {
    let tenant = Tenant {
        id: write.id(),
        partner: new.partner,
        application: new.application,
        name: new.name,
        kind: new.kind,
        client: new.client,
        account: None,
        state: TenantState::Provisioning,
        reason: None,
        suspended_by: None,
        handed_over_ms: None,
        licence: None,
        licence_use: None,
        created_ms: write.now_ms(),
    };
    write.add(&tenant).await?;
    crate::tenants::operations::search::added(write, &tenant);
    let detail = json!({ "partner": tenant.partner, "application": tenant.application, "kind": tenant.kind });
    write.audit("tenant.created", &tenant.id, Whose::tenant(tenant.partner, tenant.id), detail);
    write.feed(Record::Tenant(tenant.at_the_edge()));
    Ok(tenant)
}

/// Changes the current status of a tenant. When it is closed, its domains are removed.
///
/// # Errors
/// [`Refused`].
pub async fn change(write: &mut Write, reach: &Reach, id: TenantId, change: Change) -> Result<Tenant, Refused> {
    let tenant = write.tenant(reach, id).await?.ok_or(Refused::NotFound)?;
    if change == Change::Close && tenant.kind.is_kept() {
        return Err(Conflict::TENANT_KEPT.into());
    }
    apply(write, reach, id, change).await
}

async fn apply(write: &mut Write, reach: &Reach, id: TenantId, change: Change) -> Result<Tenant, Refused> {
    let before = write.tenant(reach, id).await?.ok_or(Refused::NotFound)?;
    let action = action(&change);
    let tenant = before.clone().after(change).map_err(refused)?;
    if tenant == before {
        return Ok(tenant);
    }
    if tenant.account != before.account && write.account_is_taken(&tenant).await? {
        return Err(Conflict::ACCOUNT_TAKEN.into());
    }
    write.update(&tenant).await?;
    let detail = json!({
        "before": { "state": before.state, "account": before.account, "suspended_by": before.suspended_by },
        "after": { "state": tenant.state, "account": tenant.account, "suspended_by": tenant.suspended_by },
        "reason": tenant.reason,
    });
    write.audit(action, &tenant.id, Whose::tenant(tenant.partner, tenant.id), detail);
    write.feed(Record::Tenant(tenant.at_the_edge()));
    if tenant.state == TenantState::Closed {
        domains::remove_all(write, &tenant).await?;
        standing::end_of_tenant(write, tenant.id).await?;
        assignments::end_of_tenant(write, tenant.id).await?;
    }
    Ok(tenant)
}

/// On whose word somebody suspends or resumes.
#[must_use]
pub fn by(reach: &Reach) -> SuspendedBy {
    match reach.principal() {
        Principal::Operator => SuspendedBy::Operator,
        // The others have not the scope; should one get it, it has no more say than a partner.
        Principal::Partner(_) | Principal::Application(_) | Principal::Edge | Principal::Tenant(_) => {
            SuspendedBy::Partner
        }
    }
}

fn action(change: &Change) -> &'static str {
    match change {
        Change::Bind(_) => "tenant.bound",
        Change::Suspend(..) => "tenant.suspended",
        Change::Resume(_) => "tenant.resumed",
        Change::Close => "tenant.closed",
    }
}

fn refused(unfit: Unfit) -> Refused {
    match unfit {
        Unfit::Closed => Conflict::TENANT_CLOSED.into(),
        Unfit::BoundElsewhere => Conflict::BOUND_ELSEWHERE.into(),
        Unfit::NotSuspended => Conflict::NOT_SUSPENDED.into(),
        Unfit::HeldByOperator => Forbidden::SUSPENDED_BY_OPERATOR.into(),
    }
}
