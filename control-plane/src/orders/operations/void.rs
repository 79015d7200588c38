//! Taking back: decision 4 of the specification. While nobody used the licence, everything that the order did is undone
//! in one; the client stays, so that nothing of it has to be typed again (S3.33).

use serde_json::json;

use super::audit;
use crate::catalogue::operations::promos;
use crate::clients::model::ClientState;
use crate::clients::operations as clients;
use crate::database::refused::Refused;
use crate::database::{Store, StoreError, Write};
use crate::kernel::fault::Conflict;
use crate::kernel::ids::OrderId;
use crate::kernel::money::{Money, MoneyError};
use crate::kernel::principal::Reach;
use crate::licences::operations as licences;
use crate::lifecycle::operations::tenants;
use crate::money::operations::ledger;
use crate::orders::model::{Blocker, Order, OrderState};
use crate::tenants::model::Change;

/// An order that was taken back, and what that did.
#[derive(Debug)]
pub struct Voided {
    /// The order.
    pub order: Order,
    /// What the partner got back.
    pub returned: Money,
    /// Whether the space that was opened for it was closed.
    pub closed_tenant: bool,
}

/// What stands against taking an order back now. The caller may lack the right: that is known where the rights are.
///
/// # Errors
/// [`Refused`].
pub async fn blockers(store: &Store, reach: &Reach, id: OrderId) -> Result<Vec<Blocker>, Refused> {
    let order = super::one(store, reach, id).await?;
    Ok(order.blockers(&store.order_policy().await?, store.now_ms()))
}

/// Takes an order or a trial back. What was taken back already stays so.
///
/// # Errors
/// [`Refused`]; [`Conflict::LICENCE_ALREADY_ACTIVATED`] or [`Conflict::ORDER_NOT_VOIDABLE`], with every blocker.
pub async fn void(write: &mut Write, reach: &Reach, id: OrderId) -> Result<Voided, Refused> {
    let order = super::current(write, reach, id).await?;
    if order.state == OrderState::Voided {
        let returned = order.charged();
        return Ok(Voided { order, returned, closed_tenant: false });
    }
    must_be_voidable(write, &order).await?;
    let (order, returned) = undo(write, order).await?;
    let closed_tenant = order.opened_tenant && write.tenant_is_unused(order.tenant).await?;
    if closed_tenant {
        tenants::change(write, &Reach::system("orders"), order.tenant, Change::Close).await?;
    }
    stand_back(write, &order).await?;
    audit(write, "order.voided", &order, json!({ "returned": returned, "closed_tenant": closed_tenant }));
    Ok(Voided { order, returned, closed_tenant })
}

/// Refuses with everything that stands against it.
pub(crate) async fn must_be_voidable(write: &mut Write, order: &Order) -> Result<(), Refused> {
    let policy = write.order_policy().await?;
    let blockers = order.blockers(&policy, write.now_ms());
    if blockers.is_empty() {
        return Ok(());
    }
    let activated = blockers.contains(&Blocker::LicenceActivated);
    let conflict = if activated { Conflict::LICENCE_ALREADY_ACTIVATED } else { Conflict::ORDER_NOT_VOIDABLE };
    Err(conflict.because_of(blockers.into_iter().map(Blocker::code).collect()).into())
}

/// Undoes what an order did, but for its space: another order may go on with it.
pub(crate) async fn undo(write: &mut Write, order: Order) -> Result<(Order, Money), Refused> {
    let licence = order.licence.ok_or(Refused::NotFound)?;
    // The guard of guards: whatever was looked at before, a licence that was used is refused here.
    licences::void(write, licence).await?;
    let returned = give_back(write, &order).await?;
    promos::release(write, order.id).await?;
    write.forget_trial(order.id).await?;
    let voided_ms = Some(write.now_ms());
    let order = Order { state: OrderState::Voided, voided_ms, ..order };
    write.update_order(&order).await?;
    super::search::voided(write, &order);
    Ok((order, returned))
}

/// Gives back all that was charged for what was ordered: changes of the licence and further periods too.
async fn give_back(write: &mut Write, order: &Order) -> Result<Money, Refused> {
    let mut returned = Money::zero(order.currency());
    for source in write.charges_of_order(order).await? {
        let Some(charge) = write.charge_of(&source).await? else { continue };
        if ledger::give_back(write, &source).await?.is_some() {
            let mixed = |error: MoneyError| StoreError::Unreadable { what: "ledger_source", detail: error.to_string() };
            returned = returned.plus(charge.amount).map_err(mixed)?;
        }
    }
    Ok(returned)
}

/// A client whose only order was taken back has bought nothing; one that bought before has what is left of that.
pub(crate) async fn stand_back(write: &mut Write, order: &Order) -> Result<(), Refused> {
    let client = write.client(&Reach::system("orders"), order.client).await?.ok_or(Refused::NotFound)?;
    if client.state == ClientState::Customer && !write.client_has_order(&client).await? {
        clients::stand(write, client, ClientState::Prospect).await?;
    }
    clients::settle(write, Some(order.client)).await
}
