//! Payments of partners, as the vendor's staff records them.

use marque_config::PartnerId;
use serde_json::json;

use super::ledger::{self, Begun};
use crate::database::refused::Refused;
use crate::database::{Store, Whose, Write};
use crate::kernel::fault::{Conflict, FieldFault, text, unknown};
use crate::kernel::ids::PaymentId;
use crate::kernel::language::Sentence;
use crate::kernel::money::Money;
use crate::kernel::principal::Reach;
use crate::money::model::ledger::{Source, SourceKind};
use crate::money::store::payments::Payment;

/// What a payment is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPayment {
    /// Who paid.
    pub partner: PartnerId,
    /// How much.
    pub amount: Money,
    /// As it stands on the account's statement.
    pub reference: String,
    /// The newest payment that it looks like, where it is another one all the same.
    pub besides: Option<PaymentId>,
}

impl Conflict {
    /// A payment of the partner with this amount and reference was recorded.
    pub const PAYMENT_RECORDED: Self = Self::new(
        "payment-already-recorded",
        "A payment of this partner with this amount and reference was recorded. If this is another one, name that one as “besides”.",
        "Un paiement de ce partenaire, de ce montant et de cette référence est déjà enregistré. S’il s’agit d’un autre, indiquez celui-là dans « besides ».",
    );
}

/// Records a payment: it can be spent at once, and what the partner didn't pay before is tried with it. One transfer
/// isn't recorded twice: what looks like a payment that is there is refused, unless it names the newest of those.
///
/// # Errors
/// [`Conflict::PAYMENT_RECORDED`], which names the newest one; or another [`Refused`].
pub async fn record(write: &mut Write, reach: &Reach, new: NewPayment) -> Result<Payment, Refused> {
    write.partner(reach, new.partner).await?.ok_or_else(|| unknown("/partner"))?;
    if new.amount.minor <= 0 {
        let said = Sentence::fixed("A payment is above zero.", "Un paiement est supérieur à zéro.");
        return Err(FieldFault::new("/amount/amount", "invalid-amount", said).into());
    }
    let payment = Payment {
        id: write.id(),
        partner: new.partner,
        amount: new.amount,
        reference: text("/reference", &new.reference, 140)?,
        created_ms: write.now_ms(),
    };
    let same = write.same_payment(&payment).await?;
    if let Some(same) = same.filter(|same| new.besides != Some(*same)) {
        return Err(Conflict::PAYMENT_RECORDED.because_of_object(&same).into());
    }
    if same.is_none() && new.besides.is_some() {
        return Err(unknown("/besides").into());
    }
    let source = Source { kind: SourceKind::Payment, id: payment.id.to_string() };
    ledger::begin(write, payment.partner, payment.amount, &source, Begun::paid(&payment.reference)).await?;
    write.add_payment(&payment).await?;
    let detail = json!({ "amount": payment.amount, "reference": payment.reference });
    write.audit("payment.recorded", &payment.id, Whose::partner(payment.partner), detail);
    Ok(payment)
}

/// One payment.
///
/// # Errors
/// [`Refused`].
pub async fn one(store: &Store, reach: &Reach, id: PaymentId) -> Result<Payment, Refused> {
    store.payment(reach, id).await?.ok_or(Refused::NotFound)
}
