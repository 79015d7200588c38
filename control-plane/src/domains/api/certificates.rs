//! `/v1/domains/{id}/certificate`

use axum::Json;
use marque_config::DomainId;
use serde::Deserialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::domains::api::{Domain, shown};
use crate::domains::model::upload::Upload;
use crate::domains::operations::certificates;
use crate::kernel::scope::Scope;
use crate::web::body::{Input, PathId};
use crate::web::caller::Caller;
use crate::web::problem::Problem;

/// A certificate that the partner brings.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CertificateToServe {
    /// The chain, PEM: the server's certificate and those of the authorities that vouch for it.
    chain: String,
    /// The private key, PEM, without a passphrase: ECDSA on P-256 or P-384, or RSA. Kept sealed and never shown again.
    key: String,
}

/// Serves a certificate of the partner's own for each of the domain's names that it covers. It stays until another is
/// uploaded or it has expired. With a third of its time left the name's certificate gives the reason
/// `uploaded_expires`; when it has expired, the platform gets one itself.
///
/// The certificates of the chain may come in any order, and with a root: they are put in order and trimmed. One that is
/// not valid yet is kept and served from when it is, in place of another that waited for that. What browsers would not
/// connect to is refused, each with a code of its own and what was found; a chain of a private authority is served, and
/// noted (`private_authority`).
#[utoipa::path(put, path = "/v1/domains/{id}/certificate", tag = "domains", request_body = CertificateToServe,
    responses((status = 200, body = Domain)))]
pub(crate) async fn upload(
    caller: Caller,
    PathId(id): PathId<DomainId>,
    input: Input<CertificateToServe>,
) -> Result<Json<Domain>, Problem> {
    let reach = caller.may(Scope::DomainsWrite)?;
    let input = input.read(&reach)?;
    let upload = Upload { chain: Zeroizing::new(input.chain), key: Zeroizing::new(input.key) };
    let mut write = caller.begin(&reach).await?;
    let named = certificates::upload(&mut write, &reach, &caller.api.inner.keys.edge, id, &upload).await?;
    write.commit().await?;
    Ok(Json(shown(&caller.api, caller.language, named)))
}
