//! `/v1/help-links`, `/v1/support-contact`: guides, videos, what helps to sell, and how partners reach the vendor.

use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::database::refused::Refused;
use crate::kernel::ids::HelpLinkId;
use crate::kernel::language::Language;
use crate::kernel::scope::Scope;
use crate::reports::model::home::HelpKind;
use crate::reports::operations::home::{self, LinkGiven};
use crate::reports::store;
use crate::web::body::{Input, PathId, Query};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::Problem;
use crate::web::resource::{Update, Updated};
use crate::web::version::{IfMatch, Versioned};

/// A guide, a video, or what helps to sell.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HelpLink {
    /// Its identity: `hlp_…`.
    #[schema(value_type = String)]
    id: HelpLinkId,
    /// What it leads to.
    kind: HelpKind,
    /// Its title, in the caller's language.
    title: String,
    /// Its title in English.
    title_en: String,
    /// Its title in French.
    title_fr: String,
    /// Where it is.
    url: String,
    /// Its position among the others.
    position: i64,
}

/// What a help link is to be, the whole of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HelpLinkToPut {
    /// What it leads to.
    kind: HelpKind,
    /// Its title in English.
    title_en: String,
    /// Its title in French.
    title_fr: String,
    /// Where it is: an `https` address.
    url: String,
    /// Its position among the others.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000)]
    position: u32,
}

/// How partners reach the vendor.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SupportContact {
    /// By mail.
    #[serde(default)]
    email: Option<String>,
    /// By telephone.
    #[serde(default)]
    phone: Option<String>,
    /// When.
    #[serde(default)]
    hours: Option<String>,
    /// By mail, for active partners only.
    #[serde(default)]
    partner_email: Option<String>,
}

/// Adds a help link.
#[utoipa::path(post, path = "/v1/help-links", tag = "home", request_body = HelpLinkToPut, params(IdempotencyKey),
    responses((status = 201, body = HelpLink)))]
pub(crate) async fn create(caller: Caller, post: Post<HelpLinkToPut>) -> Answer {
    let reach = caller.may_as_operator(Scope::PartnersWrite)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let link = home::add_link(&mut doing.write, input.into()).await?;
    doing.done(StatusCode::CREATED, &HelpLink::of(link, caller.language)).await
}

/// Lists the help links.
#[utoipa::path(get, path = "/v1/help-links", tag = "home", params(Pages),
    responses((status = 200, body = Items<HelpLink>)))]
pub(crate) async fn list(caller: Caller, Query(pages): Query<Pages>) -> Result<Json<Items<HelpLink>>, Problem> {
    caller.may(Scope::PartnersRead)?;
    let found = caller.store().help_links(&pages.page()?).await?;
    let language = caller.language;
    Ok(Json(pages.items(found, |link| link.id.to_string(), |link| HelpLink::of(link, language))))
}

/// Shows a help link.
#[utoipa::path(get, path = "/v1/help-links/{id}", tag = "home", responses((status = 200, body = HelpLink)))]
pub(crate) async fn one(caller: Caller, PathId(id): PathId<HelpLinkId>) -> Result<Versioned<HelpLink>, Problem> {
    caller.may(Scope::PartnersRead)?;
    let link = caller.store().help_link(id).await?.ok_or(Refused::NotFound)?;
    Ok(Versioned(HelpLink::of(link, caller.language)))
}

/// Changes a help link, whole.
#[utoipa::path(put, path = "/v1/help-links/{id}", tag = "home", request_body = HelpLinkToPut, params(IfMatch),
    responses((status = 200, body = HelpLink)))]
pub(crate) async fn change(update: Update<HelpLinkId, HelpLinkToPut>) -> Updated<HelpLink> {
    let reach = update.caller.may_as_operator(Scope::PartnersWrite)?;
    let (input, mut write) = update.begin(&reach).await?;
    let current = write.help_link(update.id).await?.ok_or(Refused::NotFound)?;
    update.seen.check(&HelpLink::of(current, update.caller.language))?;
    let link = home::change_link(&mut write, update.id, input.into()).await?;
    write.commit().await?;
    Ok(Versioned(HelpLink::of(link, update.caller.language)))
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
    let current = write.help_link(id).await?.ok_or(Refused::NotFound)?;
    seen.check(&HelpLink::of(current, caller.language))?;
    home::remove_link(&mut write, id).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Shows the vendor's staff how partners reach the vendor; a partner asks `/v1/partners/me/contact`.
#[utoipa::path(get, path = "/v1/support-contact", tag = "home", responses((status = 200, body = SupportContact)))]
pub(crate) async fn support(caller: Caller) -> Result<Versioned<SupportContact>, Problem> {
    caller.may_as_operator(Scope::PartnersRead)?;
    Ok(Versioned(caller.store().support_contact().await?.into()))
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
    let current = write.support_contact().await?;
    seen.check(&SupportContact::from(current))?;
    let contact = store::home::SupportContact {
        email: input.email,
        phone: input.phone,
        hours: input.hours,
        partner_email: input.partner_email,
    };
    let contact = home::set_support(&mut write, contact).await?;
    write.commit().await?;
    Ok(Versioned(contact.into()))
}

impl HelpLink {
    fn of(link: store::home::HelpLink, language: Language) -> Self {
        let title = match language {
            Language::English => link.title_en.clone(),
            Language::French => link.title_fr.clone(),
        };
        Self {
            id: link.id,
            kind: link.kind,
            title,
            title_en: link.title_en,
            title_fr: link.title_fr,
            url: link.url,
            position: link.position,
        }
    }
}

impl From<HelpLinkToPut> for LinkGiven {
    fn from(input: HelpLinkToPut) -> Self {
        Self {
            kind: input.kind,
            title_en: input.title_en,
            title_fr: input.title_fr,
            url: input.url,
            position: i64::from(input.position),
        }
    }
}

impl From<store::home::SupportContact> for SupportContact {
    fn from(contact: store::home::SupportContact) -> Self {
        Self { email: contact.email, phone: contact.phone, hours: contact.hours, partner_email: contact.partner_email }
    }
}
