//! What a tenant is for.

use serde::{Deserialize, Serialize};

/// What a tenant is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TenantKind {
    /// A client's.
    Client,
    /// The partner's own business, free for life (S2.5).
    BusinessFreePartner,
    /// The partner's tests and demonstrations, free for life (S2.6).
    Sandbox,
    /// A trial of white label, without charge (S1.25).
    Test,
}

impl TenantKind {
    /// The plan that it is recognised by; none for what is on a plan of the catalogue.
    #[must_use]
    pub fn plan_code(self) -> Option<&'static str> {
        match self {
            Self::BusinessFreePartner => Some("BUSINESS-FREE-PARTNER"),
            Self::Sandbox => Some("SANDBOX"),
            Self::Client | Self::Test => None,
        }
    }

    /// Whether it is the partner's own for life: there from its approval on, and as long as the partner is.
    #[must_use]
    pub fn is_kept(self) -> bool {
        matches!(self, Self::BusinessFreePartner | Self::Sandbox)
    }
}
