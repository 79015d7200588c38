//! A partner's own offers and means of payment: its prices are its own business.

use marque_config::{PartnerId, TenantId};
use serde_json::{Value, json};

use crate::catalogue::model::retail::{Billed, PaymentMeans, PaymentMethod, RetailKind, RetailOffer};
use crate::database::refused::Refused;
use crate::database::{Store, Whose, Write};
use crate::kernel::fault::{Conflict, FieldFault, text, unknown};
use crate::kernel::ids::{PaymentMethodId, PlanId, RetailOfferId};
use crate::kernel::language::Sentence;
use crate::kernel::money::{MOST_MINOR, Money};
use crate::kernel::principal::Reach;
use crate::tenants::model::Tenant;

/// What an offer is made of; the whole of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferGiven {
    /// What it is.
    pub kind: RetailKind,
    /// Its name.
    pub name: String,
    /// What is in it.
    pub description: Option<String>,
    /// What it costs the client.
    pub price: Money,
    /// How often that is due.
    pub billed: Billed,
    /// The plan behind it.
    pub plan: Option<PlanId>,
    /// Whether it is offered.
    pub listed: bool,
}

/// What a means of payment is made of; the whole of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodGiven {
    /// What it is.
    pub kind: PaymentMeans,
    /// Its name.
    pub name: String,
    /// What the client does.
    pub instructions: Option<String>,
}

impl Conflict {
    /// Clients pay by it.
    pub const PAYMENT_METHOD_IN_USE: Self = Self::new(
        "payment-method-in-use",
        "Clients pay by this: choose another for them first.",
        "Des clients paient ainsi : choisissez-leur d’abord un autre moyen.",
    );
}

/// Adds an offer.
///
/// # Errors
/// [`Refused`].
pub async fn add_offer(
    write: &mut Write,
    reach: &Reach,
    partner: PartnerId,
    given: OfferGiven,
) -> Result<RetailOffer, Refused> {
    write.partner(reach, partner).await?.ok_or_else(|| unknown("/partner"))?;
    let (id, now_ms) = (write.id(), write.now_ms());
    let offer = offer(write, (id, partner, now_ms), given).await?;
    write.put_retail_offer(&offer).await?;
    write.audit("retail_offer.created", &id, Whose::partner(partner), audit_detail(&offer));
    Ok(offer)
}

/// Changes an offer, whole.
///
/// # Errors
/// [`Refused`].
pub async fn change_offer(
    write: &mut Write,
    reach: &Reach,
    id: RetailOfferId,
    given: OfferGiven,
) -> Result<RetailOffer, Refused> {
    let before = current_offer(write, reach, id).await?;
    let offer = offer(write, (id, before.partner, before.created_ms), given).await?;
    if offer != before {
        write.put_retail_offer(&offer).await?;
        let detail = json!({ "before": audit_detail(&before), "after": audit_detail(&offer) });
        write.audit("retail_offer.changed", &id, Whose::partner(offer.partner), detail);
    }
    Ok(offer)
}

/// Removes an offer.
///
/// # Errors
/// [`Refused`].
pub async fn remove_offer(write: &mut Write, reach: &Reach, id: RetailOfferId) -> Result<(), Refused> {
    let offer = current_offer(write, reach, id).await?;
    write.remove_retail_offer(id).await?;
    write.audit("retail_offer.removed", &id, Whose::partner(offer.partner), audit_detail(&offer));
    Ok(())
}

/// One offer, behind the gate.
///
/// # Errors
/// [`Refused`].
pub async fn current_offer(write: &mut Write, reach: &Reach, id: RetailOfferId) -> Result<RetailOffer, Refused> {
    write.retail_offer(reach, id).await?.ok_or(Refused::NotFound)
}

/// Adds a means of payment.
///
/// # Errors
/// [`Refused`].
pub async fn add_method(
    write: &mut Write,
    reach: &Reach,
    partner: PartnerId,
    given: MethodGiven,
) -> Result<PaymentMethod, Refused> {
    write.partner(reach, partner).await?.ok_or_else(|| unknown("/partner"))?;
    let method = method((write.id(), partner, write.now_ms()), given)?;
    write.put_payment_method(&method).await?;
    let detail = json!({ "kind": method.kind, "name": method.name });
    write.audit("payment_method.created", &method.id, Whose::partner(partner), detail);
    Ok(method)
}

