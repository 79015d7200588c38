//! `/v1/partners`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use marque_config::PartnerId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::body::{Asked, At, Input};
use super::caller::Caller;
use super::once::{Instead, Post};
use super::page::{Items, Pages};
use super::problem::{Problem, ProblemDocument};
use super::time::written;
use super::version::{IfMatch, Shown};
use crate::model::scope::Scope;
use crate::operations::partners::{self, NewPartner, PartnerChange};
use crate::store;

/// A partner.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Partner {
    /// Its identity: `ptr_…`.
    #[schema(value_type = String)]
    id: PartnerId,
    /// Its name, for the vendor's staff.
    name: String,
    /// What its clients see.
    brand: Brand,
    /// Where it stands: `active`.
    state: String,
    /// When it was added.
    #[schema(format = DateTime)]
    created_at: String,
}

/// What a partner's clients see of it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Brand {
    /// The name.
    name: String,
    /// Where its clients find help: shown as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    support: Option<String>,
}

/// A partner to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PartnerToAdd {
    /// Its name, for the vendor's staff.
    name: String,
    /// What its clients see.
    brand: Brand,
}

/// What is to change of a partner.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PartnerToChange {
    /// A new name.
    #[serde(default)]
    name: Option<String>,
    /// A new brand.
    #[serde(default)]
    brand: Option<Brand>,
}

/// Adds a partner.
#[utoipa::path(post, path = "/v1/partners", tag = "partners", request_body = PartnerToAdd,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Partner), (status = "default", body = ProblemDocument)))]
pub(super) async fn create(
    State(api): State<Api>,
    caller: Caller,
    post: Post<PartnerToAdd>,
) -> Result<Response, Instead> {
    let reach = caller.may_as_operator(Scope::PartnersWrite)?;
    let (input, mut doing) = post.begin(&api, &reach).await?;
    let new = NewPartner { name: input.name, brand: input.brand.into() };
    let partner = partners::create(&mut doing.write, new).await?;
    doing.done(StatusCode::CREATED, &Partner::from(partner)).await
}

/// Lists partners.
#[utoipa::path(get, path = "/v1/partners", tag = "partners", params(Pages),
    responses((status = 200, body = Items<Partner>), (status = "default", body = ProblemDocument)))]
pub(super) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Asked(pages): Asked<Pages>,
) -> Result<Json<Items<Partner>>, Problem> {
    let reach = caller.may(Scope::PartnersRead)?;
    let found = api.inner.store.partners(&reach, &pages.page()?).await?;
    Ok(Json(pages.items(found, |partner| partner.id.to_string(), Partner::from)))
}

/// Shows a partner.
#[utoipa::path(get, path = "/v1/partners/{id}", tag = "partners", params(("id" = String, Path)),
    responses((status = 200, body = Partner), (status = "default", body = ProblemDocument)))]
pub(super) async fn one(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<PartnerId>,
) -> Result<Shown<Partner>, Problem> {
    let reach = caller.may(Scope::PartnersRead)?;
    Ok(Shown(partners::one(&api.inner.store, &reach, id).await?.into()))
}

/// Changes a partner.
#[utoipa::path(patch, path = "/v1/partners/{id}", tag = "partners", params(("id" = String, Path), ("If-Match" = String, Header)),
    request_body = PartnerToChange,
    responses((status = 200, body = Partner), (status = "default", body = ProblemDocument)))]
pub(super) async fn change(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<PartnerId>,
    seen: IfMatch,
    input: Input<PartnerToChange>,
) -> Result<Shown<Partner>, Problem> {
    let reach = caller.may(Scope::PartnersWrite)?;
    let input = input.read(&reach)?;
    let mut write = api.inner.store.begin(reach.actor(), api.inner.store.now_ms()).await?;
    let current = partners::current(&mut write, &reach, id).await?;
    seen.check(&Partner::from(current))?;
    let change = PartnerChange { name: input.name, brand: input.brand.map(Into::into) };
    let partner = partners::change(&mut write, &reach, id, change).await?;
    write.commit().await?;
    Ok(Shown(partner.into()))
}

impl From<store::Partner> for Partner {
    fn from(partner: store::Partner) -> Self {
        let brand = Brand { name: partner.brand.name, support: partner.brand.support };
        let created_at = written(partner.created_ms);
        Self { id: partner.id, name: partner.name, brand, state: partner.state, created_at }
    }
}

impl From<Brand> for marque_config::brand::Brand {
    fn from(brand: Brand) -> Self {
        Self { name: brand.name, support: brand.support }
    }
}
