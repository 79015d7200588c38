//! `/v1/invitations`

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::database::refused::Refused;
use crate::identity::model::invitation::{self, Invitation};
use crate::kernel::actor;
use crate::kernel::ids::InvitationId;
use crate::kernel::principal::Reach;
use crate::kernel::scope::Scope;
use crate::kernel::secret::Secret;
use crate::web::Api;
use crate::web::body::{Input, Nothing, PathId, Query};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::Problem;
use crate::web::version::IfMatch;

/// Who follows an invitation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Acceptance {
    /// What the link holds behind its `#`.
    token: String,
    /// The password: a new one of 12 to 128 characters, or theirs for who has one already.
    #[schema(format = Password)]
    password: String,
}

/// Lists the invitations that wait.
#[utoipa::path(get, path = "/v1/invitations", tag = "members", params(Pages),
    responses((status = 200, body = Items<Invitation>)))]
pub(crate) async fn list(caller: Caller, Query(pages): Query<Pages>) -> Result<Json<Items<Invitation>>, Problem> {
    let reach = caller.may(Scope::MembersRead).or_else(|_| caller.may(Scope::UsersRead))?;
    let found = caller.store().invitations(&reach, &pages.page()?).await?;
    Ok(pages.resources(found))
}

/// Follows an invitation, once. Who has no password yet chooses one; everybody else shows theirs.
#[utoipa::path(post, path = "/v1/invitations/accept", tag = "members", request_body = Acceptance, security(()),
    responses((status = 200, body = Invitation)))]
pub(crate) async fn accept(
    State(api): State<Api>,
    asked: Option<Extension<actor::Asked>>,
    input: Input<Acceptance>,
) -> Result<Json<Invitation>, Problem> {
    let Acceptance { token, password } = input.read_of_anybody()?;
    let secret = Secret::parse(&token).ok_or_else(Problem::not_found)?;
    let asked = asked.map(|asked| asked.0).unwrap_or_default();
    let accepted = crate::lifecycle::operations::invitations::accept(
        &api.inner.authenticator,
        &api.inner.store,
        &asked,
        &secret,
        password,
    )
    .await?;
    Ok(Json(accepted))
}

/// Sends an invitation again: another link, and the one before leads nowhere.
#[utoipa::path(post, path = "/v1/invitations/{id}/resend", tag = "members", request_body = Nothing,
    params(IdempotencyKey), responses((status = 200, body = Invitation)))]
pub(crate) async fn resend(caller: Caller, PathId(id): PathId<InvitationId>, post: Post<Nothing>) -> Answer {
    let reach = may_invite(&caller)?;
    let (_, mut doing) = post.begin(&caller.api, &reach).await?;
    let invitation = doing.write.invitation(&reach, id).await?.ok_or(Refused::NotFound)?;
    must_hold(&caller, &invitation)?;
    let invitation = crate::lifecycle::operations::invitations::resend(&mut doing.write, &reach, id).await?;
    doing.done(StatusCode::OK, &invitation).await
}

/// Withdraws an invitation, and the place that it led to.
#[utoipa::path(delete, path = "/v1/invitations/{id}", tag = "members", params(IfMatch), responses((status = 204)))]
pub(crate) async fn withdraw(
    caller: Caller,
    PathId(id): PathId<InvitationId>,
    seen: IfMatch,
) -> Result<StatusCode, Problem> {
    let reach = may_invite(&caller)?;
    let mut write = caller.begin(&reach).await?;
    let invitation = write.invitation(&reach, id).await?.ok_or(Refused::NotFound)?;
    must_hold(&caller, &invitation)?;
    seen.check(&invitation)?;
    crate::lifecycle::operations::invitations::withdraw(&mut write, &reach, id).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn may_invite(caller: &Caller) -> Result<Reach, Problem> {
    caller.may(Scope::MembersWrite).or_else(|_| caller.may(Scope::UsersWrite))
}

/// Members are one right, the people of tenants and the vendor's staff another.
fn must_hold(caller: &Caller, invitation: &invitation::Invitation) -> Result<(), Problem> {
    let scope = match invitation.place {
        invitation::Place::Member(_) => Scope::MembersWrite,
        invitation::Place::Tenant(_) | invitation::Place::Operator(_) => Scope::UsersWrite,
    };
    caller.may(scope).map(|_| ())
}
