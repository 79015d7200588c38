//! Products.

use serde_json::json;

use super::{code, next};
use crate::catalogue::model::{ListingState, Product};
use crate::database::refused::Refused;
use crate::database::{Store, Whose, Write};
use crate::kernel::fault::{Conflict, FieldFault, text, unknown};
use crate::kernel::ids::{ProductId, ProductKind};
use crate::kernel::principal::Reach;
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
    if !write.insert(&product).await? {
        return Err(Conflict::CODE_TAKEN.into());
    }
    write.audit("product.created", &product.id, Whose::VENDOR, json!(product));
    Ok(product)
}

/// Changes a product.
///
/// # Errors
/// [`Refused`].
pub async fn change(write: &mut Write, before: Product, patch: Patch<Product>) -> Result<Product, Refused> {
    let product = patch.over(&before)?;
    check(&product)?;
    next(before.state, product.state)?;
    if product != before {
        write.update(&product).await?;
        let detail = json!({ "before": before, "after": product });
        write.audit("product.changed", &product.id, Whose::VENDOR, detail);
    }
    Ok(product)
}

/// One product. Drafts are the vendor's.
///
/// # Errors
/// [`Refused`].
pub async fn one(store: &Store, reach: &Reach, id: ProductId) -> Result<Product, Refused> {
    let product: Option<Product> = store.find(&id).await?;
    let is_shown = |product: &Product| product.state != ListingState::Draft || reach.is_operator();
    product.filter(is_shown).ok_or(Refused::NotFound)
}

fn check(product: &Product) -> Result<(), FieldFault> {
    code("/code", &product.code)?;
    text("/name", &product.name, 100)?;
    Ok(())
}
