//! A licence: what a tenant is used by. It keeps what happened to it; its current status follows from that and from the
//! time, and from nothing else.

pub mod activation;
pub mod subscription;

use marque_config::tenant::WhenOver;
use marque_config::{ApplicationId, PartnerId, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::ids::{ClientId, ComponentId, LicenceId, OrderId, PlanId, ProductId, SubscriptionId};
use crate::kernel::period::DAY_MS;
use crate::kernel::serial::Serial;
use crate::kernel::term::Term;

/// A licence. Times are milliseconds since 1970, UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Licence {
    /// Its identity.
    pub id: LicenceId,
    /// What people type; kept by the licence that follows this one.
    pub serial: Serial,
    /// Whose use it allows.
    pub tenant: TenantId,
    /// Who pays for it.
    pub partner: PartnerId,
    /// The application that serves the tenant.
    pub application: ApplicationId,
    /// Whose the tenant is.
    pub client: Option<ClientId>,
    /// What was chosen.
    pub plan: PlanId,
    /// What it is a licence of.
    pub product: ProductId,
    /// What pays for it again and again.
    pub subscription: Option<SubscriptionId>,
    /// What it was ordered by.
    pub order: Option<OrderId>,
    /// Whether it is paid for.
    pub kind: LicenceKind,
    /// How it came to be.
    pub origin: Origin,
    /// For how long it was bought.
    pub term: Term,
    /// What was added to the plan, and how many.
    pub components: Vec<(ComponentId, u32)>,
    /// How many installations may use it.
    pub max_activations: i64,
    /// How long a trial lasts from its activation.
    pub trial_days: i64,
    /// By how much a trial can be extended, once.
    pub extension_days: i64,
    /// How long it may be used after it expired.
    pub grace_days: i64,
    /// What becomes of the tenant when it is over.
    pub when_over: WhenOver,
    /// Whether another period follows by itself.
    pub renews: bool,
    /// When it was issued.
    pub issued_ms: i64,
    /// When it was first used: written once.
    pub activated_ms: Option<i64>,
    /// When it expires, before any grace; none for what doesn't.
    pub expires_ms: Option<i64>,
    /// When the trial was extended.
    pub extended_ms: Option<i64>,
    /// Since when it is suspended, and on whose word.
    pub suspended: Option<Suspension>,
    /// From when on it is cancelled: perhaps later.
    pub cancelled_ms: Option<i64>,
    /// When it was taken back, as if it had never been.
    pub voided_ms: Option<i64>,
    /// When another licence took its place, and which.
    pub superseded: Option<(i64, LicenceId)>,
}

/// A licence's suspension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspension {
    /// Since when.
    pub since_ms: i64,
    /// On whose word.
    pub by: HeldBy,
    /// Why, as who did it said.
    pub reason: Option<String>,
}

/// Whether a licence is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LicenceKind {
    /// To try it, for some days.
    Trial,
    /// Charged to the partner.
    Paid,
    /// Without charge, for the partner's own tenants.
    Free,
}

/// How a licence came to be (S2.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// By an order.
    Order,
    /// By itself, with its tenant.
    Automatic,
    /// Somebody took it.
    Manual,
}

/// Whose suspension holds. An operator's goes before all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HeldBy {
    /// The vendor's staff.
    Operator,
    /// The partner.
    Partner,
    /// Nobody: a period wasn't paid for.
    Billing,
}

/// The status of a licence at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LicenceStatus {
    /// Not used yet.
    Issued,
    /// Used.
    Active,
    /// Ends soon, and nothing prolongs it by itself.
    Expiring,
    /// Over, grace included.
    Expired,
    /// Stopped for a while.
    Suspended,
    /// Given up at the end of what was paid for.
    Cancelled,
    /// Another one took its place.
    Superseded,
    /// Taken back.
    Voided,
}

/// A trial that nobody activates lapses this long after it was issued.
pub const LAPSE_DAYS: i64 = 30;
/// How long before its end a licence is said to end soon.
pub const SOON_DAYS: i64 = 30;
/// The same for a trial, which is short: a working week is left to decide, whatever day it is.
pub const TRIAL_SOON_DAYS: i64 = 7;

/// Why something can't be done to a licence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// It was used.
    Activated,
    /// It was taken back, replaced, cancelled, or it expired.
    Over,
    /// It is suspended.
    Suspended,
    /// It is no trial.
    NoTrial,
    /// The trial was extended before, or can't be.
    Extended,
    /// It isn't suspended.
    NotSuspended,
    /// An operator suspended it, and somebody else asks.
    HeldByOperator,
    /// It isn't paid for: the subscription has to be resumed.
    HeldByBilling,
}

impl Licence {
    /// Its current status. What comes first here hides what comes after.
    #[must_use]
    pub fn status(&self, now_ms: i64) -> LicenceStatus {
        let over_ms = self.usable_until_ms();
        if self.voided_ms.is_some() {
            LicenceStatus::Voided
        } else if self.superseded.is_some() {
            LicenceStatus::Superseded
        } else if self.cancelled_ms.is_some_and(|at_ms| at_ms <= now_ms) {
            LicenceStatus::Cancelled
        } else if self.suspended.is_some() {
            LicenceStatus::Suspended
        } else if over_ms.is_some_and(|at_ms| at_ms <= now_ms) {
            LicenceStatus::Expired
        } else if !self.renews && over_ms.is_some_and(|at_ms| at_ms <= now_ms + self.soon_days() * DAY_MS) {
            LicenceStatus::Expiring
        } else if self.activated_ms.is_none() {
            LicenceStatus::Issued
        } else {
            LicenceStatus::Active
        }
    }

