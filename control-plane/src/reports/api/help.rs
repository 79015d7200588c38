//! `/v1/help-links`, `/v1/support-contact`: guides, videos, what helps to sell, and how partners reach the vendor.

use axum::Json;
use axum::http::StatusCode;

use crate::database::refused::Refused;
use crate::kernel::ids::HelpLinkId;
use crate::kernel::scope::Scope;
use crate::reports::operations::home;
use crate::reports::store::home::{HelpLink, HelpLinkToAdd, HelpLinkToPut, SupportContact};
use crate::web::body::{Input, PathId, Query};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::Problem;
use crate::web::resource::{Update, Updated};
use crate::web::version::{IfMatch, Versioned};

/// Adds a help link.
#[utoipa::path(post, path = "/v1/help-links", tag = "home", request_body = HelpLinkToAdd, params(IdempotencyKey),
    responses((status = 201, body = HelpLink)))]
pub(crate) async fn create(caller: Caller, post: Post<HelpLinkToAdd>) -> Answer {
    let reach = caller.may_as_operator(Scope::PartnersWrite)?;
    let (new, mut doing) = post.begin(&caller.api, &reach).await?;
    let link = home::add_link(&mut doing.write, new).await?;
    doing.done(StatusCode::CREATED, &link.read_in(caller.language)).await
}

/// Lists the help links.
#[utoipa::path(get, path = "/v1/help-links", tag = "home", params(Pages),
    responses((status = 200, body = Items<HelpLink>)))]
pub(crate) async fn list(caller: Caller, Query(pages): Query<Pages>) -> Result<Json<Items<HelpLink>>, Problem> {
    caller.may(Scope::PartnersRead)?;
    let found = caller.store().help_links(&pages.page()?).await?;
    Ok(pages.resources(found.into_iter().map(|link| link.read_in(caller.language)).collect()))
}

/// Shows a help link.
#[utoipa::path(get, path = "/v1/help-links/{id}", tag = "home", responses((status = 200, body = HelpLink)))]
pub(crate) async fn one(caller: Caller, PathId(id): PathId<HelpLinkId>) -> Result<Versioned<HelpLink>, Problem> {
    caller.may(Scope::PartnersRead)?;
    let link: HelpLink = caller.store().find(&id).await?.ok_or(Refused::NotFound)?;
    Ok(Versioned(link.read_in(caller.language)))
}

/// Changes a help link, whole.
#[utoipa::path(put, path = "/v1/help-links/{id}", tag = "home", request_body = HelpLinkToPut, params(IfMatch),
    responses((status = 200, body = HelpLink)))]
pub(crate) async fn change(update: Update<HelpLinkId, HelpLinkToPut>) -> Updated<HelpLink> {
    let reach = update.caller.may_as_operator(Scope::PartnersWrite)?;
    let (put, mut write) = update.begin(&reach).await?;
    let before: HelpLink = write.find(&update.id).await?.ok_or(Refused::NotFound)?;
    let before = before.read_in(update.caller.language);
    update.seen.check(&before)?;
    let link = home::change_link(&mut write, before, put).await?;
    write.commit().await?;
    Ok(Versioned(link.read_in(update.caller.language)))
}

/// Removes a help link.
#[utoipa::path(delete, path = "/v1/help-links/{id}", tag = "home", params(IfMatch), responses((status = 204)))]
pub(crate) async fn remove(
    caller: Caller,
    PathId(id): PathId<HelpLinkId>,
    seen: IfMatch,
) -> Result<StatusCode, Problem> {
    let reach = caller.may_as_operator(Scope::PartnersWrite)?;
    let mut write = caller.begin(&reach).await?;
    let link: HelpLink = write.find(&id).await?.ok_or(Refused::NotFound)?;
    let link = link.read_in(caller.language);
    seen.check(&link)?;
    home::remove_link(&mut write, &link).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Shows the vendor's staff how partners reach the vendor; a partner asks `/v1/partners/me/contact`.
#[utoipa::path(get, path = "/v1/support-contact", tag = "home", responses((status = 200, body = SupportContact)))]
pub(crate) async fn support(caller: Caller) -> Result<Versioned<SupportContact>, Problem> {
    caller.may_as_operator(Scope::PartnersRead)?;
    Ok(Versioned(caller.store().support_contact().await?))
}

/// Says how partners reach the vendor.
#[utoipa::path(put, path = "/v1/support-contact", tag = "home", request_body = SupportContact, params(IfMatch),
    responses((status = 200, body = SupportContact)))]
pub(crate) async fn set_support(
    caller: Caller,
    seen: IfMatch,
    input: Input<SupportContact>,
) -> Result<Versioned<SupportContact>, Problem> {
    let reach = caller.may_as_operator(Scope::PartnersWrite)?;
    let input = input.read(&reach)?;
    let mut write = caller.begin(&reach).await?;
    seen.check(&write.support_contact().await?)?;
    let contact = home::set_support(&mut write, input).await?;
    write.commit().await?;
    Ok(Versioned(contact))
}
