//! A partner's own offers and means of payment: its prices are its own business.

use marque_config::{PartnerId, TenantId};
use serde_json::json;

use crate::catalogue::model::retail::{PaymentMethod, RetailOffer};
use crate::database::refused::Refused;
use crate::database::{Store, Whose, Write};
use crate::kernel::fault::{Conflict, FieldFault, optional_text, text, unknown};
use crate::kernel::ids::{PaymentMethodId, PaymentMethodKind, RetailOfferKind};
use crate::kernel::language::Sentence;
use crate::kernel::money::MOST_MINOR;
use crate::kernel::principal::Reach;
use crate::kernel::resource::{New, Put};
use crate::tenants::model::Tenant;

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
    new: New<RetailOffer>,
) -> Result<RetailOffer, Refused> {
    write.partner(reach, partner).await?.ok_or_else(|| unknown("/partner"))?;
    let mut assigned = write.assigned::<RetailOfferKind>();
    assigned["listed"] = json!(true);
    let offer = new.of(partner).with(assigned)?;
    check_offer(write, &offer).await?;
    write.create("retail_offer.created", Whose::partner(partner), &offer).await?;
    Ok(offer)
}

/// Changes an offer, whole.
///
/// # Errors
/// [`Refused`].
pub async fn change_offer(
    write: &mut Write,
    before: RetailOffer,
    put: Put<RetailOffer>,
) -> Result<RetailOffer, Refused> {
    let offer = put.over(&before)?;
    check_offer(write, &offer).await?;
    write.change("retail_offer.changed", Whose::partner(offer.partner), (&before, &offer)).await?;
    Ok(offer)
}

/// Removes an offer.
///
/// # Errors
/// When the database is away.
pub async fn remove_offer(write: &mut Write, offer: &RetailOffer) -> Result<(), Refused> {
    write.remove(offer).await?;
    write.audit("retail_offer.removed", &offer.id, Whose::partner(offer.partner), json!(offer));
    Ok(())
}

/// Adds a means of payment.
///
/// # Errors
/// [`Refused`].
pub async fn add_method(
    write: &mut Write,
    reach: &Reach,
    partner: PartnerId,
    new: New<PaymentMethod>,
) -> Result<PaymentMethod, Refused> {
    write.partner(reach, partner).await?.ok_or_else(|| unknown("/partner"))?;
    let method = new.of(partner).with(write.assigned::<PaymentMethodKind>())?;
    check_method(&method)?;
    write.add(&method).await?;
    let detail = json!({ "kind": method.kind, "name": method.name });
    write.audit("payment_method.created", &method.id, Whose::partner(partner), detail);
    Ok(method)
}

/// Changes a means of payment, whole. What the client does isn't audited: it may name an account.
///
/// # Errors
/// [`Refused`].
pub async fn change_method(
    write: &mut Write,
    before: PaymentMethod,
    put: Put<PaymentMethod>,
) -> Result<PaymentMethod, Refused> {
    let method = put.over(&before)?;
    check_method(&method)?;
    if method != before {
        write.update(&method).await?;
        let detail = json!({ "before": before.name, "after": method.name, "kind": method.kind });
        write.audit("payment_method.changed", &method.id, Whose::partner(method.partner), detail);
    }
    Ok(method)
}

/// Removes a means of payment; not while a client pays by it.
///
/// # Errors
/// [`Refused`].
pub async fn remove_method(write: &mut Write, method: &PaymentMethod) -> Result<(), Refused> {
    if write.tenants_paid_by(method.id).await? > 0 {
        return Err(Conflict::PAYMENT_METHOD_IN_USE.into());
    }
    write.remove_payment_method(method.id).await?;
    write.audit("payment_method.removed", &method.id, Whose::partner(method.partner), json!({ "name": method.name }));
    Ok(())
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
        let found = write.find_within::<PaymentMethod>(reach, &method).await?;
        let found = found.filter(|found| found.partner == tenant.partner);
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

async fn check_offer(write: &mut Write, offer: &RetailOffer) -> Result<(), Refused> {
    if !(0..=MOST_MINOR).contains(&offer.price.minor) {
        let said = Sentence::fixed("A price is not below zero.", "Un prix n’est pas négatif.");
        return Err(FieldFault::new("/price/amount", "invalid-amount", said).into());
    }
    if let Some(plan) = offer.plan {
        write.plan(plan).await?.ok_or_else(|| unknown("/plan"))?;
    }
    text("/name", &offer.name, 200)?;
    optional_text("/description", offer.description.as_deref(), 2000)?;
    Ok(())
}

fn check_method(method: &PaymentMethod) -> Result<(), FieldFault> {
    text("/name", &method.name, 100)?;
    optional_text("/instructions", method.instructions.as_deref(), 2000)
}
