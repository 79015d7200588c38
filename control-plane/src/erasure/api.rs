//! `/v1/erasures`

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::erasure::operations as erasure;
use crate::kernel::email::Email;
use crate::kernel::ids::{ClientId, UserId};
use crate::kernel::scope::Scope;
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};

/// Who is to be erased.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonToErase {
    /// Their mail address.
    #[schema(value_type = String, format = "email")]
    email: Email,
}

/// What was erased.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Erasure {
    /// The person, where they were one who comes in: `usr_…`, under which what they did is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    user: Option<UserId>,
    /// The clients that were anonymised, or lost a contact: `cli_…`.
    #[schema(value_type = Vec<String>)]
    clients: Vec<ClientId>,
    /// The support messages whose words were erased: `msg_…`.
    messages: Vec<String>,
    /// How many mails lost their recipient, or are never sent.
    #[schema(minimum = 0)]
    mails: u64,
}

/// Erases a person for good, by their mail address.
///
/// Whatever they are: one of a partner's, a client's or the vendor's people, a collaborator, a client or a contact of one,
/// who wrote for support. What the law makes us keep (orders, amounts, the audit trail) stays, and names them no more.
/// Who alone manages a partner or a client's space is not erased, nor is a client that has a space: then nothing is.
#[utoipa::path(post, path = "/v1/erasures", tag = "users", request_body = PersonToErase, params(IdempotencyKey),
    responses((status = 200, body = Erasure)))]
pub(crate) async fn erase(caller: Caller, post: Post<PersonToErase>) -> Answer {
    let reach = caller.may_as_operator(Scope::UsersWrite)?;
    let email = post.peek()?.email;
    let known = erasure::look(caller.store(), &email).await?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let erased = erasure::erase(&mut doing.write, &reach, &input.email, &known).await?;
    let erasure::Erased { user, clients, messages, mails } = erased;
    doing.done(StatusCode::OK, &Erasure { user, clients, messages, mails }).await
}
