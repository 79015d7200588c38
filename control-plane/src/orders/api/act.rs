//! What is done to an order that was placed.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{DryRun, Order, PlacedOrder};
use crate::clients::api::claims::notify_if_claimed;
use crate::clients::operations::claims::About;
use crate::kernel::ids::OrderId;
use crate::kernel::money::Money;
use crate::kernel::scope::Scope;
use crate::orders::model::Blocker;
use crate::orders::operations::{self as orders, Conversion};
use crate::web::Api;
use crate::web::body::{Nothing, PathId, Query};
use crate::web::caller::Caller;
use crate::web::once::{Outcome, Post};
use crate::web::problem::{Problem, ProblemDocument};
use crate::web::time::written;
use crate::web::version::IfMatch;

/// An order that was taken back, and what that did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VoidedOrder {
    #[serde(flatten)]
    order: Order,
    /// What the partner got back.
    returned: Money,
    /// Whether the space that was opened for it was closed.
    closed_tenant: bool,
}

/// What stands against taking an order back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Blockers {
    /// Whether it can be taken back now.
    voidable: bool,
    /// Everything that stands against it.
    blockers: Vec<Blocked>,
}

/// One thing that stands against taking an order back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Blocked {
    /// What, for programs.
    code: Blocker,
    /// What, for people.
    detail: String,
}

/// A trial that was extended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExtendedTrial {
    #[serde(flatten)]
    order: Order,
    /// How many days it lasts from its activation.
    trial_days: i64,
    /// When it ends: if nobody activates it, when it lapses.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
}

/// How a trial becomes an order.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ToConvert {
    /// The partner's own number for the order; the trial's when not given.
    #[schema(min_length = 1, max_length = 64)]
    po_number: Option<String>,
    /// Does without the promo code that the trial was placed with: it may be used up.
    without_promo: bool,
}

/// Takes an order or a trial back, while its licence isn't activated.
#[utoipa::path(post, path = "/v1/orders/{id}/void", tag = "orders", request_body = Nothing,
    params(("id" = String, Path), DryRun, ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = VoidedOrder), (status = "default", body = ProblemDocument)))]
pub(crate) async fn void(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<OrderId>,
    Query(mode): Query<DryRun>,
    post: Post<Nothing>,
) -> Result<Response, Outcome> {
    let reach = caller.may(Scope::OrdersVoid)?;
    let (_, mut doing) = post.begin(&api, &reach).await?;
    let voided = orders::void(&mut doing.write, &reach, id).await?;
    let order = Order::new(voided.order, &api.inner.names, caller.language);
    let body = VoidedOrder { order, returned: voided.returned, closed_tenant: voided.closed_tenant };
    mode.end(doing, StatusCode::OK, &body).await
}

/// Takes an order or a trial back, as `void` does.
#[utoipa::path(delete, path = "/v1/orders/{id}", tag = "orders",
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 204, description = "Taken back"), (status = "default", body = ProblemDocument)))]
pub(crate) async fn remove(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<OrderId>,
    seen: IfMatch,
) -> Result<StatusCode, Problem> {
    let reach = caller.may(Scope::OrdersVoid)?;
    let mut write = api.inner.store.begin(reach.actor(), api.inner.store.now_ms()).await?;
    let current = orders::current(&mut write, &reach, id).await?;
    seen.check(&Order::new(current, &api.inner.names, caller.language))?;
    orders::void(&mut write, &reach, id).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says what stands against taking an order back.
#[utoipa::path(get, path = "/v1/orders/{id}/blockers", tag = "orders", params(("id" = String, Path)),
    responses((status = 200, body = Blockers), (status = "default", body = ProblemDocument)))]
pub(crate) async fn blockers(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<OrderId>,
) -> Result<Json<Blockers>, Problem> {
    let reach = caller.may(Scope::OrdersRead)?;
    let mut blockers = orders::blockers(&api.inner.store, &reach, id).await?;
    if caller.may(Scope::OrdersVoid).is_err() {
        blockers.push(Blocker::RightMissing);
    }
    let blocked = |code: &Blocker| Blocked { code: *code, detail: code.said().text(caller.language).to_owned() };
    Ok(Json(Blockers { voidable: blockers.is_empty(), blockers: blockers.iter().map(blocked).collect() }))
}

