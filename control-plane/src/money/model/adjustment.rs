//! Corrections of the ledger: one operator proposes, another confirms.

use marque_config::PartnerId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::ids::AdjustmentId;
use crate::kernel::money::Money;

/// A correction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    /// Its identity.
    pub id: AdjustmentId,
    /// Whose wallet is corrected.
    pub partner: PartnerId,
    /// What it is given; below zero for what is taken.
    pub amount: Money,
    /// Why.
    pub reason: String,
    /// Its current status.
    pub state: AdjustmentState,
    /// Who proposed it.
    pub proposed_by: String,
    /// Who confirmed or rejected it.
    pub decided_by: Option<String>,
    /// When it was proposed, milliseconds since 1970, UTC.
    pub created_ms: i64,
    /// When it was confirmed or rejected.
    pub decided_ms: Option<i64>,
}

/// The current status of a correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdjustmentState {
    /// Somebody else has to look at it.
    Proposed,
    /// It is done.
    Confirmed,
    /// It is not to be done.
    Rejected,
}

impl Adjustment {
    /// The correction, decided.
    #[must_use]
    pub fn decided(self, state: AdjustmentState, by: String, now_ms: i64) -> Self {
        Self { state, decided_by: Some(by), decided_ms: Some(now_ms), ..self }
    }
}
