//! Components.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{at_most, code, countries, next, within};
use crate::catalogue::model::{Component, ComponentKind, Standing};
use crate::database::refused::Refused;
use crate::database::{Store, Whose, Write};
use crate::kernel::country::Country;
use crate::kernel::fault::{Conflict, FieldFault, text, unknown};
use crate::kernel::ids::{ComponentId, ProductId};
use crate::kernel::language::Sentence;
use crate::kernel::money::MOST_QUANTITY;
use crate::kernel::principal::Reach;

/// What a new component is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewComponent {
    /// The product that it goes with.
    pub product: ProductId,
    /// How programs call it.
    pub code: String,
    /// What it is.
    pub kind: ComponentKind,
    /// What may change later.
    pub rest: ComponentRest,
}

/// What may change of a component, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentRest {
    /// How people call it.
    pub name: String,
    /// Whether it is on sale.
    pub state: Standing,
    /// Where; empty is everywhere.
    pub countries: Vec<Country>,
    /// What has to be in the configuration too.
    pub requires: Vec<ComponentId>,
    /// What can't be in the configuration too.
    pub excludes: Vec<ComponentId>,
    /// The most of it in one configuration.
    pub max_quantity: u32,
}

/// Adds a component.
///
/// # Errors
/// [`Refused`].
pub async fn create(write: &mut Write, new: NewComponent) -> Result<Component, Refused> {
    let product = write.product(new.product).await?.ok_or_else(|| unknown("/product"))?;
    let component = Component {
        id: write.id(),
        product: product.id,
        code: code("/code", &new.code)?,
        name: text("/name", &new.rest.name, 100)?,
        kind: new.kind,
        state: new.rest.state,
        countries: countries("/countries", new.rest.countries)?,
        requires: listed("/requires", new.rest.requires)?,
        excludes: listed("/excludes", new.rest.excludes)?,
        max_quantity: quantity(new.rest.max_quantity)?,
        created_ms: write.now_ms(),
    };
    check_others(write, &component).await?;
    if !write.add_component(&component).await? {
        return Err(Conflict::CODE_TAKEN.into());
    }
    write.audit("component.created", &component.id, Whose::VENDOR, told(&component));
    Ok(component)
}

/// Changes a component.
///
/// # Errors
/// [`Refused`].
pub async fn change(write: &mut Write, id: ComponentId, rest: ComponentRest) -> Result<Component, Refused> {
    let before = write.component(id).await?.ok_or(Refused::NotFound)?;
    let component = Component {
        name: text("/name", &rest.name, 100)?,
        state: next(before.state, Some(rest.state))?,
        countries: countries("/countries", rest.countries)?,
        requires: listed("/requires", rest.requires)?,
        excludes: listed("/excludes", rest.excludes)?,
        max_quantity: quantity(rest.max_quantity)?,
        ..before.clone()
    };
    if component == before {
        return Ok(component);
    }
    check_others(write, &component).await?;
    write.update_component(&component).await?;
    let detail = json!({ "before": told(&before), "after": told(&component) });
    write.audit("component.changed", &component.id, Whose::VENDOR, detail);
    Ok(component)
}

/// One component, behind the gate.
///
/// # Errors
/// [`Refused`].
pub async fn current(write: &mut Write, id: ComponentId) -> Result<Component, Refused> {
    write.component(id).await?.ok_or(Refused::NotFound)
}

/// One component. Drafts are the vendor's.
///
/// # Errors
/// [`Refused`].
pub async fn one(store: &Store, reach: &Reach, id: ComponentId) -> Result<Component, Refused> {
    let component = store.component(id).await?;
    let seen = |component: &Component| component.state != Standing::Draft || reach.is_operator();
    component.filter(seen).ok_or(Refused::NotFound)
}

/// What it needs and what it excludes are other components of the product, and none is both.
async fn check_others(write: &mut Write, component: &Component) -> Result<(), Refused> {
    if !component.requires.is_disjoint(&component.excludes) {
        let said = Sentence::fixed("What is required can’t be excluded.", "Ce qui est exigé ne peut pas être exclu.");
        return Err(FieldFault::new("/excludes", "required-and-excluded", said).into());
    }
    for (pointer, others) in [("/requires", &component.requires), ("/excludes", &component.excludes)] {
        for id in others {
            let other = write.component(*id).await?;
            let fits = other.is_some_and(|other| other.product == component.product && other.id != component.id);
            if !fits {
                return Err(unknown(pointer).into());
            }
        }
    }
    Ok(())
}

fn listed(pointer: &str, list: Vec<ComponentId>) -> Result<BTreeSet<ComponentId>, FieldFault> {
    Ok(at_most(pointer, list, 50)?.into_iter().collect())
}

fn quantity(quantity: u32) -> Result<u32, FieldFault> {
    within("/max_quantity", i64::from(quantity), 1..=i64::from(MOST_QUANTITY))?;
    Ok(quantity)
}

fn told(component: &Component) -> Value {
    json!({
        "code": component.code,
        "name": component.name,
        "state": component.state,
        "countries": component.countries,
        "requires": component.requires,
        "excludes": component.excludes,
        "max_quantity": component.max_quantity,
    })
}
