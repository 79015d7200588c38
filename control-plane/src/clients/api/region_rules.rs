//! `/v1/region-rules`: what countries ask of clients.

use axum::Json;

use crate::clients::model::{RegionRule, RegionRuleToPut};
use crate::clients::operations::region_rules;
use crate::kernel::country::Country;
use crate::kernel::scope::Scope;
use crate::web::caller::Caller;
use crate::web::page::Items;
use crate::web::problem::Problem;
use crate::web::resource::{Update, Updated};
use crate::web::version::{IfMatch, Versioned};

/// Lists the rules of the countries that have one.
#[utoipa::path(get, path = "/v1/region-rules", tag = "clients", responses((status = 200, body = Items<RegionRule>)))]
pub(crate) async fn list(caller: Caller) -> Result<Json<Items<RegionRule>>, Problem> {
    caller.may(Scope::ClientsRead)?;
    Ok(Json(Items::whole(caller.store().region_rules().await?)))
}

/// Changes what a country asks: of clients that are added or changed from now on.
#[utoipa::path(put, path = "/v1/region-rules/{country}", tag = "clients", request_body = RegionRuleToPut, params(IfMatch),
    responses((status = 200, body = RegionRule)))]
pub(crate) async fn set(update: Update<Country, RegionRuleToPut>) -> Updated<RegionRule> {
    let reach = update.caller.may_as_operator(Scope::ClientsWrite)?;
    let (put, mut write) = update.begin(&reach).await?;
    let before = write.region_rule(update.id).await?;
    update.seen.check(&before)?;
    let rule = region_rules::set(&mut write, before, put).await?;
    write.commit().await?;
    Ok(Versioned(rule))
}
