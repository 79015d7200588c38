//! `/v1/assignments`, and who has access to a space.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use marque_config::{PartnerId, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Api;
use super::body::{Asked, At};
use super::caller::Caller;
use super::consents::instant;
use super::once::{Instead, Post};
use super::page::{Items, Pages};
use super::problem::{Problem, ProblemDocument};
use super::tenants::Nothing;
use super::time::written;
use super::version::{IfMatch, Shown};
use crate::model::collaborator::{self as model, AccessBasis, AssignmentState, CollaboratorRole, ConsentScope};
use crate::model::email::Email;
use crate::model::fault::FieldFault;
use crate::model::ids::{AssignmentId, ConsentId, MemberId, UserId};
use crate::model::scope::Scope;
use crate::operations::assignments::{self, NewAssignment, Outcome};
use crate::operations::{Refused, tenants};
use crate::store::AssignmentFilter;

/// A collaborator in one role for one space.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Assignment {
    /// Its identity: `asg_…`.
    #[schema(value_type = String)]
    id: AssignmentId,
    /// The partner.
    #[schema(value_type = String)]
    partner: PartnerId,
    /// Who.
    #[schema(value_type = String)]
    collaborator: MemberId,
    /// Their name.
    name: String,
    /// Their address.
    #[schema(value_type = String, format = "email")]
    email: Email,
    /// Which space.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// Its name.
    tenant_name: String,
    /// As what.
    role: CollaboratorRole,
    /// Where it stands.
    state: AssignmentState,
    /// The client's consent that it rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    consent: Option<ConsentId>,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// Since when there is access.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    since: Option<String>,
    /// When it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    until: Option<String>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    ended_at: Option<String>,
}

/// An assignment to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AssignmentToMake {
    /// Who.
    #[schema(value_type = String)]
    collaborator: MemberId,
    /// As what.
    role: CollaboratorRole,
    /// Which space.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// Why access is needed: for technical support, which the client is asked about.
    #[serde(default)]
    reason: Option<String>,
    /// How far support's access is to go.
    #[serde(default)]
    scope: ConsentScope,
    /// Until when support asks for access: within 365 days.
    #[serde(default)]
    #[schema(format = DateTime)]
    until: Option<String>,
}

/// Assignments to make, of one collaborator in one role.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AssignmentsToMake {
    /// Who.
    #[schema(value_type = String)]
    collaborator: MemberId,
    /// As what.
    role: CollaboratorRole,
    /// Which spaces: 100 at most.
    #[schema(value_type = Vec<String>, max_items = 100)]
    tenants: Vec<TenantId>,
    /// Why access is needed: for technical support.
    #[serde(default)]
    reason: Option<String>,
    /// How far support's access is to go.
    #[serde(default)]
    scope: ConsentScope,
    /// Until when support asks for access.
    #[serde(default)]
    #[schema(format = DateTime)]
    until: Option<String>,
}

/// The spaces that a collaborator is to follow in a role.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AssignmentSet {
    /// As what.
    role: CollaboratorRole,
    /// Which spaces, and no others: 100 at most.
    #[schema(value_type = Vec<String>, max_items = 100)]
    tenants: Vec<TenantId>,
    /// Why access is needed to those that are new: for technical support.
    #[serde(default)]
    reason: Option<String>,
    /// How far support's access is to go.
    #[serde(default)]
    scope: ConsentScope,
    /// Until when support asks for access.
    #[serde(default)]
    #[schema(format = DateTime)]
    until: Option<String>,
}

/// What a new set changed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Replaced {
    /// Made.
    pub(super) added: Vec<Assignment>,
    /// Ended.
    pub(super) removed: Vec<Assignment>,
    /// As they were.
    pub(super) kept: Vec<Assignment>,
}

/// What became of each of many.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AssignmentOutcomes {
    /// In the order given; a space named twice is there once.
    items: Vec<AssignmentOutcome>,
}

/// What became of one of many.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AssignmentOutcome {
    /// The space.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// The assignment, where one was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignment: Option<Assignment>,
    /// The code of what stood against it.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
}

