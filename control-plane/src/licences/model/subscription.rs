//! A subscription: what pays for a licence, period after period. Its periods follow each other without a gap, in
//! calendar months from an anchor, and each has its own number: none is charged twice.

use marque_config::{ApplicationId, PartnerId, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::catalogue::model::price::Priced;
use crate::kernel::ids::{ClientId, ComponentId, PlanId, ProductId, PromoId, SubscriptionId};
use crate::kernel::money::{Money, MoneyError};
use crate::kernel::period::{DAY_MS, OutOfCalendar, months_after};
use crate::kernel::term::Term;

/// A subscription. Times are milliseconds since 1970, UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Its identity.
    pub id: SubscriptionId,
    /// Whose use it pays for.
    pub tenant: TenantId,
    /// Who pays.
    pub partner: PartnerId,
    /// The application that serves the tenant.
    pub application: ApplicationId,
    /// Whose the tenant is.
    pub client: Option<ClientId>,
    /// What was chosen.
    pub plan: PlanId,
    /// What it is of.
    pub product: ProductId,
    /// For how long at a time.
    pub term: Term,
    /// What was added to the plan, and how many.
    pub components: Vec<(ComponentId, u32)>,
    /// Its current status.
    pub state: SubscriptionState,
    /// Whether nothing follows the period that runs.
    pub ends_after_period: bool,
    /// From where periods are counted: when, and which one began then.
    pub anchor: (i64, i64),
    /// The period that runs.
    pub period: Period,
    /// How long the licence works without the next period being paid.
    pub grace_days: i64,
    /// What a period costs.
    pub priced: Option<Priced>,
    /// The promo code that it was ordered with: it holds through changes and renewals, as its terms say.
    pub promo: Option<PromoId>,
    /// What becomes of it when the period ends.
    pub scheduled: Option<Scheduled>,
    /// When the task looks at it.
    pub next_ms: Option<i64>,
    /// When it began.
    pub created_ms: i64,
    /// Since when it is suspended for want of payment.
    pub suspended_ms: Option<i64>,
    /// When it ended.
    pub ended_ms: Option<i64>,
}

/// A period: from its start until just before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// 1 for the first, 0 for a trial.
    pub number: i64,
    /// When it began.
    pub start_ms: i64,
    /// When the next one begins.
    pub end_ms: i64,
}

/// A change that waits for the end of the period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scheduled {
    /// The plan, from then on.
    pub plan: PlanId,
    /// The term.
    pub term: Term,
    /// The components.
    pub components: Vec<(ComponentId, u32)>,
    /// What a period costs.
    pub priced: Priced,
}

/// The current status of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionState {
    /// A trial: nothing is paid.
    Trialing,
    /// The period is paid.
    Active,
    /// The period that should run isn't paid, and the grace runs.
    PastDue,
    /// The grace is over too.
    Suspended,
    /// It is over.
    Ended,
}

/// How long after a try to charge a period the next one is made.
pub const RETRY_MS: i64 = DAY_MS;

impl Subscription {
    /// The period after the one that runs.
    ///
    /// # Errors
    /// [`OutOfCalendar`].
    pub fn following(&self) -> Result<Period, OutOfCalendar> {
        let (anchor_ms, anchor_no) = self.anchor;
        let number = self.period.number + 1;
        // Counted from the anchor, never from the last end: the 31st comes back.
        let periods = number - anchor_no + 1;
        let months = i64::from(self.term.months().unwrap_or_default());
        Ok(Period { number, start_ms: self.period.end_ms, end_ms: months_after(anchor_ms, months * periods)? })
    }

    /// The same subscription with a period that begins now, from which all others are counted.
    ///
    /// # Errors
    /// [`OutOfCalendar`].
    pub fn begun(self, now_ms: i64) -> Result<Self, OutOfCalendar> {
        let number = self.period.number + 1;
        let months = i64::from(self.term.months().unwrap_or_default());
        let period = Period { number, start_ms: now_ms, end_ms: months_after(now_ms, months)? };
        Ok(Self { anchor: (now_ms, number), ..self }.paid(period))
    }

    /// The same subscription with this period paid.
    #[must_use]
    pub fn paid(self, period: Period) -> Self {
        let (state, next_ms) = (SubscriptionState::Active, Some(period.end_ms));
        Self { state, period, next_ms, suspended_ms: None, ended_ms: None, ..self }
    }

    /// Whether it was suspended for so long that it ends.
    #[must_use]
    pub fn was_suspended_for(&self, suspended_for_ms: i64, now_ms: i64) -> bool {
        self.suspended_ms.is_some_and(|since_ms| since_ms + suspended_for_ms <= now_ms)
    }

    /// The same subscription, over.
    #[must_use]
    pub fn ended(self, now_ms: i64) -> Self {
        let state = SubscriptionState::Ended;
        Self { state, ended_ms: Some(now_ms), next_ms: None, scheduled: None, ..self }
    }

    /// The same subscription after a period couldn't be charged: past due while the grace lasts, then suspended, and
    /// looked at again when that has lasted `suspended_for_ms`.
    #[must_use]
    pub fn unpaid(self, now_ms: i64, suspended_for_ms: i64) -> Self {
        let grace_ends_ms = self.period.end_ms + self.grace_days * DAY_MS;
        if grace_ends_ms <= now_ms {
            let since_ms = self.suspended_ms.unwrap_or(now_ms);
            let (state, next_ms) = (SubscriptionState::Suspended, Some(since_ms + suspended_for_ms));
            return Self { state, next_ms, suspended_ms: Some(since_ms), ..self };
        }
        let next_ms = Some(grace_ends_ms.min(now_ms + RETRY_MS));
        Self { state: SubscriptionState::PastDue, next_ms, ..self }
    }
}

/// What changing costs now, in the middle of a period: the new price for what is left of it, less what was paid for
/// that. Below zero when the new price is lower.
///
/// # Errors
/// [`MoneyError`].
pub fn prorated(period: Period, now_ms: i64, paid: Money, price: Money) -> Result<Money, MoneyError> {
    let whole_ms = period.end_ms - period.start_ms;
    let left_ms = (period.end_ms - now_ms).clamp(0, whole_ms);
    price.part(left_ms, whole_ms)?.minus(paid.part(left_ms, whole_ms)?)
}

#[cfg(test)]
mod tests;