    /// When it stops being usable: its expiry and the grace, or when it is cancelled, whichever is first.
    #[must_use]
    pub fn usable_until_ms(&self) -> Option<i64> {
        let expires_ms = self.expires_ms.map(|at_ms| at_ms + self.grace_days * DAY_MS);
        [expires_ms, self.cancelled_ms].into_iter().flatten().min()
    }

    /// Whether it allows use now.
    #[must_use]
    pub fn is_usable(&self, now_ms: i64) -> bool {
        use LicenceStatus::{Active, Cancelled, Expired, Expiring, Issued, Superseded, Suspended, Voided};
        match self.status(now_ms) {
            Issued | Active | Expiring => true,
            Expired | Suspended | Cancelled | Superseded | Voided => false,
        }
    }

    /// How many days before its end it is said to end soon.
    #[must_use]
    pub fn soon_days(&self) -> i64 {
        match self.kind {
            LicenceKind::Trial => TRIAL_SOON_DAYS,
            LicenceKind::Paid | LicenceKind::Free => SOON_DAYS,
        }
    }

    /// When there is next something to tell about it: that it ends soon, or that it has ended.
    #[must_use]
    pub fn next_ms(&self, now_ms: i64) -> Option<i64> {
        if self.voided_ms.is_some() || self.superseded.is_some() {
            return None;
        }
        let over_ms = self.usable_until_ms()?;
        // What renews by itself doesn't end soon; it ends when it isn't renewed.
        let soon_ms = (!self.renews).then(|| over_ms - self.soon_days() * DAY_MS);
        [soon_ms, Some(over_ms)].into_iter().flatten().filter(|at_ms| *at_ms > now_ms).min()
    }

    /// The licence, taken back.
    ///
    /// # Errors
    /// [`Unfit::Activated`] once it was used, [`Unfit::Over`] when there is nothing to take back.
    pub fn voided(mut self, now_ms: i64) -> Result<Self, Unfit> {
        if self.activated_ms.is_some() {
            return Err(Unfit::Activated);
        }
        if self.voided_ms.is_some() || self.superseded.is_some() {
            return Err(Unfit::Over);
        }
        self.voided_ms = Some(now_ms);
        self.renews = false;
        Ok(self)
    }

    /// The licence, used now. A trial begins to run; what was used before stays as it is.
    ///
    /// # Errors
    /// [`Unfit`] when it isn't usable.
    pub fn activated(mut self, now_ms: i64) -> Result<Self, Unfit> {
        self.must_be_usable(now_ms)?;
        if self.activated_ms.is_none() {
            self.activated_ms = Some(now_ms);
            if self.kind == LicenceKind::Trial {
                self.expires_ms = Some(now_ms + self.trial_days * DAY_MS);
            }
        }
        Ok(self)
    }

    /// The trial, extended: once.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn extended(mut self, now_ms: i64) -> Result<Self, Unfit> {
        if self.kind != LicenceKind::Trial {
            return Err(Unfit::NoTrial);
        }
        self.must_be_usable(now_ms)?;
        if self.extended_ms.is_some() || self.extension_days == 0 {
            return Err(Unfit::Extended);
        }
        self.extended_ms = Some(now_ms);
        self.trial_days += self.extension_days;
        self.expires_ms = self.expires_ms.map(|at_ms| at_ms + self.extension_days * DAY_MS);
        Ok(self)
    }

    /// The licence, stopped for a while. An operator's word replaces another's, never the other way round.
    ///
    /// # Errors
    /// [`Unfit::Over`].
    pub fn suspended(mut self, suspension: Suspension, now_ms: i64) -> Result<Self, Unfit> {
        if self.is_over(now_ms) {
            return Err(Unfit::Over);
        }
        match &self.suspended {
            Some(held) if held.by == HeldBy::Operator || held.by == suspension.by => {}
            Some(held) if held.by == HeldBy::Billing && suspension.by == HeldBy::Partner => {}
            Some(_) | None => self.suspended = Some(suspension),
        }
        Ok(self)
    }

    /// The licence, usable again.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn resumed(mut self, by: HeldBy, now_ms: i64) -> Result<Self, Unfit> {
        let held = self.suspended.as_ref().map(|held| held.by);
        match (held, by) {
            (Some(HeldBy::Operator), HeldBy::Partner | HeldBy::Billing) => return Err(Unfit::HeldByOperator),
            // Also after its end: it is paid for by its subscription, and goes on then.
            (Some(HeldBy::Billing), HeldBy::Partner | HeldBy::Operator) => return Err(Unfit::HeldByBilling),
            _ if self.is_over(now_ms) => return Err(Unfit::Over),
            (None, _) => return Err(Unfit::NotSuspended),
            (Some(_), _) => {}
        }
        self.suspended = None;
        Ok(self)
    }

    /// Whether nothing can be done with it any more, short of paying for it again.
    #[must_use]
    pub fn is_over(&self, now_ms: i64) -> bool {
        use LicenceStatus::{Cancelled, Expired, Superseded, Voided};
        let hidden = Self { suspended: None, ..self.clone() };
        matches!(hidden.status(now_ms), Expired | Cancelled | Superseded | Voided)
    }

    /// Refuses unless it allows use now.
    ///
    /// # Errors
    /// [`Unfit::Over`] or [`Unfit::Suspended`].
    pub fn must_be_usable(&self, now_ms: i64) -> Result<(), Unfit> {
        if self.is_usable(now_ms) {
            Ok(())
        } else if self.is_over(now_ms) {
            Err(Unfit::Over)
        } else {
            Err(Unfit::Suspended)
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
