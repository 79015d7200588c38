//! Components.

use super::{check_length, code, next, within};
use crate::catalogue::model::{Component, Product};
use crate::database::refused::Refused;
use crate::database::{Whose, Write};
use crate::kernel::fault::{Conflict, FieldFault, text, unknown};
use crate::kernel::ids::ComponentKind;
use crate::kernel::language::Sentence;
use crate::kernel::money::MOST_QUANTITY;
use crate::kernel::resource::{New, Patch};

/// Adds a component.
///
/// # Errors
/// [`Refused`].
pub async fn create(write: &mut Write, new: New<Component>) -> Result<Component, Refused> {
    let component = new.with(write.assigned::<ComponentKind>())?;
    write.find::<Product>(&component.product).await?.ok_or_else(|| unknown("/product"))?;
    check(&component)?;
    check_others(write, &component).await?;
    let is_new = write.create("component.created", Whose::VENDOR, &component).await?;
    if is_new { Ok(component) } else { Err(Conflict::CODE_TAKEN.into()) }
}

/// Changes a component.
///
/// # Errors
/// [`Refused`].
pub async fn change(write: &mut Write, before: Component, patch: Patch<Component>) -> Result<Component, Refused> {
    let component = patch.over(&before)?;
    check(&component)?;
    next(before.state, component.state)?;
    if component != before {
        check_others(write, &component).await?;
    }
    write.change("component.changed", Whose::VENDOR, (&before, &component)).await?;
    Ok(component)
}

fn check(component: &Component) -> Result<(), FieldFault> {
    code("/code", &component.code)?;
    text("/name", &component.name, 100)?;
    check_length("/countries", component.countries.0.len(), 300)?;
    check_length("/requires", component.requires.len(), 50)?;
    check_length("/excludes", component.excludes.len(), 50)?;
    within("/max_quantity", i64::from(component.max_quantity), 1..=i64::from(MOST_QUANTITY))?;
    if !component.requires.is_disjoint(&component.excludes) {
        let said = Sentence::fixed("What is required can’t be excluded.", "Ce qui est exigé ne peut pas être exclu.");
        return Err(FieldFault::new("/excludes", "required-and-excluded", said));
    }
    Ok(())
}

/// What it needs and what it excludes are other components of the product.
async fn check_others(write: &mut Write, component: &Component) -> Result<(), Refused> {
    for (pointer, others) in [("/requires", &component.requires), ("/excludes", &component.excludes)] {
        for id in others {
            let other: Option<Component> = write.find(id).await?;
            let fits = other.is_some_and(|other| other.product == component.product && other.id != component.id);
            if !fits {
                return Err(unknown(pointer).into());
            }
        }
    }
    Ok(())
}
