//! Licences and subscriptions as the API shows them. A price is shown to who pays it, and to nobody else.

use marque_config::{ApplicationId, PartnerId, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::fault::FieldFault;
use crate::kernel::ids::{ClientId, ComponentId, LicenceId, OrderId, PlanId, PriceListId, ProductId, SubscriptionId};
use crate::kernel::language::Sentence;
use crate::kernel::money::{MOST_QUANTITY, Money};
use crate::kernel::principal::{Principal, Reach};
use crate::kernel::scope::Scope;
use crate::kernel::term::Term;
use crate::licences::model::subscription::{self, SubscriptionState};
use crate::licences::model::{self as licence, HeldBy, LicenceKind, LicenceStatus, Origin};
use crate::web::time::written;

/// What a tenant is used by.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Licence {
    /// Its identity: `lic_…`.
    #[schema(value_type = String)]
    id: LicenceId,
    /// What people type, with a symbol that checks the others.
    #[schema(value_type = String)]
    serial: String,
    /// Whose use it allows.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// Who pays for it.
    #[schema(value_type = String)]
    partner: PartnerId,
    /// The application that serves the tenant.
    #[schema(value_type = String)]
    application: ApplicationId,
    /// Whose the tenant is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    client: Option<ClientId>,
    /// What it is a licence of.
    #[schema(value_type = String)]
    product: ProductId,
    /// What was chosen.
    #[schema(value_type = String)]
    plan: PlanId,
    /// What was added to it.
    components: Vec<Component>,
    /// For how long it was bought.
    term: Term,
    /// Whether it is paid for.
    kind: LicenceKind,
    /// How it came to be.
    origin: Origin,
    /// What it was ordered by.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    order: Option<OrderId>,
    /// What pays for it again and again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    subscription: Option<SubscriptionId>,
    /// Its current status.
    status: LicenceStatus,
    /// Whether another period follows by itself.
    renews: bool,
    /// On how many installations it may be used.
    #[schema(minimum = 0)]
    max_activations: i64,
    /// When it was issued.
    #[schema(format = DateTime)]
    issued_at: String,
    /// When it was first used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    activated_at: Option<String>,
    /// When it expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// Until when it allows use: its expiry with the grace, or when it is cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    usable_until: Option<String>,
    /// When the trial was extended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    extended_at: Option<String>,
    /// From when on it is cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    cancelled_at: Option<String>,
    /// On whose word it is suspended.
    #[serde(skip_serializing_if = "Option::is_none")]
    suspended_by: Option<HeldBy>,
    /// Why it is suspended, as who did it said.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The licence that took its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    superseded_by: Option<LicenceId>,
}

/// A component of a configuration.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LicenceComponent)]
pub(crate) struct Component {
    /// Which.
    #[schema(value_type = String)]
    component: ComponentId,
    /// How many.
    #[schema(minimum = 1, maximum = 10000)]
    quantity: u32,
}

/// What pays for a licence, period after period.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Subscription {
    /// Its identity: `sub_…`.
    #[schema(value_type = String)]
    id: SubscriptionId,
    /// Whose use it pays for.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// Who pays.
    #[schema(value_type = String)]
    partner: PartnerId,
    /// Whose the tenant is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    client: Option<ClientId>,
    /// What was chosen.
    #[schema(value_type = String)]
    plan: PlanId,
    /// For how long at a time.
    term: Term,
    /// What was added to the plan.
    components: Vec<Component>,
    /// Its current status.
    state: SubscriptionState,
    /// Whether nothing follows the period that runs.
    cancel_at_period_end: bool,
    /// The number of the period that runs; 0 for a trial.
    #[schema(minimum = 0)]
    period: i64,
    /// When it began.
    #[schema(format = DateTime)]
    period_start: String,
    /// When it ends.
    #[schema(format = DateTime)]
    period_end: String,
    /// What a period costs: for who pays it.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<Money>,
    /// What becomes of it when the period ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduled_change: Option<ScheduledChange>,
    /// When it began.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    ended_at: Option<String>,
}

/// A change that waits for the end of the period.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScheduledChange {
    /// The plan, from then on.
    #[schema(value_type = String)]
    plan: PlanId,
    /// The term.
    term: Term,
    /// The components.
    components: Vec<Component>,
    /// What a period costs as things stand: for who pays it.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<Money>,
}

