//! `/v1/price-lists`

use axum::Json;
use axum::http::StatusCode;
use iso_currency::Currency;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::catalogue::model::price::{PriceList, PriceListToAdd, PriceListToChange};
use crate::catalogue::operations::price_lists;
use crate::kernel::ids::PriceListId;
use crate::kernel::scope::Scope;
use crate::web::body::PathId;
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::page::{Items, List, Pages};
use crate::web::problem::Problem;
use crate::web::resource::{Update, Updated, current};
use crate::web::version::{IfMatch, Versioned};

/// Which price lists are asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PriceListsQuery {
    /// Only those of this currency.
    #[param(value_type = Option<String>, pattern = "^[A-Z]{3}$")]
    currency: Option<Currency>,
}

/// Adds a price list. It has no prices yet.
#[utoipa::path(post, path = "/v1/price-lists", tag = "prices", request_body = PriceListToAdd, params(IdempotencyKey),
    responses((status = 201, body = PriceList)))]
pub(crate) async fn create(caller: Caller, post: Post<PriceListToAdd>) -> Answer {
    let reach = caller.may_as_operator(Scope::PricesWrite)?;
    let (new, mut doing) = post.begin(&caller.api, &reach).await?;
    let list = price_lists::create(&mut doing.write, new).await?;
    doing.done(StatusCode::CREATED, &list).await
}

/// Lists the price lists that are for the caller.
#[utoipa::path(get, path = "/v1/price-lists", tag = "prices", params(Pages, PriceListsQuery),
    responses((status = 200, body = Items<PriceList>)))]
pub(crate) async fn list(
    caller: Caller,
    List(pages, query): List<PriceListsQuery>,
) -> Result<Json<Items<PriceList>>, Problem> {
    let reach = caller.may(Scope::PricesRead)?;
    let page = pages.page()?;
    let currency = query.currency.map(|currency| currency.code());
    let found = match price_lists::audience(&reach) {
        Some(partner) => caller.store().price_lists(partner, currency, &page).await?,
        None => Vec::new(),
    };
    Ok(pages.resources(found.into_iter().map(|list| price_lists::seen_by(&reach, list)).collect()))
}

/// Shows a price list.
#[utoipa::path(get, path = "/v1/price-lists/{id}", tag = "prices", responses((status = 200, body = PriceList)))]
pub(crate) async fn one(caller: Caller, PathId(id): PathId<PriceListId>) -> Result<Versioned<PriceList>, Problem> {
    let reach = caller.may(Scope::PricesRead)?;
    Ok(Versioned(price_lists::one(caller.store(), &reach, id).await?))
}

/// Changes a price list; its currency stays.
#[utoipa::path(patch, path = "/v1/price-lists/{id}", tag = "prices", request_body = PriceListToChange, params(IfMatch),
    responses((status = 200, body = PriceList)))]
pub(crate) async fn change(update: Update<PriceListId, PriceListToChange>) -> Updated<PriceList> {
    let reach = update.caller.may_as_operator(Scope::PricesWrite)?;
    let (patch, mut write) = update.begin(&reach).await?;
    let before = current(&mut write, &update.id, &update.seen).await?;
    let list = price_lists::change(&mut write, before, patch).await?;
    write.commit().await?;
    Ok(Versioned(list))
}
