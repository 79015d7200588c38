//! `/v1/payments`: what partners paid, as the vendor's staff records it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use marque_config::PartnerId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::ids::PaymentId;
use crate::kernel::money::Money;
use crate::kernel::scope::Scope;
use crate::money::operations::payments::{self, NewPayment};
use crate::money::store;
use crate::web::Api;
use crate::web::body::{PathId, Query};
use crate::web::caller::Caller;
use crate::web::once::{Outcome, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::{Problem, ProblemDocument};
use crate::web::time::written;
use crate::web::version::Versioned;

/// A payment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Payment {
    /// Its identity: `pay_…`.
    #[schema(value_type = String)]
    id: PaymentId,
    /// The partner that paid.
    #[schema(value_type = String)]
    partner: PartnerId,
    /// How much.
    amount: Money,
    /// As it stands on the account's statement.
    reference: String,
    /// When it was recorded.
    #[schema(format = DateTime)]
    created_at: String,
}

/// A payment to record.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentToRecord {
    /// The partner that paid.
    #[schema(value_type = String)]
    partner: PartnerId,
    /// How much: above zero.
    amount: Money,
    /// As it stands on the account's statement.
    #[schema(min_length = 1, max_length = 140)]
    reference: String,
    /// The newest payment of the same partner, amount and reference, where this is another one all the same.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    besides: Option<PaymentId>,
}

/// Records a payment: it can be spent at once. What looks like one that is there is refused, unless it names it.
#[utoipa::path(post, path = "/v1/payments", tag = "money", request_body = PaymentToRecord,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Payment), (status = "default", body = ProblemDocument)))]
pub(crate) async fn record(
    State(api): State<Api>,
    caller: Caller,
    post: Post<PaymentToRecord>,
) -> Result<Response, Outcome> {
    let reach = caller.may_as_operator(Scope::BalanceWrite)?;
    let (input, mut doing) = post.begin(&api, &reach).await?;
    let new =
        NewPayment { partner: input.partner, amount: input.amount, reference: input.reference, besides: input.besides };
    let payment = payments::record(&mut doing.write, &reach, new).await?;
    doing.done(StatusCode::CREATED, &Payment::from(payment)).await
}

/// Lists payments.
#[utoipa::path(get, path = "/v1/payments", tag = "money", params(Pages),
    responses((status = 200, body = Items<Payment>), (status = "default", body = ProblemDocument)))]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Query(pages): Query<Pages>,
) -> Result<Json<Items<Payment>>, Problem> {
    let reach = caller.may(Scope::BalanceRead)?;
    let found = api.inner.store.payments(&reach, &pages.page()?).await?;
    Ok(Json(pages.items(found, |payment| payment.id.to_string(), Payment::from)))
}

/// Shows a payment.
#[utoipa::path(get, path = "/v1/payments/{id}", tag = "money", params(("id" = String, Path)),
    responses((status = 200, body = Payment), (status = "default", body = ProblemDocument)))]
pub(crate) async fn one(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<PaymentId>,
) -> Result<Versioned<Payment>, Problem> {
    let reach = caller.may(Scope::BalanceRead)?;
    Ok(Versioned(payments::one(&api.inner.store, &reach, id).await?.into()))
}

impl From<store::payments::Payment> for Payment {
    fn from(payment: store::payments::Payment) -> Self {
        let store::payments::Payment { id, partner, amount, reference, created_ms } = payment;
        Self { id, partner, amount, reference, created_at: written(created_ms) }
    }
}
