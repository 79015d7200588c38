//! `/v1/password-resets`

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::identity::operations::sessions;
use crate::kernel::actor::Asked;
use crate::kernel::email::Email;
use crate::kernel::fault::Conflict;
use crate::kernel::secret::Secret;
use crate::web::Api;
use crate::web::body::Input;
use crate::web::problem::Problem;

/// Who has forgotten a password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Forgotten {
    /// The mail address.
    #[schema(value_type = String, format = "email")]
    email: Email,
}

/// Another password, by the link that was mailed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Replacement {
    /// What the link holds behind its `#`.
    token: String,
    /// The new password: 12 to 128 characters.
    #[schema(format = Password)]
    password: String,
}

/// Mails a link to who has forgotten a password. The answer is the same whether there is such a person or not.
#[utoipa::path(post, path = "/v1/password-resets", tag = "sessions", request_body = Forgotten, security(()),
    responses((status = 202)))]
pub(crate) async fn ask(
    State(api): State<Api>,
    asked: Option<Extension<Asked>>,
    input: Input<Forgotten>,
) -> Result<StatusCode, Problem> {
    let email = input.read_of_anybody()?.email;
    let asked = asked.map(|asked| asked.0).unwrap_or_default();
    sessions::ask_reset(&api.inner.authenticator, &api.inner.store, &asked, &email).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Replaces a forgotten password, by the link that was mailed; it is followed once. Every session of the person ends.
#[utoipa::path(post, path = "/v1/password-resets/complete", tag = "sessions", request_body = Replacement, security(()),
    responses((status = 204)))]
pub(crate) async fn complete(
    State(api): State<Api>,
    asked: Option<Extension<Asked>>,
    input: Input<Replacement>,
) -> Result<StatusCode, Problem> {
    let Replacement { token, password } = input.read_of_anybody()?;
    let secret = Secret::parse(&token).ok_or(Conflict::LINK_OVER)?;
    let asked = asked.map(|asked| asked.0).unwrap_or_default();
    sessions::reset_password(&api.inner.authenticator, &api.inner.store, &asked, &secret, password).await?;
    Ok(StatusCode::NO_CONTENT)
}
