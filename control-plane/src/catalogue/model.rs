//! What is sold: products of an application, their plans, and the components that go into a configuration. Where
//! something is sold depends on the client's country.

pub mod price;
pub mod promo;
pub mod retail;

use std::collections::BTreeSet;

use marque_config::ApplicationId;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::kernel::country::Country;
use crate::kernel::ids::{ComponentId, PlanId, ProductId};
use crate::kernel::money::MOST_QUANTITY;
use crate::kernel::resource::{New, Patch, Resource};
use crate::kernel::term::Term;
use crate::kernel::time::Time;

/// Whether something of the catalogue is on sale.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListingState {
    /// Being prepared: only the vendor sees it.
    #[default]
    Draft,
    /// On sale.
    Listed,
    /// No more new orders; what was sold is renewed.
    Unlisted,
}

impl ListingState {
    /// Whether it may become `next`: nothing becomes a draft again.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        self == next || next != Self::Draft
    }
}

/// Something that is on sale or not.
pub trait Listed {
    /// Whether it is.
    fn state(&self) -> ListingState;
}

impl Listed for Product {
    fn state(&self) -> ListingState {
        self.state
    }
}

impl Listed for Component {
    fn state(&self) -> ListingState {
        self.state
    }
}

/// The countries of the clients that something is for; all of them when empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Countries(pub BTreeSet<Country>);

impl Countries {
    /// Whether a client there may have it.
    #[must_use]
    pub fn has(&self, country: Country) -> bool {
        self.0.is_empty() || self.0.contains(&country)
    }
}

impl<'de> Deserialize<'de> for Countries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(|countries| Self(countries.unwrap_or_default()))
    }
}

/// A product: what plans are of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Product {
    /// Its identity: `prd_…`.
    #[schema(value_type = String)]
    pub id: ProductId,
    /// The application that it opens.
    #[schema(value_type = String)]
    pub application: ApplicationId,
    /// How programs call it: letters, digits, `-`, `_` and `.`; unique, and it never changes.
    #[schema(min_length = 1, max_length = 40)]
    pub code: String,
    /// How people call it.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// Whether it is on sale. What was listed once is no draft any more.
    #[serde(default)]
    #[schema(required = true, default = "draft")]
    pub state: ListingState,
    /// When it was added.
    pub created_at: Time,
}

/// A product to add.
pub type ProductToAdd = New<Product>;

/// What is to change of a product.
pub type ProductToChange = Patch<Product>;

impl Resource for Product {
    const ASSIGNED: &'static [&'static str] = &["id", "created_at"];
    const MUTABLE: &'static [&'static str] = &["name", "state"];
}

/// A plan: the kind of access to a product that is bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Plan {
    /// Its identity: `pln_…`.
    #[schema(value_type = String)]
    pub id: PlanId,
    /// The product that it is of.
    #[schema(value_type = String)]
    pub product: ProductId,
    /// The application of the product.
    #[schema(value_type = String)]
    pub application: ApplicationId,
    /// How programs call it: letters, digits, `-`, `_` and `.`; unique in the product, and it never changes.
    #[schema(min_length = 1, max_length = 40)]
    pub code: String,
    /// How people call it.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// Whether it costs something; it never changes.
    #[serde(default)]
    #[schema(required = true, default = "sold")]
    pub kind: PlanKind,
    /// Whether it is on sale. What was listed once is no draft any more.
    #[serde(default)]
    #[schema(required = true, default = "draft")]
    pub state: ListingState,
    /// For how long it is sold, and where.
    #[serde(default)]
    #[schema(required = true, default = json!([]), max_items = 3)]
    pub terms: Vec<TermOffer>,
    /// What a licence still gives that is suspended or over.
    #[serde(default)]
    #[schema(required = true, default = "block")]
    pub at_suspension: AtSuspension,
    /// For how many days after its end a licence still works.
    #[serde(default = "fortnight")]
    #[schema(required = true, default = 14, minimum = 0, maximum = 365)]
    pub grace_days: i64,
    /// How many days a trial lasts; 0 where there is none.
    #[serde(default = "fortnight")]
    #[schema(required = true, default = 14, minimum = 0, maximum = 365)]
    pub trial_days: i64,
    /// By how many days a trial can be extended, once; 0 where it can't.
    #[serde(default = "week")]
    #[schema(required = true, default = 7, minimum = 0, maximum = 90)]
    pub trial_extension_days: i64,
    /// On how many devices a licence may be activated.
    #[serde(default = "single")]
    #[schema(required = true, default = 1, minimum = 1, maximum = 10000)]
    pub max_activations: i64,
    /// When it was added.
    pub created_at: Time,
}

