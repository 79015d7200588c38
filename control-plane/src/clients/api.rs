//! `/v1/clients`

pub(crate) mod claims;
pub(crate) mod client_map;
pub(crate) mod export;
pub(crate) mod lookup;
pub(crate) mod region_rules;
mod shape;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::clients::model::ClientState;
use crate::clients::operations as clients;
use crate::clients::store::ClientFilter;
use crate::kernel::country::Country;
use crate::kernel::ids::ClientId;
use crate::kernel::scope::Scope;
use crate::tenants::api::Tenant;
use crate::web::Api;
use crate::web::body::{Input, Nothing, PathId, Query, partner};
use crate::web::caller::Caller;
use crate::web::once::{IdempotencyKey, Outcome, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::Problem;
use crate::web::version::{IfMatch, Versioned};

pub(crate) use export::{__path_export, export};
pub(crate) use lookup::{__path_lookup, lookup};
pub(crate) use shape::{Client, ClientToAdd, ClientToChange};

/// Which clients are listed.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// The most that is wanted: 1 to 100, 50 when not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// Where the last page ended.
    page_token: Option<String>,
    /// Only those that stand there.
    #[param(inline)]
    state: Option<ClientState>,
    /// Only those in this country.
    #[param(value_type = Option<String>, min_length = 2, max_length = 2)]
    country: Option<Country>,
}

/// Adds a client.
#[utoipa::path(post, path = "/v1/clients", tag = "clients", request_body = ClientToAdd, params(IdempotencyKey),
    responses((status = 201, body = Client)))]
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    post: Post<ClientToAdd>,
) -> Result<Response, Outcome> {
    let reach = caller.may(Scope::ClientsWrite)?;
    let (input, mut doing) = post.begin(&api, &reach).await?;
    let partner = partner(&reach, input.partner)?;
    let client = clients::create(&mut doing.write, &reach, input.of(partner)).await?;
    doing.done(StatusCode::CREATED, &Client::from(client)).await
}

/// Lists clients.
#[utoipa::path(get, path = "/v1/clients", tag = "clients", params(Wanted),
    responses((status = 200, body = Items<Client>)))]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Items<Client>>, Problem> {
    let reach = caller.may(Scope::ClientsRead)?;
    let pages = Pages { limit: wanted.limit, page_token: wanted.page_token };
    let state = wanted.state.map(|state| state.as_str().to_owned());
    let filter = ClientFilter { state, country: wanted.country.map(|country| country.to_string()) };
    let found = api.inner.store.clients(&reach, &filter, &pages.page()?).await?;
    Ok(Json(pages.items(found, |client| client.id.to_string(), Client::from)))
}

/// Shows a client.
#[utoipa::path(get, path = "/v1/clients/{id}", tag = "clients", responses((status = 200, body = Client)))]
pub(crate) async fn one(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<ClientId>,
) -> Result<Versioned<Client>, Problem> {
    let reach = caller.may(Scope::ClientsRead)?;
    Ok(Versioned(clients::one(&api.inner.store, &reach, id).await?.into()))
}

/// Changes a client. What is null is taken away.
#[utoipa::path(patch, path = "/v1/clients/{id}", tag = "clients", request_body = ClientToChange, params(IfMatch),
    responses((status = 200, body = Client)))]
pub(crate) async fn change(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<ClientId>,
    seen: IfMatch,
    input: Input<ClientToChange>,
) -> Result<Versioned<Client>, Problem> {
    let reach = caller.may(Scope::ClientsWrite)?;
    let input = input.read(&reach)?;
    let mut write = api.inner.store.begin(reach.actor(), api.inner.store.now_ms()).await?;
    let current = clients::current(&mut write, &reach, id).await?;
    seen.check(&Client::from(current))?;
    let client = clients::change(&mut write, &reach, id, input.into()).await?;
    write.commit().await?;
    Ok(Versioned(client.into()))
}

/// Takes out of a client what is personal, for good. Its orders stay.
#[utoipa::path(post, path = "/v1/clients/{id}/anonymise", tag = "clients", request_body = Nothing,
    params(IdempotencyKey), responses((status = 200, body = Client)))]
pub(crate) async fn anonymise(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<ClientId>,
    post: Post<Nothing>,
) -> Result<Response, Outcome> {
    let reach = caller.may(Scope::ClientsWrite)?;
    let (_, mut doing) = post.begin(&api, &reach).await?;
    let client = clients::anonymise(&mut doing.write, &reach, id).await?;
    doing.done(StatusCode::OK, &Client::from(client)).await
}

/// Lists a client's spaces: its sites.
#[utoipa::path(get, path = "/v1/clients/{id}/tenants", tag = "clients", params(Pages),
    responses((status = 200, body = Items<Tenant>)))]
pub(crate) async fn sites(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<ClientId>,
    Query(pages): Query<Pages>,
) -> Result<Json<Items<Tenant>>, Problem> {
    let reach = caller.may(Scope::ClientsRead)?;
    let page = pages.page()?;
    let found = clients::sites(&api.inner.store, &reach, id, &page).await?;
    Ok(Json(pages.items(found, |tenant| tenant.id.to_string(), Tenant::from)))
}
