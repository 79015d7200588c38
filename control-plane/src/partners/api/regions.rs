//! `/v1/regions`, `/v1/account-managers`: who looks after partners, and where.

use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::database::refused::Refused;
use crate::kernel::ids::AccountManagerId;
use crate::kernel::scope::Scope;
use crate::partners::operations::regions;
use crate::partners::store;
use crate::partners::store::regions::{AccountManager, AccountManagerToAdd, AccountManagerToPut};
use crate::web::body::{PathId, Query};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::Problem;
use crate::web::resource::{Update, Updated, current};
use crate::web::version::{IfMatch, Versioned};

/// A region of partners.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Region {
    /// Its code.
    pub(crate) code: String,
    /// Its name in English.
    pub(crate) name_en: String,
    /// Its name in French.
    pub(crate) name_fr: String,
    /// Its position among the others.
    position: i64,
    /// Who looks after it: `amg_…`.
    #[schema(value_type = Vec<String>)]
    account_managers: Vec<AccountManagerId>,
}

/// What a region is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegionToPut {
    /// Its name in English.
    name_en: String,
    /// Its name in French.
    name_fr: String,
    /// Its position among the others.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000)]
    position: u32,
    /// Who looks after it, at most 20: `amg_…`.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    account_managers: Vec<AccountManagerId>,
}

/// Lists the regions, in their order.
#[utoipa::path(get, path = "/v1/regions", tag = "partners", responses((status = 200, body = Items<Region>)))]
pub(crate) async fn list(caller: Caller) -> Result<Json<Items<Region>>, Problem> {
    caller.may(Scope::PartnersRead)?;
    let mut shown = Vec::new();
    for region in caller.store().regions().await? {
        let managers = caller.store().managers_of(&region.code).await?;
        shown.push(Region::of(region, &managers));
    }
    Ok(Json(Items::whole(shown)))
}

/// Shows a region.
#[utoipa::path(get, path = "/v1/regions/{code}", tag = "partners", responses((status = 200, body = Region)))]
pub(crate) async fn one(caller: Caller, PathId(code): PathId<String>) -> Result<Versioned<Region>, Problem> {
    caller.may(Scope::PartnersRead)?;
    let (region, managers) = regions::one(caller.store(), &code).await?;
    Ok(Versioned(Region::of(region, &managers)))
}

/// Writes a region, new or not. A new one is matched by no version but `*`.
#[utoipa::path(put, path = "/v1/regions/{code}", tag = "partners", request_body = RegionToPut, params(IfMatch),
    responses((status = 200, body = Region)))]
pub(crate) async fn put(update: Update<String, RegionToPut>) -> Updated<Region> {
    let reach = update.caller.may_as_operator(Scope::PartnersWrite)?;
    let (input, mut write) = update.begin(&reach).await?;
    let current = regions::current(&mut write, &update.id).await?;
    update.seen.check(&current.map(|(region, managers)| Region::of(region, &managers)))?;
    let region = store::regions::Region {
        code: update.id.clone(),
        name_en: input.name_en,
        name_fr: input.name_fr,
        position: i64::from(input.position),
    };
    regions::put(&mut write, region.clone(), &input.account_managers).await?;
    let managers = write.managers_of(&update.id).await?;
    write.commit().await?;
    Ok(Versioned(Region::of(region, &managers)))
}

/// Adds an account manager.
#[utoipa::path(post, path = "/v1/account-managers", tag = "partners", request_body = AccountManagerToAdd,
    params(IdempotencyKey), responses((status = 201, body = AccountManager)))]
pub(crate) async fn add_manager(caller: Caller, post: Post<AccountManagerToAdd>) -> Answer {
    let reach = caller.may_as_operator(Scope::PartnersWrite)?;
    let (new, mut doing) = post.begin(&caller.api, &reach).await?;
    let manager = regions::add_manager(&mut doing.write, new).await?;
    doing.done(StatusCode::CREATED, &manager).await
}

/// Lists the account managers.
#[utoipa::path(get, path = "/v1/account-managers", tag = "partners", params(Pages),
    responses((status = 200, body = Items<AccountManager>)))]
pub(crate) async fn managers(
    caller: Caller,
    Query(pages): Query<Pages>,
) -> Result<Json<Items<AccountManager>>, Problem> {
    caller.may_as_operator(Scope::PartnersRead)?;
    Ok(pages.resources(caller.store().account_managers(&pages.page()?).await?))
}

/// Shows an account manager.
#[utoipa::path(get, path = "/v1/account-managers/{id}", tag = "partners",
    responses((status = 200, body = AccountManager)))]
pub(crate) async fn manager(
    caller: Caller,
    PathId(id): PathId<AccountManagerId>,
) -> Result<Versioned<AccountManager>, Problem> {
    caller.may_as_operator(Scope::PartnersRead)?;
    Ok(Versioned(caller.store().find(&id).await?.ok_or(Refused::NotFound)?))
}

/// Changes an account manager, whole.
#[utoipa::path(put, path = "/v1/account-managers/{id}", tag = "partners", request_body = AccountManagerToPut, params(IfMatch),
    responses((status = 200, body = AccountManager)))]
pub(crate) async fn change_manager(update: Update<AccountManagerId, AccountManagerToPut>) -> Updated<AccountManager> {
    let reach = update.caller.may_as_operator(Scope::PartnersWrite)?;
    let (put, mut write) = update.begin(&reach).await?;
    let before = current(&mut write, &update.id, &update.seen).await?;
    let manager = regions::change_manager(&mut write, before, put).await?;
    write.commit().await?;
    Ok(Versioned(manager))
}

/// Lets an account manager go; not while they look after a partner.
#[utoipa::path(delete, path = "/v1/account-managers/{id}", tag = "partners", params(IfMatch),
    responses((status = 204)))]
pub(crate) async fn remove_manager(
    caller: Caller,
    PathId(id): PathId<AccountManagerId>,
    seen: IfMatch,
) -> Result<StatusCode, Problem> {
    let reach = caller.may_as_operator(Scope::PartnersWrite)?;
    let mut write = caller.begin(&reach).await?;
    let _: AccountManager = current(&mut write, &id, &seen).await?;
    regions::remove_manager(&mut write, id).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Region {
    fn of(region: store::regions::Region, managers: &[AccountManager]) -> Self {
        Self {
            code: region.code,
            name_en: region.name_en,
            name_fr: region.name_fr,
            position: region.position,
            account_managers: managers.iter().map(|manager| manager.id).collect(),
        }
    }
}
