//! `/v1/applications`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use marque_config::ApplicationId;
use marque_config::application::Policy;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::edge::operations::applications::{self, ApplicationChange, NewApplication};
use crate::edge::store;
use crate::kernel::scope::Scope;
use crate::web::Api;
use crate::web::body::{Input, PathId, Query};
use crate::web::caller::Caller;
use crate::web::once::{Outcome, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::{Problem, ProblemDocument};
use crate::web::time::written;
use crate::web::version::{IfMatch, Versioned};

/// An application behind the edge.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Application {
    /// Its identity: `app_…`.
    #[schema(value_type = String)]
    id: ApplicationId,
    /// Who the edge's assertions are for.
    name: String,
    /// What the edge does with its traffic.
    #[schema(value_type = super::policy::Policy)]
    policy: Policy,
    /// When it was added.
    #[schema(format = DateTime)]
    created_at: String,
}

/// An application to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApplicationToAdd {
    /// Who the edge's assertions are for (the JWT's `aud`); unique.
    name: String,
    /// What the edge does with its traffic.
    #[schema(value_type = super::policy::Policy)]
    policy: Policy,
}

/// What is to change of an application.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApplicationToChange {
    /// A new name.
    #[serde(default)]
    name: Option<String>,
    /// A new policy, whole.
    #[serde(default)]
    #[schema(value_type = Option<super::policy::Policy>)]
    policy: Option<Policy>,
}

/// Adds an application.
#[utoipa::path(post, path = "/v1/applications", tag = "applications", request_body = ApplicationToAdd,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Application), (status = "default", body = ProblemDocument)))]
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    post: Post<ApplicationToAdd>,
) -> Result<Response, Outcome> {
    let reach = caller.may(Scope::ApplicationsWrite)?;
    let (input, mut doing) = post.begin(&api, &reach).await?;
    let new = NewApplication { name: input.name, policy: input.policy };
    let application = applications::create(&mut doing.write, new).await?;
    doing.done(StatusCode::CREATED, &Application::from(application)).await
}

/// Lists applications.
#[utoipa::path(get, path = "/v1/applications", tag = "applications", params(Pages),
    responses((status = 200, body = Items<Application>), (status = "default", body = ProblemDocument)))]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Query(pages): Query<Pages>,
) -> Result<Json<Items<Application>>, Problem> {
    let reach = caller.may(Scope::ApplicationsRead)?;
    let found = api.inner.store.applications(&reach, &pages.page()?).await?;
    Ok(Json(pages.items(found, |application| application.id.to_string(), Application::from)))
}

/// Shows an application.
#[utoipa::path(get, path = "/v1/applications/{id}", tag = "applications", params(("id" = String, Path)),
    responses((status = 200, body = Application), (status = "default", body = ProblemDocument)))]
pub(crate) async fn one(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<ApplicationId>,
) -> Result<Versioned<Application>, Problem> {
    let reach = caller.may(Scope::ApplicationsRead)?;
    Ok(Versioned(applications::one(&api.inner.store, &reach, id).await?.into()))
}

/// Changes an application.
#[utoipa::path(patch, path = "/v1/applications/{id}", tag = "applications", params(("id" = String, Path), ("If-Match" = String, Header)),
    request_body = ApplicationToChange,
    responses((status = 200, body = Application), (status = "default", body = ProblemDocument)))]
pub(crate) async fn change(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<ApplicationId>,
    seen: IfMatch,
    input: Input<ApplicationToChange>,
) -> Result<Versioned<Application>, Problem> {
    let reach = caller.may(Scope::ApplicationsWrite)?;
    let input = input.read(&reach)?;
    let mut write = api.inner.store.begin(reach.actor(), api.inner.store.now_ms()).await?;
    let current = applications::current(&mut write, &reach, id).await?;
    seen.check(&Application::from(current))?;
    let change = ApplicationChange { name: input.name, policy: input.policy };
    let application = applications::change(&mut write, &reach, id, change).await?;
    write.commit().await?;
    Ok(Versioned(application.into()))
}

impl From<store::applications::Application> for Application {
    fn from(application: store::applications::Application) -> Self {
        let created_at = written(application.created_ms);
        Self { id: application.id, name: application.name, policy: application.policy, created_at }
    }
}
