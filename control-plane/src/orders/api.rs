//! `/v1/orders`: orders and trials.

mod act;
mod asked;
pub(crate) mod policy;
mod shown;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use crate::clients::api::claims::is_claimed;
use crate::kernel::ids::{ClientId, OrderId};
use crate::kernel::scope::Scope;
use crate::orders::model::{OrderKind, OrderState};
use crate::orders::operations as orders;
use crate::orders::store::OrderFilter;
use crate::web::Api;
use crate::web::body::{PathId, Query};
use crate::web::caller::Caller;
use crate::web::once::{InFlight, Outcome, Post};
use crate::web::page::{Items, List, Pages};
use crate::web::problem::{Problem, ProblemDocument};
use crate::web::version::Versioned;

pub(crate) use act::{
    __path_blockers, __path_convert, __path_extend, __path_remove, __path_resend_activation, __path_switch_kind,
    __path_void, blockers, convert, extend, remove, resend_activation, switch_kind, void,
};
pub(crate) use asked::OrderToPlace;
pub(crate) use policy::{__path_policy, __path_set_policy, policy, set_policy};
pub(crate) use shown::{Order, PlacedOrder};

/// Which orders are listed.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OrdersQuery {
    /// Only those that stand there; every one that wasn't taken back when not given.
    #[param(inline)]
    state: Option<OrderState>,
    /// Only orders, or only trials.
    #[param(inline)]
    kind: Option<OrderKind>,
    /// Only those with this number of the partner's own.
    #[param(max_length = 64)]
    po_number: Option<String>,
    /// Only those of this client.
    #[param(value_type = Option<String>)]
    client: Option<ClientId>,
    /// Only the one with this number.
    #[param(max_length = 64)]
    number: Option<String>,
}

/// Whether something is only worked out.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DryRun {
    /// Works out what would happen, and does nothing: the answer is 200, and the identities in it are nobody's.
    dry_run: bool,
}

impl DryRun {
    /// Commits and answers, or answers what would have been.
    async fn end(self, doing: InFlight, status: StatusCode, body: &impl Serialize) -> Result<Response, Outcome> {
        if self.dry_run { Ok(Json(body).into_response()) } else { doing.done(status, body).await }
    }
}

/// Places an order or a trial, with its client where that is new.
#[utoipa::path(post, path = "/v1/orders", tag = "orders", request_body = OrderToPlace,
    params(DryRun, ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = PlacedOrder), (status = 200, description = "What would have been", body = PlacedOrder),
        (status = "default", body = ProblemDocument)))]
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    Query(mode): Query<DryRun>,
    post: Post<OrderToPlace>,
) -> Result<Response, Outcome> {
    let reach = caller.may(Scope::OrdersWrite)?;
    let (input, mut doing) = post.begin(&api, &reach).await?;
    let partner = crate::web::body::partner(&reach, input.partner)?;
    let wanted = input.wanted();
    let new = input.of(partner, &api.inner.keys.store)?;
    match orders::place(&mut doing.write, &reach, new).await {
        Ok(placed) => {
            let body = PlacedOrder::new(placed, &api.inner.names, caller.language);
            mode.end(doing, StatusCode::CREATED, &body).await
        }
        Err(refused) => {
            drop(doing);
            if is_claimed(&refused) && !mode.dry_run {
                let mut write = api.inner.store.begin(reach.actor(), api.inner.store.now_ms()).await?;
                crate::clients::operations::claims::challenge(&mut write, &reach, wanted, partner).await?;
                write.commit().await?;
            }
            Err(refused.into())
        }
    }
}

/// Lists orders.
#[utoipa::path(get, path = "/v1/orders", tag = "orders", params(Pages, OrdersQuery),
    responses((status = 200, body = Items<Order>), (status = "default", body = ProblemDocument)))]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    List(pages, query): List<OrdersQuery>,
) -> Result<Json<Items<Order>>, Problem> {
    let reach = caller.may(Scope::OrdersRead)?;
    let filter = OrderFilter {
        state: query.state,
        kind: query.kind.map(|kind| kind.as_str().to_owned()),
        po_number: query.po_number,
        client: query.client,
        number: query.number,
    };
    let found = api.inner.store.orders(&reach, &filter, &pages.page()?).await?;
    let shown = |order| Order::new(order, &api.inner.names, caller.language);
    Ok(Json(pages.items(found, |order| order.id.to_string(), shown)))
}

/// Shows an order.
#[utoipa::path(get, path = "/v1/orders/{id}", tag = "orders", params(("id" = String, Path)),
    responses((status = 200, body = Order), (status = "default", body = ProblemDocument)))]
pub(crate) async fn one(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<OrderId>,
) -> Result<Versioned<Order>, Problem> {
    let reach = caller.may(Scope::OrdersRead)?;
    let order = orders::one(&api.inner.store, &reach, id).await?;
    Ok(Versioned(Order::new(order, &api.inner.names, caller.language)))
}
