//! `/v1/licences`

pub(crate) mod activations;
pub(crate) mod file;
mod shape;
pub(crate) mod subscriptions;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use marque_config::TenantId;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::clients::api::claims::notify_if_claimed;
use crate::clients::operations::claims::About;
use crate::database::refused::Refused;
use crate::kernel::fault::{FieldFault, text};
use crate::kernel::ids::{LicenceId, PlanId, PriceListId};
use crate::kernel::principal::Reach;
use crate::kernel::scope::Scope;
use crate::kernel::term::Term;
use crate::licences::api::activations::{Activation, ActivationToAdd};
use crate::licences::model::activation::How;
use crate::licences::model::{self, LicenceKind, LicenceStatus, Origin};
use crate::licences::operations::activation::{self, Named, NewActivation};
use crate::licences::operations::adding::{self, Addition};
use crate::licences::operations::change::{self, Change, Changed, When};
use crate::licences::operations::{self as licences, standing};
use crate::licences::store::LicenceFilter;
use crate::tenants::api::Suspension;
use crate::web::Api;
use crate::web::body::{Nothing, PathId, Query};
use crate::web::caller::Caller;
use crate::web::once::{InFlight, Outcome, Post};
use crate::web::page::{Items, List, Pages};
use crate::web::problem::{Problem, ProblemDocument};
use crate::web::version::Versioned;

pub(crate) use file::{__path_begin_key, __path_file, __path_keys, __path_validate, begin_key, file, keys, validate};
pub(crate) use shape::{ChargedLicence, Component, Licence, LicenceToAdd, Subscription, configured};

/// Which licences are listed.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LicencesQuery {
    /// Only those of this tenant.
    #[param(value_type = Option<String>)]
    tenant: Option<TenantId>,
    /// Only those that stand so.
    #[param(inline)]
    status: Option<LicenceStatus>,
    /// Only those of this kind.
    #[param(inline)]
    kind: Option<LicenceKind>,
    /// Only those that came to be so.
    #[param(inline)]
    origin: Option<Origin>,
}

/// How many licences are in use: what is paid for or given, and trials apart (S2.12).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LicenceCounters {
    /// Active, suspended or ending soon, of clients' tenants.
    #[schema(minimum = 0)]
    current: i64,
    /// The same of trials.
    #[schema(minimum = 0)]
    trials: i64,
}

/// What is to change of a licence; what isn't named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LicenceToChange {
    /// The plan.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    plan: Option<PlanId>,
    /// For how long.
    #[serde(default)]
    term: Option<Term>,
    /// All its components.
    #[serde(default)]
    #[schema(max_items = 100)]
    components: Option<Vec<Component>>,
    /// With which price list.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    price_list: Option<PriceListId>,
    /// When: `now`, prorated, or `at_renewal`.
    when: When,
}

/// Whether something is only tried.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DryRun {
    /// Says what it would come to, and does nothing.
    pub(crate) dry_run: bool,
}

/// Adds a licence to a tenant, without an order; it is charged at once.
#[utoipa::path(post, path = "/v1/licences", tag = "licences", request_body = LicenceToAdd,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = ChargedLicence), (status = "default", body = ProblemDocument)))]
pub(crate) async fn add(State(api): State<Api>, caller: Caller, post: Post<LicenceToAdd>) -> Result<Response, Outcome> {
    let reach = caller.may(Scope::LicencesWrite)?;
    let (input, mut doing) = post.begin(&api, &reach).await?;
    let addition = Addition {
        tenant: input.tenant,
        plan: input.plan,
        term: input.term,
        price_list: input.price_list,
        components: configured(input.components)?,
    };
    let added = match adding::add(&mut doing.write, &reach, addition).await {
        Ok(added) => added,
        Err(refused) => {
            drop(doing);
            notify_if_claimed(&api, &reach, (&refused, About::Tenant(input.tenant))).await?;
            return Err(refused.into());
        }
    };
    let subscription = added.issued.subscription.map(|it| Subscription::to(&reach, it));
    let licence = Licence::at(added.issued.licence, doing.write.now_ms());
    let added = ChargedLicence::new(licence, subscription, added.charged);
    doing.done(StatusCode::CREATED, &added).await
}

/// Lists licences.
#[utoipa::path(get, path = "/v1/licences", tag = "licences", params(Pages, LicencesQuery),
    responses((status = 200, body = Items<Licence>), (status = "default", body = ProblemDocument)))]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    List(pages, query): List<LicencesQuery>,
) -> Result<Json<Items<Licence>>, Problem> {
    let reach = caller.may(Scope::LicencesRead)?;
    let LicencesQuery { tenant, status, kind, origin } = query;
    let filter = LicenceFilter { tenant, status, kind, origin };
    let (store, now_ms) = (&api.inner.store, api.inner.store.now_ms());
    let found = store.licences(&reach, &filter, &pages.page()?).await?;
    Ok(Json(pages.items(found, |licence| licence.id.to_string(), |licence| Licence::at(licence, now_ms))))
}

/// Counts the licences in use.
#[utoipa::path(get, path = "/v1/licences/counters", tag = "licences",
    responses((status = 200, body = LicenceCounters), (status = "default", body = ProblemDocument)))]
pub(crate) async fn counters(State(api): State<Api>, caller: Caller) -> Result<Json<LicenceCounters>, Problem> {
    let reach = caller.may(Scope::LicencesRead)?;
    let counted = licences::counters(&api.inner.store, &reach).await?;
    Ok(Json(LicenceCounters { current: counted.current, trials: counted.trials }))
}

