//! `/v1/collaborators`

use std::collections::BTreeSet;

use axum::Json;
use axum::http::StatusCode;
use marque_config::{PartnerId, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::assignments::AssignmentSet;
use crate::access::model::{self, AssignmentState, CollaboratorRole};
use crate::access::operations::assignments::{self, Replaced};
use crate::access::operations::collaborators::{self, NewCollaborator};
use crate::database::Write;
use crate::kernel::email::Email;
use crate::kernel::ids::MemberId;
use crate::kernel::language::Language;
use crate::kernel::person::PlaceState;
use crate::kernel::principal::Reach;
use crate::kernel::scope::Scope;
use crate::web::body::{PathId, Query, partner};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::Problem;
use crate::web::resource::Update;
use crate::web::time::written;
use crate::web::version::{IfMatch, Versioned};

/// A member of a partner who follows its clients' spaces.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Collaborator {
    /// The membership: `pmb_…`.
    #[schema(value_type = String)]
    id: MemberId,
    /// The partner.
    #[schema(value_type = String)]
    partner: PartnerId,
    /// Their name.
    name: String,
    /// Their address.
    #[schema(value_type = String, format = "email")]
    email: Email,
    /// `active` once the invitation is accepted.
    state: PlaceState,
    /// What they may be assigned as.
    roles: Vec<CollaboratorRole>,
    /// The spaces that they follow, or are to follow.
    files: Vec<File>,
    /// Since when they are a member.
    #[schema(format = DateTime)]
    created_at: String,
}

/// A space that a collaborator follows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct File {
    /// The space.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// Its name.
    name: String,
    /// As what.
    role: CollaboratorRole,
    /// `pending_consent` or `active`.
    state: AssignmentState,
}

/// A collaborator to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CollaboratorToAdd {
    /// The partner: the caller's own unless an operator asks.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    partner: Option<PartnerId>,
    /// Their address: a member is found by it, anybody else is invited.
    #[schema(value_type = String, format = "email")]
    email: Email,
    /// Their name, for who isn't a member yet.
    name: String,
    /// The language of the invitation.
    #[serde(default)]
    language: Language,
    /// What they may be assigned as: at least one.
    #[schema(min_items = 1)]
    roles: BTreeSet<CollaboratorRole>,
}

/// Adds a collaborator, and invites who isn't a member yet.
#[utoipa::path(post, path = "/v1/collaborators", tag = "collaborators", request_body = CollaboratorToAdd,
    params(IdempotencyKey), responses((status = 201, body = Collaborator)))]
pub(crate) async fn create(caller: Caller, post: Post<CollaboratorToAdd>) -> Answer {
    let reach = caller.may(Scope::CollaboratorsWrite)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let CollaboratorToAdd { email, name, language, roles, .. } = input;
    let new = NewCollaborator { partner: partner(&reach, input.partner)?, email, name, language, roles };
    let collaborator = collaborators::add(&mut doing.write, &reach, new).await?;
    let shown = with_files(&mut doing.write, collaborator).await?;
    doing.done(StatusCode::CREATED, &shown).await
}

/// Lists collaborators with their roles and files; empty until a first one is added.
#[utoipa::path(get, path = "/v1/collaborators", tag = "collaborators", params(Pages),
    responses((status = 200, body = Items<Collaborator>)))]
pub(crate) async fn list(caller: Caller, Query(pages): Query<Pages>) -> Result<Json<Items<Collaborator>>, Problem> {
    let reach = caller.may(Scope::CollaboratorsRead)?;
    let store = caller.store();
    let found = store.collaborators(&reach, &pages.page()?).await?;
    let files = match (found.first(), found.last()) {
        (Some(first), Some(last)) => store.files_between(&reach, first.id, last.id).await?,
        _ => Vec::new(),
    };
    let shown = |collaborator: model::Collaborator| {
        let own = files.iter().filter(|file| file.collaborator == collaborator.id).cloned().collect();
        Collaborator::of(collaborator, own)
    };
    Ok(Json(pages.items(found, |collaborator| collaborator.id.to_string(), shown)))
}

/// Shows a collaborator.
#[utoipa::path(get, path = "/v1/collaborators/{id}", tag = "collaborators",
    responses((status = 200, body = Collaborator)))]
