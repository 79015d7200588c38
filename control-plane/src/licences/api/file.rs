//! Licence files, the keys that check them, and asking about a serial number.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::ids::LicenceId;
use crate::kernel::scope::Scope;
use crate::kernel::serial::Serial;
use crate::licences::model::LicenceStatus;
use crate::licences::operations::{activation, files};
use crate::licences::store;
use crate::web::Api;
use crate::web::body::{Input, Nothing, PathId};
use crate::web::caller::Caller;
use crate::web::once::{Outcome, Post};
use crate::web::problem::{Problem, ProblemDocument};
use crate::web::time::written;

/// A licence file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LicenceFile {
    /// The file: one line, `marque-licence-1.KEY.PAYLOAD.SIGNATURE`.
    file: String,
}

/// The keys that check licence files.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LicenceKeys {
    /// Oldest first; the last one signs.
    keys: Vec<LicenceKey>,
}

/// A key that checks licence files: Ed25519.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LicenceKey {
    /// Its name, as the files say it.
    name: String,
    /// 32 bytes as base64.
    public: String,
    /// Since when it signs.
    #[schema(format = DateTime)]
    created_at: String,
}

/// An installation that asks whether it may go on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SerialToValidate {
    /// The serial number.
    #[schema(value_type = String)]
    serial: Serial,
    /// What names the installation.
    #[schema(min_length = 1, max_length = 200)]
    fingerprint: String,
}

/// What an installation may do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Validity {
    /// Whether this installation uses a licence that allows it now.
    valid: bool,
    /// The current status of the licence.
    status: LicenceStatus,
    /// Whether this installation is one of the licence's.
    activated: bool,
    /// Until when the licence allows use, as things stand.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    usable_until: Option<String>,
}

/// Writes the licence's file anew, for an installation that can't always ask. Of one that is over there is none.
#[utoipa::path(get, path = "/v1/licences/{id}/file", tag = "licences", params(("id" = String, Path)),
    responses(
        (status = 200, body = LicenceFile),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json"),
        (status = "default", body = ProblemDocument),
    ))]
pub(crate) async fn file(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<LicenceId>,
) -> Result<Json<LicenceFile>, Problem> {
    let reach = caller.may(Scope::LicencesRead)?;
    let file = files::file(&api.inner.store, &api.inner.keys.store, &reach, id).await?;
    Ok(Json(LicenceFile { file }))
}

/// Shows the keys that check licence files. Public.
#[utoipa::path(get, path = "/v1/licence-keys", tag = "licences", security(()),
    responses((status = 200, body = LicenceKeys), (status = "default", body = ProblemDocument)))]
pub(crate) async fn keys(State(api): State<Api>) -> Result<Json<LicenceKeys>, Problem> {
    let keys = api.inner.store.licence_keys().await?;
    Ok(Json(LicenceKeys { keys: keys.into_iter().map(LicenceKey::from).collect() }))
}

/// Begins a new key: files are signed with it from now on. The others stay listed, for the files that they signed.
#[utoipa::path(post, path = "/v1/licence-keys", tag = "licences", request_body = Nothing,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = LicenceKey), (status = "default", body = ProblemDocument)))]
pub(crate) async fn begin_key(
    State(api): State<Api>,
    caller: Caller,
    post: Post<Nothing>,
) -> Result<Response, Outcome> {
    let reach = caller.may_as_operator(Scope::LicencesWrite)?;
    let (_, mut doing) = post.begin(&api, &reach).await?;
    let key = files::begin_key(&mut doing.write, &api.inner.keys.store).await?;
    doing.done(StatusCode::CREATED, &LicenceKey::from(key)).await
}

impl From<store::licence_keys::LicenceKey> for LicenceKey {
    fn from(key: store::licence_keys::LicenceKey) -> Self {
        Self { name: key.id, public: key.public, created_at: written(key.created_ms) }
    }
}

/// Says whether an installation may go on. It changes nothing.
#[utoipa::path(post, path = "/v1/licences/validate", tag = "licences", request_body = SerialToValidate,
    responses((status = 200, body = Validity), (status = "default", body = ProblemDocument)))]
pub(crate) async fn validate(
    State(api): State<Api>,
    caller: Caller,
    input: Input<SerialToValidate>,
) -> Result<Json<Validity>, Problem> {
    let reach = caller.may(Scope::LicencesRead)?;
    let SerialToValidate { serial, fingerprint } = input.read(&reach)?;
    let (licence, activated) = activation::look(&api.inner.store, &reach, serial, &fingerprint).await?;
    let now_ms = api.inner.store.now_ms();
    Ok(Json(Validity {
        valid: activated && licence.is_usable(now_ms),
        status: licence.status(now_ms),
        activated,
        usable_until: licence.usable_until_ms().map(written),
    }))
}
