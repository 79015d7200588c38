//! `/v1/adjustments`: corrections of the ledger by hand, which take two operators.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use marque_config::PartnerId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::kernel::ids::AdjustmentId;
use crate::kernel::money::Money;
use crate::kernel::scope::Scope;
use crate::money::model::adjustment::{self, AdjustmentState};
use crate::money::operations::adjustments::{self, NewAdjustment};
use crate::web::Api;
use crate::web::body::{Nothing, PathId};
use crate::web::caller::Caller;
use crate::web::once::{Outcome, Post};
use crate::web::page::{Items, List, Pages};
use crate::web::problem::{Problem, ProblemDocument};
use crate::web::time::written;
use crate::web::version::Versioned;

/// A correction.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Adjustment {
    /// Its identity: `adj_…`.
    #[schema(value_type = String)]
    id: AdjustmentId,
    /// The partner whose wallet is corrected.
    #[schema(value_type = String)]
    partner: PartnerId,
    /// What it is given; below zero for what is taken.
    amount: Money,
    /// Why.
    reason: String,
    /// Its current status.
    state: AdjustmentState,
    /// Who proposed it.
    proposed_by: String,
    /// Who confirmed or rejected it.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<String>,
    /// When it was proposed.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was confirmed or rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    decided_at: Option<String>,
}

/// A correction to propose.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdjustmentToPropose {
    /// The partner whose wallet is to be corrected.
    #[schema(value_type = String)]
    partner: PartnerId,
    /// What it is given; below zero for what is taken.
    amount: Money,
    /// Why.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// Which corrections are asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AdjustmentsQuery {
    /// Only those of this partner.
    #[param(value_type = Option<String>)]
    partner: Option<PartnerId>,
}

/// Proposes a correction. Another operator has to confirm it.
#[utoipa::path(post, path = "/v1/adjustments", tag = "money", request_body = AdjustmentToPropose,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Adjustment), (status = "default", body = ProblemDocument)))]
pub(crate) async fn propose(
    State(api): State<Api>,
    caller: Caller,
    post: Post<AdjustmentToPropose>,
) -> Result<Response, Outcome> {
    let reach = caller.may_as_operator(Scope::LedgerAdjust)?;
    let (input, mut doing) = post.begin(&api, &reach).await?;
    let new = NewAdjustment { partner: input.partner, amount: input.amount, reason: input.reason };
    let adjustment = adjustments::propose(&mut doing.write, &reach, new).await?;
    doing.done(StatusCode::CREATED, &Adjustment::from(adjustment)).await
}

/// Lists corrections.
#[utoipa::path(get, path = "/v1/adjustments", tag = "money", params(Pages, AdjustmentsQuery),
    responses((status = 200, body = Items<Adjustment>), (status = "default", body = ProblemDocument)))]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    List(pages, query): List<AdjustmentsQuery>,
) -> Result<Json<Items<Adjustment>>, Problem> {
    caller.may_as_operator(Scope::LedgerAdjust)?;
    let found = api.inner.store.adjustments(query.partner, &pages.page()?).await?;
    Ok(Json(pages.items(found, |adjustment| adjustment.id.to_string(), Adjustment::from)))
}

/// Shows a correction.
#[utoipa::path(get, path = "/v1/adjustments/{id}", tag = "money", params(("id" = String, Path)),
    responses((status = 200, body = Adjustment), (status = "default", body = ProblemDocument)))]
pub(crate) async fn one(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<AdjustmentId>,
) -> Result<Versioned<Adjustment>, Problem> {
    caller.may_as_operator(Scope::LedgerAdjust)?;
    Ok(Versioned(adjustments::one(&api.inner.store, id).await?.into()))
}

/// Does what another operator proposed.
#[utoipa::path(post, path = "/v1/adjustments/{id}/confirm", tag = "money", request_body = Nothing,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Adjustment), (status = "default", body = ProblemDocument)))]
pub(crate) async fn confirm(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<AdjustmentId>,
    post: Post<Nothing>,
) -> Result<Response, Outcome> {
    let reach = caller.may_as_operator(Scope::LedgerAdjust)?;
    let (Nothing {}, mut doing) = post.begin(&api, &reach).await?;
    let adjustment = adjustments::confirm(&mut doing.write, id).await?;
    doing.done(StatusCode::OK, &Adjustment::from(adjustment)).await
}

/// Drops what was proposed.
#[utoipa::path(post, path = "/v1/adjustments/{id}/reject", tag = "money", request_body = Nothing,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Adjustment), (status = "default", body = ProblemDocument)))]
pub(crate) async fn reject(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<AdjustmentId>,
    post: Post<Nothing>,
) -> Result<Response, Outcome> {
    let reach = caller.may_as_operator(Scope::LedgerAdjust)?;
    let (Nothing {}, mut doing) = post.begin(&api, &reach).await?;
    let adjustment = adjustments::reject(&mut doing.write, id).await?;
    doing.done(StatusCode::OK, &Adjustment::from(adjustment)).await
}

impl From<adjustment::Adjustment> for Adjustment {
    fn from(adjustment: adjustment::Adjustment) -> Self {
        Self {
            id: adjustment.id,
            partner: adjustment.partner,
            amount: adjustment.amount,
            reason: adjustment.reason,
            state: adjustment.state,
            proposed_by: adjustment.proposed_by,
            decided_by: adjustment.decided_by,
            created_at: written(adjustment.created_ms),
            decided_at: adjustment.decided_ms.map(written),
        }
    }
}
