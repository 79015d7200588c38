//! `/v1/order-policy`: how long something may be taken back, and how long a trial protects its client.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::scope::Scope;
use crate::orders::model;
use crate::orders::operations::{PolicyChange, change_policy};
use crate::web::Api;
use crate::web::body::Input;
use crate::web::caller::Caller;
use crate::web::problem::{Problem, ProblemDocument};
use crate::web::time::written;
use crate::web::version::{IfMatch, Versioned};

/// The rules of orders.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderPolicy {
    /// Counts the changes: every order names the version that it was placed under.
    version: i64,
    /// How many days something may be taken back.
    void_days: i64,
    /// How many days a trial protects its client from other partners.
    claim_days: i64,
    /// From when on.
    #[schema(format = DateTime)]
    since: String,
}

/// The rules of orders, as they are to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyToSet {
    /// How many days something may be taken back.
    #[schema(minimum = 0, maximum = 3650)]
    void_days: i64,
    /// How many days a trial protects its client from other partners.
    #[schema(minimum = 0, maximum = 3650)]
    claim_days: i64,
}

/// Shows the rules of orders.
#[utoipa::path(get, path = "/v1/order-policy", tag = "orders",
    responses((status = 200, body = OrderPolicy), (status = "default", body = ProblemDocument)))]
pub(crate) async fn policy(State(api): State<Api>, caller: Caller) -> Result<Versioned<OrderPolicy>, Problem> {
    caller.may(Scope::OrdersRead)?;
    Ok(Versioned(api.inner.store.order_policy().await?.into()))
}

/// Changes the rules of orders.
#[utoipa::path(put, path = "/v1/order-policy", tag = "orders", request_body = PolicyToSet,
    params(("If-Match" = String, Header)),
    responses((status = 200, body = OrderPolicy), (status = "default", body = ProblemDocument)))]
pub(crate) async fn set_policy(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
    input: Input<PolicyToSet>,
) -> Result<Versioned<OrderPolicy>, Problem> {
    let reach = caller.may_as_operator(Scope::OrdersWrite)?;
    let input = input.read(&reach)?;
    let mut write = api.inner.store.begin(reach.actor(), api.inner.store.now_ms()).await?;
    seen.check(&OrderPolicy::from(write.order_policy().await?))?;
    let change = PolicyChange { void_days: input.void_days, claim_days: input.claim_days };
    let policy = change_policy(&mut write, change).await?;
    write.commit().await?;
    Ok(Versioned(policy.into()))
}

impl From<model::OrderPolicy> for OrderPolicy {
    fn from(policy: model::OrderPolicy) -> Self {
        let model::OrderPolicy { version, void_days, claim_days, since_ms } = policy;
        Self { version, void_days, claim_days, since: written(since_ms) }
    }
}
