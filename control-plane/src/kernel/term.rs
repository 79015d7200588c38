//! For how long something is bought.

use serde::{Deserialize, Serialize};

/// For how long something is bought (S3.20).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Term {
    /// A month at a time.
    Monthly,
    /// A year at a time.
    Yearly,
    /// Once, for ever.
    Perpetual,
}

impl Term {
    /// How many calendar months a period has; none for what has no periods.
    #[must_use]
    pub fn months(self) -> Option<i32> {
        match self {
            Self::Monthly => Some(1),
            Self::Yearly => Some(12),
            Self::Perpetual => None,
        }
    }
}
