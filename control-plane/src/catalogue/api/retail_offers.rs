//! `/v1/retail-offers`: what a partner sells in its own name, at its own price.

use axum::Json;
use axum::http::StatusCode;
use marque_config::PartnerId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::catalogue::model;
use crate::catalogue::model::retail::{Billed, RetailKind};
use crate::catalogue::operations::retail::{self, OfferGiven};
use crate::database::refused::Refused;
use crate::kernel::ids::{PlanId, RetailOfferId};
use crate::kernel::money::Money;
use crate::kernel::scope::Scope;
use crate::web::body::{PathId, Query, partner};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::Problem;
use crate::web::resource::{Update, Updated};
use crate::web::time::written;
use crate::web::version::{IfMatch, Versioned};

/// Something that a partner sells.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RetailOffer {
    /// Its identity: `rto_…`.
    #[schema(value_type = String)]
    id: RetailOfferId,
    /// Who sells it.
    #[schema(value_type = String)]
    partner: PartnerId,
    /// What it is.
    kind: RetailKind,
    /// Its name.
    name: String,
    /// What is in it.
    description: Option<String>,
    /// What it costs the client.
    price: Money,
    /// How often that is due.
    billed: Billed,
    /// The plan behind it: `pln_…`.
    #[schema(value_type = Option<String>)]
    plan: Option<PlanId>,
    /// Whether it is offered.
    listed: bool,
    /// When it was added.
    #[schema(format = DateTime)]
    created_at: String,
}

/// An offer to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetailOfferToAdd {
    /// Who sells it; a partner's own when not given.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    partner: Option<PartnerId>,
    /// What it is.
    kind: RetailKind,
    /// Its name.
    name: String,
    /// What is in it.
    #[serde(default)]
    description: Option<String>,
    /// What it costs the client: not below zero.
    price: Money,
    /// How often that is due; once when not given.
    #[serde(default)]
    billed: Billed,
    /// The plan behind it: `pln_…`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    plan: Option<PlanId>,
}

/// What an offer is to be, the whole of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetailOfferToPut {
    /// What it is.
    kind: RetailKind,
    /// Its name.
    name: String,
    /// What is in it.
    #[serde(default)]
    description: Option<String>,
    /// What it costs the client: not below zero.
    price: Money,
    /// How often that is due; once when not given.
    #[serde(default)]
    billed: Billed,
    /// The plan behind it: `pln_…`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    plan: Option<PlanId>,
    /// Whether it is offered.
    listed: bool,
}

/// Adds an offer.
#[utoipa::path(post, path = "/v1/retail-offers", tag = "retail", request_body = RetailOfferToAdd,
    params(IdempotencyKey), responses((status = 201, body = RetailOffer)))]
pub(crate) async fn create(caller: Caller, post: Post<RetailOfferToAdd>) -> Answer {
    let reach = caller.may(Scope::RetailWrite)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let partner = partner(&reach, input.partner)?;
    let given = OfferGiven {
        kind: input.kind,
        name: input.name,
        description: input.description,
        price: input.price,
        billed: input.billed,
        plan: input.plan,
        listed: true,
    };
    let offer = retail::add_offer(&mut doing.write, &reach, partner, given).await?;
    doing.done(StatusCode::CREATED, &RetailOffer::from(offer)).await
}

/// Lists offers.
#[utoipa::path(get, path = "/v1/retail-offers", tag = "retail", params(Pages),
    responses((status = 200, body = Items<RetailOffer>)))]
pub(crate) async fn list(caller: Caller, Query(pages): Query<Pages>) -> Result<Json<Items<RetailOffer>>, Problem> {
    let reach = caller.may(Scope::RetailRead)?;
    let found = caller.store().retail_offers(&reach, &pages.page()?).await?;
    Ok(Json(pages.items(found, |offer| offer.id.to_string(), RetailOffer::from)))
}

/// Shows an offer.
#[utoipa::path(get, path = "/v1/retail-offers/{id}", tag = "retail", responses((status = 200, body = RetailOffer)))]
pub(crate) async fn one(caller: Caller, PathId(id): PathId<RetailOfferId>) -> Result<Versioned<RetailOffer>, Problem> {
    let reach = caller.may(Scope::RetailRead)?;
    Ok(Versioned(caller.store().retail_offer(&reach, id).await?.ok_or(Refused::NotFound)?.into()))
}

/// Changes an offer, whole.
#[utoipa::path(put, path = "/v1/retail-offers/{id}", tag = "retail", request_body = RetailOfferToPut, params(IfMatch),
    responses((status = 200, body = RetailOffer)))]
pub(crate) async fn change(update: Update<RetailOfferId, RetailOfferToPut>) -> Updated<RetailOffer> {
    let reach = update.caller.may(Scope::RetailWrite)?;
    let (input, mut write) = update.begin(&reach).await?;
    let current = retail::current_offer(&mut write, &reach, update.id).await?;
    update.seen.check(&RetailOffer::from(current))?;
    let given = OfferGiven {
        kind: input.kind,
        name: input.name,
        description: input.description,
        price: input.price,
        billed: input.billed,
        plan: input.plan,
        listed: input.listed,
    };
    let offer = retail::change_offer(&mut write, &reach, update.id, given).await?;
    write.commit().await?;
    Ok(Versioned(offer.into()))
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
    let current = retail::current_offer(&mut write, &reach, id).await?;
    seen.check(&RetailOffer::from(current))?;
    retail::remove_offer(&mut write, &reach, id).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<model::retail::RetailOffer> for RetailOffer {
    fn from(offer: model::retail::RetailOffer) -> Self {
        Self {
            id: offer.id,
            partner: offer.partner,
            kind: offer.kind,
            name: offer.name,
            description: offer.description,
            price: offer.price,
            billed: offer.billed,
            plan: offer.plan,
            listed: offer.listed,
            created_at: written(offer.created_ms),
        }
    }
}
