//! `/v1/price-lists`

use axum::Json;
use axum::http::StatusCode;
use iso_currency::Currency;
use marque_config::PartnerId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::catalogue::model::price::{self, PriceListState};
use crate::catalogue::operations::price_lists::{self, PriceListRest};
use crate::kernel::country::Country;
use crate::kernel::ids::PriceListId;
use crate::kernel::principal::Reach;
use crate::kernel::scope::Scope;
use crate::web::body::{PathId, Query};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::Problem;
use crate::web::resource::{Update, Updated};
use crate::web::time::written;
use crate::web::version::{IfMatch, Versioned};

/// A price list: one currency, some countries, some partners.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PriceList {
    /// Its identity: `prl_…`.
    #[schema(value_type = String)]
    id: PriceListId,
    /// How people call it.
    name: String,
    /// The currency of all its prices.
    #[schema(value_type = String, pattern = "^[A-Z]{3}$")]
    currency: Currency,
    /// The countries of the clients that it is for; all of them when empty.
    #[schema(value_type = Vec<String>)]
    countries: Vec<Country>,
    /// Whom it is for, told to the vendor only; every partner when empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    partners: Option<Vec<PartnerId>>,
    /// Whether orders are taken with it.
    state: PriceListState,
    /// When it was added.
    #[schema(format = DateTime)]
    created_at: String,
}

/// A price list to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PriceListToAdd {
    /// How people call it; unique.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// The currency of all its prices; it never changes.
    #[schema(value_type = String, pattern = "^[A-Z]{3}$")]
    currency: Currency,
    /// The countries of the clients that it is for (ISO 3166-1, two capital letters); all of them when empty.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 300)]
    countries: Vec<Country>,
    /// Whom it is for; every partner when empty.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 100)]
    partners: Vec<PartnerId>,
}

/// What is to change of a price list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PriceListToChange {
    /// A new name.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// The countries of the clients that it is for, whole; all of them when empty.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, max_items = 300)]
    countries: Option<Vec<Country>>,
    /// Whom it is for, whole; every partner when empty.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, max_items = 100)]
    partners: Option<Vec<PartnerId>>,
    /// Whether orders are taken with it.
    #[serde(default)]
    state: Option<PriceListState>,
}

/// Which price lists are asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PriceListsQuery {
    /// Only those of this currency.
    #[param(value_type = Option<String>, pattern = "^[A-Z]{3}$")]
    currency: Option<Currency>,
    /// The most that is wanted: 1 to 100, 50 when not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// Where the last page ended.
    page_token: Option<String>,
}

/// Adds a price list. It has no prices yet.
#[utoipa::path(post, path = "/v1/price-lists", tag = "prices", request_body = PriceListToAdd, params(IdempotencyKey),
    responses((status = 201, body = PriceList)))]
pub(crate) async fn create(caller: Caller, post: Post<PriceListToAdd>) -> Answer {
    let reach = caller.may_as_operator(Scope::PricesWrite)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let PriceListToAdd { name, currency, countries, partners } = input;
    let rest = PriceListRest { name, countries, partners, state: PriceListState::Open };
    let list = price_lists::create(&mut doing.write, currency, rest).await?;
    doing.done(StatusCode::CREATED, &PriceList::seen_by(&reach, list)).await
}

/// Lists the price lists that are for the caller.
#[utoipa::path(get, path = "/v1/price-lists", tag = "prices", params(PriceListsQuery),
    responses((status = 200, body = Items<PriceList>)))]
pub(crate) async fn list(
    caller: Caller,
    Query(asked): Query<PriceListsQuery>,
) -> Result<Json<Items<PriceList>>, Problem> {
    let reach = caller.may(Scope::PricesRead)?;
    let pages = Pages { limit: asked.limit, page_token: asked.page_token };
    let page = pages.page()?;
    let currency = asked.currency.map(|currency| currency.code());
    let found = match price_lists::audience(&reach) {
        Some(partner) => caller.store().price_lists(partner, currency, &page).await?,
        None => Vec::new(),
    };
    Ok(Json(pages.items(found, |list| list.id.to_string(), |list| PriceList::seen_by(&reach, list))))
}

/// Shows a price list.
#[utoipa::path(get, path = "/v1/price-lists/{id}", tag = "prices", responses((status = 200, body = PriceList)))]
pub(crate) async fn one(caller: Caller, PathId(id): PathId<PriceListId>) -> Result<Versioned<PriceList>, Problem> {
    let reach = caller.may(Scope::PricesRead)?;
    let list = price_lists::one(caller.store(), &reach, id).await?;
    Ok(Versioned(PriceList::seen_by(&reach, list)))
}

/// Changes a price list; its currency stays.
#[utoipa::path(patch, path = "/v1/price-lists/{id}", tag = "prices", request_body = PriceListToChange, params(IfMatch),
    responses((status = 200, body = PriceList)))]
pub(crate) async fn change(update: Update<PriceListId, PriceListToChange>) -> Updated<PriceList> {
    let reach = update.caller.may_as_operator(Scope::PricesWrite)?;
    let (input, mut write) = update.begin(&reach).await?;
    let current = price_lists::current(&mut write, update.id).await?;
    update.seen.check(&PriceList::seen_by(&reach, current.clone()))?;
    let list = price_lists::change(&mut write, update.id, input.over(current)).await?;
    write.commit().await?;
    Ok(Versioned(PriceList::seen_by(&reach, list)))
}

impl PriceListToChange {
    fn over(self, list: price::PriceList) -> PriceListRest {
        PriceListRest {
            name: self.name.unwrap_or(list.name),
            countries: self.countries.unwrap_or_else(|| list.countries.0.into_iter().collect()),
            partners: self.partners.unwrap_or_else(|| list.partners.into_iter().flatten().collect()),
            state: self.state.unwrap_or(list.state),
        }
    }
}

impl PriceList {
    /// A partner isn't told for whom else a list is.
    fn seen_by(reach: &Reach, list: price::PriceList) -> Self {
        let partners = list.partners.into_iter().flatten().collect();
        Self {
            id: list.id,
            name: list.name,
            currency: list.currency,
            countries: list.countries.0.into_iter().collect(),
            partners: Some(partners).filter(|_| reach.is_operator()),
            state: list.state,
            created_at: written(list.created_ms),
        }
    }
}
