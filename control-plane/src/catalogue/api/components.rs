//! `/v1/components`

use axum::Json;
use axum::http::StatusCode;

use super::plans::OfProduct;
use crate::catalogue::model::{Component, ComponentToAdd, ComponentToChange};
use crate::catalogue::operations::{self, components};
use crate::kernel::ids::ComponentId;
use crate::kernel::scope::Scope;
use crate::web::body::PathId;
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::page::{Items, List, Pages};
use crate::web::problem::Problem;
use crate::web::resource::{Update, Updated, current};
use crate::web::version::{IfMatch, Versioned};

/// Adds a component.
#[utoipa::path(post, path = "/v1/components", tag = "catalogue", request_body = ComponentToAdd, params(IdempotencyKey),
    responses((status = 201, body = Component)))]
pub(crate) async fn create(caller: Caller, post: Post<ComponentToAdd>) -> Answer {
    let reach = caller.may_as_operator(Scope::CatalogWrite)?;
    let (new, mut doing) = post.begin(&caller.api, &reach).await?;
    let component = components::create(&mut doing.write, new).await?;
    doing.done(StatusCode::CREATED, &component).await
}

/// Lists components.
#[utoipa::path(get, path = "/v1/components", tag = "catalogue", params(Pages, OfProduct),
    responses((status = 200, body = Items<Component>)))]
pub(crate) async fn list(
    caller: Caller,
    List(pages, query): List<OfProduct>,
) -> Result<Json<Items<Component>>, Problem> {
    let reach = caller.may(Scope::CatalogRead)?;
    let found = caller.store().components(query.product, reach.is_operator(), &pages.page()?).await?;
    Ok(pages.resources(found))
}

/// Shows a component.
#[utoipa::path(get, path = "/v1/components/{id}", tag = "catalogue", responses((status = 200, body = Component)))]
pub(crate) async fn one(caller: Caller, PathId(id): PathId<ComponentId>) -> Result<Versioned<Component>, Problem> {
    let reach = caller.may(Scope::CatalogRead)?;
    Ok(Versioned(operations::one(caller.store(), &reach, &id).await?))
}

/// Changes a component.
#[utoipa::path(patch, path = "/v1/components/{id}", tag = "catalogue", request_body = ComponentToChange,
    params(IfMatch), responses((status = 200, body = Component)))]
pub(crate) async fn change(update: Update<ComponentId, ComponentToChange>) -> Updated<Component> {
    let reach = update.caller.may_as_operator(Scope::CatalogWrite)?;
    let (patch, mut write) = update.begin(&reach).await?;
    let before = current(&mut write, &update.id, &update.seen).await?;
    let component = components::change(&mut write, before, patch).await?;
    write.commit().await?;
    Ok(Versioned(component))
}