/// A licence, and what pays for it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChargedLicence {
    /// The licence's identity.
    #[schema(value_type = String)]
    id: LicenceId,
    /// The licence.
    licence: Licence,
    /// Its subscription.
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription: Option<Subscription>,
    /// What was charged for it now, below zero for what was given back; absent for what is free.
    #[serde(skip_serializing_if = "Option::is_none")]
    charged: Option<Money>,
}

impl Licence {
    pub(crate) fn at(licence: licence::Licence, now_ms: i64) -> Self {
        let (status, usable_until) = (licence.status(now_ms), licence.usable_until_ms());
        let (suspended_by, reason) = licence.suspended.map(|held| (held.by, held.reason)).unzip();
        Self {
            id: licence.id,
            serial: licence.serial.to_string(),
            tenant: licence.tenant,
            partner: licence.partner,
            application: licence.application,
            client: licence.client,
            product: licence.product,
            plan: licence.plan,
            components: shown(&licence.components),
            term: licence.term,
            kind: licence.kind,
            origin: licence.origin,
            order: licence.order,
            subscription: licence.subscription,
            status,
            renews: licence.renews,
            max_activations: licence.max_activations,
            issued_at: written(licence.issued_ms),
            activated_at: licence.activated_ms.map(written),
            expires_at: licence.expires_ms.map(written),
            usable_until: usable_until.map(written),
            extended_at: licence.extended_ms.map(written),
            cancelled_at: licence.cancelled_ms.map(written),
            suspended_by,
            reason: reason.flatten(),
            superseded_by: licence.superseded.map(|(_, id)| id),
        }
    }
}

/// Who has one of these in a partner sees what it pays.
const PRICED: [Scope; 3] = [Scope::BalanceRead, Scope::LicencesWrite, Scope::PricesRead];

impl Subscription {
    pub(crate) fn to(reach: &Reach, of: subscription::Subscription) -> Self {
        let pays = match reach.principal() {
            Principal::Operator => true,
            // A collaborator who follows a client's file reads its licences, and none of the partner's prices.
            Principal::Partner(_) => PRICED.iter().any(|scope| reach.holds(*scope)),
            Principal::Edge | Principal::Application(_) | Principal::Tenant(_) => false,
        };
        let scheduled_change = of.scheduled.map(|change| ScheduledChange {
            plan: change.plan,
            term: change.term,
            components: shown(&change.components),
            price: pays.then_some(change.priced.total),
        });
        Self {
            id: of.id,
            tenant: of.tenant,
            partner: of.partner,
            client: of.client,
            plan: of.plan,
            term: of.term,
            components: shown(&of.components),
            state: of.state,
            cancel_at_period_end: of.ends_after_period,
            period: of.period.number,
            period_start: written(of.period.start_ms),
            period_end: written(of.period.end_ms),
            price: of.priced.filter(|_| pays).map(|priced| priced.total),
            scheduled_change,
            created_at: written(of.created_ms),
            ended_at: of.ended_ms.map(written),
        }
    }
}

impl ChargedLicence {
    pub(crate) fn new(licence: Licence, subscription: Option<Subscription>, charged: Option<Money>) -> Self {
        Self { id: licence.id, licence, subscription, charged }
    }
}

fn shown(components: &[(ComponentId, u32)]) -> Vec<Component> {
    components.iter().map(|(component, quantity)| Component { component: *component, quantity: *quantity }).collect()
}

/// Reads a configuration: a hundred kinds of components at most, and of each some.
pub(crate) fn configured(components: Vec<Component>) -> Result<Vec<(ComponentId, u32)>, FieldFault> {
    if components.len() > 100 {
        let said = Sentence::fixed("A configuration has 100 kinds at most.", "Une configuration a 100 sortes au plus.");
        return Err(FieldFault::new("/components", "too-many", said));
    }
    for (index, component) in components.iter().enumerate() {
        if !(1..=MOST_QUANTITY).contains(&component.quantity) {
            let said = Sentence::fixed("A quantity is 1 to 10000.", "Une quantité va de 1 à 10000.");
            return Err(FieldFault::new(format!("/components/{index}/quantity"), "invalid-quantity", said));
        }
    }
    Ok(components.into_iter().map(|one| (one.component, one.quantity)).collect())
}

/// A licence to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LicenceToAdd {
    /// For which tenant.
    #[schema(value_type = String)]
    pub(super) tenant: TenantId,
    /// Which plan.
    #[schema(value_type = String)]
    pub(super) plan: PlanId,
    /// For how long.
    pub(super) term: Term,
    /// With which price list: not needed for the partner's own tenants.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(super) price_list: Option<PriceListId>,
    /// Which components.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub(super) components: Vec<Component>,
}
