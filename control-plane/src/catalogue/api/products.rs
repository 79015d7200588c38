//! `/v1/products`

use axum::Json;
use axum::http::StatusCode;

use crate::catalogue::model::{Product, ProductToAdd, ProductToChange};
use crate::catalogue::operations::{self, products};
use crate::kernel::ids::ProductId;
use crate::kernel::scope::Scope;
use crate::web::body::{PathId, Query};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::Problem;
use crate::web::resource::{Update, Updated, current};
use crate::web::version::{IfMatch, Versioned};

/// Adds a product.
#[utoipa::path(post, path = "/v1/products", tag = "catalogue", request_body = ProductToAdd, params(IdempotencyKey),
    responses((status = 201, body = Product)))]
pub(crate) async fn create(caller: Caller, post: Post<ProductToAdd>) -> Answer {
    let reach = caller.may_as_operator(Scope::CatalogWrite)?;
    let (new, mut doing) = post.begin(&caller.api, &reach).await?;
    let product = products::create(&mut doing.write, new).await?;
    doing.done(StatusCode::CREATED, &product).await
}

/// Lists products.
#[utoipa::path(get, path = "/v1/products", tag = "catalogue", params(Pages),
    responses((status = 200, body = Items<Product>)))]
pub(crate) async fn list(caller: Caller, Query(pages): Query<Pages>) -> Result<Json<Items<Product>>, Problem> {
    let reach = caller.may(Scope::CatalogRead)?;
    let found = caller.store().products(reach.is_operator(), &pages.page()?).await?;
    Ok(pages.resources(found))
}

/// Shows a product.
#[utoipa::path(get, path = "/v1/products/{id}", tag = "catalogue", responses((status = 200, body = Product)))]
pub(crate) async fn one(caller: Caller, PathId(id): PathId<ProductId>) -> Result<Versioned<Product>, Problem> {
    let reach = caller.may(Scope::CatalogRead)?;
    Ok(Versioned(operations::one(caller.store(), &reach, &id).await?))
}

/// Changes a product.
#[utoipa::path(patch, path = "/v1/products/{id}", tag = "catalogue", request_body = ProductToChange, params(IfMatch),
    responses((status = 200, body = Product)))]
pub(crate) async fn change(update: Update<ProductId, ProductToChange>) -> Updated<Product> {
    let reach = update.caller.may_as_operator(Scope::CatalogWrite)?;
    let (patch, mut write) = update.begin(&reach).await?;
    let before = current(&mut write, &update.id, &update.seen).await?;
    let product = products::change(&mut write, before, patch).await?;
    write.commit().await?;
    Ok(Versioned(product))
}
