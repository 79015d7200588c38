//! `/v1/region-rules`: what countries ask of clients.

use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clients::model::{self as client, TaxIdRule};
use crate::clients::operations::region_rules;
use crate::kernel::country::Country;
use crate::kernel::scope::Scope;
use crate::web::caller::Caller;
use crate::web::page::Items;
use crate::web::problem::Problem;
use crate::web::resource::{Update, Updated};
use crate::web::time::written;
use crate::web::version::{IfMatch, Versioned};

/// What a country asks of a client.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RegionRule {
    /// The country: two capital letters as in ISO 3166-1.
    #[schema(value_type = String, min_length = 2, max_length = 2)]
    country: Country,
    /// Counts the changes of it; 0 for a country that nobody made a rule for.
    version: i64,
    /// Whether a tax identity is needed.
    tax_id: TaxIdRule,
    /// From when on.
    #[schema(format = DateTime)]
    since: String,
}

/// What a country is to ask.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleToSet {
    /// Whether a tax identity is needed.
    tax_id: TaxIdRule,
}

/// Lists the rules of the countries that have one.
#[utoipa::path(get, path = "/v1/region-rules", tag = "clients", responses((status = 200, body = Items<RegionRule>)))]
pub(crate) async fn list(caller: Caller) -> Result<Json<Items<RegionRule>>, Problem> {
    caller.may(Scope::ClientsRead)?;
    let rules = caller.store().region_rules().await?;
    Ok(Json(Items::whole(rules.into_iter().map(RegionRule::from).collect())))
}

/// Changes what a country asks: of clients that are added or changed from now on.
#[utoipa::path(put, path = "/v1/region-rules/{country}", tag = "clients", request_body = RuleToSet, params(IfMatch),
    responses((status = 200, body = RegionRule)))]
pub(crate) async fn set(update: Update<Country, RuleToSet>) -> Updated<RegionRule> {
    let reach = update.caller.may_as_operator(Scope::ClientsWrite)?;
    let (input, mut write) = update.begin(&reach).await?;
    update.seen.check(&RegionRule::from(write.region_rule(update.id).await?))?;
    let rule = region_rules::set(&mut write, update.id, input.tax_id).await?;
    write.commit().await?;
    Ok(Versioned(rule.into()))
}

impl From<client::RegionRule> for RegionRule {
    fn from(rule: client::RegionRule) -> Self {
        let client::RegionRule { country, version, tax_id, since_ms } = rule;
        Self { country, version, tax_id, since: written(since_ms) }
    }
}