/// Makes a trial of an order, or an order of a trial: takes the one back and places the other, in one.
#[utoipa::path(post, path = "/v1/orders/{id}/switch-kind", tag = "orders", request_body = Nothing,
    params(("id" = String, Path), DryRun, ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = PlacedOrder), (status = 200, description = "What would have been", body = PlacedOrder),
        (status = "default", body = ProblemDocument)))]
pub(crate) async fn switch_kind(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<OrderId>,
    Query(mode): Query<DryRun>,
    post: Post<Nothing>,
) -> Result<Response, Outcome> {
    caller.may(Scope::OrdersVoid)?;
    let reach = caller.may(Scope::OrdersWrite)?;
    let (_, mut doing) = post.begin(&api, &reach).await?;
    match orders::switch_kind(&mut doing.write, &reach, id).await {
        Ok(placed) => {
            let body = PlacedOrder::new(placed, &api.inner.names, caller.language);
            mode.end(doing, StatusCode::CREATED, &body).await
        }
        Err(refused) => {
            drop(doing);
            if !mode.dry_run {
                notify_if_claimed(&api, &reach, (&refused, About::Order(id))).await?;
            }
            Err(refused.into())
        }
    }
}

/// Makes an order of a trial: the space, its data and the serial number stay, at the price that was shown.
#[utoipa::path(post, path = "/v1/orders/{id}/convert", tag = "orders", request_body = ToConvert,
    params(("id" = String, Path), DryRun, ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = PlacedOrder), (status = 200, description = "What would have been", body = PlacedOrder),
        (status = "default", body = ProblemDocument)))]
pub(crate) async fn convert(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<OrderId>,
    Query(mode): Query<DryRun>,
    post: Post<ToConvert>,
) -> Result<Response, Outcome> {
    let reach = caller.may(Scope::OrdersWrite)?;
    let (input, mut doing) = post.begin(&api, &reach).await?;
    let how = Conversion { po_number: input.po_number, without_promo: input.without_promo };
    match orders::convert(&mut doing.write, &reach, id, how).await {
        Ok(placed) => {
            let body = PlacedOrder::new(placed, &api.inner.names, caller.language);
            mode.end(doing, StatusCode::CREATED, &body).await
        }
        Err(refused) => {
            drop(doing);
            if !mode.dry_run {
                notify_if_claimed(&api, &reach, (&refused, About::Order(id))).await?;
            }
            Err(refused.into())
        }
    }
}

/// Extends a trial, once.
#[utoipa::path(post, path = "/v1/orders/{id}/extend", tag = "orders", request_body = Nothing,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ExtendedTrial), (status = "default", body = ProblemDocument)))]
pub(crate) async fn extend(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<OrderId>,
    post: Post<Nothing>,
) -> Result<Response, Outcome> {
    let reach = caller.may(Scope::OrdersWrite)?;
    let (_, mut doing) = post.begin(&api, &reach).await?;
    let (order, licence) = orders::extend(&mut doing.write, &reach, id).await?;
    let body = ExtendedTrial {
        order: Order::new(order, &api.inner.names, caller.language),
        trial_days: licence.trial_days,
        expires_at: licence.expires_ms.map(written),
    };
    doing.done(StatusCode::OK, &body).await
}

/// Tells the client once more how to activate.
#[utoipa::path(post, path = "/v1/orders/{id}/resend-activation", tag = "orders", request_body = Nothing,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Order), (status = "default", body = ProblemDocument)))]
pub(crate) async fn resend_activation(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<OrderId>,
    post: Post<Nothing>,
) -> Result<Response, Outcome> {
    let reach = caller.may(Scope::OrdersWrite)?;
    let (_, mut doing) = post.begin(&api, &reach).await?;
    let order = orders::remind(&mut doing.write, &reach, id).await?;
    doing.done(StatusCode::OK, &Order::new(order, &api.inner.names, caller.language)).await
}
