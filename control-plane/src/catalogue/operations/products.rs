//! Products.

use marque_config::ApplicationId;
use serde_json::{Value, json};

use super::{code, next};
use crate::catalogue::model::{Product, Standing};
use crate::database::refused::Refused;
use crate::database::{Store, Whose, Write};
use crate::kernel::fault::{Conflict, text, unknown};
use crate::kernel::ids::ProductId;
use crate::kernel::principal::Reach;

/// What a new product is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProduct {
    /// The application that it opens.
    pub application: ApplicationId,
    /// How programs call it.
    pub code: String,
    /// How people call it.
    pub name: String,
    /// Whether it is on sale.
    pub state: Standing,
}

/// What may change of a product.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductChange {
    /// A new name.
    pub name: Option<String>,
    /// Whether it is on sale.
    pub state: Option<Standing>,
}

/// Adds a product.
///
/// # Errors
/// [`Refused`].
pub async fn create(write: &mut Write, new: NewProduct) -> Result<Product, Refused> {
    if !write.application_exists(new.application).await? {
        return Err(unknown("/application").into());
    }
    let product = Product {
        id: write.id(),
        application: new.application,
        code: code("/code", &new.code)?,
        name: text("/name", &new.name, 100)?,
        state: new.state,
        created_ms: write.now_ms(),
    };
    if !write.add_product(&product).await? {
        return Err(Conflict::CODE_TAKEN.into());
    }
    write.audit("product.created", &product.id, Whose::VENDOR, told(&product));
    Ok(product)
}

/// Changes a product.
///
/// # Errors
/// [`Refused`].
pub async fn change(write: &mut Write, id: ProductId, change: ProductChange) -> Result<Product, Refused> {
    let before = write.product(id).await?.ok_or(Refused::NotFound)?;
    let name = change.name.map(|name| text("/name", &name, 100)).transpose()?;
    let state = next(before.state, change.state)?;
    let product = Product { name: name.unwrap_or_else(|| before.name.clone()), state, ..before.clone() };
    if product == before {
        return Ok(product);
    }
    write.update_product(&product).await?;
    let detail = json!({ "before": told(&before), "after": told(&product) });
    write.audit("product.changed", &product.id, Whose::VENDOR, detail);
    Ok(product)
}

/// One product, behind the gate.
///
/// # Errors
/// [`Refused`].
pub async fn current(write: &mut Write, id: ProductId) -> Result<Product, Refused> {
    write.product(id).await?.ok_or(Refused::NotFound)
}

/// One product. Drafts are the vendor's.
///
/// # Errors
/// [`Refused`].
pub async fn one(store: &Store, reach: &Reach, id: ProductId) -> Result<Product, Refused> {
    let product = store.product(id).await?;
    let seen = |product: &Product| product.state != Standing::Draft || reach.is_operator();
    product.filter(seen).ok_or(Refused::NotFound)
}

fn told(product: &Product) -> Value {
    json!({ "code": product.code, "name": product.name, "state": product.state })
}
