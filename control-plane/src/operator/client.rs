//! Asks the API.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use reqwest::header::ACCEPT_LANGUAGE;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::kernel::parts::Parts;
use crate::kernel::token::hex;
use crate::keys::{self, KeyError};

/// Speaks to the API with one token.
pub(super) struct Client {
    http: reqwest::Client,
    base: String,
    token: Zeroizing<String>,
    language: String,
    key: String,
}

/// Why something wasn't done, or isn't known to be.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The token's file can't be used.
    #[error(transparent)]
    Token(#[from] KeyError),
    /// The file of certificates can't be used.
    #[error("--root-file: {0} holds no certificate that can be used")]
    Root(PathBuf),
    /// The API's address is none.
    #[error("--api: {0} is no address of an API: it is https, or http on loopback")]
    Address(String),
    /// TLS can't be set up.
    #[error("TLS can't be set up")]
    Tls(#[source] rustls::Error),
    /// The API can't be asked. What was asked may have been done: with the same key it can be asked again.
    #[error("the API does not answer; with --key {key} this can be asked again")]
    Transport {
        /// The idempotency key of the request.
        key: String,
        /// Why.
        source: reqwest::Error,
    },
    /// The API refused.
    #[error("{}", summary(.0))]
    Refused(Value),
    /// What was given is no JSON.
    #[error("--body is no JSON")]
    Body(#[source] serde_json::Error),
    /// What was given has no place in an address.
    #[error("{0:?} is no id")]
    Argument(String),
    /// The audit trail is not as it was written.
    #[error("THE AUDIT TRAIL IS BROKEN: {0}")]
    Broken(String),
}

const DEADLINE: Duration = Duration::from_secs(30);

impl Client {
    pub(super) fn new(base: &str, token: &Path, roots: Option<&Path>) -> Result<Self, ClientError> {
        let url: reqwest::Url = base.parse().map_err(|_| ClientError::Address(base.to_owned()))?;
        let loopback = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
        if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
            return Err(ClientError::Address(base.to_owned()));
        }
        let token = Zeroizing::new(keys::secret("--token-file", token)?.trim().to_owned());
        let key = hex(&Parts::real().bytes::<16>());
        let unbuilt = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(roots)?)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(DEADLINE);
        let http = unbuilt.build().map_err(|source| ClientError::Transport { key: key.clone(), source })?;
        Ok(Self { http, base: base.trim_end_matches('/').to_owned(), token, language: "en".to_owned(), key })
    }

    pub(super) fn speaking(self, language: &str) -> Self {
        Self { language: language.to_owned(), ..self }
    }

    pub(super) fn keyed(self, key: Option<String>) -> Self {
        match key {
            Some(key) => Self { key, ..self },
            None => self,
        }
    }

    /// What the API answers; null when it answers nothing.
    pub(super) async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, ClientError> {
        let failed = |source| ClientError::Transport { key: self.key.clone(), source };
        let request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&*self.token);
        let request = request.header(ACCEPT_LANGUAGE, &self.language).header("idempotency-key", &self.key);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.map_err(failed)?;
        let status = answer.status();
        if status == StatusCode::NO_CONTENT {
            return Ok(Value::Null);
        }
        let body: Value = answer.json().await.map_err(failed)?;
        if status.is_success() { Ok(body) } else { Err(ClientError::Refused(body)) }
    }
}

fn tls(roots: Option<&Path>) -> Result<ClientConfig, ClientError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions().map_err(ClientError::Tls)?;
    let Some(path) = roots else {
        // An API on loopback is asked without TLS, also where no certificate is trusted.
        return Ok(match builder.clone().with_platform_verifier() {
            Ok(builder) => builder.with_no_client_auth(),
            Err(_) => builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth(),
        });
    };
    let mut store = RootCertStore::empty();
    let unusable = || ClientError::Root(path.to_owned());
    let certificates = CertificateDer::pem_file_iter(path).map_err(|_| unusable())?.filter_map(Result::ok);
    if store.add_parsable_certificates(certificates).0 == 0 {
        return Err(unusable());
    }
    Ok(builder.with_root_certificates(store).with_no_client_auth())
}

/// A problem document in a few lines.
fn summary(problem: &Value) -> String {
    let text = |name: &str| problem[name].as_str().map(str::to_owned);
    let fields = problem["errors"].as_array().into_iter().flatten().map(|field| {
        let part = |name: &str| field[name].as_str().unwrap_or_default().to_owned();
        format!("{}: {}", part("pointer"), part("detail"))
    });
    let blockers = problem["blockers"].as_array().into_iter().flatten().filter_map(|it| it.as_str().map(str::to_owned));
    let first = [text("title"), text("detail")].into_iter().flatten();
    let lines: Vec<_> =
        first.chain(fields).chain(blockers).chain(text("code").map(|code| format!("({code})"))).collect();
    if lines.is_empty() { problem.to_string() } else { lines.join("\n  ") }
}
