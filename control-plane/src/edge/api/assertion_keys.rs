//! `/v1/assertion-keys`: with what an application checks the edge's assertions. Public.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use marque_config::certificate::{KeyUse, SharedKey};
use marque_config::seal::{Context, KeyRing, Purpose};
use serde::Serialize;
use utoipa::ToSchema;

use crate::web::Api;
use crate::web::problem::{Problem, ProblemDocument};

/// A set of keys (RFC 7517).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeySet {
    /// The keys, oldest first. One is published at least an hour before it signs.
    keys: Vec<PublicKey>,
}

/// An Ed25519 public key (RFC 8037).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PublicKey {
    /// `OKP`.
    kty: &'static str,
    /// `Ed25519`.
    crv: &'static str,
    /// `EdDSA`.
    alg: &'static str,
    /// `sig`.
    #[serde(rename = "use")]
    use_: &'static str,
    /// Names the key, as the assertion's header does.
    kid: String,
    /// The key.
    x: String,
}

/// Shows the keys that check assertions.
#[utoipa::path(get, path = "/v1/assertion-keys", tag = "applications", security(()),
    responses((status = 200, body = KeySet, content_type = "application/jwk-set+json"),
        (status = "default", body = ProblemDocument)))]
pub(crate) async fn list(State(api): State<Api>) -> Result<([(HeaderName, HeaderValue); 1], Json<KeySet>), Problem> {
    let kept = api.inner.store.shared_keys().await?;
    let assertion = kept.iter().filter(|kept| kept.key.use_ == KeyUse::Assertion);
    let keys = assertion.map(|kept| public(&api.inner.keys.edge, &kept.key)).collect::<Result<_, _>>()?;
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/jwk-set+json"));
    Ok(([kind], Json(KeySet { keys })))
}

fn public(edge_key: &KeyRing, key: &SharedKey) -> Result<PublicKey, Problem> {
    let context = Context { purpose: Purpose::SharedKey, owner: &key.id, name: KeyUse::Assertion.as_str() };
    let seed = edge_key.open(context, &key.secret).map_err(|error| {
        tracing::error!(key.id, error = &error as &dyn std::error::Error, "an assertion key can't be opened");
        Problem::internal()
    })?;
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| Problem::internal())?;
    let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
    Ok(PublicKey { kty: "OKP", crv: "Ed25519", alg: "EdDSA", use_: "sig", kid: key.id.clone(), x })
}
