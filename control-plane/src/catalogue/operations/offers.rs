//! What can be ordered for a client in a country: the catalogue, where it is available and has a price now (S3.21). What
//! can't be ordered isn't in it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use iso_currency::Currency;

use crate::catalogue::model::price::{Price, PriceList, PriceListState};
use crate::catalogue::model::{Component, ListingState, Plan};
use crate::database::{Page, Store, StoreError};
use crate::kernel::country::Country;
use crate::kernel::ids::{ComponentId, PlanId, PriceVersionId, ProductId};
use crate::kernel::money::Money;
use crate::kernel::term::Term;

/// A plan for a term, with a price list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The list.
    pub list: PriceList,
    /// Its version.
    pub version: PriceVersionId,
    /// For how long.
    pub term: Term,
    /// How much the plan costs.
    pub price: Money,
    /// What can be added.
    pub components: Vec<OfferedComponent>,
}

/// What can be added to an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedComponent {
    /// The component.
    pub component: Component,
    /// From which quantity on each costs how much.
    pub steps: Vec<(u32, Money)>,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Whose price lists; none is all of them.
    pub audience: Option<String>,
    /// Where the client is.
    pub country: Country,
    /// In which currency; none is any.
    pub currency: Option<Currency>,
}

/// No more price lists than these are looked at.
const MOST_LISTS: i64 = 100;

/// The offers of each plan; empty where it can't be ordered.
///
/// # Errors
/// When the database is away.
pub async fn of_plans(store: &Store, wanted: &Wanted, plans: Vec<Plan>) -> Result<Vec<(Plan, Vec<Offer>)>, StoreError> {
    let open = open_lists(store, wanted).await?;
    let mut components: BTreeMap<ProductId, Vec<Component>> = BTreeMap::new();
    let mut offers = Vec::new();
    for plan in plans {
        if let Entry::Vacant(unknown) = components.entry(plan.product) {
            unknown.insert(store.components_of(plan.product).await?);
        }
        let there = components.get(&plan.product).into_iter().flatten();
        let there: Vec<_> =
            there.filter(|one| one.state == ListingState::Listed && one.countries.has(wanted.country)).collect();
        let found = open.iter().flat_map(|list| list.offers(&plan, wanted.country, &there)).collect();
        offers.push((plan, found));
    }
    Ok(offers)
}

/// A list that is open, with what is in force.
struct Open {
    list: PriceList,
    version: PriceVersionId,
    prices: BTreeMap<(PlanId, Term), Vec<Price>>,
}

async fn open_lists(store: &Store, wanted: &Wanted) -> Result<Vec<Open>, StoreError> {
    let page = Page::first(MOST_LISTS);
    let currency = wanted.currency.map(|currency| currency.code());
    let lists = store.price_lists(wanted.audience.clone(), currency, &page).await?;
    let mut open = Vec::new();
    for list in lists {
        if list.state != PriceListState::Open || !list.countries.has(wanted.country) {
            continue;
        }
        let Some(version) = store.price_version_in_force(list.id, store.now_ms()).await? else { continue };
        let mut prices: BTreeMap<_, Vec<Price>> = BTreeMap::new();
        for price in store.prices(version.id).await? {
            prices.entry((price.plan, price.term)).or_default().push(price);
        }
        open.push(Open { list, version: version.id, prices });
    }
    Ok(open)
}

impl Open {
    fn offers(&self, plan: &Plan, country: Country, there: &[&Component]) -> Vec<Offer> {
        let terms = plan.terms.iter().map(|offer| offer.term).filter(|term| plan.is_sold_for(*term, country));
        terms.filter_map(|term| self.offer(plan, term, there)).collect()
    }

    fn offer(&self, plan: &Plan, term: Term, there: &[&Component]) -> Option<Offer> {
        let prices = self.prices.get(&(plan.id, term))?;
        let minor = prices.iter().find(|price| price.component.is_none())?.minor;
        let priced: BTreeSet<_> = prices.iter().filter_map(|price| price.component).collect();
        let there = there.iter().copied().filter(|component| priced.contains(&component.id)).collect();
        let components = together(there).into_iter().map(|component| self.offered(component, prices)).collect();
        let price = Money { minor, currency: self.list.currency };
        Some(Offer { list: self.list.clone(), version: self.version, term, price, components })
    }

    fn offered(&self, component: &Component, prices: &[Price]) -> OfferedComponent {
        let own = prices.iter().filter(|price| price.component == Some(component.id));
        let steps = own.map(|price| (price.from_quantity, Money { minor: price.minor, currency: self.list.currency }));
        OfferedComponent { component: component.clone(), steps: steps.collect() }
    }
}

/// Leaves out what needs something that isn't there, until nothing does.
fn together(mut components: Vec<&Component>) -> Vec<&Component> {
    loop {
        let ids: BTreeSet<ComponentId> = components.iter().map(|component| component.id).collect();
        let before = components.len();
        components.retain(|component| component.requires.is_subset(&ids));
        if components.len() == before {
            return components;
        }
    }
}
