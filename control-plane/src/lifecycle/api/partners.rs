//! `/v1/partners`

mod life;

use axum::Json;
use axum::http::StatusCode;
use marque_config::PartnerId;

use crate::kernel::scope::Scope;
use crate::partners::api::shape::{Partner, PartnerToAdd, PartnerToChange};
use crate::partners::operations as partners;
use crate::web::body::{PathId, Query};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::Problem;
use crate::web::resource::{Update, Updated};
use crate::web::version::{IfMatch, Versioned};

pub(crate) use life::{__path_approve, __path_close, __path_resume, __path_suspend, approve, close, resume, suspend};

/// Adds a partner. It sells nothing before it is approved.
#[utoipa::path(post, path = "/v1/partners", tag = "partners", request_body = PartnerToAdd, params(IdempotencyKey),
    responses((status = 201, body = Partner)))]
pub(crate) async fn create(caller: Caller, post: Post<PartnerToAdd>) -> Answer {
    let reach = caller.may_as_operator(Scope::PartnersWrite)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let partner = partners::create(&mut doing.write, input.into()).await?;
    doing.done(StatusCode::CREATED, &Partner::from(partner)).await
}

/// Lists partners.
#[utoipa::path(get, path = "/v1/partners", tag = "partners", params(Pages),
    responses((status = 200, body = Items<Partner>)))]
pub(crate) async fn list(caller: Caller, Query(pages): Query<Pages>) -> Result<Json<Items<Partner>>, Problem> {
    let reach = caller.may(Scope::PartnersRead)?;
    let found = caller.store().partners(&reach, &pages.page()?).await?;
    Ok(Json(pages.items(found, |partner| partner.id.to_string(), Partner::from)))
}

/// Shows a partner.
#[utoipa::path(get, path = "/v1/partners/{id}", tag = "partners", responses((status = 200, body = Partner)))]
pub(crate) async fn one(caller: Caller, PathId(id): PathId<PartnerId>) -> Result<Versioned<Partner>, Problem> {
    let reach = caller.may(Scope::PartnersRead)?;
    Ok(Versioned(partners::one(caller.store(), &reach, id).await?.into()))
}

/// Changes a partner. What only an operator may change is refused to a partner (403).
#[utoipa::path(patch, path = "/v1/partners/{id}", tag = "partners", params(IfMatch), request_body = PartnerToChange,
    responses((status = 200, body = Partner)))]
pub(crate) async fn change(update: Update<PartnerId, PartnerToChange>) -> Updated<Partner> {
    let reach = update.caller.may(Scope::PartnersWrite)?;
    let (input, mut write) = update.begin(&reach).await?;
    let current = partners::current(&mut write, &reach, update.id).await?;
    update.seen.check(&Partner::from(current))?;
    let partner = crate::lifecycle::operations::partners::change(&mut write, &reach, update.id, input.into()).await?;
    write.commit().await?;
    Ok(Versioned(partner.into()))
}
