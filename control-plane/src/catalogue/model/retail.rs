//! What a partner sells in its own name, and how it is paid (S1.18). The platform imposes nothing, and no client of
//! another partner ever sees it.

use marque_config::PartnerId;
use serde::{Deserialize, Serialize};

use crate::kernel::ids::{PaymentMethodId, PlanId, RetailOfferId};
use crate::kernel::money::Money;

/// Something that a partner sells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetailOffer {
    /// Its identity.
    pub id: RetailOfferId,
    /// Who sells it.
    pub partner: PartnerId,
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
    /// The plan behind it, where it is a subscription to one.
    pub plan: Option<PlanId>,
    /// Whether it is offered.
    pub listed: bool,
    /// When it was added, milliseconds since 1970, UTC.
    pub created_ms: i64,
}

/// What a partner's offer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
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

/// How a partner is paid by its clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentMethod {
    /// Its identity.
    pub id: PaymentMethodId,
    /// Who is paid.
    pub partner: PartnerId,
    /// What it is.
    pub kind: PaymentMeans,
    /// Its name.
    pub name: String,
    /// What the client does.
    pub instructions: Option<String>,
    /// When it was added, milliseconds since 1970, UTC.
    pub created_ms: i64,
}

/// A way to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
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
