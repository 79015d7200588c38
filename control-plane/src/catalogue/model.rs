//! What is sold: products of an application, their plans, and the components that go into a configuration. Where
//! something is sold depends on the client's country.

pub mod price;
pub mod promo;
pub mod retail;

use std::collections::BTreeSet;

use marque_config::ApplicationId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::country::Country;
use crate::kernel::ids::{ComponentId, PlanId, ProductId};
use crate::kernel::term::Term;

/// Whether something of the catalogue is on sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Being prepared: only the vendor sees it.
    Draft,
    /// On sale.
    Listed,
    /// No more new orders; what was sold is renewed.
    Unlisted,
}

impl Standing {
    /// Whether it may come to stand so: nothing becomes a draft again.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        self == next || next != Self::Draft
    }
}

/// The countries of the clients that something is for; none means all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Countries(pub Option<BTreeSet<Country>>);

impl Countries {
    /// Whether a client there may have it.
    #[must_use]
    pub fn has(&self, country: Country) -> bool {
        self.0.as_ref().is_none_or(|countries| countries.contains(&country))
    }
}

/// A product: what plans are of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Its identity.
    pub id: ProductId,
    /// The application that it opens.
    pub application: ApplicationId,
    /// How programs call it; unique.
    pub code: String,
    /// How people call it.
    pub name: String,
    /// Whether it is on sale.
    pub state: Standing,
    /// When it was added, milliseconds since 1970, UTC.
    pub created_ms: i64,
}

/// A plan: the kind of access to a product that is bought (S3.22).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Its identity.
    pub id: PlanId,
    /// The product that it is of.
    pub product: ProductId,
    /// The application of the product.
    pub application: ApplicationId,
    /// How programs call it; unique in the product.
    pub code: String,
    /// How people call it.
    pub name: String,
    /// Whether it costs something.
    pub kind: PlanKind,
    /// Whether it is on sale.
    pub state: Standing,
    /// For how long it is sold, and where.
    pub terms: Vec<TermOffer>,
    /// What becomes of the access when the licence is suspended or expires.
    pub at_suspension: AtSuspension,
    /// For how many days after its end it still works.
    pub grace_days: i64,
    /// How many days a trial lasts; zero where there is none.
    pub trial_days: i64,
    /// By how many days a trial can be extended, once; zero where it can't.
    pub trial_extension_days: i64,
    /// On how many devices a licence may be activated.
    pub max_activations: i64,
    /// When it was added, milliseconds since 1970, UTC.
    pub created_ms: i64,
}

impl Plan {
    /// Whether it is sold for this term to a client there.
    #[must_use]
    pub fn is_sold_for(&self, term: Term, country: Country) -> bool {
        self.terms.iter().any(|offer| offer.term == term && offer.countries.has(country))
    }
}

/// Whether a plan costs something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanKind {
    /// It has prices.
    Sold,
    /// It is given, and never ordered.
    Free,
}

/// What a licence that is suspended, or over, still gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AtSuspension {
    /// Nothing.
    Block,
    /// Reading.
    ReadOnly,
}

/// A term that a plan is sold for, and where (S3.20, S3.21).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TermOffer {
    /// For how long.
    pub term: Term,
    /// Where.
    #[serde(default)]
    pub countries: Countries,
}

/// What can be added to a configuration, with a quantity (S3.19).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Its identity.
    pub id: ComponentId,
    /// The product that it goes with.
    pub product: ProductId,
    /// How programs call it; unique in the product.
    pub code: String,
    /// How people call it.
    pub name: String,
    /// What it is.
    pub kind: ComponentKind,
    /// Whether it is on sale.
    pub state: Standing,
    /// Where.
    pub countries: Countries,
    /// What has to be in the configuration too.
    pub requires: BTreeSet<ComponentId>,
    /// What can't be in the configuration too.
    pub excludes: BTreeSet<ComponentId>,
    /// The most of it in one configuration.
    pub max_quantity: u32,
    /// When it was added, milliseconds since 1970, UTC.
    pub created_ms: i64,
}

/// What a component is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ComponentKind {
    /// A printer, a cutter.
    Device,
    /// Work, or something else without a shape.
    Service,
}