/// Changes a means of payment, whole.
///
/// # Errors
/// [`Refused`].
pub async fn change_method(
    write: &mut Write,
    reach: &Reach,
    id: PaymentMethodId,
    given: MethodGiven,
) -> Result<PaymentMethod, Refused> {
    let before = current_method(write, reach, id).await?;
    let method = method((id, before.partner, before.created_ms), given)?;
    if method != before {
        write.put_payment_method(&method).await?;
        let detail = json!({ "before": before.name, "after": method.name, "kind": method.kind });
        write.audit("payment_method.changed", &id, Whose::partner(method.partner), detail);
    }
    Ok(method)
}

/// Removes a means of payment; not while a client pays by it.
///
/// # Errors
/// [`Refused`].
pub async fn remove_method(write: &mut Write, reach: &Reach, id: PaymentMethodId) -> Result<(), Refused> {
    let method = current_method(write, reach, id).await?;
    if write.tenants_paid_by(id).await? > 0 {
        return Err(Conflict::PAYMENT_METHOD_IN_USE.into());
    }
    write.remove_payment_method(id).await?;
    write.audit("payment_method.removed", &id, Whose::partner(method.partner), json!({ "name": method.name }));
    Ok(())
}

/// One means of payment, behind the gate.
///
/// # Errors
/// [`Refused`].
pub async fn current_method(write: &mut Write, reach: &Reach, id: PaymentMethodId) -> Result<PaymentMethod, Refused> {
    write.payment_method(reach, id).await?.ok_or(Refused::NotFound)
}

/// Says how the client of a tenant pays the partner (S2.9); none for not known.
///
/// # Errors
/// [`Refused`].
pub async fn set_payment(
    write: &mut Write,
    reach: &Reach,
    id: TenantId,
    method: Option<PaymentMethodId>,
) -> Result<(), Refused> {
    let tenant: Tenant = write.tenant(reach, id).await?.ok_or(Refused::NotFound)?;
    if let Some(method) = method {
        let found = write.payment_method(reach, method).await?.filter(|found| found.partner == tenant.partner);
        found.ok_or_else(|| unknown("/payment_method"))?;
    }
    let before = write.payment_of(id).await?.map(|before| before.id);
    if before != method {
        write.set_payment_of(id, method).await?;
        let detail = json!({ "before": before, "after": method });
        write.audit("tenant.payment_changed", &id, Whose::tenant(tenant.partner, id), detail);
    }
    Ok(())
}

/// How the client of a tenant pays the partner.
///
/// # Errors
/// [`Refused`].
pub async fn payment(store: &Store, reach: &Reach, id: TenantId) -> Result<Option<PaymentMethod>, Refused> {
    store.tenant(reach, id).await?.ok_or(Refused::NotFound)?;
    Ok(store.payment_of(id).await?)
}

/// The same, behind the gate.
///
/// # Errors
/// [`Refused`].
pub async fn current_payment(write: &mut Write, reach: &Reach, id: TenantId) -> Result<Option<PaymentMethod>, Refused> {
    write.tenant(reach, id).await?.ok_or(Refused::NotFound)?;
    Ok(write.payment_of(id).await?)
}

async fn offer(
    write: &mut Write,
    (id, partner, created_ms): (RetailOfferId, PartnerId, i64),
    given: OfferGiven,
) -> Result<RetailOffer, Refused> {
    if !(0..=MOST_MINOR).contains(&given.price.minor) {
        let said = Sentence::fixed("A price is not below zero.", "Un prix n’est pas négatif.");
        return Err(FieldFault::new("/price/amount", "invalid-amount", said).into());
    }
    if let Some(plan) = given.plan {
        write.plan(plan).await?.ok_or_else(|| unknown("/plan"))?;
    }
    let description = given.description.map(|it| text("/description", &it, 2000)).transpose()?;
    Ok(RetailOffer {
        id,
        partner,
        kind: given.kind,
        name: text("/name", &given.name, 200)?,
        description,
        price: given.price,
        billed: given.billed,
        plan: given.plan,
        listed: given.listed,
        created_ms,
    })
}

fn method(
    (id, partner, created_ms): (PaymentMethodId, PartnerId, i64),
    given: MethodGiven,
) -> Result<PaymentMethod, FieldFault> {
    Ok(PaymentMethod {
        id,
        partner,
        kind: given.kind,
        name: text("/name", &given.name, 100)?,
        instructions: given.instructions.map(|it| text("/instructions", &it, 2000)).transpose()?,
        created_ms,
    })
}

fn audit_detail(offer: &RetailOffer) -> Value {
    json!({
        "kind": offer.kind,
        "name": offer.name,
        "price": offer.price,
        "billed": offer.billed,
        "plan": offer.plan,
        "listed": offer.listed,
    })
}
