//! `/v1/assignments`, and who has access to a space.

mod shape;

use axum::Json;
use axum::http::StatusCode;
use marque_config::TenantId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::consents::instant;
use crate::access::model::{Access, Assignment};
use crate::access::operations::assignments::{self, NewAssignment};
use crate::access::store::assignments::AssignmentFilter;
use crate::database::refused::Refused;
use crate::kernel::ids::{AssignmentId, MemberId};
use crate::kernel::scope::Scope;
use crate::web::body::{Nothing, PathId};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::page::{Items, List, Pages};
use crate::web::problem::Problem;
use crate::web::version::{IfMatch, Versioned};
use shape::{AssignmentOutcomes, AssignmentToMake, AssignmentsToMake};

pub(crate) use shape::AssignmentSet;

/// Which assignments are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AssignmentQuery {
    /// Those of a collaborator.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    collaborator: Option<MemberId>,
    /// Those to a space.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    tenant: Option<TenantId>,
    /// Only those that are neither over nor ended.
    #[serde(default)]
    open: Option<bool>,
}

/// Assigns a collaborator to a space. Technical support waits for the client's consent.
#[utoipa::path(post, path = "/v1/assignments", tag = "collaborators", request_body = AssignmentToMake,
    params(IdempotencyKey), responses((status = 201, body = Assignment)))]
pub(crate) async fn create(caller: Caller, post: Post<AssignmentToMake>) -> Answer {
    let reach = caller.may(Scope::CollaboratorsWrite)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let AssignmentToMake { collaborator, role, tenant, reason, scope, until } = input;
    let new = NewAssignment { collaborator, role, reason, scope, until_ms: instant("/until", until.as_deref())? };
    let assignment = assignments::assign(&mut doing.write, &reach, tenant, new).await?;
    doing.done(StatusCode::CREATED, &assignment).await
}

/// Assigns a collaborator to several spaces: each is done whole or not at all, and it is said which.
#[utoipa::path(post, path = "/v1/assignments/bulk", tag = "collaborators", request_body = AssignmentsToMake,
    params(IdempotencyKey), responses((status = 200, body = AssignmentOutcomes)))]
pub(crate) async fn bulk(caller: Caller, post: Post<AssignmentsToMake>) -> Answer {
    let reach = caller.may(Scope::CollaboratorsWrite)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let AssignmentsToMake { collaborator, role, tenants, reason, scope, until } = input;
    let new = NewAssignment { collaborator, role, reason, scope, until_ms: instant("/until", until.as_deref())? };
    let items = assignments::bulk(&mut doing.write, &reach, &tenants, new).await?;
    doing.done(StatusCode::OK, &AssignmentOutcomes { items }).await
}

/// Lists assignments: a partner its people's, a client those to its space.
#[utoipa::path(get, path = "/v1/assignments", tag = "collaborators", params(Pages, AssignmentQuery),
    responses((status = 200, body = Items<Assignment>)))]
pub(crate) async fn list(
    caller: Caller,
    List(pages, query): List<AssignmentQuery>,
) -> Result<Json<Items<Assignment>>, Problem> {
    let reach = caller.may(Scope::CollaboratorsRead)?;
    let AssignmentQuery { collaborator, tenant, open } = query;
    let filter = AssignmentFilter { collaborator, tenant, open: open == Some(true) };
    let found = caller.store().assignments(&reach, &filter, &pages.page()?).await?;
    Ok(pages.resources(found))
}

/// Shows an assignment.
#[utoipa::path(get, path = "/v1/assignments/{id}", tag = "collaborators", responses((status = 200, body = Assignment)))]
pub(crate) async fn one(caller: Caller, PathId(id): PathId<AssignmentId>) -> Result<Versioned<Assignment>, Problem> {
    let reach = caller.may(Scope::CollaboratorsRead)?;
    Ok(Versioned(assignments::one(caller.store(), &reach, id).await?))
}

/// Ends an assignment on the partner's word.
#[utoipa::path(delete, path = "/v1/assignments/{id}", tag = "collaborators", params(IfMatch),
    responses((status = 204)))]
pub(crate) async fn remove(
    caller: Caller,
    PathId(id): PathId<AssignmentId>,
    seen: IfMatch,
) -> Result<StatusCode, Problem> {
    let reach = caller.may(Scope::CollaboratorsWrite)?;
    let mut write = caller.begin(&reach).await?;
    let current = write.assignment(&reach, id).await?.ok_or(Refused::NotFound)?;
    seen.check(&current)?;
    assignments::unassign(&mut write, &reach, id).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Keeps the assignment's collaborator out of the client's space, on the client's word.
#[utoipa::path(post, path = "/v1/assignments/{id}/block", tag = "collaborators", request_body = Nothing,
    params(IdempotencyKey), responses((status = 200, body = Assignment)))]
pub(crate) async fn block(caller: Caller, PathId(id): PathId<AssignmentId>, post: Post<Nothing>) -> Answer {
    let reach = caller.may(Scope::ConsentsWrite)?;
    let (_, mut doing) = post.begin(&caller.api, &reach).await?;
    let assignment = assignments::block(&mut doing.write, &reach, id).await?;
    doing.done(StatusCode::OK, &assignment).await
}

/// Keeps the assignment's collaborator out no longer; the partner has to assign them again.
#[utoipa::path(post, path = "/v1/assignments/{id}/unblock", tag = "collaborators", request_body = Nothing,
    params(IdempotencyKey), responses((status = 200, body = Assignment)))]
pub(crate) async fn unblock(caller: Caller, PathId(id): PathId<AssignmentId>, post: Post<Nothing>) -> Answer {
    let reach = caller.may(Scope::ConsentsWrite)?;
    let (_, mut doing) = post.begin(&caller.api, &reach).await?;
    let assignment = assignments::unblock(&mut doing.write, &reach, id).await?;
    doing.done(StatusCode::OK, &assignment).await
}

/// Lists who has access to a space now, beside the client's own people: whoever sets it up, its accountants, and
/// support that it consented to.
#[utoipa::path(get, path = "/v1/tenants/{id}/access", tag = "collaborators",
    responses((status = 200, body = Items<Access>)))]
pub(crate) async fn access(caller: Caller, PathId(id): PathId<TenantId>) -> Result<Json<Items<Access>>, Problem> {
    let reach = caller.may(Scope::CollaboratorsRead)?;
    let tenant = crate::tenants::operations::one(caller.store(), &reach, id).await?;
    let found = caller.store().accesses(tenant.id).await?;
    Ok(Json(Items::whole(found)))
}
