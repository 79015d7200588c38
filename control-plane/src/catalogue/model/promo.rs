//! Promo codes: what they take off, for whom, and how often. What a code gives never changes once it is made; it can
//! only end.

use std::collections::BTreeSet;

use marque_config::PartnerId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::price::Basket;
use crate::kernel::ids::{ClientId, OrderId, PlanId, PromoId, RedemptionId};
use crate::kernel::language::Sentence;
use crate::kernel::money::{Money, MoneyError};
use crate::kernel::resource::Resource;
use crate::kernel::term::Term;

/// A promo code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promo {
    /// Its identity.
    pub id: PromoId,
    /// What people type, in capitals.
    pub code: String,
    /// What it gives, and to whom.
    pub terms: PromoTerms,
    /// From when on, milliseconds since 1970, UTC.
    pub from_ms: i64,
    /// Until when, that moment not included.
    pub until_ms: Option<i64>,
    /// How often it can be used.
    pub max_uses: Option<i64>,
    /// How often each partner can use it.
    pub max_uses_per_partner: Option<i64>,
    /// How often it is used now.
    pub used: i64,
    /// When it was revoked.
    pub revoked_ms: Option<i64>,
    /// When it was added, milliseconds since 1970, UTC.
    pub created_ms: i64,
}

impl Resource for Promo {}

/// What a promo code gives, and to whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromoTerms {
    /// What it takes off.
    pub discount: Discount,
    /// For how many periods.
    pub lasts: Lasts,
    /// Off what.
    pub applies_to: AppliesTo,
    /// The least that the lines come to.
    pub minimum: Option<Money>,
    /// Only for a client's first order.
    pub first_order_only: bool,
    /// Only for these plans.
    pub plans: Option<BTreeSet<PlanId>>,
    /// Only for these terms.
    pub terms: Option<BTreeSet<Term>>,
    /// Only for these partners.
    pub partners: Option<BTreeSet<PartnerId>>,
    /// Only for these clients.
    pub clients: Option<BTreeSet<ClientId>>,
}

/// What a promo code takes off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Discount {
    /// A part, in hundredths of a percent: 1250 is 12.5 %.
    Percent {
        /// 1 to 10000.
        #[schema(minimum = 1, maximum = 10000)]
        basis_points: i64,
    },
    /// An amount, at most what it is taken off.
    Amount {
        /// Above zero.
        off: Money,
    },
}

/// For how many periods of a subscription a promo code holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Lasts {
    /// For the first.
    Once,
    /// For the first so many.
    Periods {
        /// 1 to 120.
        #[schema(minimum = 1, maximum = 120)]
        periods: u32,
    },
    /// For all of them.
    Forever,
}

/// What a promo code takes off from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AppliesTo {
    /// All lines.
    Everything,
    /// The plan's line.
    Plan,
    /// The components' lines.
    Components,
}

/// Where a promo code stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PromoState {
    /// Its day is yet to come.
    Scheduled,
    /// It can be used.
    Active,
    /// It was used as often as it can be.
    Exhausted,
    /// Its time is over.
    Expired,
    /// An operator ended it.
    Revoked,
}

/// One use of a promo code: by an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redemption {
    /// Its identity.
    pub id: RedemptionId,
    /// The code.
    pub promo: PromoId,
    /// The order.
    pub order: OrderId,
    /// Whose order.
    pub partner: PartnerId,
    /// For whom.
    pub client: Option<ClientId>,
    /// Its current status.
    pub state: RedemptionState,
    /// What it takes off the order.
    pub discount: Money,
}

/// Where a use of a promo code stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RedemptionState {
    /// The order is placed.
    Reserved,
    /// The order is fulfilled.
    Consumed,
    /// The order was taken back: it doesn't count.
    Released,
}

/// Why a promo code gives nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusable {
    /// There is none for the caller.
    Unknown,
    /// Its day is yet to come.
    Scheduled,
    /// It was used as often as it can be.
    Exhausted,
    /// The partner used it as often as it may.
    ExhaustedForPartner,
    /// Its time is over.
    Expired,
    /// An operator ended it.
    Revoked,
    /// It is for other plans.
    OtherPlan,
    /// It is for other terms.
    OtherTerm,
    /// It is for other clients.
    OtherClient,
    /// It is of another currency than the price list.
    OtherCurrency,
    /// The lines come to too little.
    BelowMinimum,
    /// The client has ordered before.
    NotFirstOrder,
    /// What it takes off from isn't in the basket.
    NothingToDiscount,
}

impl Promo {
    /// Its current status.
    #[must_use]
    pub fn state(&self, now_ms: i64) -> PromoState {
        if self.revoked_ms.is_some() {
            PromoState::Revoked
        } else if self.until_ms.is_some_and(|until_ms| until_ms <= now_ms) {
            PromoState::Expired
        } else if self.max_uses.is_some_and(|most| self.used >= most) {
            PromoState::Exhausted
        } else if now_ms < self.from_ms {
            PromoState::Scheduled
        } else {
            PromoState::Active
        }
    }