/// Which assignments are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AssignmentQuery {
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
    /// The most that is wanted: 1 to 100, 50 when not given.
    #[param(minimum = 1, maximum = 100)]
    #[serde(default)]
    limit: Option<i64>,
    /// Where the last page ended.
    #[serde(default)]
    page_token: Option<String>,
}

/// Somebody who is none of the client's people and has access now.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Access {
    /// The person.
    #[schema(value_type = String)]
    user: UserId,
    /// Their name.
    name: String,
    /// Their address.
    #[schema(value_type = String, format = "email")]
    email: Email,
    /// Why.
    basis: AccessBasis,
    /// The consent that it rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    consent: Option<ConsentId>,
    /// How far a consent goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<ConsentScope>,
    /// Since when.
    #[schema(format = DateTime)]
    since: String,
    /// Until when, if it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    until: Option<String>,
}

/// Assigns a collaborator to a space. Technical support waits for the client's consent.
#[utoipa::path(post, path = "/v1/assignments", tag = "collaborators", request_body = AssignmentToMake,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Assignment), (status = "default", body = ProblemDocument)))]
pub(super) async fn create(
    State(api): State<Api>,
    caller: Caller,
    post: Post<AssignmentToMake>,
) -> Result<Response, Instead> {
    let reach = caller.may(Scope::CollaboratorsWrite)?;
    let (input, mut doing) = post.begin(&api, &reach).await?;
    let AssignmentToMake { collaborator, role, tenant, reason, scope, until } = input;
    let new = NewAssignment { collaborator, role, reason, scope, until_ms: instant("/until", until.as_deref())? };
    let assignment = assignments::assign(&mut doing.write, &reach, tenant, new).await?;
    doing.done(StatusCode::CREATED, &Assignment::from(assignment)).await
}

/// Assigns a collaborator to several spaces: each is done whole or not at all, and it is said which.
#[utoipa::path(post, path = "/v1/assignments/bulk", tag = "collaborators", request_body = AssignmentsToMake,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = AssignmentOutcomes), (status = "default", body = ProblemDocument)))]
pub(super) async fn bulk(
    State(api): State<Api>,
    caller: Caller,
    post: Post<AssignmentsToMake>,
) -> Result<Response, Instead> {
    let reach = caller.may(Scope::CollaboratorsWrite)?;
    let (input, mut doing) = post.begin(&api, &reach).await?;
    let AssignmentsToMake { collaborator, role, tenants, reason, scope, until } = input;
    let new = NewAssignment { collaborator, role, reason, scope, until_ms: instant("/until", until.as_deref())? };
    let outcomes = assignments::bulk(&mut doing.write, &reach, &tenants, new).await?;
    let items = outcomes.into_iter().map(AssignmentOutcome::from).collect();
    doing.done(StatusCode::OK, &AssignmentOutcomes { items }).await
}

/// Lists assignments: a partner its people's, a client those to its space.
#[utoipa::path(get, path = "/v1/assignments", tag = "collaborators", params(AssignmentQuery),
    responses((status = 200, body = Items<Assignment>), (status = "default", body = ProblemDocument)))]
pub(super) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Asked(asked): Asked<AssignmentQuery>,
) -> Result<Json<Items<Assignment>>, Problem> {
    let reach = caller.may(Scope::CollaboratorsRead)?;
    let AssignmentQuery { collaborator, tenant, open, limit, page_token } = asked;
    let (pages, filter) =
        (Pages { limit, page_token }, AssignmentFilter { collaborator, tenant, open: open == Some(true) });
    let found = api.inner.store.assignments(&reach, &filter, &pages.page()?).await?;
    Ok(Json(pages.items(found, |assignment| assignment.id.to_string(), Assignment::from)))
}

/// Shows an assignment.
#[utoipa::path(get, path = "/v1/assignments/{id}", tag = "collaborators", params(("id" = String, Path)),
    responses((status = 200, body = Assignment), (status = "default", body = ProblemDocument)))]
pub(super) async fn one(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<AssignmentId>,
) -> Result<Shown<Assignment>, Problem> {
    let reach = caller.may(Scope::CollaboratorsRead)?;
    Ok(Shown(assignments::one(&api.inner.store, &reach, id).await?.into()))
}

