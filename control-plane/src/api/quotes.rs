//! `/v1/quotes`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::Api;
use super::basket::{BasketAsked, PriceShown};
use super::body::Input;
use super::caller::Caller;
use super::problem::{Problem, ProblemDocument};
use super::time::written;
use crate::model::scope::Scope;
use crate::operations::{prices, quotes};

/// What a basket costs, and a text that an order may carry.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Quote {
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
    responses((status = 200, body = Quote), (status = "default", body = ProblemDocument)))]
pub(super) async fn create(
    State(api): State<Api>,
    caller: Caller,
    input: Input<BasketAsked>,
) -> Result<Json<Quote>, Problem> {
    let reach = caller.may(Scope::PricesRead)?;
    let input = input.read(&reach)?;
    let store = &api.inner.store;
    let partner = prices::orderer(store, &reach, input.partner).await?;
    let basket = input.of(partner);
    prices::check_client(store, &reach, &basket).await?;
    let priced = prices::now(store, &basket).await?;
    let quote = quotes::give(&api.inner.keys.store, store.parts(), &basket, &priced)?;
    let price = PriceShown::new(priced, caller.language);
    Ok(Json(Quote { price, quote: quote.text, expires_at: written(quote.expires_ms) }))
}
