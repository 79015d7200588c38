//! `/v1/quotes`

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::basket::{BasketAsked, PriceShown};
use crate::catalogue::operations::{prices, quotes};
use crate::kernel::scope::Scope;
use crate::web::body::Input;
use crate::web::caller::Caller;
use crate::web::problem::Problem;
use crate::web::time::written;

/// What a basket costs, and a text that an order may carry.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Quote {
    /// What it costs.
    price: PriceShown,
    /// An order that carries it is refused when it would cost something else.
    quote: String,
    /// Until when an order may carry it.
    #[schema(format = DateTime)]
    expires_at: String,
}

/// Says what a basket costs, and why. Nothing is kept.
#[utoipa::path(post, path = "/v1/quotes", tag = "prices", request_body = BasketAsked,
    responses((status = 200, body = Quote)))]
pub(crate) async fn create(caller: Caller, input: Input<BasketAsked>) -> Result<Json<Quote>, Problem> {
    let reach = caller.may(Scope::PricesRead)?;
    let input = input.read(&reach)?;
    let store = caller.store();
    let partner = prices::orderer(store, &reach, input.partner).await?;
    let basket = input.of(partner);
    prices::check_client(store, &reach, &basket).await?;
    let priced = prices::now(store, &basket).await?;
    let quote = quotes::give(&caller.api.inner.keys.store, store.parts(), &basket, &priced)?;
    let price = PriceShown::new(priced, caller.language);
    Ok(Json(Quote { price, quote: quote.text, expires_at: written(quote.expires_ms) }))
}
