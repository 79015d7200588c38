//! Price lists and what comes of them: one list is of one currency (S3.16), its versions never change once they are
//! published, and what an order was priced with can be kept whole.

use std::collections::{BTreeMap, BTreeSet};

use iso_currency::Currency;
use marque_config::{ApplicationId, PartnerId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::catalogue::model::Countries;
use crate::kernel::country::Country;
use crate::kernel::ids::{ClientId, ComponentId, PlanId, PriceListId, PriceVersionId, ProductId, PromoId};
use crate::kernel::json;
use crate::kernel::money::Money;
use crate::kernel::resource::{New, Patch, Resource};
use crate::kernel::term::Term;
use crate::kernel::time::Time;

/// A price list: one currency, some countries, some partners.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PriceList {
    /// Its identity: `prl_…`.
    #[schema(value_type = String)]
    pub id: PriceListId,
    /// How people call it; unique.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// The currency of all its prices; it never changes.
    #[schema(value_type = String, pattern = "^[A-Z]{3}$")]
    pub currency: Currency,
    /// The countries of the clients that it is for (ISO 3166-1, two capital letters); all of them when empty.
    #[serde(default)]
    #[schema(required = true, default = json!([]), value_type = Vec<String>, max_items = 300)]
    pub countries: Countries,
    /// Whom it is for, told to the vendor only; every partner when empty.
    #[serde(default = "everyone", deserialize_with = "json::some", skip_serializing_if = "Option::is_none")]
    #[schema(required = false, default = json!([]), value_type = Vec<String>, max_items = 100)]
    pub partners: Option<BTreeSet<PartnerId>>,
    /// Whether orders are taken with it.
    pub state: PriceListState,
    /// When it was added.
    pub created_at: Time,
}

/// A price list to add.
pub type PriceListToAdd = New<PriceList>;

/// What is to change of a price list.
pub type PriceListToChange = Patch<PriceList>;

impl Resource for PriceList {
    const ASSIGNED: &'static [&'static str] = &["id", "state", "created_at"];
    const MUTABLE: &'static [&'static str] = &["name", "countries", "partners", "state"];
}

impl PriceList {
    /// Whether a partner may order with it.
    #[must_use]
    pub fn is_for(&self, partner: PartnerId) -> bool {
        self.partners.as_ref().is_none_or(|partners| partners.is_empty() || partners.contains(&partner))
    }
}

fn everyone() -> Option<BTreeSet<PartnerId>> {
    Some(BTreeSet::new())
}

/// Whether orders are taken with a price list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PriceListState {
    /// They are.
    Open,
    /// No new ones; what was sold is renewed with it.
    Closed,
}

/// A version of a price list, without its prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceVersion {
    /// Its identity.
    pub id: PriceVersionId,
    /// The list that it is of.
    pub list: PriceListId,
    /// Its number in the list: 1 for the first.
    pub number: i64,
    /// What was done to it.
    pub state: VersionState,
    /// From when on it is in force; none for a draft.
    pub effective_ms: Option<i64>,
    /// When it was published.
    pub published_ms: Option<i64>,
    /// When it was drafted, milliseconds since 1970, UTC.
    pub created_ms: i64,
}

impl Resource for PriceVersion {}

/// What was done to a version of a price list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VersionState {
    /// It can be changed.
    Draft,
    /// It never changes; in force from its day on until the next one's.
    Published,
    /// It was taken back before its day.
    Retired,
}

/// One price of a version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Price {
    /// The plan.
    pub plan: PlanId,
    /// For how long.
    pub term: Term,
    /// The component that goes with the plan; none for the plan itself.
    pub component: Option<ComponentId>,
    /// From this quantity on, all of them cost so much each.
    pub from_quantity: u32,
    /// How much each, in minor units of the list's currency.
    pub minor: i64,
}

/// What somebody wants to order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basket {
    /// Who orders.
    pub partner: PartnerId,
    /// For whom; none for a client that isn't known yet.
    pub client: Option<ClientId>,
    /// Where the client is.
    pub country: Country,
    /// With which price list.
    pub price_list: PriceListId,
    /// Which plan.
    pub plan: PlanId,
    /// For how long.
    pub term: Term,
    /// Which components, and how many of each.
    pub components: Vec<(ComponentId, u32)>,
    /// With which promo code.
    pub promo: Option<String>,
}

/// What a basket costs, and why: whole, so that an order keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Priced {
    /// The list.
    pub price_list: PriceListId,
    /// Its version.
    pub version: PriceVersionId,
    /// The currency of everything here.
    pub currency: Currency,
    /// The product.
    pub product: ProductId,
    /// The application of the product.
    pub application: ApplicationId,
    /// The plan.
    pub plan: PlanId,
    /// For how long.
    pub term: Term,
    /// The plan first, then the components as they were given.
    pub lines: Vec<PricedLine>,
    /// The sum of the lines.
    pub net: Money,
    /// What the promo code takes off.
    pub discount: Money,
    /// What is to be paid.
    pub total: Money,
    /// The promo code.
    pub promo: Option<PromoId>,
    /// How it came to this.
    pub explanation: Vec<Step>,
}

/// One line of what a basket costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PricedLine {
    /// The code of the plan or component.
    pub code: String,
    /// Its name.
    pub label: String,
    /// How many.
    #[schema(minimum = 1, maximum = 10000)]
    pub quantity: u32,
    /// How much each.
    pub unit: Money,
    /// How much together.
    pub total: Money,
}

/// One step of how a price came about, in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// For programs.
    pub code: String,
    /// For people, in English.
    pub english: String,
    /// For people, in French.
    pub french: String,
    /// What it came to.
    pub amount: Option<Money>,
}

/// The status of a version at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PriceVersionStage)]
pub enum Stage {
    /// It can be changed.
    Draft,
    /// Its day is yet to come.
    Scheduled,
    /// Orders are priced with it.
    InForce,
    /// A later one took its place.
    Superseded,
    /// It was taken back before its day.
    Retired,
}

impl PriceVersion {
    /// Its status at a moment, when this one of the list is in force.
    #[must_use]
    pub fn stage(&self, in_force: Option<PriceVersionId>, now_ms: i64) -> Stage {
        match self.state {
            VersionState::Draft => Stage::Draft,
            VersionState::Retired => Stage::Retired,
            VersionState::Published if in_force == Some(self.id) => Stage::InForce,
            VersionState::Published if self.effective_ms.is_some_and(|from_ms| from_ms > now_ms) => Stage::Scheduled,
            VersionState::Published => Stage::Superseded,
        }
    }
}

/// One price that differs between two versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Of what; the amount is the newer one, or the older one where there is no newer.
    pub price: Price,
    /// How much it was; none when it is new.
    pub before: Option<i64>,
    /// How much it is; none when it is gone.
    pub after: Option<i64>,
}

/// What changes from one version's prices to another's, in the order of plans, terms and components.
#[must_use]
pub fn changes(before: &[Price], after: &[Price]) -> Vec<Change> {
    let place = |price: &Price| (price.plan, price.term, price.component, price.from_quantity);
    let mut all = BTreeMap::new();
    for price in before {
        all.insert(place(price), (price, Some(price.minor), None));
    }
    for price in after {
        let entry = all.entry(place(price)).or_insert((price, None, None));
        entry.2 = Some(price.minor);
    }
    let differs = all.into_values().filter(|(_, before, after)| before != after);
    differs.map(|(price, before, after)| Change { price: price.clone(), before, after }).collect()
}
