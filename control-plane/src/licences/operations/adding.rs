//! Adding a licence without an order: by hand from a dossier's row, or by itself with a new tenant. Either is charged to
//! the partner at once; the partner's own tenants get theirs for nothing.

use marque_config::TenantId;
use marque_config::tenant::TenantState;
use serde_json::json;

use super::{Basis, Issued, NewLicence, issue, issue_on};
use crate::catalogue::model::price::{Basket, Priced};
use crate::catalogue::operations::prices::{self, Selection};
use crate::clients::model::{Client, ClientState};
use crate::clients::operations as clients;
use crate::clients::operations::claims::check_free;
use crate::database::refused::Refused;
use crate::database::{StoreError, Whose, Write, parsed};
use crate::kernel::country::Country;
use crate::kernel::email::Email;
use crate::kernel::fault::{Conflict, unknown};
use crate::kernel::ids::{ComponentId, PlanId, PriceListId};
use crate::kernel::money::Money;
use crate::kernel::principal::Reach;
use crate::kernel::right::Right;
use crate::kernel::tenant::TenantKind;
use crate::kernel::term::Term;
use crate::licences::model::{LicenceKind, Origin};
use crate::money::model::ledger::{Source, SourceKind};
use crate::money::operations::ledger;
use crate::notify::model::mail::MailKind;
use crate::notify::operations::mail::{self, Notice};
use crate::partners::model::Partner;
use crate::partners::operations as partners;
use crate::tenants::model::Tenant;

/// The licence that somebody adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addition {
    /// For which tenant.
    pub tenant: TenantId,
    /// Which plan.
    pub plan: PlanId,
    /// For how long.
    pub term: Term,
    /// With which price list: not asked for where nothing is charged.
    pub price_list: Option<PriceListId>,
    /// Which components, and how many of each.
    pub components: Vec<(ComponentId, u32)>,
}

/// What was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// The licence, and its subscription.
    pub issued: Issued,
    /// What was charged for its first period; none for what is free.
    pub charged: Option<Money>,
}

/// Where a tenant is counted whose client isn't known: where the vendor is.
const VENDORS_COUNTRY: &str = "FR";

/// Adds a licence to a tenant, and charges its first period.
///
/// # Errors
/// [`Refused`].
pub async fn add(write: &mut Write, reach: &Reach, addition: Addition) -> Result<Added, Refused> {
    let tenant = write.tenant(reach, addition.tenant).await?.ok_or_else(|| unknown("/tenant"))?;
    if tenant.state == TenantState::Closed {
        return Err(Conflict::TENANT_CLOSED.into());
    }
    let partner = partners::current(write, &super::everything(), tenant.partner).await?;
    partners::must_be_active(&partner)?;
    if tenant.kind != TenantKind::Client {
        let issued = issue(write, licence(&tenant, &addition, (LicenceKind::Free, Origin::Manual), None)).await?;
        return Ok(Added { issued, charged: None });
    }
    let client = client(write, &tenant).await?;
    let price_list = addition.price_list.ok_or_else(|| unknown("/price_list"))?;
    let (now_ms, basket) = (write.now_ms(), basket((&tenant, client.as_ref()), &addition, price_list)?);
    let Selection { plan, priced, .. } = prices::select(write.connection(), now_ms, &basket).await?;
    let free = check_free(write, email(client.as_ref()), tenant.partner).await?;
    let new = licence(&tenant, &addition, (LicenceKind::Paid, Origin::Manual), Some(priced));
    paid(write, new, (Basis { free, plan, tenant, is_new_tenant: false }, client)).await
}

/// Adds the licence that a partner chose for its new tenants to one that this write has opened, where it can be afforded.
/// Else the tenant has none, and its row says that one is needed.
///
/// # Errors
/// When the database is away.
pub async fn add_automatically(
    write: &mut Write,
    partner: &Partner,
    tenant: &Tenant,
) -> Result<Option<Added>, Refused> {
    let Some(plan) = partner.auto_licence_plan.filter(|_| tenant.kind == TenantKind::Client) else { return Ok(None) };
    if partners::must_be_active(partner).is_err() {
        return Ok(None);
    }
    let client = client(write, tenant).await?;
    let free = match check_free(write, email(client.as_ref()), tenant.partner).await {
        Ok(free) => free,
        Err(Refused::Conflict(_)) => return needed(write, tenant, plan, "claimed").await.map(|()| None),
        Err(error) => return Err(error),
    };
    match offered(write, (tenant, client.as_ref()), plan).await? {
        Availability::Affordable(so) => {
            let (addition, Selection { plan, priced, .. }) = *so;
            let new = licence(tenant, &addition, (LicenceKind::Paid, Origin::Automatic), Some(priced));
            let basis = Basis { free, plan, tenant: tenant.clone(), is_new_tenant: true };
            paid(write, new, (basis, client)).await.map(Some)
        }
        Availability::InsufficientCredit => needed(write, tenant, plan, CREDIT).await.map(|()| None),
        Availability::NotOffered => needed(write, tenant, plan, "offer").await.map(|()| None),
    }
}

