//! `/v1/retail-offers`: what a partner sells in its own name, at its own price.

use axum::Json;
use axum::http::StatusCode;

use crate::catalogue::model::retail::{RetailOffer, RetailOfferToAdd, RetailOfferToPut};
use crate::catalogue::operations::retail;
use crate::database::refused::Refused;
use crate::kernel::ids::RetailOfferId;
use crate::kernel::scope::Scope;
use crate::web::body::{PathId, Query, partner};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::Problem;
use crate::web::resource::{Update, Updated, current_within};
use crate::web::version::{IfMatch, Versioned};

/// Adds an offer.
#[utoipa::path(post, path = "/v1/retail-offers", tag = "retail", request_body = RetailOfferToAdd,
    params(IdempotencyKey), responses((status = 201, body = RetailOffer)))]
pub(crate) async fn create(caller: Caller, post: Post<RetailOfferToAdd>) -> Answer {
    let reach = caller.may(Scope::RetailWrite)?;
    let (new, mut doing) = post.begin(&caller.api, &reach).await?;
    let partner = partner(&reach, new.optional("partner")?)?;
    let offer = retail::add_offer(&mut doing.write, &reach, partner, new).await?;
    doing.done(StatusCode::CREATED, &offer).await
}

/// Lists offers.
#[utoipa::path(get, path = "/v1/retail-offers", tag = "retail", params(Pages),
    responses((status = 200, body = Items<RetailOffer>)))]
pub(crate) async fn list(caller: Caller, Query(pages): Query<Pages>) -> Result<Json<Items<RetailOffer>>, Problem> {
    let reach = caller.may(Scope::RetailRead)?;
    Ok(pages.resources(caller.store().page_within::<RetailOffer>(&reach, &pages.page()?).await?))
}

/// Shows an offer.
#[utoipa::path(get, path = "/v1/retail-offers/{id}", tag = "retail", responses((status = 200, body = RetailOffer)))]
pub(crate) async fn one(caller: Caller, PathId(id): PathId<RetailOfferId>) -> Result<Versioned<RetailOffer>, Problem> {
    let reach = caller.may(Scope::RetailRead)?;
    Ok(Versioned(caller.store().find_within(&reach, &id).await?.ok_or(Refused::NotFound)?))
}

/// Changes an offer, whole.
#[utoipa::path(put, path = "/v1/retail-offers/{id}", tag = "retail", request_body = RetailOfferToPut, params(IfMatch),
    responses((status = 200, body = RetailOffer)))]
pub(crate) async fn change(update: Update<RetailOfferId, RetailOfferToPut>) -> Updated<RetailOffer> {
    let reach = update.caller.may(Scope::RetailWrite)?;
    let (put, mut write) = update.begin(&reach).await?;
    let before = current_within(&mut write, &reach, &update.id, &update.seen).await?;
    let offer = retail::change_offer(&mut write, before, put).await?;
    write.commit().await?;
    Ok(Versioned(offer))
}

/// Removes an offer.
#[utoipa::path(delete, path = "/v1/retail-offers/{id}", tag = "retail", params(IfMatch), responses((status = 204)))]
pub(crate) async fn remove(
    caller: Caller,
    PathId(id): PathId<RetailOfferId>,
    seen: IfMatch,
) -> Result<StatusCode, Problem> {
    let reach = caller.may(Scope::RetailWrite)?;
    let mut write = caller.begin(&reach).await?;
    let current = current_within(&mut write, &reach, &id, &seen).await?;
    retail::remove_offer(&mut write, &current).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
