//! Promo codes: whether one can be used, and the uses that orders make of it. A use is reserved when an order is placed,
//! consumed when it is fulfilled, given back when it is voided; the limits hold whatever happens at once, for they are
//! looked at behind the gate and once more by the statement that takes a use. What a code gives never changes.

pub mod codes;

use marque_config::PartnerId;
use serde_json::json;
use sqlx::AnyConnection;

use crate::catalogue::model::price::Basket;
use crate::catalogue::model::promo::{Promo, Redemption, RedemptionState, Unusable};
use crate::catalogue::store;
use crate::database::refused::Refused;
use crate::database::stored;
use crate::database::{StoreError, Whose, Write};
use crate::kernel::fault::Conflict;
use crate::kernel::ids::{ClientId, OrderId, PromoId};
use crate::kernel::money::Money;

impl Conflict {
    /// The promo code gives nothing here; the blocker says why.
    pub const PROMO_INVALID: Self = Self::new(
        "promo-invalid",
        "This promo code cannot be used for this order.",
        "Ce code promo ne peut pas servir à cette commande.",
    );
}

/// Keeps a use of a promo code for an order that is being placed: for whom it is, and what it takes off.
///
/// # Errors
/// [`Conflict::PROMO_INVALID`] when no use is left; or the store fails.
pub async fn reserve(
    write: &mut Write,
    promo: PromoId,
    order: OrderId,
    (partner, client): (PartnerId, Option<ClientId>),
    discount: Money,
) -> Result<(), Refused> {
    if !write.take_promo_use(promo, partner).await? {
        return Err(invalid(Unusable::Exhausted));
    }
    let state = RedemptionState::Reserved;
    let redemption = Redemption { id: write.id(), promo, order, partner, client, state, discount };
    write.add_redemption(&redemption).await?;
    trace(write, "promo_code.reserved", &redemption);
    Ok(())
}

/// The order is fulfilled: its use of a promo code is made. Nothing happens when it has none.
///
/// # Errors
/// [`Refused`].
pub async fn consume(write: &mut Write, order: OrderId) -> Result<(), Refused> {
    let Some(redemption) = write.redemption(order).await? else { return Ok(()) };
    if redemption.state == RedemptionState::Reserved {
        write.update_redemption(order, RedemptionState::Consumed).await?;
        trace(write, "promo_code.consumed", &redemption);
    }
    Ok(())
}

/// The order is taken back: another one may have its use of a promo code. Nothing happens when it has none.
///
/// # Errors
/// [`Refused`].
pub async fn release(write: &mut Write, order: OrderId) -> Result<(), Refused> {
    let Some(redemption) = write.redemption(order).await? else { return Ok(()) };
    if redemption.state != RedemptionState::Released {
        write.update_redemption(order, RedemptionState::Released).await?;
        write.give_promo_use_back(redemption.promo).await?;
        trace(write, "promo_code.released", &redemption);
    }
    Ok(())
}

/// The code as it is kept: what people type, in capitals.
#[must_use]
pub fn kept(code: &str) -> String {
    code.trim().to_ascii_uppercase()
}

/// The promo code of this text, if this basket can use it.
pub(crate) async fn usable(
    connection: &mut AnyConnection,
    now_ms: i64,
    (code, basket): (&str, &Basket),
) -> Result<Result<Promo, Unusable>, StoreError> {
    let Some(promo) = store::promos::by_code(&mut *connection, &kept(code)).await? else {
        return Ok(Err(Unusable::Unknown));
    };
    let uses = store::promos::uses(&mut *connection, promo.id, basket.partner).await?;
    if let Err(unusable) = promo.admits(basket, uses, now_ms) {
        return Ok(Err(unusable));
    }
    // A client that isn't known yet has no orders.
    let Some(client) = basket.client.filter(|_| promo.terms.first_order_only) else { return Ok(Ok(promo)) };
    let ordered = store::promos::has_order(connection, client).await?;
    Ok(if ordered { Err(Unusable::NotFirstOrder) } else { Ok(promo) })
}

/// The promo code that was given to something that is renewed now: what was promised holds, whatever became of the code.
pub(crate) async fn promised(connection: &mut AnyConnection, id: PromoId) -> Result<Promo, Refused> {
    let missing = || StoreError::Unreadable { what: "promo_code", detail: format!("there is no {id}") };
    Ok(stored::find(connection, &id).await?.ok_or_else(missing)?)
}

/// Says why a promo code gives nothing.
pub(crate) fn invalid(unusable: Unusable) -> Refused {
    Conflict::PROMO_INVALID.because_of(vec![unusable.as_str()]).into()
}

fn trace(write: &mut Write, action: &'static str, redemption: &Redemption) {
    let detail = json!({ "promo_code": redemption.promo, "order": redemption.order, "discount": redemption.discount });
    write.audit(action, &redemption.id, Whose::partner(redemption.partner), detail);
}