/// A plan to add.
pub type PlanToAdd = New<Plan>;

/// What is to change of a plan.
pub type PlanToChange = Patch<Plan>;

impl Resource for Plan {
    const ASSIGNED: &'static [&'static str] = &["id", "application", "created_at"];
    const MUTABLE: &'static [&'static str] = &[
        "name",
        "state",
        "terms",
        "at_suspension",
        "grace_days",
        "trial_days",
        "trial_extension_days",
        "max_activations",
    ];
}

impl Plan {
    /// Whether it is sold for this term to a client there.
    #[must_use]
    pub fn is_sold_for(&self, term: Term, country: Country) -> bool {
        self.terms.iter().any(|offer| offer.term == term && offer.countries.has(country))
    }
}

fn fortnight() -> i64 {
    14
}

fn week() -> i64 {
    7
}

fn single() -> i64 {
    1
}

/// Whether a plan costs something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanKind {
    /// It has prices.
    #[default]
    Sold,
    /// It is given, and never ordered.
    Free,
}

/// What a licence that is suspended, or over, still gives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AtSuspension {
    /// Nothing.
    #[default]
    Block,
    /// Reading.
    ReadOnly,
}

/// A term that a plan is sold for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TermOffer {
    /// For how long.
    pub term: Term,
    /// The countries of the clients that it is for (ISO 3166-1, two capital letters); all of them when empty.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 300)]
    pub countries: Countries,
}

/// What can be added to a configuration, with a quantity: a printer, a cutter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Component {
    /// Its identity: `cmp_…`.
    #[schema(value_type = String)]
    pub id: ComponentId,
    /// The product that it goes with.
    #[schema(value_type = String)]
    pub product: ProductId,
    /// How programs call it: letters, digits, `-`, `_` and `.`; unique in the product, and it never changes.
    #[schema(min_length = 1, max_length = 40)]
    pub code: String,
    /// How people call it.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// What it is; it never changes.
    #[serde(default)]
    #[schema(required = true, default = "device")]
    pub kind: ComponentKind,
    /// Whether it is on sale. What was listed once is no draft any more.
    #[serde(default)]
    #[schema(required = true, default = "draft")]
    pub state: ListingState,
    /// The countries of the clients that it is for (ISO 3166-1, two capital letters); all of them when empty.
    #[serde(default)]
    #[schema(required = true, default = json!([]), value_type = Vec<String>, max_items = 300)]
    pub countries: Countries,
    /// What has to be in the configuration too: other components of the product.
    #[serde(default)]
    #[schema(required = true, default = json!([]), value_type = Vec<String>, max_items = 50)]
    pub requires: BTreeSet<ComponentId>,
    /// What can't be in the configuration too: other components of the product.
    #[serde(default)]
    #[schema(required = true, default = json!([]), value_type = Vec<String>, max_items = 50)]
    pub excludes: BTreeSet<ComponentId>,
    /// The most of it in one configuration.
    #[serde(default = "most_quantity")]
    #[schema(required = true, default = 10000, minimum = 1, maximum = 10000)]
    pub max_quantity: u32,
    /// When it was added.
    pub created_at: Time,
}

/// A component to add.
pub type ComponentToAdd = New<Component>;

/// What is to change of a component.
pub type ComponentToChange = Patch<Component>;

impl Resource for Component {
    const ASSIGNED: &'static [&'static str] = &["id", "created_at"];
    const MUTABLE: &'static [&'static str] = &["name", "state", "countries", "requires", "excludes", "max_quantity"];
}

fn most_quantity() -> u32 {
    MOST_QUANTITY
}

/// What a component is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ComponentKind {
    /// A printer, a cutter.
    #[default]
    Device,
    /// Work, or something else without a shape.
    Service,
}
