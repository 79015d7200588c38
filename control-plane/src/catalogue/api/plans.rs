//! `/v1/plans`

use axum::Json;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::catalogue::model::{Plan, PlanToAdd, PlanToChange};
use crate::catalogue::operations::plans;
use crate::kernel::ids::{PlanId, ProductId};
use crate::kernel::scope::Scope;
use crate::web::body::PathId;
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::page::{Items, List, Pages};
use crate::web::problem::Problem;
use crate::web::resource::{Update, Updated, current};
use crate::web::version::{IfMatch, Versioned};

/// Which plans, or components, are asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfProduct {
    /// Only those of this product.
    #[param(value_type = Option<String>)]
    pub(crate) product: Option<ProductId>,
}

/// Adds a plan.
#[utoipa::path(post, path = "/v1/plans", tag = "catalogue", request_body = PlanToAdd, params(IdempotencyKey),
    responses((status = 201, body = Plan)))]
pub(crate) async fn create(caller: Caller, post: Post<PlanToAdd>) -> Answer {
    let reach = caller.may_as_operator(Scope::CatalogWrite)?;
    let (new, mut doing) = post.begin(&caller.api, &reach).await?;
    let plan = plans::create(&mut doing.write, new).await?;
    doing.done(StatusCode::CREATED, &plan).await
}

/// Lists plans.
#[utoipa::path(get, path = "/v1/plans", tag = "catalogue", params(Pages, OfProduct),
    responses((status = 200, body = Items<Plan>)))]
pub(crate) async fn list(caller: Caller, List(pages, query): List<OfProduct>) -> Result<Json<Items<Plan>>, Problem> {
    let reach = caller.may(Scope::CatalogRead)?;
    let found = caller.store().plans(query.product, reach.is_operator(), &pages.page()?).await?;
    Ok(pages.resources(found))
}

/// Shows a plan.
#[utoipa::path(get, path = "/v1/plans/{id}", tag = "catalogue", responses((status = 200, body = Plan)))]
pub(crate) async fn one(caller: Caller, PathId(id): PathId<PlanId>) -> Result<Versioned<Plan>, Problem> {
    let reach = caller.may(Scope::CatalogRead)?;
    Ok(Versioned(plans::one(caller.store(), &reach, id).await?))
}

/// Changes a plan. What is sold already keeps the days that it was sold with.
#[utoipa::path(patch, path = "/v1/plans/{id}", tag = "catalogue", request_body = PlanToChange, params(IfMatch),
    responses((status = 200, body = Plan)))]
pub(crate) async fn change(update: Update<PlanId, PlanToChange>) -> Updated<Plan> {
    let reach = update.caller.may_as_operator(Scope::CatalogWrite)?;
    let (patch, mut write) = update.begin(&reach).await?;
    let before = current(&mut write, &update.id, &update.seen).await?;
    let plan = plans::change(&mut write, before, patch).await?;
    write.commit().await?;
    Ok(Versioned(plan))
}
