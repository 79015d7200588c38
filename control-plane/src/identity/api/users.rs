//! `/v1/users`: people, whatever they belong to; for the vendor's staff.

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::identity::operations::factor_reset::{self, Reset};
use crate::kernel::ids::UserId;
use crate::kernel::person::{User, UserState};
use crate::kernel::scope::Scope;
use crate::web::body::{Nothing, PathId, Query};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Outcome, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::Problem;
use crate::web::version::Versioned;

/// Lists people.
#[utoipa::path(get, path = "/v1/users", tag = "users", params(Pages), responses((status = 200, body = Items<User>)))]
pub(crate) async fn list(caller: Caller, Query(pages): Query<Pages>) -> Result<Json<Items<User>>, Problem> {
    caller.may_as_operator(Scope::UsersRead)?;
    let found = caller.store().users(&pages.page()?).await?;
    Ok(pages.resources(found))
}

/// Shows a person.
#[utoipa::path(get, path = "/v1/users/{id}", tag = "users", responses((status = 200, body = User)))]
pub(crate) async fn one(caller: Caller, PathId(id): PathId<UserId>) -> Result<Versioned<User>, Problem> {
    caller.may_as_operator(Scope::UsersRead)?;
    Ok(Versioned(caller.store().user(id).await?.ok_or_else(Problem::not_found)?))
}

/// Locks a person out, at once, until unlocked.
#[utoipa::path(post, path = "/v1/users/{id}/lock", tag = "users", request_body = Nothing, params(IdempotencyKey),
    responses((status = 200, body = User)))]
pub(crate) async fn lock(caller: Caller, PathId(id): PathId<UserId>, post: Post<Nothing>) -> Answer {
    become_of(&caller, id, post, UserState::Locked).await
}

/// Lets a locked person in again.
#[utoipa::path(post, path = "/v1/users/{id}/unlock", tag = "users", request_body = Nothing, params(IdempotencyKey),
    responses((status = 200, body = User)))]
pub(crate) async fn unlock(caller: Caller, PathId(id): PathId<UserId>, post: Post<Nothing>) -> Answer {
    become_of(&caller, id, post, UserState::Active).await
}

/// Deactivates a person for good. Who alone administers a client's tenant stays.
#[utoipa::path(post, path = "/v1/users/{id}/deactivate", tag = "users", request_body = Nothing, params(IdempotencyKey),
    responses((status = 200, body = User)))]
pub(crate) async fn deactivate(caller: Caller, PathId(id): PathId<UserId>, post: Post<Nothing>) -> Answer {
    become_of(&caller, id, post, UserState::Deactivated).await
}

/// What became of a wish to reset a second factor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FactorReset {
    /// Whose it is: `usr_…`.
    #[schema(value_type = String)]
    id: UserId,
    /// Whether it is done, or waits for another operator.
    state: Reset,
}

/// Resets a lost second factor, which takes two operators.
///
/// Neither of them is the person. The first one proposes it, and when another one asks for the same within a day, it is
/// done. The person's sessions end; their password stays.
#[utoipa::path(post, path = "/v1/users/{id}/reset-second-factor", tag = "users", request_body = Nothing,
    params(IdempotencyKey), responses((status = 200, body = FactorReset)))]
pub(crate) async fn reset_second_factor(caller: Caller, PathId(id): PathId<UserId>, post: Post<Nothing>) -> Answer {
    let reach = caller.may_as_operator(Scope::UsersWrite)?;
    let (_, mut doing) = post.begin(&caller.api, &reach).await?;
    let state = factor_reset::reset(&mut doing.write, id).await?;
    doing.done(StatusCode::OK, &FactorReset { id, state }).await
}

async fn become_of(caller: &Caller, id: UserId, post: Post<Nothing>, state: UserState) -> Result<Response, Outcome> {
    let reach = caller.may_as_operator(Scope::UsersWrite)?;
    let (_, mut doing) = post.begin(&caller.api, &reach).await?;
    let user = crate::identity::operations::users::settle_user(&mut doing.write, id, state).await?;
    doing.done(StatusCode::OK, &user).await
}
