//! A licence's use by one installation.

use marque_config::{ApplicationId, PartnerId, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::ids::{ActivationId, LicenceId};

/// An activation. Times are milliseconds since 1970, UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activation {
    /// Its identity.
    pub id: ActivationId,
    /// The licence that is used.
    pub licence: LicenceId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Whose the tenant is.
    pub partner: PartnerId,
    /// The application that serves the tenant.
    pub application: ApplicationId,
    /// What names the installation.
    pub fingerprint: String,
    /// What people call it.
    pub name: Option<String>,
    /// Who activated it.
    pub how: How,
    /// When.
    pub activated_ms: i64,
    /// Since when it is no more.
    pub deactivated_ms: Option<i64>,
}

/// Who activated a licence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// The installation itself, by the application.
    Installation,
    /// Somebody with the right, in the client's stead (S3.28).
    Oem,
}

/// How many installations of a licence may be let go within [`MOVE_DAYS`]: what is more looks like sharing.
pub const MOST_MOVES: i64 = 3;
/// Over how many days that is counted.
pub const MOVE_DAYS: i64 = 30;