    /// Whether a basket may use it now, as far as the code itself says; `uses` is how often the partner uses it already.
    ///
    /// # Errors
    /// [`Unusable`].
    pub fn admits(&self, basket: &Basket, uses: i64, now_ms: i64) -> Result<(), Unusable> {
        let terms = &self.terms;
        if terms.partners.as_ref().is_some_and(|partners| !partners.contains(&basket.partner)) {
            return Err(Unusable::Unknown);
        }
        match self.state(now_ms) {
            PromoState::Scheduled => return Err(Unusable::Scheduled),
            PromoState::Exhausted => return Err(Unusable::Exhausted),
            PromoState::Expired => return Err(Unusable::Expired),
            PromoState::Revoked => return Err(Unusable::Revoked),
            PromoState::Active => {}
        }
        if self.max_uses_per_partner.is_some_and(|most| uses >= most) {
            return Err(Unusable::ExhaustedForPartner);
        }
        if !terms.is_for_plan(basket.plan) {
            return Err(Unusable::OtherPlan);
        }
        if !terms.is_for_term(basket.term) {
            return Err(Unusable::OtherTerm);
        }
        let client = |clients: &BTreeSet<ClientId>| basket.client.is_none_or(|client| !clients.contains(&client));
        if terms.clients.as_ref().is_some_and(client) {
            return Err(Unusable::OtherClient);
        }
        Ok(())
    }
}

impl PromoTerms {
    /// What it takes off the plan's line and the components' lines.
    ///
    /// # Errors
    /// [`Unusable`], or an amount too large.
    pub fn off(&self, plan: Money, components: Money) -> Result<Result<Money, Unusable>, MoneyError> {
        let net = plan.plus(components)?;
        let amounts = [self.minimum, if let Discount::Amount { off } = self.discount { Some(off) } else { None }];
        if amounts.into_iter().flatten().any(|amount| amount.currency != net.currency) {
            return Ok(Err(Unusable::OtherCurrency));
        }
        if self.minimum.is_some_and(|minimum| net.minor < minimum.minor) {
            return Ok(Err(Unusable::BelowMinimum));
        }
        let base = match self.applies_to {
            AppliesTo::Everything => net,
            AppliesTo::Plan => plan,
            AppliesTo::Components => components,
        };
        if base.minor == 0 {
            return Ok(Err(Unusable::NothingToDiscount));
        }
        Ok(Ok(match self.discount {
            Discount::Percent { basis_points } => base.part(basis_points, 10_000)?,
            Discount::Amount { off } if off.minor < base.minor => off,
            Discount::Amount { .. } => base,
        }))
    }

    /// Whether it is for this plan and this term.
    #[must_use]
    pub fn is_for(&self, plan: PlanId, term: Term) -> bool {
        self.is_for_plan(plan) && self.is_for_term(term)
    }

    fn is_for_plan(&self, plan: PlanId) -> bool {
        self.plans.as_ref().is_none_or(|plans| plans.contains(&plan))
    }

    fn is_for_term(&self, term: Term) -> bool {
        self.terms.as_ref().is_none_or(|terms| terms.contains(&term))
    }

    /// Whether it still holds in this period of a subscription, counted from 1.
    #[must_use]
    pub fn holds_in(&self, period: i64) -> bool {
        match self.lasts {
            Lasts::Once => period <= 1,
            Lasts::Periods { periods } => period <= i64::from(periods),
            Lasts::Forever => true,
        }
    }
}

impl Unusable {
    /// The reason, for programs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Scheduled => "scheduled",
            Self::Exhausted => "exhausted",
            Self::ExhaustedForPartner => "exhausted_for_partner",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::OtherPlan => "other_plan",
            Self::OtherTerm => "other_term",
            Self::OtherClient => "other_client",
            Self::OtherCurrency => "other_currency",
            Self::BelowMinimum => "below_minimum",
            Self::NotFirstOrder => "not_first_order",
            Self::NothingToDiscount => "nothing_to_discount",
        }
    }

    /// The reason, for people.
    #[must_use]
    pub fn said(self) -> Sentence {
        let (english, french) = match self {
            Self::Unknown => ("There is no such promo code.", "Ce code promo n’existe pas."),
            Self::Scheduled => ("This promo code can’t be used yet.", "Ce code promo n’est pas encore valable."),
            Self::Exhausted => ("This promo code is used up.", "Ce code promo est épuisé."),
            Self::ExhaustedForPartner => {
                ("You have used this promo code as often as you can.", "Vous avez épuisé ce code promo.")
            }
            Self::Expired => ("This promo code has expired.", "Ce code promo a expiré."),
            Self::Revoked => ("This promo code was withdrawn.", "Ce code promo a été retiré."),
            Self::OtherPlan => ("This promo code is for other plans.", "Ce code promo vaut pour d’autres plans."),
            Self::OtherTerm => ("This promo code is for other terms.", "Ce code promo vaut pour d’autres durées."),
            Self::OtherClient => ("This promo code is for other clients.", "Ce code promo vaut pour d’autres clients."),
            Self::OtherCurrency => {
                ("This promo code is in another currency.", "Ce code promo est dans une autre devise.")
            }
            Self::BelowMinimum => {
                ("The order is below this promo code’s minimum.", "La commande n’atteint pas le minimum de ce code.")
            }
            Self::NotFirstOrder => {
                ("This promo code is for a first order.", "Ce code promo vaut pour une première commande.")
            }
            Self::NothingToDiscount => {
                ("Nothing in the order is discounted by this code.", "Ce code ne s’applique à rien dans la commande.")
            }
        };
        Sentence::fixed(english, french)
    }
}
