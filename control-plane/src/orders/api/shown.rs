//! Orders as the API shows them.

use marque_config::settings::NameSettings;
use marque_config::{PartnerId, TenantId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::catalogue::api::basket::PriceShown;
use crate::kernel::ids::{ClientId, ComponentId, LicenceId, OrderId, PlanId, SubscriptionId};
use crate::kernel::language::Language;
use crate::kernel::money::Money;
use crate::kernel::serial::Serial;
use crate::kernel::term::Term;
use crate::orders::model::{self, OrderKind, OrderState, Warning};
use crate::orders::operations::{Placed, activation_path};
use crate::web::time::written;

/// An order or a trial.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Order {
    /// Its identity: `ord_…`.
    #[schema(value_type = String)]
    id: OrderId,
    /// What people say.
    number: String,
    /// Who ordered, and pays.
    #[schema(value_type = String)]
    partner: PartnerId,
    /// For whom.
    #[schema(value_type = String)]
    client: ClientId,
    /// `order` or `trial`.
    kind: OrderKind,
    /// Its current status.
    state: OrderState,
    /// The partner's own number for it.
    po_number: Option<String>,
    /// Which plan.
    #[schema(value_type = String)]
    plan: PlanId,
    /// For how long.
    term: Term,
    /// Which components, and how many of each.
    components: Vec<ComponentOrdered>,
    /// What it costs, as it was when it was placed; for a trial, what it would.
    price: PriceShown,
    /// What the partner was charged for it.
    charged: Money,
    /// The client's space.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// Whether the space was opened for it.
    opened_tenant: bool,
    /// The licence that has its serial number now.
    #[schema(value_type = Option<String>)]
    licence: Option<LicenceId>,
    /// The serial number.
    #[schema(value_type = String)]
    serial: Serial,
    /// What it is paid by again and again.
    #[schema(value_type = Option<String>)]
    subscription: Option<SubscriptionId>,
    /// Where the client activates: also mailed to the client.
    activation_link: Option<String>,
    /// The order that this one took the place of.
    #[schema(value_type = Option<String>)]
    replaces: Option<OrderId>,
    /// The order that took the place of this one.
    #[schema(value_type = Option<String>)]
    replaced_by: Option<OrderId>,
    /// The version of the rules that it was placed under.
    policy_version: i64,
    /// When it was placed.
    #[schema(format = DateTime)]
    placed_at: String,
    /// When its licence was first used.
    #[schema(format = DateTime)]
    activated_at: Option<String>,
    /// When it was taken back.
    #[schema(format = DateTime)]
    voided_at: Option<String>,
}

/// How many of a component.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComponentOrdered {
    /// Which.
    #[schema(value_type = String)]
    component: ComponentId,
    /// How many.
    #[schema(minimum = 1, maximum = 10000)]
    quantity: u32,
}

/// An order that was placed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlacedOrder {
    #[serde(flatten)]
    order: Order,
    /// What the client had of the product already.
    warnings: Vec<Warned>,
}

/// What the client had of the product already.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Warned {
    /// What, for programs.
    code: &'static str,
    /// What, for people.
    detail: String,
}

impl PlacedOrder {
    pub(super) fn new(placed: Placed, names: &NameSettings, language: Language) -> Self {
        let warned =
            |warning: &Warning| Warned { code: warning.code(), detail: warning.said().text(language).to_owned() };
        let warnings = placed.warnings.iter().map(warned).collect();
        Self { order: Order::new(placed.order, names, language), warnings }
    }
}

impl Order {
    pub(crate) fn new(order: model::Order, names: &NameSettings, language: Language) -> Self {
        let waits = order.state == OrderState::Fulfilled;
        let link = Some(&order).filter(|_| waits).and_then(|order| names.portal_link(&activation_path(order)).ok());
        let component = |(component, quantity): &(ComponentId, u32)| ComponentOrdered {
            component: *component,
            quantity: *quantity,
        };
        Self {
            id: order.id,
            charged: order.charged(),
            partner: order.partner,
            client: order.client,
            kind: order.kind,
            state: order.state,
            plan: order.priced.plan,
            term: order.priced.term,
            components: order.basket.components.iter().map(component).collect(),
            tenant: order.tenant,
            opened_tenant: order.opened_tenant,
            licence: order.licence,
            serial: order.serial,
            subscription: order.subscription,
            activation_link: link,
            replaces: order.replaces,
            replaced_by: order.replaced_by,
            policy_version: order.policy_version,
            placed_at: written(order.placed_ms),
            activated_at: order.activated_ms.map(written),
            voided_at: order.voided_ms.map(written),
            number: order.number,
            po_number: order.po_number,
            price: PriceShown::new(order.priced, language),
        }
    }
}
