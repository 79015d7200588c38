//! Orders and trials: placed, fulfilled and charged in one, or not at all; taken back whole while nobody used what was
//! ordered. The server alone works out what anything costs.

mod fulfil;
pub(crate) mod place;
mod replace;
mod rules;
pub mod search;
pub(crate) mod void;

use marque_config::seal::KeyRing;
use marque_config::{PartnerId, TenantId};
use serde_json::{Value, json};

use crate::clients::model::Client;
use crate::clients::operations::NewClient;
use crate::database::refused::Refused;
use crate::database::{Store, Whose, Write};
use crate::kernel::fault::Conflict;
use crate::kernel::ids::{ClientId, ComponentId, OrderId, PlanId, PriceListId};
use crate::kernel::principal::Reach;
use crate::kernel::term::Term;
use crate::licences::model::Licence;
use crate::money::model::ledger::{Source, SourceKind};
use crate::orders::model::{Order, OrderKind, Warning};
use crate::tenants::model::Tenant;

pub(crate) use fulfil::activation_path;
pub use fulfil::remind;
pub use place::place;
pub use replace::{Conversion, convert, extend, switch_kind};
pub use rules::{PolicyChange, change_policy};
pub use void::{Voided, blockers, void};

/// What is ordered.
#[derive(Debug)]
pub struct NewOrder<'a> {
    /// Who orders, and pays.
    pub partner: PartnerId,
    /// Whether it is paid for.
    pub kind: OrderKind,
    /// For whom.
    pub client: Whom,
    /// In which space.
    pub space: Space,
    /// With which price list, and so in which currency.
    pub price_list: PriceListId,
    /// Which plan.
    pub plan: PlanId,
    /// For how long.
    pub term: Term,
    /// Which components, and how many of each.
    pub components: Vec<(ComponentId, u32)>,
    /// With which promo code.
    pub promo: Option<String>,
    /// The partner's own number for it.
    pub po_number: Option<String>,
    /// The price that was promised.
    pub quote: Option<Carried<'a>>,
}

/// For whom something is ordered.
#[derive(Debug)]
pub enum Whom {
    /// A client that is there (S3.23).
    Known(ClientId),
    /// One that is added with the order, or not at all (S3.25).
    New(Box<NewClient>),
}

/// In which space something is ordered.
#[derive(Debug)]
pub enum Space {
    /// One that the client has.
    Existing(TenantId),
    /// A new one, with this name; the company's when none is given.
    New(Option<String>),
}

/// A quote that an order carries, and what opens it.
#[derive(Debug, Clone, Copy)]
pub struct Carried<'a> {
    /// The quote's text.
    pub text: &'a str,
    /// What it was sealed with.
    pub keys: &'a KeyRing,
}

/// An order that was placed, and what came of it.
#[derive(Debug)]
pub struct Placed {
    /// The order.
    pub order: Order,
    /// Its licence.
    pub licence: Licence,
    /// For whom.
    pub client: Client,
    /// In which space.
    pub tenant: Tenant,
    /// What the client had of the product already.
    pub warnings: Vec<Warning>,
}

/// One order.
///
/// # Errors
/// [`Refused`].
pub async fn one(store: &Store, reach: &Reach, id: OrderId) -> Result<Order, Refused> {
    store.order(reach, id).await?.ok_or(Refused::NotFound)
}

/// One order, behind the gate.
///
/// # Errors
/// [`Refused`].
pub async fn current(write: &mut Write, reach: &Reach, id: OrderId) -> Result<Order, Refused> {
    write.order(reach, id).await?.ok_or(Refused::NotFound)
}

impl Conflict {
    /// Something stands against taking the order back.
    pub const ORDER_NOT_VOIDABLE: Self =
        Self::new("order-not-voidable", "This order cannot be taken back.", "Cette commande ne peut pas être annulée.");
    /// The order was taken back.
    pub const ORDER_VOIDED: Self =
        Self::new("order-voided", "This order was taken back.", "Cette commande a été annulée.");
}

/// What the ledger knows an order by.
fn source(order: &Order) -> Source {
    Source { kind: SourceKind::Order, id: order.id.to_string() }
}

/// Says what became of an order. It holds amounts, so it is the partner's to read, and no client's.
fn audit(write: &mut Write, action: &'static str, order: &Order, detail: Value) {
    let mut audit_detail =
        json!({ "number": order.number, "kind": order.kind, "client": order.client, "tenant": order.tenant });
    if let (Some(audit_detail), Value::Object(detail)) = (audit_detail.as_object_mut(), detail) {
        audit_detail.extend(detail);
    }
    write.audit(action, &order.id, Whose::partner(order.partner), audit_detail);
}
