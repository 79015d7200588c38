//! `/v1/mails`: how mail fares, for the vendor's staff.

use axum::Json;
use axum::http::StatusCode;
use marque_config::PartnerId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::kernel::ids::MailId;
use crate::kernel::scope::Scope;
use crate::notify::model::mail::{MailKind, MailState};
use crate::notify::operations::mail;
use crate::notify::store::mail::MailStatus;
use crate::web::body::{Nothing, PathId, Query};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::Problem;
use crate::web::time::written;

/// A mail, without its words.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Mail {
    /// Its identity: `mal_…`.
    #[schema(value_type = String)]
    id: MailId,
    /// The recipient.
    to: String,
    /// What it is about.
    kind: MailKind,
    /// In whose brand; absent for the vendor's.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    partner: Option<PartnerId>,
    /// Its current status.
    state: MailState,
    /// How often it was tried.
    #[schema(minimum = 0)]
    attempts: i64,
    /// What the server said last, when it did not take it.
    #[serde(skip_serializing_if = "Option::is_none")]
    said: Option<String>,
    /// When it was written.
    #[schema(format = DateTime)]
    created_at: String,
    /// When a server took it.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_at: Option<String>,
}

/// Which mails are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MailQuery {
    /// Only those that stand there.
    #[serde(default)]
    state: Option<MailState>,
    /// The most that is wanted: 1 to 100, 50 when not given.
    #[param(minimum = 1, maximum = 100)]
    #[serde(default)]
    limit: Option<i64>,
    /// Where the last page ended.
    #[serde(default)]
    page_token: Option<String>,
}

/// Lists mails, oldest first.
#[utoipa::path(get, path = "/v1/mails", tag = "mail", params(MailQuery), responses((status = 200, body = Items<Mail>)))]
pub(crate) async fn list(caller: Caller, Query(asked): Query<MailQuery>) -> Result<Json<Items<Mail>>, Problem> {
    caller.may_as_operator(Scope::SupportRead)?;
    let pages = Pages { limit: asked.limit, page_token: asked.page_token };
    let found = caller.store().mails(asked.state, &pages.page()?).await?;
    Ok(Json(pages.items(found, |mail| mail.id.to_string(), Mail::from)))
}

/// Has a failed mail sent again.
#[utoipa::path(post, path = "/v1/mails/{id}/retry", tag = "mail", request_body = Nothing, params(IdempotencyKey),
    responses((status = 200, body = Mail)))]
pub(crate) async fn retry(caller: Caller, PathId(id): PathId<MailId>, post: Post<Nothing>) -> Answer {
    let reach = caller.may_as_operator(Scope::SupportWrite)?;
    let (_, mut doing) = post.begin(&caller.api, &reach).await?;
    let mail = mail::retry(&mut doing.write, id).await?;
    doing.done(StatusCode::OK, &Mail::from(mail)).await
}

impl From<MailStatus> for Mail {
    fn from(mail: MailStatus) -> Self {
        Self {
            id: mail.id,
            to: mail.to,
            kind: mail.kind,
            partner: mail.partner,
            state: mail.state,
            attempts: mail.attempts,
            said: mail.said,
            created_at: written(mail.created_ms),
            sent_at: mail.sent_ms.map(written),
        }
    }
}
