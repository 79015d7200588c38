//! `/v1/operators`: the vendor's staff.

use axum::Json;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::identity::operations::operators::NewOperator;
use crate::kernel::email::Email;
use crate::kernel::ids::UserId;
use crate::kernel::language::Language;
use crate::kernel::person::Operator;
use crate::kernel::scope::Scope;
use crate::web::body::{PathId, Query};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::Problem;

/// Who is to join the vendor's staff.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OperatorToInvite {
    /// Their mail address.
    #[schema(value_type = String, format = "email")]
    email: Email,
    /// Their name.
    name: String,
    /// The language of the invitation; the request's when not given.
    #[serde(default)]
    language: Option<Language>,
}

/// Invites somebody to the vendor's staff: for operators who may do everything.
#[utoipa::path(post, path = "/v1/operators", tag = "operators", request_body = OperatorToInvite, params(IdempotencyKey),
    responses((status = 201, body = Operator)))]
pub(crate) async fn invite(caller: Caller, post: Post<OperatorToInvite>) -> Answer {
    let reach = caller.may_as_operator(Scope::UsersWrite)?;
    // An operator in person may do everything, so nobody who may do less invites one.
    for scope in Scope::all().filter(|scope| *scope != Scope::EdgeSync) {
        caller.may(scope)?;
    }
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let language = input.language.unwrap_or(caller.language);
    let new = NewOperator { email: input.email, name: input.name, language };
    let operator = crate::identity::operations::operators::invite_operator(&mut doing.write, new).await?;
    doing.done(StatusCode::CREATED, &operator).await
}

/// Lists the vendor's staff.
#[utoipa::path(get, path = "/v1/operators", tag = "operators", params(Pages),
    responses((status = 200, body = Items<Operator>)))]
pub(crate) async fn list(caller: Caller, Query(pages): Query<Pages>) -> Result<Json<Items<Operator>>, Problem> {
    caller.may_as_operator(Scope::UsersRead)?;
    let found = caller.store().operators(&pages.page()?).await?;
    Ok(pages.resources(found))
}

/// Removes somebody from the vendor's staff, at once.
#[utoipa::path(delete, path = "/v1/operators/{id}", tag = "operators", responses((status = 204)))]
pub(crate) async fn remove(caller: Caller, PathId(id): PathId<UserId>) -> Result<StatusCode, Problem> {
    let reach = caller.may_as_operator(Scope::UsersWrite)?;
    let mut write = caller.begin(&reach).await?;
    crate::identity::operations::operators::remove_operator(&mut write, id).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
