//! What a basket chose of the catalogue, looked up: whether it fits together, and what each line costs.

use std::collections::BTreeSet;

use sqlx::AnyConnection;

use super::{Sums, too_large};
use crate::catalogue::model::price::{Basket, Price, PriceList, PriceListState, PriceVersion, PricedLine};
use crate::catalogue::model::{Component, ListingState, Plan, PlanKind, Product};
use crate::catalogue::store;
use crate::database::refused::Refused;
use crate::database::stored;
use crate::kernel::fault::{Conflict, FieldFault, unknown};
use crate::kernel::ids::ComponentId;
use crate::kernel::language::Sentence;
use crate::kernel::money::Money;

/// No basket has more kinds of components.
const MOST_COMPONENTS: usize = 100;

/// What a basket chose.
pub(super) struct Chosen {
    pub(super) list: PriceList,
    pub(super) version: PriceVersion,
    pub(super) product: Product,
    pub(super) plan: Plan,
    components: Vec<(Component, u32)>,
    prices: Vec<Price>,
}

impl Chosen {
    /// Looks everything up. What the partner may not see isn't there.
    pub(super) async fn look_up(connection: &mut AnyConnection, now_ms: i64, basket: &Basket) -> Result<Self, Refused> {
        let list = stored::find::<PriceList>(&mut *connection, &basket.price_list).await?;
        let list = list.filter(|list| list.is_for(basket.partner)).ok_or_else(|| unknown("/price_list"))?;
        let plan = stored::find::<Plan>(&mut *connection, &basket.plan).await?;
        let plan = plan.filter(|plan| plan.state != ListingState::Draft).ok_or_else(|| unknown("/plan"))?;
        let product = stored::find::<Product>(&mut *connection, &plan.product).await?;
        let product = product.filter(|product| product.state != ListingState::Draft).ok_or_else(|| unknown("/plan"))?;
        let components = components(connection, basket, &product).await?;
        let (of, wanted) = ((list.id, now_ms), (plan.id, basket.term));
        let version = store::price_versions::in_force_with_prices(&mut *connection, of, wanted).await?;
        let (version, prices) = version.ok_or(Conflict::OFFER_UNAVAILABLE)?;
        Ok(Self { list, version, product, plan, components, prices })
    }

    /// Refuses what isn't on sale, or not to this client (S3.21).
    pub(super) fn check_on_sale(&self, basket: &Basket) -> Result<(), Conflict> {
        let states = [self.product.state, self.plan.state];
        let mut states = states.into_iter().chain(self.components.iter().map(|(component, _)| component.state));
        let on_sale = states.all(|state| state == ListingState::Listed);
        if !on_sale || self.plan.kind == PlanKind::Free || self.list.state == PriceListState::Closed {
            return Err(Conflict::OFFER_UNAVAILABLE);
        }
        let components = self.components.iter().all(|(component, _)| component.countries.has(basket.country));
        let there = self.list.countries.has(basket.country) && components;
        if there && self.plan.is_sold_for(basket.term, basket.country) {
            Ok(())
        } else {
            Err(Conflict::OFFER_UNAVAILABLE_IN_REGION)
        }
    }

    /// Refuses components that don't go together, or too many of one.
    pub(super) fn check_configuration(&self, basket: &Basket) -> Result<(), Refused> {
        let chosen: BTreeSet<ComponentId> = basket.components.iter().map(|(id, _)| *id).collect();
        let mut faults = Vec::new();
        for (index, (component, quantity)) in self.components.iter().enumerate() {
            if *quantity > component.max_quantity {
                faults.push(out_of_range(index, component.max_quantity));
            }
            if !component.requires.is_subset(&chosen) {
                let english = "This component needs another one in the configuration.";
                let french = "Ce composant en exige un autre dans la configuration.";
                faults.push(misfit(index, "component-required", Sentence::fixed(english, french)));
            }
            if !component.excludes.is_disjoint(&chosen) {
                let english = "This component doesn’t go with another one of the configuration.";
                let french = "Ce composant ne va pas avec un autre de la configuration.";
                faults.push(misfit(index, "component-excluded", Sentence::fixed(english, french)));
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(Refused::Fields(faults)) }
    }

    /// What each line costs, and what they come to.
    pub(super) fn add_up(&self) -> Result<Sums, Refused> {
        let line = self.line(None, (&self.plan.code, &self.plan.name), 1)?;
        let (plan, mut lines) = (line.total, vec![line]);
        let mut components = Money::zero(self.list.currency);
        for (component, quantity) in &self.components {
            let line = self.line(Some(component.id), (&component.code, &component.name), *quantity)?;
            components = components.plus(line.total).map_err(too_large)?;
            lines.push(line);
        }
        Ok(Sums { lines, plan, components })
    }

    fn line(
        &self,
        component: Option<ComponentId>,
        (code, label): (&str, &str),
        quantity: u32,
    ) -> Result<PricedLine, Refused> {
        // The price of the highest step that the quantity reaches holds for all of them.
        let reached = |price: &&Price| price.component == component && price.from_quantity <= quantity;
        let price = self.prices.iter().filter(reached).max_by_key(|price| price.from_quantity);
        let price = price.ok_or(Conflict::OFFER_UNAVAILABLE)?;
        let unit = Money::new(price.minor, self.list.currency).map_err(too_large)?;
        let total = unit.times(quantity).map_err(too_large)?;
        Ok(PricedLine { code: code.to_owned(), label: label.to_owned(), quantity, unit, total })
    }
}

async fn components(
    connection: &mut AnyConnection,
    basket: &Basket,
    product: &Product,
) -> Result<Vec<(Component, u32)>, Refused> {
    if basket.components.len() > MOST_COMPONENTS {
        let english = format!("There are at most {MOST_COMPONENTS} components.");
        let french = format!("Il y a au plus {MOST_COMPONENTS} composants.");
        return Err(FieldFault::new("/components", "too-many", Sentence::new(english, french)).into());
    }
    if basket.components.is_empty() {
        return Ok(Vec::new());
    }
    let there = store::components::of_product(&mut *connection, product.id).await?;
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    for (index, (id, quantity)) in basket.components.iter().enumerate() {
        if *quantity == 0 {
            return Err(out_of_range(index, crate::kernel::money::MOST_QUANTITY).into());
        }
        if !seen.insert(*id) {
            let said = Sentence::fixed("This component stands there twice.", "Ce composant y figure deux fois.");
            return Err(misfit(index, "component-twice", said).into());
        }
        let component = there.iter().find(|one| one.id == *id && one.state != ListingState::Draft).cloned();
        let component = component.ok_or_else(|| unknown(&format!("/components/{index}/component")))?;
        found.push((component, *quantity));
    }
    Ok(found)
}

fn misfit(index: usize, code: &'static str, said: Sentence) -> FieldFault {
    FieldFault::new(format!("/components/{index}/component"), code, said)
}

fn out_of_range(index: usize, most: u32) -> FieldFault {
    let english = format!("The quantity is 1 to {most}.");
    let french = format!("La quantité va de 1 à {most}.");
    FieldFault::new(format!("/components/{index}/quantity"), "quantity-out-of-range", Sentence::new(english, french))
}