/// Why there is no licence, where the credit is at fault.
const CREDIT: &str = "credit";

/// Says that the tenant has no licence, and mails the partner where it is for want of credit (decision 10).
async fn needed(write: &mut Write, tenant: &Tenant, plan: PlanId, reason: &'static str) -> Result<(), Refused> {
    let detail = json!({ "plan": plan, "reason": reason });
    write.audit("licence.needed", &tenant.id, Whose::tenant(tenant.partner, tenant.id), detail);
    if reason != CREDIT {
        return Ok(());
    }
    let name = write.plan(plan).await?.map(|plan| plan.name);
    let path = format!("/tenants/{}", tenant.id);
    let values = json!({ "company": tenant.name, "plan": name.unwrap_or_default(), "path": path });
    let notice = Notice { kind: MailKind::LicenceNeeded, brand: Some(tenant.partner), values };
    Ok(mail::to_members(write, tenant.partner, Right::LicencesManage, notice).await?)
}

/// Whether a plan can be had for a tenant.
enum Availability {
    /// So, at this price.
    Affordable(Box<(Addition, Selection)>),
    /// It is sold, and the balance and the credit are insufficient.
    InsufficientCredit,
    /// It isn't sold there.
    NotOffered,
}

/// The first price list, and the shortest term, by which a plan can be had and paid for.
async fn offered(
    write: &mut Write,
    (tenant, client): (&Tenant, Option<&Client>),
    plan: PlanId,
) -> Result<Availability, Refused> {
    let now_ms = write.now_ms();
    let mut lacking = Availability::NotOffered;
    for price_list in write.open_price_lists().await? {
        for term in [Term::Monthly, Term::Yearly, Term::Perpetual] {
            let addition = Addition { tenant: tenant.id, plan, term, price_list: Some(price_list), components: vec![] };
            let basket = basket((tenant, client), &addition, price_list)?;
            match prices::select(write.connection(), now_ms, &basket).await {
                Ok(selection) if can_pay(write, tenant, selection.priced.total).await? => {
                    return Ok(Availability::Affordable(Box::new((addition, selection))));
                }
                Ok(_) => lacking = Availability::InsufficientCredit,
                Err(Refused::Store(error)) => return Err(error.into()),
                // Not sold so: perhaps otherwise.
                Err(_) => {}
            }
        }
    }
    Ok(lacking)
}

async fn can_pay(write: &mut Write, tenant: &Tenant, amount: Money) -> Result<bool, StoreError> {
    let wallet = write.wallet_in(tenant.partner, amount.currency).await?;
    Ok(amount.minor <= wallet.map_or(0, |wallet| wallet.available()))
}

/// Issues a licence and charges its price. A client that something was added for is a customer, as one that something was
/// ordered for.
async fn paid(write: &mut Write, new: NewLicence, (basis, client): (Basis, Option<Client>)) -> Result<Added, Refused> {
    let (partner, charged) = (new.partner, new.priced.as_ref().map(|priced| priced.total));
    let issued = issue_on(write, new, basis).await?;
    if let Some(price) = charged {
        let source = Source { kind: SourceKind::Take, id: issued.licence.id.to_string() };
        ledger::charge(write, partner, price, &source).await?;
        if let Some(client) = client {
            clients::stand(write, client, ClientState::Customer).await?;
        }
    }
    Ok(Added { issued, charged })
}

fn licence(
    tenant: &Tenant,
    addition: &Addition,
    (kind, origin): (LicenceKind, Origin),
    priced: Option<Priced>,
) -> NewLicence {
    NewLicence {
        tenant: tenant.id,
        partner: tenant.partner,
        client: tenant.client,
        plan: addition.plan,
        term: addition.term,
        components: addition.components.clone(),
        kind,
        origin,
        order: None,
        priced,
    }
}

fn basket(
    (tenant, client): (&Tenant, Option<&Client>),
    addition: &Addition,
    price_list: PriceListId,
) -> Result<Basket, StoreError> {
    Ok(Basket {
        partner: tenant.partner,
        client: tenant.client,
        country: country(client)?,
        price_list,
        plan: addition.plan,
        term: addition.term,
        components: addition.components.clone(),
        promo: None,
    })
}

/// The client whose a tenant is, where it is known.
pub(super) async fn client(write: &mut Write, tenant: &Tenant) -> Result<Option<Client>, StoreError> {
    match tenant.client {
        Some(client) => write.client(&super::everything(), client).await,
        None => Ok(None),
    }
}

/// Where a tenant's client is.
pub(super) fn country(client: Option<&Client>) -> Result<Country, StoreError> {
    client.map_or_else(|| parsed("country", VENDORS_COUNTRY), |client| Ok(client.country))
}

fn email(client: Option<&Client>) -> Option<&Email> {
    client.and_then(|client| client.email.as_ref())
}