pub(crate) async fn one(caller: Caller, PathId(id): PathId<MemberId>) -> Result<Versioned<Collaborator>, Problem> {
    let reach = caller.may(Scope::CollaboratorsRead)?;
    let collaborator = collaborators::one(caller.store(), &reach, id).await?;
    let files = caller.store().files_between(&reach, id, id).await?;
    Ok(Versioned(Collaborator::of(collaborator, files)))
}

/// Removes a collaborator, with every role and assignment; who has no right beside is a member no longer.
#[utoipa::path(delete, path = "/v1/collaborators/{id}", tag = "collaborators", params(IfMatch),
    responses((status = 204)))]
pub(crate) async fn remove(caller: Caller, PathId(id): PathId<MemberId>, seen: IfMatch) -> Result<StatusCode, Problem> {
    let (reach, mut write) = begin(&caller, id, &seen).await?;
    collaborators::remove(&mut write, &reach, id).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a collaborator a role.
#[utoipa::path(put, path = "/v1/collaborators/{id}/roles/{role}", tag = "collaborators",
    params(("role" = CollaboratorRole, Path), IfMatch), responses((status = 200, body = Collaborator)))]
pub(crate) async fn grant(
    caller: Caller,
    PathId((id, role)): PathId<(MemberId, CollaboratorRole)>,
    seen: IfMatch,
) -> Result<Versioned<Collaborator>, Problem> {
    let (reach, mut write) = begin(&caller, id, &seen).await?;
    let collaborator = collaborators::grant(&mut write, &reach, id, role).await?;
    let shown = with_files(&mut write, collaborator).await?;
    write.commit().await?;
    Ok(Versioned(shown))
}

/// Takes a role from a collaborator, and every assignment in it.
#[utoipa::path(delete, path = "/v1/collaborators/{id}/roles/{role}", tag = "collaborators",
    params(("role" = CollaboratorRole, Path), IfMatch), responses((status = 204)))]
pub(crate) async fn revoke(
    caller: Caller,
    PathId((id, role)): PathId<(MemberId, CollaboratorRole)>,
    seen: IfMatch,
) -> Result<StatusCode, Problem> {
    let (reach, mut write) = begin(&caller, id, &seen).await?;
    collaborators::revoke(&mut write, &reach, id, role).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes the spaces that a collaborator follows in a role exactly these, and says what that changed.
#[utoipa::path(put, path = "/v1/collaborators/{id}/assignments", tag = "collaborators", request_body = AssignmentSet,
    params(IfMatch), responses((status = 200, body = Replaced)))]
pub(crate) async fn assign(update: Update<MemberId, AssignmentSet>) -> Result<Json<Replaced>, Problem> {
    let input = update.input.read(&update.caller.may(Scope::CollaboratorsWrite)?)?;
    let (reach, mut write) = begin(&update.caller, update.id, &update.seen).await?;
    let (tenants, new) = input.of(update.id)?;
    let replaced = assignments::replace(&mut write, &reach, &tenants, new).await?;
    write.commit().await?;
    Ok(Json(replaced))
}

/// Begins a change of a collaborator that the caller has seen as it is.
async fn begin(caller: &Caller, id: MemberId, seen: &IfMatch) -> Result<(Reach, Write), Problem> {
    let reach = caller.may(Scope::CollaboratorsWrite)?;
    let mut write = caller.begin(&reach).await?;
    let current = collaborators::current(&mut write, &reach, id).await?;
    seen.check(&with_files(&mut write, current).await?)?;
    Ok((reach, write))
}

async fn with_files(write: &mut Write, collaborator: model::Collaborator) -> Result<Collaborator, Problem> {
    let now_ms = write.now_ms();
    let files = write.open_assignments(Some(collaborator.id), None, None).await?;
    let files = files.into_iter().filter(|file| file.clone().at(now_ms).is_open()).collect();
    Ok(Collaborator::of(collaborator, files))
}

impl Collaborator {
    fn of(collaborator: model::Collaborator, files: Vec<model::Assignment>) -> Self {
        let file = |file: model::Assignment| File {
            tenant: file.tenant,
            name: file.tenant_name,
            role: file.role,
            state: file.state,
        };
        Self {
            id: collaborator.id,
            partner: collaborator.partner,
            name: collaborator.name,
            email: collaborator.email,
            state: collaborator.state,
            roles: collaborator.roles.into_iter().collect(),
            files: files.into_iter().map(file).collect(),
            created_at: written(collaborator.created_ms),
        }
    }
}
