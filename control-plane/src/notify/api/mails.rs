//! `/v1/mails`: how mail fares, for the vendor's staff.

use axum::Json;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::kernel::ids::MailId;
use crate::kernel::scope::Scope;
use crate::notify::model::mail::MailState;
use crate::notify::operations::mail;
use crate::notify::store::mail::MailStatus;
use crate::web::body::{Nothing, PathId};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::page::{Items, List, Pages};
use crate::web::problem::Problem;

/// Which mails are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MailQuery {
    /// Only those that stand there.
    #[serde(default)]
    state: Option<MailState>,
}

/// Lists mails.
#[utoipa::path(get, path = "/v1/mails", tag = "mail", params(Pages, MailQuery), responses((status = 200, body = Items<MailStatus>)))]
pub(crate) async fn list(
    caller: Caller,
    List(pages, query): List<MailQuery>,
) -> Result<Json<Items<MailStatus>>, Problem> {
    caller.may_as_operator(Scope::SupportRead)?;
    let found = caller.store().mails(query.state, &pages.page()?).await?;
    Ok(pages.resources(found))
}

/// Has a failed mail sent again.
#[utoipa::path(post, path = "/v1/mails/{id}/retry", tag = "mail", request_body = Nothing, params(IdempotencyKey),
    responses((status = 200, body = MailStatus)))]
pub(crate) async fn retry(caller: Caller, PathId(id): PathId<MailId>, post: Post<Nothing>) -> Answer {
    let reach = caller.may_as_operator(Scope::SupportWrite)?;
    let (_, mut doing) = post.begin(&caller.api, &reach).await?;
    let mail = mail::retry(&mut doing.write, id).await?;
    doing.done(StatusCode::OK, &mail).await
}
