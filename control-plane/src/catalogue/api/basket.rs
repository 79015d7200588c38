//! What somebody wants to order, as requests bring it, and what it costs, as answers tell it.

use iso_currency::Currency;
use marque_config::PartnerId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::catalogue::model::price::{Basket, Priced, PricedLine, Step};
use crate::kernel::country::Country;
use crate::kernel::ids::{ClientId, ComponentId, PlanId, PriceListId, PriceVersionId, PromoId};
use crate::kernel::language::Language;
use crate::kernel::money::Money;
use crate::kernel::term::Term;

/// What is to be ordered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BasketAsked {
    /// For which partner: said by the vendor only.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(crate) partner: Option<PartnerId>,
    /// For which client, where there is one already.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    client: Option<ClientId>,
    /// Where the client is (ISO 3166-1, two capital letters).
    #[schema(value_type = String, pattern = "^[A-Z]{2}$")]
    country: Country,
    /// With which price list.
    #[schema(value_type = String)]
    price_list: PriceListId,
    /// Which plan.
    #[schema(value_type = String)]
    plan: PlanId,
    /// For how long.
    term: Term,
    /// Which components, each once.
    #[serde(default)]
    #[schema(max_items = 100)]
    components: Vec<ComponentAsked>,
    /// With which promo code.
    #[serde(default)]
    #[schema(max_length = 100)]
    promo_code: Option<String>,
}

/// How many of a component.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ComponentAsked {
    /// Which.
    #[schema(value_type = String)]
    pub(crate) component: ComponentId,
    /// How many.
    #[schema(minimum = 1, maximum = 10000)]
    pub(crate) quantity: u32,
}

/// What something costs, and why.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PriceShown {
    /// The price list.
    #[schema(value_type = String)]
    price_list: PriceListId,
    /// Its version.
    #[schema(value_type = String)]
    version: PriceVersionId,
    /// The currency of everything here.
    #[schema(value_type = String, pattern = "^[A-Z]{3}$")]
    currency: Currency,
    /// The plan first, then the components as they were given.
    lines: Vec<PricedLine>,
    /// The sum of the lines.
    net: Money,
    /// What the promo code takes off.
    discount: Money,
    /// What is to be paid.
    total: Money,
    /// The promo code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    promo: Option<PromoId>,
    /// How it came to this.
    explanation: Vec<StepShown>,
}

/// One step of how a price came about.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StepShown {
    /// For programs.
    code: String,
    /// For people, in the language that was asked for.
    text: String,
    /// What it came to.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Money>,
}

impl BasketAsked {
    /// The basket of a partner.
    pub(crate) fn of(self, partner: PartnerId) -> Basket {
        Basket {
            partner,
            client: self.client,
            country: self.country,
            price_list: self.price_list,
            plan: self.plan,
            term: self.term,
            components: self.components.into_iter().map(|asked| (asked.component, asked.quantity)).collect(),
            promo: self.promo_code,
        }
    }
}

impl PriceShown {
    /// What something costs, in a language.
    pub(crate) fn new(priced: Priced, language: Language) -> Self {
        let shown = |step: Step| {
            let text = match language {
                Language::English => step.english,
                Language::French => step.french,
            };
            StepShown { code: step.code, text, amount: step.amount }
        };
        Self {
            price_list: priced.price_list,
            version: priced.version,
            currency: priced.currency,
            lines: priced.lines,
            net: priced.net,
            discount: priced.discount,
            total: priced.total,
            promo: priced.promo,
            explanation: priced.explanation.into_iter().map(shown).collect(),
        }
    }
}
