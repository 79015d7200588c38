//! `/v1/issuances`

use axum::Json;
use marque_config::{DomainId, Hostname, IssuanceId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::domains::api::{Reason, failure};
use crate::domains::operations as domains;
use crate::domains::store::issuances::{Issuance as Kept, IssuanceState};
use crate::kernel::language::Language;
use crate::kernel::scope::Scope;
use crate::web::body::Query;
use crate::web::caller::Caller;
use crate::web::page::Items;
use crate::web::problem::Problem;
use crate::web::time::written;

/// An attempt to get a certificate.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Issuance {
    /// Its identity: `iss_…`.
    #[schema(value_type = String)]
    id: IssuanceId,
    /// The name.
    #[schema(value_type = String)]
    host: Hostname,
    /// `claimed`, `ordered`, `published`, `acknowledged`, `ready`, `finalized`, `issued` or `failed`.
    #[schema(value_type = String)]
    state: IssuanceState,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    /// What the certificate authority said about that.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// When it began.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it last went on.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// Which attempts are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfDomain {
    /// Those of this domain.
    #[param(value_type = String)]
    domain: DomainId,
}

const MOST: i64 = 100;

/// Lists a domain's last attempts to get certificates, newest first.
#[utoipa::path(get, path = "/v1/issuances", tag = "domains", params(OfDomain),
    responses((status = 200, body = Items<Issuance>)))]
pub(crate) async fn list(caller: Caller, Query(asked): Query<OfDomain>) -> Result<Json<Items<Issuance>>, Problem> {
    let reach = caller.may(Scope::DomainsRead)?;
    let named = domains::one(caller.store(), &reach, asked.domain).await?;
    let kept = caller.store().issuances_of(named.domain.id, MOST).await?;
    Ok(Json(Items::whole(kept.into_iter().map(|kept| shown(kept, caller.language)).collect())))
}

fn shown(kept: Kept, language: Language) -> Issuance {
    Issuance {
        id: kept.id,
        host: kept.host,
        state: kept.state,
        reason: kept.reason.map(|reason| failure(reason, language)),
        detail: kept.detail,
        created_at: written(kept.created_ms),
        updated_at: written(kept.updated_ms),
    }
}
