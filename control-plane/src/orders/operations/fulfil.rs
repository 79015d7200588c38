//! Fulfilling: the amount, the promo code, the licence, the order and the mail to the client, in one.

use serde_json::json;

use super::{Placed, audit, source};
use crate::catalogue::model::Product;
use crate::catalogue::model::price::{Basket, Priced};
use crate::catalogue::operations::promos;
use crate::clients::model::{Client, ClientState};
use crate::clients::operations as clients;
use crate::database::Write;
use crate::database::refused::Refused;
use crate::kernel::fault::Conflict;
use crate::kernel::ids::OrderId;
use crate::kernel::principal::Reach;
use crate::licences::model::{LicenceKind, Origin};
use crate::licences::operations::{self as licences, Basis, Issued, NewLicence};
use crate::money::operations::ledger;
use crate::notify::model::mail::{Mail, MailKind};
use crate::orders::model::{self as order, Order, OrderKind, OrderState, Warning};
use crate::tenants::model::Tenant;

impl Conflict {
    /// The client, or its mail address, tried the product before.
    pub const TRIAL_ALREADY_USED: Self = Self::new(
        "trial-already-used",
        "This product was tried by this client, or with this mail address, before.",
        "Ce produit a déjà été essayé par ce client, ou avec cette adresse électronique.",
    );
    /// There is nothing left to activate.
    pub const NOTHING_TO_ACTIVATE: Self = Self::new(
        "nothing-to-activate",
        "The licence of this order was activated, or the order was taken back.",
        "La licence de cette commande a été activée, ou la commande a été annulée.",
    );
    /// The client was told as often as it may be.
    pub const TOLD_TOO_OFTEN: Self = Self::new(
        "told-too-often",
        "The client was told how to activate as often as may be: give the link yourself.",
        "Le client a reçu les instructions autant de fois que possible : transmettez le lien vous-même.",
    );
}

/// How often the client is told how to activate one order.
const MOST_TOLD: i64 = 10;

/// What was looked at, and is to be fulfilled.
pub(crate) struct Draft {
    pub(crate) kind: OrderKind,
    pub(crate) client: Client,
    pub(crate) tenant: Tenant,
    pub(crate) opened_tenant: bool,
    pub(crate) basket: Basket,
    pub(crate) priced: Priced,
    pub(crate) po_number: Option<String>,
    pub(crate) replaces: Option<OrderId>,
    pub(crate) warnings: Vec<Warning>,
}

/// Does all of it: with a new licence.
pub(crate) async fn fulfil(
    write: &mut Write,
    draft: Draft,
    (basis, product): (Basis, &Product),
) -> Result<Placed, Refused> {
    let id = write.id();
    let new = NewLicence {
        tenant: draft.tenant.id,
        partner: draft.client.partner,
        client: Some(draft.client.id),
        plan: draft.priced.plan,
        term: draft.priced.term,
        components: draft.basket.components.clone(),
        kind: match draft.kind {
            OrderKind::Purchase => LicenceKind::Paid,
            OrderKind::Trial => LicenceKind::Trial,
        },
        origin: Origin::Order,
        order: Some(id),
        priced: Some(draft.priced.clone()),
    };
    let issued = licences::issue_on(write, new, basis).await?;
    let mut order = drawn_up(write, id, (&draft, &issued));
    if order.kind == OrderKind::Trial && !write.note_trial(draft.client.email.as_ref(), &order).await? {
        return Err(Conflict::TRIAL_ALREADY_USED.into());
    }
    order.told = 1;
    let order = record(write, order).await?;
    notify(write, &order, (&draft.client, &product.name)).await?;
    let client = bought(write, draft.client, order.kind).await?;
    Ok(Placed { order, licence: issued.licence, client, tenant: draft.tenant, warnings: draft.warnings })
}

