//! `/v1/domains/{id}/certificate`

use axum::Json;
use axum::extract::State;
use marque_config::DomainId;
use serde::Deserialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::Api;
use super::body::{At, Input};
use super::caller::Caller;
use super::domains::{Domain, shown};
use super::problem::{Problem, ProblemDocument};
use crate::model::scope::Scope;
use crate::operations::certificates::{self, Upload};

/// A certificate that the partner brings.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CertificateToServe {
    /// The chain, PEM, the server's certificate first.
    chain: String,
    /// The private key, PEM. Kept sealed and never shown again.
    key: String,
}

/// Serves a certificate of the partner's own for each of the domain's names that it covers. It stays until another is
/// uploaded or it has expired. With a third of its time left the name's certificate gives the reason
/// `uploaded_expires`; when it has expired, the platform gets one itself.
#[utoipa::path(put, path = "/v1/domains/{id}/certificate", tag = "domains", params(("id" = String, Path)),
    request_body = CertificateToServe,
    responses((status = 200, body = Domain), (status = "default", body = ProblemDocument)))]
pub(super) async fn upload(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<DomainId>,
    input: Input<CertificateToServe>,
) -> Result<Json<Domain>, Problem> {
    let reach = caller.may(Scope::DomainsWrite)?;
    let input = input.read(&reach)?;
    let upload = Upload { chain: input.chain, key: Zeroizing::new(input.key) };
    let mut write = api.inner.store.begin(reach.actor(), api.inner.store.now_ms()).await?;
    let named = certificates::upload(&mut write, &reach, &api.inner.keys.edge, id, &upload).await?;
    write.commit().await?;
    Ok(Json(shown(&api, caller.language, named)))
}
