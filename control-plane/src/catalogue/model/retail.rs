//! What a partner sells in its own name, and how it is paid (S1.18). The platform imposes nothing, and no client of
//! another partner ever sees it.

use marque_config::PartnerId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::ids::{PaymentMethodId, PlanId, RetailOfferId};
use crate::kernel::money::Money;
use crate::kernel::resource::{New, Put, Resource};
use crate::kernel::time::Time;

/// Something that a partner sells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetailOffer {
    /// Its identity: `rto_…`.
    #[schema(value_type = String)]
    pub id: RetailOfferId,
    /// Who sells it; a partner's own when not given.
    #[schema(value_type = String)]
    pub partner: PartnerId,
    /// What it is.
    pub kind: RetailKind,
    /// Its name.
    pub name: String,
    /// What is in it.
    pub description: Option<String>,
    /// What it costs the client: not below zero.
    pub price: Money,
    /// How often that is due.
    #[serde(default)]
    #[schema(required = true, default = "once")]
    pub billed: Billed,
    /// The plan behind it: `pln_…`.
    #[schema(value_type = Option<String>)]
    pub plan: Option<PlanId>,
    /// Whether it is offered.
    pub listed: bool,
    /// When it was added.
    pub created_at: Time,
}

/// An offer to add.
pub type RetailOfferToAdd = New<RetailOffer>;

/// What an offer is to be, the whole of it.
pub type RetailOfferToPut = Put<RetailOffer>;

impl Resource for RetailOffer {
    const ASSIGNED: &'static [&'static str] = &["id", "listed", "created_at"];
    const MUTABLE: &'static [&'static str] = &["kind", "name", "description", "price", "billed", "plan", "listed"];
    const IMPLIED: &'static [&'static str] = &["partner"];
}

/// What a partner's offer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RetailKind {
    /// The use of the application.
    Subscription,
    /// Setting it up.
    Installation,
    /// Showing how it is used.
    Training,
    /// Helping.
    Support,
    /// A machine.
    Hardware,
    /// Something else.
    Other,
}

/// How often a price is due.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Billed {
    /// Once.
    #[default]
    Once,
    /// Each month.
    Monthly,
    /// Each year.
    Yearly,
}

/// A means of payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentMethod {
    /// Its identity: `pmt_…`.
    #[schema(value_type = String)]
    pub id: PaymentMethodId,
    /// Who is paid; a partner itself when not given.
    #[schema(value_type = String)]
    pub partner: PartnerId,
    /// What it is.
    pub kind: PaymentMeans,
    /// Its name.
    pub name: String,
    /// What the client does.
    pub instructions: Option<String>,
    /// When it was added.
    pub created_at: Time,
}

/// A means of payment to add.
pub type PaymentMethodToAdd = New<PaymentMethod>;

/// What a means of payment is to be, the whole of it.
pub type PaymentMethodToPut = Put<PaymentMethod>;

impl Resource for PaymentMethod {
    const ASSIGNED: &'static [&'static str] = &["id", "created_at"];
    const MUTABLE: &'static [&'static str] = &["kind", "name", "instructions"];
    const IMPLIED: &'static [&'static str] = &["partner"];
}

/// A way to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentMeans {
    /// By card.
    Card,
    /// By transfer.
    Transfer,
    /// By direct debit.
    DirectDebit,
    /// By cheque.
    Cheque,
    /// In cash.
    Cash,
    /// Otherwise.
    Other,
}
