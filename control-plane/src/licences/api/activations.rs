//! `/v1/activations`: installations that use a licence, and the first uses that the edge saw.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use marque_config::TenantId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::database::refused::Refused;
use crate::kernel::ids::{ActivationId, LicenceId};
use crate::kernel::principal::{Principal, Reach};
use crate::kernel::scope::Scope;
use crate::kernel::serial::Serial;
use crate::licences::model;
use crate::licences::model::activation::How;
use crate::licences::operations::activation::{self, Named, NewActivation};
use crate::web::Api;
use crate::web::body::PathId;
use crate::web::caller::Caller;
use crate::web::once::{Outcome, Post};
use crate::web::page::{Items, List, Pages};
use crate::web::problem::{Problem, ProblemDocument};
use crate::web::time::written;
use crate::web::version::{IfMatch, Versioned};

/// An installation that uses a licence.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Activation {
    /// Its identity: `act_…`.
    #[schema(value_type = String)]
    id: ActivationId,
    /// The licence.
    #[schema(value_type = String)]
    licence: LicenceId,
    /// Whose it is.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// What names the installation.
    fingerprint: String,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Who activated it.
    how: How,
    /// When.
    #[schema(format = DateTime)]
    activated_at: String,
    /// Since when it is no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    deactivated_at: Option<String>,
    /// Until when the licence allows use, as things stand; told when it is activated.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    usable_until: Option<String>,
}

/// An installation of a licence that is known.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActivationToAdd {
    /// What names it: 1 to 200 characters, always the same.
    #[schema(min_length = 1, max_length = 200)]
    pub(crate) fingerprint: String,
    /// What people call it.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 100)]
    pub(crate) name: Option<String>,
}

/// An installation, with the serial number that was typed there.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SerialToActivate {
    /// The serial number: in either case, with or without dashes.
    #[schema(value_type = String)]
    serial: Serial,
    /// What names the installation: 1 to 200 characters, always the same.
    #[schema(min_length = 1, max_length = 200)]
    fingerprint: String,
    /// What people call it.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
}

/// Which activations are listed.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ActivationsQuery {
    /// Only those of this licence.
    #[param(value_type = Option<String>)]
    licence: Option<LicenceId>,
    /// Only those of this tenant.
    #[param(value_type = Option<String>)]
    tenant: Option<TenantId>,
}

/// Activates a licence for an installation. One that did it before gets the same answer.
#[utoipa::path(post, path = "/v1/activations", tag = "activations", request_body = SerialToActivate,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Activation), (status = "default", body = ProblemDocument)))]
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    post: Post<SerialToActivate>,
) -> Result<Response, Outcome> {
    let reach = caller.may(Scope::ActivationsWrite)?;
    let how = how(&caller, &reach)?;
    let (input, mut doing) = post.begin(&api, &reach).await?;
    let SerialToActivate { serial, fingerprint, name } = input;
    let new = NewActivation { named: Named::Serial(serial), fingerprint, name, how };
    let (activation, licence) = activation::activate(&mut doing.write, &reach, new).await?;
    doing.done(StatusCode::CREATED, &Activation::of(activation, Some(&licence))).await
}

/// Lists activations.
#[utoipa::path(get, path = "/v1/activations", tag = "activations", params(Pages, ActivationsQuery),
    responses((status = 200, body = Items<Activation>), (status = "default", body = ProblemDocument)))]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    List(pages, query): List<ActivationsQuery>,
) -> Result<Json<Items<Activation>>, Problem> {
    let reach = caller.may(Scope::ActivationsRead)?;
    let of = (query.licence, query.tenant);
    let found = api.inner.store.activations(&reach, of, &pages.page()?).await?;
    Ok(Json(pages.items(found, |it| it.id.to_string(), |it| Activation::of(it, None))))
}

/// Shows an activation.
#[utoipa::path(get, path = "/v1/activations/{id}", tag = "activations", params(("id" = String, Path)),
    responses((status = 200, body = Activation), (status = "default", body = ProblemDocument)))]
pub(crate) async fn one(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<ActivationId>,
) -> Result<Versioned<Activation>, Problem> {
    let reach = caller.may(Scope::ActivationsRead)?;
    let found = api.inner.store.activation(&reach, id).await?.ok_or(Refused::NotFound)?;
    Ok(Versioned(Activation::of(found, None)))
}

/// Lets an installation go, so that another may use its licence.
#[utoipa::path(delete, path = "/v1/activations/{id}", tag = "activations",
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 204), (status = "default", body = ProblemDocument)))]
pub(crate) async fn remove(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<ActivationId>,
    seen: IfMatch,
) -> Result<StatusCode, Problem> {
    let reach = caller.may(Scope::ActivationsWrite)?;
    how(&caller, &reach)?;
    let mut write = api.inner.store.begin(reach.actor(), api.inner.store.now_ms()).await?;
    let current = activation::one(&mut write, &reach, id).await?;
    seen.check(&Activation::of(current, None))?;
    activation::deactivate(&mut write, &reach, id).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// As what somebody activates: an application for its installations; whoever does it in the client's stead needs the
/// right of an OEM.
fn how(caller: &Caller, reach: &Reach) -> Result<How, Problem> {
    match reach.principal() {
        Principal::Application(_) => Ok(How::Installation),
        Principal::Operator | Principal::Partner(_) | Principal::Edge | Principal::Tenant(_) => {
            caller.may(Scope::LicencesActivateOem)?;
            Ok(How::Oem)
        }
    }
}

impl Activation {
    pub(crate) fn of(activation: model::activation::Activation, licence: Option<&model::Licence>) -> Self {
        Self {
            id: activation.id,
            licence: activation.licence,
            tenant: activation.tenant,
            fingerprint: activation.fingerprint,
            name: activation.name,
            how: activation.how,
            activated_at: written(activation.activated_ms),
            deactivated_at: activation.deactivated_ms.map(written),
            usable_until: licence.and_then(model::Licence::usable_until_ms).map(written),
        }
    }
}
