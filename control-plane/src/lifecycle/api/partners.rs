//! `/v1/partners`

mod life;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use marque_config::PartnerId;

use crate::kernel::scope::Scope;
use crate::partners::api::shape::{Partner, PartnerToAdd, PartnerToChange};
use crate::partners::operations as partners;
use crate::web::Api;
use crate::web::body::{Input, PathId, Query};
use crate::web::caller::Caller;
use crate::web::once::{IdempotencyKey, Outcome, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::Problem;
use crate::web::version::{IfMatch, Versioned};

pub(crate) use life::{__path_approve, __path_close, __path_resume, __path_suspend, approve, close, resume, suspend};

/// Adds a partner. It sells nothing before it is approved.
#[utoipa::path(post, path = "/v1/partners", tag = "partners", request_body = PartnerToAdd, params(IdempotencyKey),
    responses((status = 201, body = Partner)))]
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    post: Post<PartnerToAdd>,
) -> Result<Response, Outcome> {
    let reach = caller.may_as_operator(Scope::PartnersWrite)?;
    let (input, mut doing) = post.begin(&api, &reach).await?;
    let partner = partners::create(&mut doing.write, input.into()).await?;
    doing.done(StatusCode::CREATED, &Partner::from(partner)).await
}

/// Lists partners.
#[utoipa::path(get, path = "/v1/partners", tag = "partners", params(Pages),
    responses((status = 200, body = Items<Partner>)))]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Query(pages): Query<Pages>,
) -> Result<Json<Items<Partner>>, Problem> {
    let reach = caller.may(Scope::PartnersRead)?;
    let found = api.inner.store.partners(&reach, &pages.page()?).await?;
    Ok(Json(pages.items(found, |partner| partner.id.to_string(), Partner::from)))
}

/// Shows a partner.
#[utoipa::path(get, path = "/v1/partners/{id}", tag = "partners", responses((status = 200, body = Partner)))]
pub(crate) async fn one(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<PartnerId>,
) -> Result<Versioned<Partner>, Problem> {
    let reach = caller.may(Scope::PartnersRead)?;
    Ok(Versioned(partners::one(&api.inner.store, &reach, id).await?.into()))
}

/// Changes a partner. What only an operator may change is refused to a partner (403).
#[utoipa::path(patch, path = "/v1/partners/{id}", tag = "partners", params(IfMatch), request_body = PartnerToChange,
    responses((status = 200, body = Partner)))]
pub(crate) async fn change(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<PartnerId>,
    seen: IfMatch,
    input: Input<PartnerToChange>,
) -> Result<Versioned<Partner>, Problem> {
    let reach = caller.may(Scope::PartnersWrite)?;
    let input = input.read(&reach)?;
    let mut write = api.inner.store.begin(reach.actor(), api.inner.store.now_ms()).await?;
    let current = partners::current(&mut write, &reach, id).await?;
    seen.check(&Partner::from(current))?;
    let partner = crate::lifecycle::operations::partners::change(&mut write, &reach, id, input.into()).await?;
    write.commit().await?;
    Ok(Versioned(partner.into()))
}
