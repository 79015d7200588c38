//! The HTTP client below instant-acme: each request has a deadline, each answer a size, and a wish to be left alone
//! (`Retry-After`, RFC 9110 section 10.2.3) is obeyed here, where nothing can go around it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::UNIX_EPOCH;

use bytes::{Bytes, BytesMut};
use http::header::{RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::BodyExt;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use marque_config::clock::Clock;
use marque_config::settings::AcmeSettings;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

use super::CaError;

const AGENT: &str = concat!("marque/", env!("CARGO_PKG_VERSION"));
/// The longest answer that is read: a certificate chain has a few KiB.
const LONGEST_ANSWER: usize = 1 << 20;
/// A limit that concerns one name (429) holds back the others no longer than this.
const SHARED_LIMIT_MS: i64 = 60_000;
/// No wish to be left alone is obeyed for longer: then one request asks again.
const LONGEST_WISH_MS: i64 = 7 * 86_400_000;

/// Sends instant-acme's requests. Cheap to clone; clones share what the certificate authority asked for.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    quiet_until_ms: Arc<AtomicI64>,
}

/// Why a request got no answer that is worth reading.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The certificate authority asked to be left alone, now or before.
    #[error("the certificate authority asks to be left alone for a time")]
    Quiet {
        /// Until when, milliseconds since 1970, UTC.
        until_ms: i64,
        /// What it said about that.
        detail: Option<String>,
        /// Whether it spoke of a limit (429) rather than of itself (503).
        limited: bool,
    },
    /// It could not be reached, or did not answer in time.
    #[error("the certificate authority does not answer")]
    Transport(#[source] reqwest::Error),
    /// The answer is longer than any that makes sense.
    #[error("the certificate authority's answer is too long")]
    TooLong,
}

impl Client {
    /// A client for the settings' certificate authority.
    ///
    /// # Errors
    /// [`CaError`].
    pub(super) fn new(settings: &AcmeSettings, clock: Arc<dyn Clock>) -> Result<Self, CaError> {
        let deadline = settings.request_deadline.duration();
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(settings)?)
            .https_only(true)
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true)
            .timeout(deadline)
            .build()
            .map_err(CaError::Http)?;
        Ok(Self { http, clock, quiet_until_ms: Arc::new(AtomicI64::new(0)) })
    }

    /// Until when the certificate authority asked to be left alone.
    pub(super) fn quiet_until_ms(&self) -> i64 {
        self.quiet_until_ms.load(Ordering::Relaxed)
    }

    async fn send(&self, request: Request<BodyWrapper<Bytes>>) -> Result<BytesResponse, ClientError> {
        let until_ms = self.quiet_until_ms();
        if until_ms > self.clock.now_ms() {
            return Err(ClientError::Quiet { until_ms, detail: None, limited: false });
        }
        let (mut parts, body) = request.into_parts();
        parts.headers.insert(USER_AGENT, http::HeaderValue::from_static(AGENT));
        // Its error can't happen: the body is in memory.
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let request = self.http.request(parts.method, parts.uri.to_string()).headers(parts.headers).body(body);
        let answer = request.send().await.map_err(ClientError::Transport)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = read(answer).await?;
        self.note(status, &headers, &body)?;
        let mut response = Response::new(http_body_util::Full::new(body));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(BytesResponse::from(response))
    }

    /// Takes notice of `Retry-After` on refusals; while polling (2xx) instant-acme obeys it itself.
    fn note(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Result<(), ClientError> {
        let limited = status == StatusCode::TOO_MANY_REQUESTS;
        if !limited && status != StatusCode::SERVICE_UNAVAILABLE {
            return Ok(());
        }
        let now_ms = self.clock.now_ms();
        let Some(until_ms) = retry_after(headers, now_ms) else { return Ok(()) };
        let shared_ms = if limited { until_ms.min(now_ms + SHARED_LIMIT_MS) } else { until_ms };
        self.quiet_until_ms.fetch_max(shared_ms, Ordering::Relaxed);
        let problem: Option<instant_acme::Problem> = serde_json::from_slice(body).ok();
        Err(ClientError::Quiet { until_ms, detail: problem.and_then(|it| it.detail), limited })
    }
}

impl HttpClient for Client {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let client = self.clone();
        Box::pin(async move { client.send(request).await.map_err(|error| Error::Other(Box::new(error))) })
    }
}

async fn read(mut answer: reqwest::Response) -> Result<Bytes, ClientError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(ClientError::Transport)? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Err(ClientError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// When a `Retry-After` header, in seconds or as a date, lets one come back.
fn retry_after(headers: &HeaderMap, now_ms: i64) -> Option<i64> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let until_ms = match value.parse::<u32>() {
        Ok(seconds) => now_ms + i64::from(seconds) * 1000,
        Err(_) => {
            let date = httpdate::parse_http_date(value).ok()?.duration_since(UNIX_EPOCH).ok()?;
            i64::try_from(date.as_millis()).ok()?
        }
    };
    Some(until_ms.min(now_ms + LONGEST_WISH_MS))
}

fn tls(settings: &AcmeSettings) -> Result<ClientConfig, CaError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(CaError::Tls)?;
    let mut config = match &settings.root_file {
        None => builder.with_platform_verifier().map_err(CaError::Tls)?.with_no_client_auth(),
        Some(path) => {
            let pem = std::fs::read(path).map_err(|error| CaError::RootFile(path.clone(), error))?;
            let mut roots = RootCertStore::empty();
            let certificates = CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok);
            if roots.add_parsable_certificates(certificates).0 == 0 {
                return Err(CaError::Root(path.clone()));
            }
            builder.with_root_certificates(roots).with_no_client_auth()
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let read = |value: &str| retry_after(&[(RETRY_AFTER, value.parse().unwrap())].into_iter().collect(), 5_000);
        assert_eq!(read("120"), Some(125_000));
        assert_eq!(read("Thu, 01 Jan 1970 00:01:00 GMT"), Some(60_000));
        for far in ["4294967295", "Fri, 31 Dec 9999 23:59:59 GMT"] {
            assert_eq!(read(far), Some(5_000 + LONGEST_WISH_MS), "{far}");
        }
        assert_eq!(read("soon"), None);
        assert_eq!(read("-1"), None);
    }
}
