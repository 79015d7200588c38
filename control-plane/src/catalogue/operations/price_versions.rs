//! Versions of price lists: drafted, published for a day, in force until the next one's. What is published never
//! changes, so that an order's price can be told from its version for ever.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::price_lists;
use crate::catalogue::model::price::{Change, Price, PriceList, PriceVersion, VersionState, changes};
use crate::catalogue::model::{Component, Plan, PlanKind};
use crate::catalogue::operations::{at_most, within};
use crate::database::refused::Refused;
use crate::database::{Store, Whose, Write};
use crate::kernel::fault::{Conflict, FieldFault, unknown};
use crate::kernel::ids::{ComponentId, PlanId, PriceListId, PriceVersionId, ProductId};
use crate::kernel::language::Sentence;
use crate::kernel::money::{MOST_MINOR, MOST_QUANTITY};
use crate::kernel::principal::Reach;
use crate::kernel::term::Term;
use crate::kernel::time::Time;

impl Conflict {
    /// The version is published, or taken back.
    pub const NO_DRAFT: Self = Self::new(
        "price-version-not-draft",
        "This version is no draft: it does not change any more.",
        "Cette version n’est pas un brouillon : elle ne change plus.",
    );
    /// The version's day has come.
    pub const IN_FORCE: Self = Self::new(
        "price-version-in-force",
        "Only a version whose day is yet to come can be taken back.",
        "Seule une version dont le jour est à venir peut être retirée.",
    );
    /// Another version of the list starts at the same moment.
    pub const EFFECTIVE_TAKEN: Self = Self::new(
        "effective-from-taken",
        "Another version of this list starts at the same moment.",
        "Une autre version de cette liste commence au même moment.",
    );
}

/// No version has more prices.
pub const MOST_PRICES: usize = 2_000;

/// Drafts a version.
///
/// # Errors
/// [`Refused`].
pub async fn draft(write: &mut Write, list: PriceListId, prices: Vec<Price>) -> Result<PriceVersion, Refused> {
    write.find::<PriceList>(&list).await?.ok_or(Refused::NotFound)?;
    let prices = checked(write, prices).await?;
    let version = PriceVersion {
        id: write.id(),
        list,
        number: write.next_version_number(list).await?,
        state: VersionState::Draft,
        effective_ms: None,
        published_ms: None,
        created_ms: write.now_ms(),
    };
    write.add_price_version(&version, &prices).await?;
    trace(write, "price_version.drafted", &version);
    Ok(version)
}

/// Puts other prices in a draft.
///
/// # Errors
/// [`Refused`].
pub async fn replace(write: &mut Write, id: PriceVersionId, prices: Vec<Price>) -> Result<PriceVersion, Refused> {
    let version = drafted(write, id).await?;
    let prices = checked(write, prices).await?;
    write.replace_prices(id, &prices).await?;
    trace(write, "price_version.changed", &version);
    Ok(version)
}

/// Publishes a draft: for now, or for a moment that is yet to come.
///
/// # Errors
/// [`Refused`].
pub async fn publish(write: &mut Write, id: PriceVersionId, from_ms: Option<i64>) -> Result<PriceVersion, Refused> {
    let version = drafted(write, id).await?;
    let from_ms = from_ms.unwrap_or(write.now_ms());
    if from_ms < write.now_ms() {
        let said = Sentence::fixed("Prices don’t change in the past.", "Les prix ne changent pas dans le passé.");
        return Err(FieldFault::new("/effective_from", "in-the-past", said).into());
    }
    if write.is_effective_taken(version.list, from_ms).await? {
        return Err(Conflict::EFFECTIVE_TAKEN.into());
    }
    let published_ms = Some(write.now_ms());
    let version = PriceVersion { state: VersionState::Published, effective_ms: Some(from_ms), published_ms, ..version };
    write.update_price_version(&version).await?;
    trace(write, "price_version.published", &version);
    Ok(version)
}

/// Takes a published version back before its day.
///
/// # Errors
/// [`Refused`].
pub async fn retire(write: &mut Write, id: PriceVersionId) -> Result<PriceVersion, Refused> {
    let version = write.find::<PriceVersion>(&id).await?.ok_or(Refused::NotFound)?;
    let now_ms = write.now_ms();
    let is_to_come = version.effective_ms.is_some_and(|from_ms| from_ms > now_ms);
    if version.state != VersionState::Published || !is_to_come {
        return Err(Conflict::IN_FORCE.into());
    }
    let version = PriceVersion { state: VersionState::Retired, ..version };
    write.update_price_version(&version).await?;
    trace(write, "price_version.retired", &version);
    Ok(version)
}

/// Forgets a draft.
///
/// # Errors
/// [`Refused`].
pub async fn discard(write: &mut Write, id: PriceVersionId) -> Result<(), Refused> {
    let version = drafted(write, id).await?;
    write.remove_price_version(id).await?;
    trace(write, "price_version.discarded", &version);
    Ok(())
}

/// One version with its prices, behind the gate.
///
/// # Errors
/// [`Refused`].
pub async fn current(write: &mut Write, id: PriceVersionId) -> Result<(PriceVersion, Vec<Price>), Refused> {
    let version = write.find::<PriceVersion>(&id).await?.ok_or(Refused::NotFound)?;
    Ok((version, write.prices(id).await?))
}