/// Shows a licence.
#[utoipa::path(get, path = "/v1/licences/{id}", tag = "licences", params(("id" = String, Path)),
    responses((status = 200, body = Licence), (status = "default", body = ProblemDocument)))]
pub(crate) async fn one(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<LicenceId>,
) -> Result<Versioned<Licence>, Problem> {
    let reach = caller.may(Scope::LicencesRead)?;
    let licence = api.inner.store.licence(&reach, id).await?.ok_or(Refused::NotFound)?;
    Ok(Versioned(Licence::at(licence, api.inner.store.now_ms())))
}

/// Changes what a licence is of. Another licence takes its place, with the same serial number.
#[utoipa::path(post, path = "/v1/licences/{id}/change", tag = "licences", request_body = LicenceToChange,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header), DryRun),
    responses((status = 200, body = ChargedLicence), (status = "default", body = ProblemDocument)))]
pub(crate) async fn change(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<LicenceId>,
    Query(mode): Query<DryRun>,
    post: Post<LicenceToChange>,
) -> Result<Response, Outcome> {
    let reach = caller.may(Scope::LicencesWrite)?;
    let (input, mut doing) = post.begin(&api, &reach).await?;
    let changed = change::change(&mut doing.write, &reach, id, input.read()?).await?;
    came_to(doing, &reach, changed, &mode).await
}

/// Gives a licence up: at the end of the period that is paid for.
#[utoipa::path(post, path = "/v1/licences/{id}/cancel", tag = "licences", request_body = Nothing,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Licence), (status = "default", body = ProblemDocument)))]
pub(crate) async fn cancel(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<LicenceId>,
    post: Post<Nothing>,
) -> Result<Response, Outcome> {
    let (_, reach, mut doing) = begun(&api, &caller, post).await?;
    let licence = standing::cancel(&mut doing.write, &reach, id).await?;
    shown(doing, licence).await
}

/// Stops a licence for a while.
#[utoipa::path(post, path = "/v1/licences/{id}/suspend", tag = "licences", request_body = Suspension,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Licence), (status = "default", body = ProblemDocument)))]
pub(crate) async fn suspend(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<LicenceId>,
    post: Post<Suspension>,
) -> Result<Response, Outcome> {
    let (input, reach, mut doing) = begun(&api, &caller, post).await?;
    let reason = input.reason.map(|reason| text("/reason", &reason, 500)).transpose()?;
    let licence = standing::suspend(&mut doing.write, &reach, id, reason).await?;
    shown(doing, licence).await
}

/// Lets a suspended licence be used again. What an operator suspended, only an operator resumes.
#[utoipa::path(post, path = "/v1/licences/{id}/resume", tag = "licences", request_body = Nothing,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Licence), (status = "default", body = ProblemDocument)))]
pub(crate) async fn resume(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<LicenceId>,
    post: Post<Nothing>,
) -> Result<Response, Outcome> {
    let (_, reach, mut doing) = begun(&api, &caller, post).await?;
    let licence = standing::resume(&mut doing.write, &reach, id).await?;
    shown(doing, licence).await
}

/// Activates a licence in the client's stead, as an OEM does.
#[utoipa::path(post, path = "/v1/licences/{id}/activate", tag = "licences", request_body = ActivationToAdd,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Activation), (status = "default", body = ProblemDocument)))]
pub(crate) async fn activate(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<LicenceId>,
    post: Post<ActivationToAdd>,
) -> Result<Response, Outcome> {
    let reach = caller.may(Scope::LicencesActivateOem)?;
    let (input, mut doing) = post.begin(&api, &reach).await?;
    let ActivationToAdd { fingerprint, name } = input;
    let new = NewActivation { named: Named::Licence(id), fingerprint, name, how: How::Oem };
    let (activation, licence) = activation::activate(&mut doing.write, &reach, new).await?;
    doing.done(StatusCode::CREATED, &Activation::of(activation, Some(&licence))).await
}

/// Answers with what a change or a renewal came to.
pub(crate) async fn came_to(
    doing: InFlight,
    reach: &Reach,
    changed: Changed,
    mode: &DryRun,
) -> Result<Response, Outcome> {
    let subscription = changed.subscription.map(|it| Subscription::to(reach, it));
    let body =
        ChargedLicence::new(Licence::at(changed.licence, doing.write.now_ms()), subscription, Some(changed.charged));
    // What isn't committed never was.
    if mode.dry_run { Ok(Json(body).into_response()) } else { doing.done(StatusCode::OK, &body).await }
}

impl LicenceToChange {
    pub(crate) fn read(self) -> Result<Change, FieldFault> {
        let Self { plan, term, components, price_list, when } = self;
        let components = components.map(configured).transpose()?;
        Ok(Change { plan, term, components, price_list, when })
    }
}

async fn begun<T: DeserializeOwned>(
    api: &Api,
    caller: &Caller,
    post: Post<T>,
) -> Result<(T, Reach, InFlight), Outcome> {
    let reach = caller.may(Scope::LicencesWrite)?;
    let (input, doing) = post.begin(api, &reach).await?;
    Ok((input, reach, doing))
}

async fn shown(doing: InFlight, licence: model::Licence) -> Result<Response, Outcome> {
    let body = Licence::at(licence, doing.write.now_ms());
    doing.done(StatusCode::OK, &body).await
}