/// The order that a licence was issued for. The version of its rules is known once it is recorded.
pub(crate) fn drawn_up(write: &Write, id: OrderId, (draft, issued): (&Draft, &Issued)) -> Order {
    let (licence, now_ms) = (&issued.licence, write.now_ms());
    let used = licence.activated_ms.is_some();
    Order {
        id,
        number: order::number(year(now_ms), write.parts().bytes()),
        partner: draft.client.partner,
        client: draft.client.id,
        kind: draft.kind,
        state: if used { OrderState::Completed } else { OrderState::Fulfilled },
        po_number: draft.po_number.clone(),
        basket: draft.basket.clone(),
        priced: draft.priced.clone(),
        tenant: draft.tenant.id,
        opened_tenant: draft.opened_tenant,
        serial: licence.serial,
        licence: Some(licence.id),
        subscription: issued.subscription.as_ref().map(|subscription| subscription.id),
        replaces: draft.replaces,
        replaced_by: None,
        told: 0,
        policy_version: 0,
        placed_ms: now_ms,
        activated_ms: licence.activated_ms,
        voided_ms: None,
    }
}

/// Charges an order and records it, under the rules in force.
pub(crate) async fn record(write: &mut Write, mut order: Order) -> Result<Order, Refused> {
    let promo = order.priced.promo.filter(|_| order.kind == OrderKind::Purchase);
    if order.kind == OrderKind::Purchase {
        ledger::charge(write, order.partner, order.priced.total, &source(&order)).await?;
    }
    if let Some(promo) = promo {
        let whom = (order.partner, Some(order.client));
        promos::reserve(write, promo, order.id, whom, order.priced.discount).await?;
    }
    order.policy_version = write.add_order(&order).await?;
    super::search::placed(write, &order);
    let replaces = order.replaces;
    audit(write, "order.placed", &order, json!({ "charged": order.charged(), "replaces": replaces }));
    if promo.is_some() {
        promos::consume(write, order.id).await?;
    }
    audit(write, "order.fulfilled", &order, json!({ "licence": order.licence, "subscription": order.subscription }));
    Ok(order)
}

/// A client that bought something is a customer.
pub(crate) async fn bought(write: &mut Write, client: Client, kind: OrderKind) -> Result<Client, Refused> {
    match kind {
        OrderKind::Purchase => clients::stand(write, client, ClientState::Customer).await,
        OrderKind::Trial => Ok(client),
    }
}

/// Notifies the client once more how to activate (S3.27).
///
/// # Errors
/// [`Refused`].
pub async fn remind(write: &mut Write, reach: &Reach, id: OrderId) -> Result<Order, Refused> {
    let mut order = super::current(write, reach, id).await?;
    if order.state != OrderState::Fulfilled {
        return Err(Conflict::NOTHING_TO_ACTIVATE.into());
    }
    if order.told >= MOST_TOLD {
        return Err(Conflict::TOLD_TOO_OFTEN.into());
    }
    let client = write.client(reach, order.client).await?.ok_or(Refused::NotFound)?;
    let product = write.find::<Product>(&order.priced.product).await?.map(|product| product.name);
    order.told += 1;
    write.update_order(&order).await?;
    notify(write, &order, (&client, &product.unwrap_or_default())).await?;
    audit(write, "order.instructions_sent", &order, json!({ "times": order.told }));
    Ok(order)
}

/// How to activate, in the partner's brand and without a price.
async fn notify(write: &mut Write, order: &Order, (client, product): (&Client, &str)) -> Result<(), Refused> {
    let Some(to) = client.email.clone() else { return Ok(()) };
    let values = json!({
        "name": client.contacts.first().map_or(client.company.as_str(), |contact| contact.name.as_str()),
        "company": client.company,
        "product": product,
        "serial": order.serial,
        "path": activation_path(order),
        "order": order.number,
    });
    let kind = MailKind::ActivationInstructions;
    write.mail(Mail { to, kind, language: client.language, partner: Some(order.partner), values }).await?;
    Ok(())
}

/// Where the client activates. The serial number stands behind `#`, where no server logs it.
pub(crate) fn activation_path(order: &Order) -> String {
    format!("/activate#{}", order.serial)
}

/// The year of an instant, in UTC.
fn year(at_ms: i64) -> i16 {
    let at = jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default();
    at.to_zoned(jiff::tz::TimeZone::UTC).year()
}
