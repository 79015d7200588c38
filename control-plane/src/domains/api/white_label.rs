//! `/v1/tenants/{id}/white-label`: the one place where a tenant's identity is set up (S1.16).

use axum::http::StatusCode;
use marque_config::{DomainId, Hostname, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domains::api::{self as domains, Domain};
use crate::domains::model::white_label::{ContactRoute, WhiteLabelState};
use crate::domains::operations::white_label::{self, Setting, Whole};
use crate::kernel::ids::UserId;
use crate::kernel::language::Language;
use crate::kernel::scope::Scope;
use crate::partners::api::shape::Brand;
use crate::web::body::{Nothing, PathId};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::problem::Problem;
use crate::web::resource::{Update, Updated};
use crate::web::time::written;
use crate::web::version::{IfMatch, Versioned};

/// A tenant's white label.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WhiteLabel {
    /// Whose: `ten_…`.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// Its current status.
    state: WhiteLabelState,
    /// The person who holds the rights on it: `usr_…`.
    #[schema(value_type = Option<String>)]
    owner: Option<UserId>,
    /// The domain that the client's people come by: `dom_…`.
    #[schema(value_type = Option<String>)]
    primary_domain: Option<DomainId>,
    /// That domain's main name: the one address; its other names lead there.
    #[schema(value_type = Option<String>)]
    address: Option<Hostname>,
    /// Whether visitors of the tenant's other names are sent to that address.
    redirect_to_primary: bool,
    /// Whether installed applications are locked to this tenant.
    app_lock: bool,
    /// Who gets what the client writes.
    contact_route: ContactRoute,
    /// A brand of its own; null where it is the partner's.
    own_brand: Option<Brand>,
    /// The brand that it is shown in: its own, else the partner's.
    brand: Brand,
    /// Who bills the client, and who helps it.
    in_charge: InCharge,
    /// Since when it is live.
    #[schema(format = DateTime)]
    live_since: Option<String>,
    /// When it was last changed.
    #[schema(format = DateTime)]
    changed_at: Option<String>,
}

/// Who bills the client, and who helps it: the partner, never the vendor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InCharge {
    /// Who bills: `partner`.
    billing: &'static str,
    /// Who helps: `partner`.
    support: &'static str,
    /// The same in words, in the caller's language.
    said: String,
}

/// What a white label is to be, the whole of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhiteLabelToPut {
    /// The person who holds the rights on it: one of the partner's people, or of the tenant's.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    owner: Option<UserId>,
    /// The domain that the client's people come by: one of the tenant's.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    primary_domain: Option<DomainId>,
    /// Whether visitors of the tenant's other names are sent to it; so they are when not given. Policies name the paths
    /// that stay (`deep_links`).
    #[serde(default = "redirects")]
    redirect_to_primary: bool,
    /// Whether installed applications are locked to this tenant.
    #[serde(default)]
    app_lock: bool,
    /// Who gets what the client writes; the partner when not given.
    #[serde(default)]
    contact_route: ContactRoute,
    /// A brand of its own; the partner's when not given.
    #[serde(default)]
    brand: Option<Brand>,
}

/// What a white label still needs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WhiteLabelCheck {
    /// Whether it can be live.
    ready: bool,
    /// What is missing: `address_missing`, `address_not_active`, `owner_missing`, `owner_not_active`,
    /// `client_admin_missing`.
    missing: Vec<&'static str>,
    /// The primary address, each of its names apart.
    address: Option<Domain>,
}

/// Shows a tenant's white label.
#[utoipa::path(get, path = "/v1/tenants/{id}/white-label", tag = "white label",
    responses((status = 200, body = WhiteLabel)))]
pub(crate) async fn one(caller: Caller, PathId(id): PathId<TenantId>) -> Result<Versioned<WhiteLabel>, Problem> {
    let reach = caller.may(Scope::WhiteLabelRead)?;
    let whole = white_label::one(caller.store(), &reach, id).await?;
    Ok(Versioned(shown(whole, caller.language)))
}

/// Sets a tenant's white label up: its address, its owner, its brand. One that is live must stay complete.
#[utoipa::path(put, path = "/v1/tenants/{id}/white-label", tag = "white label", request_body = WhiteLabelToPut,
    params(IfMatch), responses((status = 200, body = WhiteLabel)))]
