//! Products.

use super::{code, next};
use crate::catalogue::model::Product;
use crate::database::refused::Refused;
use crate::database::{Whose, Write};
use crate::kernel::fault::{Conflict, FieldFault, text, unknown};
use crate::kernel::ids::ProductKind;
use crate::kernel::resource::{New, Patch};

/// Adds a product.
///
/// # Errors
/// [`Refused`].
pub async fn create(write: &mut Write, new: New<Product>) -> Result<Product, Refused> {
    let product = new.with(write.assigned::<ProductKind>())?;
    if !write.application_exists(product.application).await? {
        return Err(unknown("/application").into());
    }
    check(&product)?;
    let is_new = write.create("product.created", Whose::VENDOR, &product).await?;
    if is_new { Ok(product) } else { Err(Conflict::CODE_TAKEN.into()) }
}

/// Changes a product.
///
/// # Errors
/// [`Refused`].
pub async fn change(write: &mut Write, before: Product, patch: Patch<Product>) -> Result<Product, Refused> {
    let product = patch.over(&before)?;
    check(&product)?;
    next(before.state, product.state)?;
    write.change("product.changed", Whose::VENDOR, (&before, &product)).await?;
    Ok(product)
}

fn check(product: &Product) -> Result<(), FieldFault> {
    code("/code", &product.code)?;
    text("/name", &product.name, 100)?;
    Ok(())
}