/// One version with its prices, if its list is for the caller. What isn't published is the vendor's.
///
/// # Errors
/// [`Refused`].
pub async fn one(store: &Store, reach: &Reach, id: PriceVersionId) -> Result<(PriceVersion, Vec<Price>), Refused> {
    let version = store.find::<PriceVersion>(&id).await?.ok_or(Refused::NotFound)?;
    price_lists::one(store, reach, version.list).await?;
    if version.state != VersionState::Published && !reach.is_operator() {
        return Err(Refused::NotFound);
    }
    Ok((version, store.prices(id).await?))
}

/// What changes from one version to another of the same list.
///
/// # Errors
/// [`Refused`].
pub async fn diff(
    store: &Store,
    reach: &Reach,
    id: PriceVersionId,
    against: PriceVersionId,
) -> Result<(PriceVersion, Vec<Change>), Refused> {
    let (version, prices) = one(store, reach, id).await?;
    let (other, before) = one(store, reach, against).await?;
    if other.list != version.list {
        return Err(Refused::NotFound);
    }
    Ok((version, changes(&before, &prices)))
}

async fn drafted(write: &mut Write, id: PriceVersionId) -> Result<PriceVersion, Refused> {
    let version = write.find::<PriceVersion>(&id).await?.ok_or(Refused::NotFound)?;
    if version.state == VersionState::Draft { Ok(version) } else { Err(Conflict::NO_DRAFT.into()) }
}

/// Prices of plans that are sold, with their components; each starts at a quantity of 1.
async fn checked(write: &mut Write, prices: Vec<Price>) -> Result<Vec<Price>, Refused> {
    let prices = at_most("/prices", prices, MOST_PRICES)?;
    if prices.is_empty() {
        let said = Sentence::fixed("There is at least one price.", "Il y a au moins un prix.");
        return Err(FieldFault::new("/prices", "empty", said).into());
    }
    let starts: BTreeSet<_> = prices.iter().filter(|price| price.from_quantity == 1).map(place).collect();
    let (mut seen, mut known) = (BTreeSet::new(), Known::default());
    for (index, price) in prices.iter().enumerate() {
        let at = |field: &str| format!("/prices/{index}/{field}");
        within(&at("from_quantity"), i64::from(price.from_quantity), 1..=most_quantity(price))?;
        within(&at("amount"), price.minor, 0..=MOST_MINOR)?;
        known.check(write, index, price).await?;
        let alone = (price.plan, price.term, None);
        if !starts.contains(&place(price)) || !starts.contains(&alone) {
            let english =
                "A price starts at a quantity of 1, and a component’s goes with the plan’s for the same term.";
            let french =
                "Un prix part de la quantité 1, et celui d’un composant va avec celui du plan pour la même durée.";
            return Err(
                FieldFault::new(at("from_quantity"), "price-incomplete", Sentence::fixed(english, french)).into()
            );
        }
        if !seen.insert((place(price), price.from_quantity)) {
            let said = Sentence::fixed("This price stands there twice.", "Ce prix y figure deux fois.");
            return Err(FieldFault::new(format!("/prices/{index}"), "price-twice", said).into());
        }
    }
    Ok(prices)
}

type Place = (PlanId, Term, Option<ComponentId>);

fn place(price: &Price) -> Place {
    (price.plan, price.term, price.component)
}

/// A plan is bought once; only components have quantities.
fn most_quantity(price: &Price) -> i64 {
    if price.component.is_some() { i64::from(MOST_QUANTITY) } else { 1 }
}

/// What was looked up already.
#[derive(Default)]
struct Known {
    plans: BTreeMap<PlanId, Plan>,
    components: BTreeMap<ComponentId, ProductId>,
}

impl Known {
    async fn check(&mut self, write: &mut Write, index: usize, price: &Price) -> Result<(), Refused> {
        let plan = match self.plans.entry(price.plan) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let plan = write.plan(price.plan).await?.filter(|plan| plan.kind == PlanKind::Sold);
                new.insert(plan.ok_or_else(|| unknown(&format!("/prices/{index}/plan")))?)
            }
        };
        if !plan.terms.iter().any(|offer| offer.term == price.term) {
            let said =
                Sentence::fixed("The plan isn’t sold for this term.", "Le plan ne se vend pas pour cette durée.");
            return Err(FieldFault::new(format!("/prices/{index}/term"), "term-not-offered", said).into());
        }
        let Some(id) = price.component else { return Ok(()) };
        let absent = || unknown(&format!("/prices/{index}/component"));
        if let Entry::Vacant(new) = self.components.entry(id) {
            new.insert(write.find::<Component>(&id).await?.ok_or_else(absent)?.product);
        }
        if self.components.get(&id) == Some(&plan.product) { Ok(()) } else { Err(absent().into()) }
    }
}

fn trace(write: &mut Write, action: &'static str, version: &PriceVersion) {
    let detail = json!({
        "price_list": version.list,
        "number": version.number,
        "state": version.state,
        "effective_from": version.effective_ms.map(Time::from_ms),
    });
    write.audit(action, &version.id, Whose::VENDOR, detail);
}