pub(crate) async fn put(update: Update<TenantId, WhiteLabelToPut>) -> Updated<WhiteLabel> {
    let reach = update.caller.may(Scope::WhiteLabelWrite)?;
    let (input, mut write) = update.begin(&reach).await?;
    let current = white_label::current(&mut write, &reach, update.id).await?;
    update.seen.check(&shown(current, update.caller.language))?;
    let whole = white_label::put(&mut write, &reach, update.id, input.into()).await?;
    write.commit().await?;
    Ok(Versioned(shown(whole, update.caller.language)))
}

/// Switches white label on. While something is missing the answer names all of it (409, `blockers`).
#[utoipa::path(post, path = "/v1/tenants/{id}/white-label/enable", tag = "white label", request_body = Nothing,
    params(IdempotencyKey), responses((status = 200, body = WhiteLabel)))]
pub(crate) async fn enable(caller: Caller, PathId(id): PathId<TenantId>, post: Post<Nothing>) -> Answer {
    let reach = caller.may(Scope::WhiteLabelWrite)?;
    let (_, mut doing) = post.begin(&caller.api, &reach).await?;
    let whole = white_label::enable(&mut doing.write, &reach, id).await?;
    doing.done(StatusCode::OK, &shown(whole, caller.language)).await
}

/// Switches white label off. What was set up is kept.
#[utoipa::path(post, path = "/v1/tenants/{id}/white-label/disable", tag = "white label", request_body = Nothing,
    params(IdempotencyKey), responses((status = 200, body = WhiteLabel)))]
pub(crate) async fn disable(caller: Caller, PathId(id): PathId<TenantId>, post: Post<Nothing>) -> Answer {
    let reach = caller.may(Scope::WhiteLabelWrite)?;
    let (_, mut doing) = post.begin(&caller.api, &reach).await?;
    let whole = white_label::disable(&mut doing.write, &reach, id).await?;
    doing.done(StatusCode::OK, &shown(whole, caller.language)).await
}

/// Says what a white label still needs, and has the DNS of its address looked at now.
#[utoipa::path(post, path = "/v1/tenants/{id}/white-label/check", tag = "white label", request_body = Nothing,
    params(IdempotencyKey), responses((status = 200, body = WhiteLabelCheck)))]
pub(crate) async fn check(caller: Caller, PathId(id): PathId<TenantId>, post: Post<Nothing>) -> Answer {
    let reach = caller.may(Scope::WhiteLabelWrite)?;
    let (_, mut doing) = post.begin(&caller.api, &reach).await?;
    let checked = white_label::check(&mut doing.write, &reach, id).await?;
    let address = checked.address.map(|named| domains::shown(&caller.api, caller.language, named));
    let body = WhiteLabelCheck { ready: checked.missing.is_empty(), missing: checked.missing, address };
    doing.done(StatusCode::OK, &body).await
}

fn redirects() -> bool {
    true
}

fn shown(whole: Whole, language: Language) -> WhiteLabel {
    let Whole { label, partner, address } = whole;
    let said = match language {
        Language::English => format!("{} bills you and helps you.", partner.brand.name),
        Language::French => format!("{} vous facture et vous aide.", partner.brand.name),
    };
    let own = label.brand.map(|own| (own.brand, own.look));
    let (brand, look) = own.clone().unwrap_or((partner.brand, partner.look));
    WhiteLabel {
        tenant: label.tenant,
        state: label.state,
        owner: label.owner,
        primary_domain: label.primary,
        address: address.map(|named| named.domain.host),
        redirect_to_primary: label.redirect_to_primary,
        app_lock: label.app_lock,
        contact_route: label.contact_route,
        own_brand: own.map(|(brand, look)| Brand::of(brand, look)),
        brand: Brand::of(brand, look),
        in_charge: InCharge { billing: "partner", support: "partner", said },
        live_since: label.live_since_ms.map(written),
        changed_at: Some(label.changed_ms).filter(|at_ms| *at_ms > 0).map(written),
    }
}

impl From<WhiteLabelToPut> for Setting {
    fn from(input: WhiteLabelToPut) -> Self {
        Self {
            owner: input.owner,
            primary: input.primary_domain,
            redirect_to_primary: input.redirect_to_primary,
            app_lock: input.app_lock,
            contact_route: input.contact_route,
            brand: input.brand.map(Brand::parts),
        }
    }
}
