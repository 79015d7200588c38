//! A dossier: what a partner needs to see of one client's space at a glance. It is only ever read: a space that appears
//! has one, and nothing else makes one.

use marque_config::tenant::TenantState;
use marque_config::{ApplicationId, PartnerId, TenantId};
use serde::{Deserialize, Serialize};

use crate::access::model::Assignment;
use crate::kernel::ids::{ClientId, LicenceId, PlanId, SubscriptionId};
use crate::kernel::serial::Serial;
use crate::kernel::term::Term;
use crate::licences::model::subscription::SubscriptionState;
use crate::licences::model::{LicenceKind, LicenceStatus, Origin};

/// One client's space at a glance. Times are milliseconds since 1970, UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dossier {
    /// The space.
    pub tenant: TenantId,
    /// Whose client it is.
    pub partner: PartnerId,
    /// The application that serves it.
    pub application: ApplicationId,
    /// Its name.
    pub name: String,
    /// Its current status.
    pub state: TenantState,
    /// The client, where it was given one, and its company.
    pub client: Option<(ClientId, String)>,
    /// When the client took it over.
    pub handed_over_ms: Option<i64>,
    /// When it appeared.
    pub created_ms: i64,
    /// The licence that counts now.
    pub licence: Option<DossierLicence>,
    /// What pays for it again and again.
    pub subscription: Option<DossierSubscription>,
    /// How the client pays the partner, as the partner named it.
    pub payment_method: Option<(String, String)>,
    /// Who follows it, or is to.
    pub collaborators: Vec<Assignment>,
}

/// A licence, as a dossier shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DossierLicence {
    /// Its identity.
    pub id: LicenceId,
    /// Its serial number.
    pub serial: Serial,
    /// What was chosen, and its name.
    pub plan: (PlanId, String),
    /// Whether it is paid for.
    pub kind: LicenceKind,
    /// How it came to be.
    pub origin: Origin,
    /// For how long it was bought.
    pub term: Term,
    /// Its current status.
    pub status: LicenceStatus,
    /// When it expires, before any grace.
    pub expires_ms: Option<i64>,
}

/// A subscription, as a dossier shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DossierSubscription {
    /// Its identity.
    pub id: SubscriptionId,
    /// Its current status.
    pub state: SubscriptionState,
    /// When its period ends.
    pub period_end_ms: i64,
    /// Whether another period follows.
    pub renews: bool,
}

/// What can be done about the licence, from the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DossierAction {
    /// Add one.
    Add,
    /// Change it.
    Change,
    /// Cancel it.
    Cancel,
}

impl Dossier {
    /// Whether the space has no licence that will work again by itself.
    #[must_use]
    pub fn needs_licence(&self) -> bool {
        use LicenceStatus::{Active, Cancelled, Expired, Expiring, Issued, Superseded, Suspended, Voided};
        self.licence.as_ref().is_none_or(|licence| match licence.status {
            Issued | Active | Expiring | Suspended => false,
            Expired | Cancelled | Superseded | Voided => true,
        })
    }

    /// What can be done about its licence.
    #[must_use]
    pub fn actions(&self) -> &'static [DossierAction] {
        match &self.licence {
            Some(licence) if licence.status == LicenceStatus::Suspended => &[DossierAction::Cancel],
            Some(_) if !self.needs_licence() => &[DossierAction::Change, DossierAction::Cancel],
            Some(_) | None => &[DossierAction::Add],
        }
    }

    /// When something is due: the end of the period that is paid for, else of the licence.
    #[must_use]
    pub fn due_ms(&self) -> Option<i64> {
        let period = self.subscription.as_ref().filter(|it| it.state != SubscriptionState::Ended);
        let licence = self.licence.as_ref().and_then(|licence| licence.expires_ms);
        period.map(|subscription| subscription.period_end_ms).or(licence)
    }
}

/// How many dossiers there are, in each way that they are told apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct DossierCounters {
    /// All.
    pub files: i64,
    /// Whose licence isn't used yet.
    pub issued: i64,
    /// Whose licence is used.
    pub active: i64,
    /// Whose licence ends soon.
    pub expiring: i64,
    /// Whose licence is over.
    pub expired: i64,
    /// Whose licence is stopped for a while.
    pub suspended: i64,
    /// Whose licence was given up.
    pub cancelled: i64,
    /// Without a licence.
    pub without_licence: i64,
    /// In need of one.
    pub licence_needed: i64,
    /// That nobody follows.
    pub without_collaborator: i64,
}
