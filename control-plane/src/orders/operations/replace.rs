//! One order in the place of another: an order that should have been a trial, or the other way round (S3.34); an order
//! that a trial becomes. What was chosen and what it costs stay as they were.

use serde_json::json;

use super::fulfil::{Draft, bought, drawn_up, fulfil, record};
use super::void::{must_be_voidable, stand_back, undo};
use super::{Placed, audit};
use crate::catalogue::model::Product;
use crate::catalogue::model::price::Priced;
use crate::clients::model::Client;
use crate::clients::operations::claims::check_free;
use crate::database::refused::Refused;
use crate::database::{StoreError, Write};
use crate::kernel::fault::{Conflict, text, unknown};
use crate::kernel::ids::OrderId;
use crate::kernel::money::{Money, MoneyError};
use crate::kernel::principal::Reach;
use crate::licences::model::Licence;
use crate::licences::operations::{self as licences, Basis};
use crate::orders::model::{Order, OrderKind, OrderState};
use crate::partners::operations as partners;
use crate::tenants::model::Tenant;

impl Conflict {
    /// The trial became an order.
    pub const TRIAL_CONVERTED: Self = Self::new(
        "trial-already-converted",
        "This trial has become an order already.",
        "Cet essai est déjà devenu une commande.",
    );
}

/// How a trial becomes an order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conversion {
    /// The partner's own number for the order.
    pub po_number: Option<String>,
    /// Whether to do without the promo code that the trial was placed with: it may be used up.
    pub without_promo: bool,
}

/// Makes a trial of an order, or an order of a trial: takes the one back and places the other, in one.
///
/// # Errors
/// [`Refused`], as for taking back and for placing.
pub async fn switch_kind(write: &mut Write, reach: &Reach, id: OrderId) -> Result<Placed, Refused> {
    let order = super::current(write, reach, id).await?;
    if order.state == OrderState::Voided {
        return Err(Conflict::ORDER_VOIDED.into());
    }
    must_be_voidable(write, &order).await?;
    must_sell(write, reach, &order).await?;
    let (order, returned) = undo(write, order).await?;
    stand_back(write, &order).await?;
    let (client, tenant) = around(write, &order).await?;
    let warnings = write.client_has(client.id, order.priced.product).await?;
    let basis = Basis {
        free: check_free(write, client.email.as_ref(), order.partner).await?,
        plan: write.plan(order.priced.plan).await?.ok_or_else(|| unknown("/plan"))?,
        tenant: tenant.clone(),
        is_new_tenant: false,
    };
    let product = write.find::<Product>(&order.priced.product).await?.ok_or_else(|| unknown("/plan"))?;
    let kind = order.kind.switched();
    let draft = Draft {
        kind,
        client,
        tenant,
        opened_tenant: order.opened_tenant,
        basket: order.basket.clone(),
        priced: order.priced.clone(),
        po_number: order.po_number.clone(),
        replaces: Some(order.id),
        warnings,
    };
    let placed = fulfil(write, draft, (basis, &product)).await?;
    write.set_order_replaced(order.id, placed.order.id).await?;
    let detail = json!({ "returned": returned, "replaced_by": placed.order.id });
    audit(write, "order.voided", &order, detail);
    Ok(placed)
}

/// Makes an order of a trial. The space, its data and the serial number stay; the price is the one that was shown.
///
/// # Errors
/// [`Refused`].
pub async fn convert(write: &mut Write, reach: &Reach, id: OrderId, how: Conversion) -> Result<Placed, Refused> {
    let mut trial = super::current(write, reach, id).await?;
    must_be_convertible(&trial)?;
    must_sell(write, reach, &trial).await?;
    let po_number = how.po_number.as_deref().map(|number| text("/po_number", number, 64)).transpose()?;
    let (client, tenant) = around(write, &trial).await?;
    let priced = if how.without_promo { whole(trial.priced.clone())? } else { trial.priced.clone() };
    let draft = Draft {
        kind: OrderKind::Purchase,
        client,
        tenant,
        opened_tenant: trial.opened_tenant,
        basket: trial.basket.clone(),
        priced: priced.clone(),
        po_number: po_number.or_else(|| trial.po_number.clone()),
        replaces: Some(trial.id),
        warnings: Vec::new(),
    };
    let licence = trial.licence.ok_or(Refused::NotFound)?;
    let (id, term) = (write.id(), priced.term);
    let issued = licences::convert_trial(write, licence, priced, term).await?;
    write.set_licence_order(issued.licence.id, id).await?;
    let order = drawn_up(write, id, (&draft, &issued));
    let order = record(write, order).await?;
    trial.replaced_by = Some(order.id);
    write.update_order(&trial).await?;
    audit(write, "order.converted", &trial, json!({ "replaced_by": order.id }));
    let client = bought(write, draft.client, order.kind).await?;
    let licence = Licence { order: Some(order.id), ..issued.licence };
    Ok(Placed { order, licence, client, tenant: draft.tenant, warnings: draft.warnings })
}

/// Extends a trial, once (S3.P1).
///
/// # Errors
/// [`Refused`].
pub async fn extend(write: &mut Write, reach: &Reach, id: OrderId) -> Result<(Order, Licence), Refused> {
    let order = super::current(write, reach, id).await?;
    must_be_convertible(&order)?;
    let licence = order.licence.ok_or(Refused::NotFound)?;
    let licence = licences::extend_trial(write, reach, licence).await?;
    Ok((order, licence))
}

fn must_be_convertible(trial: &Order) -> Result<(), Conflict> {
    if trial.kind != OrderKind::Trial {
        Err(Conflict::NOT_A_TRIAL)
    } else if trial.state == OrderState::Voided {
        Err(Conflict::ORDER_VOIDED)
    } else if trial.is_converted() {
        Err(Conflict::TRIAL_CONVERTED)
    } else {
        Ok(())
    }
}

async fn must_sell(write: &mut Write, reach: &Reach, order: &Order) -> Result<(), Refused> {
    let partner = write.partner(reach, order.partner).await?.ok_or(Refused::NotFound)?;
    Ok(partners::must_be_active(&partner)?)
}

/// For whom and where an order was placed.
async fn around(write: &mut Write, order: &Order) -> Result<(Client, Tenant), Refused> {
    let everything = Reach::system("orders");
    let client = write.client(&everything, order.client).await?.ok_or(Refused::NotFound)?;
    let tenant = write.tenant(&everything, order.tenant).await?.ok_or(Refused::NotFound)?;
    Ok((client, tenant))
}

/// The same at its whole price.
fn whole(priced: Priced) -> Result<Priced, Refused> {
    let unreadable =
        |error: MoneyError| StoreError::Unreadable { what: "partner_order.priced", detail: error.to_string() };
    let total = priced.total.plus(priced.discount).map_err(unreadable)?;
    let mut explanation = priced.explanation.clone();
    explanation.retain(|step| step.code != "promo");
    let discount = Money::zero(priced.currency);
    Ok(Priced { total, discount, promo: None, explanation, ..priced })
}
