//! In which order a list is.

use serde::Deserialize;
use utoipa::ToSchema;

/// Which come first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SortOrder {
    /// The newest.
    #[default]
    Newest,
    /// The oldest.
    Oldest,
}

impl SortOrder {
    /// The order as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Oldest => "oldest",
        }
    }
}