/// Ends an assignment on the partner's word.
#[utoipa::path(delete, path = "/v1/assignments/{id}", tag = "collaborators",
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 204), (status = "default", body = ProblemDocument)))]
pub(super) async fn remove(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<AssignmentId>,
    seen: IfMatch,
) -> Result<StatusCode, Problem> {
    let reach = caller.may(Scope::CollaboratorsWrite)?;
    let mut write = api.inner.store.begin(reach.actor(), api.inner.store.now_ms()).await?;
    let current = write.assignment(&reach, id).await?.ok_or(Refused::NotFound)?;
    seen.check(&Assignment::from(current))?;
    assignments::unassign(&mut write, &reach, id).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Keeps the assignment's collaborator out of the client's space, on the client's word.
#[utoipa::path(post, path = "/v1/assignments/{id}/block", tag = "collaborators", request_body = Nothing,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Assignment), (status = "default", body = ProblemDocument)))]
pub(super) async fn block(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<AssignmentId>,
    post: Post<Nothing>,
) -> Result<Response, Instead> {
    let reach = caller.may(Scope::ConsentsWrite)?;
    let (_, mut doing) = post.begin(&api, &reach).await?;
    let assignment = assignments::block(&mut doing.write, &reach, id).await?;
    doing.done(StatusCode::OK, &Assignment::from(assignment)).await
}

/// Keeps the assignment's collaborator out no longer; the partner has to assign them again.
#[utoipa::path(post, path = "/v1/assignments/{id}/unblock", tag = "collaborators", request_body = Nothing,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Assignment), (status = "default", body = ProblemDocument)))]
pub(super) async fn unblock(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<AssignmentId>,
    post: Post<Nothing>,
) -> Result<Response, Instead> {
    let reach = caller.may(Scope::ConsentsWrite)?;
    let (_, mut doing) = post.begin(&api, &reach).await?;
    let assignment = assignments::unblock(&mut doing.write, &reach, id).await?;
    doing.done(StatusCode::OK, &Assignment::from(assignment)).await
}

/// Lists who has access to a space now, beside the client's own people: whoever sets it up, its accountants, and
/// support that it consented to.
#[utoipa::path(get, path = "/v1/tenants/{id}/access", tag = "collaborators", params(("id" = String, Path)),
    responses((status = 200, body = Items<Access>), (status = "default", body = ProblemDocument)))]
pub(super) async fn access(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<TenantId>,
) -> Result<Json<Items<Access>>, Problem> {
    let reach = caller.may(Scope::CollaboratorsRead)?;
    let tenant = tenants::one(&api.inner.store, &reach, id).await?;
    let found = api.inner.store.accesses(tenant.id).await?;
    Ok(Json(Items::whole(found.into_iter().map(Access::from).collect())))
}

impl AssignmentSet {
    pub(super) fn of(self, collaborator: MemberId) -> Result<(Vec<TenantId>, NewAssignment), FieldFault> {
        let Self { role, tenants, reason, scope, until } = self;
        let until_ms = instant("/until", until.as_deref())?;
        Ok((tenants, NewAssignment { collaborator, role, reason, scope, until_ms }))
    }
}

impl From<model::Assignment> for Assignment {
    fn from(assignment: model::Assignment) -> Self {
        Self {
            id: assignment.id,
            partner: assignment.partner,
            collaborator: assignment.collaborator,
            name: assignment.name,
            email: assignment.email,
            tenant: assignment.tenant,
            tenant_name: assignment.tenant_name,
            role: assignment.role,
            state: assignment.state,
            consent: assignment.consent,
            created_at: written(assignment.created_ms),
            since: assignment.since_ms.map(written),
            until: assignment.until_ms.map(written),
            ended_at: assignment.ended_ms.map(written),
        }
    }
}

impl From<Outcome> for AssignmentOutcome {
    fn from(outcome: Outcome) -> Self {
        let Outcome { tenant, made, refused } = outcome;
        Self { tenant, assignment: made.map(Assignment::from), refused: refused.map(str::to_owned) }
    }
}

impl From<model::Access> for Access {
    fn from(access: model::Access) -> Self {
        Self {
            user: access.user,
            name: access.name,
            email: access.email,
            basis: access.basis,
            consent: access.consent,
            scope: access.scope,
            since: written(access.since_ms),
            until: access.until_ms.map(written),
        }
    }
}
