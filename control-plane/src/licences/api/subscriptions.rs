//! `/v1/subscriptions`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use marque_config::TenantId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::clients::api::claims::notify_if_claimed;
use crate::clients::operations::claims::About;
use crate::database::refused::Refused;
use crate::kernel::ids::SubscriptionId;
use crate::kernel::scope::Scope;
use crate::licences::api::{self as licences, ChargedLicence, DryRun, LicenceToChange, Subscription};
use crate::licences::operations::{change, renewal};
use crate::web::Api;
use crate::web::body::{Nothing, PathId, Query};
use crate::web::caller::Caller;
use crate::web::once::{Outcome, Post};
use crate::web::page::{Items, List, Pages};
use crate::web::problem::{Problem, ProblemDocument};
use crate::web::version::Versioned;

/// Which subscriptions are listed.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SubscriptionsQuery {
    /// Only those of this tenant.
    #[param(value_type = Option<String>)]
    tenant: Option<TenantId>,
}

/// Lists subscriptions.
#[utoipa::path(get, path = "/v1/subscriptions", tag = "licences", params(Pages, SubscriptionsQuery),
    responses((status = 200, body = Items<Subscription>), (status = "default", body = ProblemDocument)))]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    List(pages, query): List<SubscriptionsQuery>,
) -> Result<Json<Items<Subscription>>, Problem> {
    let reach = caller.may(Scope::LicencesRead)?;
    let found = api.inner.store.subscriptions(&reach, query.tenant, &pages.page()?).await?;
    Ok(Json(pages.items(found, |it| it.id.to_string(), |it| Subscription::to(&reach, it))))
}

/// Shows a subscription.
#[utoipa::path(get, path = "/v1/subscriptions/{id}", tag = "licences", params(("id" = String, Path)),
    responses((status = 200, body = Subscription), (status = "default", body = ProblemDocument)))]
pub(crate) async fn one(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<SubscriptionId>,
) -> Result<Versioned<Subscription>, Problem> {
    let reach = caller.may(Scope::LicencesRead)?;
    let found = api.inner.store.subscription(&reach, id).await?.ok_or(Refused::NotFound)?;
    Ok(Versioned(Subscription::to(&reach, found)))
}

/// Lets a subscription go on: one that was to end, or one whose period wasn't paid, which is charged now.
#[utoipa::path(post, path = "/v1/subscriptions/{id}/resume", tag = "licences", request_body = Nothing,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Subscription), (status = "default", body = ProblemDocument)))]
pub(crate) async fn resume(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<SubscriptionId>,
    post: Post<Nothing>,
) -> Result<Response, Outcome> {
    let reach = caller.may(Scope::LicencesWrite)?;
    let (_, mut doing) = post.begin(&api, &reach).await?;
    let subscription = match renewal::resume(&mut doing.write, &reach, id).await {
        Ok(subscription) => subscription,
        Err(refused) => {
            drop(doing);
            notify_if_claimed(&api, &reach, (&refused, About::Subscription(id))).await?;
            return Err(refused.into());
        }
    };
    doing.done(StatusCode::OK, &Subscription::to(&reach, subscription)).await
}

/// Changes what a subscription pays for: now, for the difference of what is left of the period, or when it ends.
#[utoipa::path(post, path = "/v1/subscriptions/{id}/change", tag = "licences", request_body = LicenceToChange,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header), DryRun),
    responses((status = 200, body = ChargedLicence), (status = "default", body = ProblemDocument)))]
pub(crate) async fn change(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<SubscriptionId>,
    Query(mode): Query<DryRun>,
    post: Post<LicenceToChange>,
) -> Result<Response, Outcome> {
    let reach = caller.may(Scope::LicencesWrite)?;
    let (input, mut doing) = post.begin(&api, &reach).await?;
    let changed = change::change_subscription(&mut doing.write, &reach, id, input.read()?).await?;
    licences::came_to(doing, &reach, changed, &mode).await
}

/// Charges the next period before its time, or the one that wasn't paid. No period is charged twice.
#[utoipa::path(post, path = "/v1/subscriptions/{id}/renew", tag = "licences", request_body = Nothing,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header), DryRun),
    responses((status = 200, body = ChargedLicence), (status = "default", body = ProblemDocument)))]
pub(crate) async fn renew(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<SubscriptionId>,
    Query(mode): Query<DryRun>,
    post: Post<Nothing>,
) -> Result<Response, Outcome> {
    let reach = caller.may(Scope::LicencesWrite)?;
    let (_, mut doing) = post.begin(&api, &reach).await?;
    let renewed = match renewal::renew(&mut doing.write, &reach, id).await {
        Ok(renewed) => renewed,
        Err(refused) => {
            drop(doing);
            if !mode.dry_run {
                notify_if_claimed(&api, &reach, (&refused, About::Subscription(id))).await?;
            }
            return Err(refused.into());
        }
    };
    licences::came_to(doing, &reach, renewed, &mode).await
}
