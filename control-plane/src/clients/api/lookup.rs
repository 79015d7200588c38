//! `/v1/clients/lookup`: exact, and counted, so that nobody harvests addresses.

use axum::Json;
use marque_config::PartnerId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clients::model::Client;
use crate::clients::operations::{self as clients, Found};
use crate::kernel::email::Email;
use crate::kernel::scope::Scope;
use crate::web::body::{Input, partner};
use crate::web::caller::Caller;
use crate::web::problem::Problem;

/// The client that is looked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientToFind {
    /// For whom; a partner may leave it out.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    partner: Option<PartnerId>,
    /// The whole mail address.
    #[schema(value_type = String, format = Email, max_length = 254)]
    email: Email,
}

/// What is known of a mail address.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClientFound {
    outcome: Outcome,
    /// The client, when it is yours.
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<Client>,
}

/// What is known of a mail address.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    /// It is your client.
    Yours,
    /// It isn't, and another partner's client is protected.
    Claimed,
    /// Nobody is known by it.
    Unknown,
}

/// Looks a client up by its whole mail address.
#[utoipa::path(post, path = "/v1/clients/lookup", tag = "clients", request_body = ClientToFind,
    responses((status = 200, body = ClientFound)))]
pub(crate) async fn lookup(caller: Caller, input: Input<ClientToFind>) -> Result<Json<ClientFound>, Problem> {
    let reach = caller.may(Scope::ClientsRead)?;
    let input = input.read(&reach)?;
    let partner = partner(&reach, input.partner)?;
    caller.api.inner.limits.lookup(reach.principal())?;
    let found = match clients::lookup(caller.store(), &reach, partner, &input.email).await? {
        Found::Yours(client) => ClientFound { outcome: Outcome::Yours, client: Some(*client) },
        Found::Claimed => ClientFound { outcome: Outcome::Claimed, client: None },
        Found::Unknown => ClientFound { outcome: Outcome::Unknown, client: None },
    };
    Ok(Json(found))
}
