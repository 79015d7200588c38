//! `/v1/clients`

pub(crate) mod claims;
pub(crate) mod client_map;
pub(crate) mod export;
pub(crate) mod lookup;
pub(crate) mod region_rules;
mod shape;

use axum::Json;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::clients::model::{Client, ClientState, ClientToChange};
use crate::clients::operations as clients;
use crate::clients::store::ClientFilter;
use crate::kernel::country::Country;
use crate::kernel::ids::ClientId;
use crate::kernel::scope::Scope;
use crate::tenants::api::Tenant;
use crate::web::body::{Nothing, PathId, Query, partner};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::page::{Items, List, Pages};
use crate::web::problem::Problem;
use crate::web::resource::{Update, Updated, current_within};
use crate::web::version::{IfMatch, Versioned};

pub(crate) use export::{__path_export, export};
pub(crate) use lookup::{__path_lookup, lookup};
pub(crate) use shape::ClientToAdd;

/// Which clients are listed.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ClientsQuery {
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
pub(crate) async fn create(caller: Caller, post: Post<ClientToAdd>) -> Answer {
    let reach = caller.may(Scope::ClientsWrite)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let partner = partner(&reach, input.partner)?;
    let client = clients::create(&mut doing.write, &reach, input.of(partner)).await?;
    doing.done(StatusCode::CREATED, &client).await
}

/// Lists clients.
#[utoipa::path(get, path = "/v1/clients", tag = "clients", params(Pages, ClientsQuery),
    responses((status = 200, body = Items<Client>)))]
pub(crate) async fn list(
    caller: Caller,
    List(pages, query): List<ClientsQuery>,
) -> Result<Json<Items<Client>>, Problem> {
    let reach = caller.may(Scope::ClientsRead)?;
    let state = query.state.map(|state| state.as_str().to_owned());
    let filter = ClientFilter { state, country: query.country.map(|country| country.to_string()) };
    let found = caller.store().clients(&reach, &filter, &pages.page()?).await?;
    Ok(pages.resources(found))
}

/// Shows a client.
#[utoipa::path(get, path = "/v1/clients/{id}", tag = "clients", responses((status = 200, body = Client)))]
pub(crate) async fn one(caller: Caller, PathId(id): PathId<ClientId>) -> Result<Versioned<Client>, Problem> {
    let reach = caller.may(Scope::ClientsRead)?;
    Ok(Versioned(clients::one(caller.store(), &reach, id).await?))
}

/// Changes a client. What is null is taken away.
#[utoipa::path(patch, path = "/v1/clients/{id}", tag = "clients", request_body = ClientToChange, params(IfMatch),
    responses((status = 200, body = Client)))]
pub(crate) async fn change(update: Update<ClientId, ClientToChange>) -> Updated<Client> {
    let reach = update.caller.may(Scope::ClientsWrite)?;
    let (patch, mut write) = update.begin(&reach).await?;
    let before = current_within(&mut write, &reach, &update.id, &update.seen).await?;
    let client = clients::change(&mut write, before, patch).await?;
    write.commit().await?;
    Ok(Versioned(client))
}

/// Takes out of a client what is personal, for good. Its orders stay.
#[utoipa::path(post, path = "/v1/clients/{id}/anonymise", tag = "clients", request_body = Nothing,
    params(IdempotencyKey), responses((status = 200, body = Client)))]
pub(crate) async fn anonymise(caller: Caller, PathId(id): PathId<ClientId>, post: Post<Nothing>) -> Answer {
    let reach = caller.may(Scope::ClientsWrite)?;
    let (_, mut doing) = post.begin(&caller.api, &reach).await?;
    let client = clients::anonymise(&mut doing.write, &reach, id).await?;
    doing.done(StatusCode::OK, &client).await
}

/// Lists a client's spaces: its sites.
#[utoipa::path(get, path = "/v1/clients/{id}/tenants", tag = "clients", params(Pages),
    responses((status = 200, body = Items<Tenant>)))]
pub(crate) async fn sites(
    caller: Caller,
    PathId(id): PathId<ClientId>,
    Query(pages): Query<Pages>,
) -> Result<Json<Items<Tenant>>, Problem> {
    let reach = caller.may(Scope::ClientsRead)?;
    let page = pages.page()?;
    let found = clients::sites(caller.store(), &reach, id, &page).await?;
    Ok(Json(pages.items(found, |tenant| tenant.id.to_string(), Tenant::from)))
}
