//! Carries one message to one webhook endpoint: to the public internet only, over TLS that is verified, following no
//! redirect, and for a few seconds at most. Names are resolved here, so that the address that was judged is the one
//! that is connected to.

use std::net::SocketAddr;
use std::sync::Arc;

use marque_config::settings::WebhookSettings;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Url};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

use crate::kernel::public_address::is_public;
use crate::notify::operations::webhooks::literal;

/// Sends messages. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Courier {
    http: Client,
    allow_private: bool,
}

/// A message, signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The event's identity: the same at every attempt.
    pub id: String,
    /// When it is sent, seconds since 1970, UTC.
    pub timestamp: i64,
    /// Its signatures, as the header lists them.
    pub signatures: String,
    /// JSON.
    pub body: String,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The endpoint took it, with this status.
    Taken(u16),
    /// The endpoint is gone (410).
    Gone,
    /// The endpoint answered something else.
    Refused(u16),
    /// The endpoint sends somewhere else: nobody goes there.
    Redirected(u16),
    /// The name leads to no public address.
    Private,
    /// There was no answer in time.
    Late,
    /// There was no connection.
    Unreachable,
}

/// Why there is no courier.
#[derive(Debug, thiserror::Error)]
pub enum CourierError {
    /// The cryptography doesn't work.
    #[error("cannot set up TLS for webhooks")]
    Tls(#[source] rustls::Error),
    /// The HTTP client can't be made.
    #[error("cannot make the HTTP client for webhooks")]
    Http(#[source] reqwest::Error),
}

const AGENT: &str = concat!("marque/", env!("CARGO_PKG_VERSION"));

impl Courier {
    /// A courier that keeps to the settings.
    ///
    /// # Errors
    /// [`CourierError`].
    pub fn new(settings: &WebhookSettings) -> Result<Self, CourierError> {
        let allow_private = settings.allow_private;
        let http = Client::builder()
            .tls_backend_preconfigured(tls()?)
            .user_agent(AGENT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(Public { allow_private }))
            .timeout(settings.deadline.duration())
            .connect_timeout(settings.deadline.duration())
            .tcp_nodelay(true)
            .build()
            .map_err(CourierError::Http)?;
        Ok(Self { http, allow_private })
    }

    /// Carries a message. What the endpoint says beside its status is not read.
    pub async fn carry(&self, url: &str, message: Message) -> Outcome {
        // It was looked at when it was given; the rule may have changed since.
        let Ok(url) = url.parse::<Url>() else { return Outcome::Unreachable };
        let admitted = self.allow_private || (url.scheme() == "https" && literal(&url).is_none_or(is_public));
        if !admitted {
            return Outcome::Private;
        }
        let request = self.http.post(url).header("content-type", "application/json");
        let request = request.header("webhook-id", message.id).header("webhook-timestamp", message.timestamp);
        let request = request.header("webhook-signature", message.signatures).body(message.body);
        match request.send().await {
            Ok(answer) => outcome(answer.status().as_u16()),
            Err(error) if was_private(&error) => Outcome::Private,
            Err(error) if error.is_timeout() => Outcome::Late,
            Err(_) => Outcome::Unreachable,
        }
    }
}

impl Outcome {
    /// What the endpoint answered.
    #[must_use]
    pub fn status(self) -> Option<u16> {
        match self {
            Self::Taken(status) | Self::Refused(status) | Self::Redirected(status) => Some(status),
            Self::Gone => Some(410),
            Self::Private | Self::Late | Self::Unreachable => None,
        }
    }

    /// Why it failed, for programs.
    #[must_use]
    pub fn error(self) -> Option<&'static str> {
        match self {
            Self::Taken(_) => None,
            Self::Gone => Some("gone"),
            Self::Refused(_) => Some("status"),
            Self::Redirected(_) => Some("redirect"),
            Self::Private => Some("private_address"),
            Self::Late => Some("timeout"),
            Self::Unreachable => Some("unreachable"),
        }
    }
}

fn outcome(status: u16) -> Outcome {
    match status {
        200..=299 => Outcome::Taken(status),
        300..=399 => Outcome::Redirected(status),
        410 => Outcome::Gone,
        _ => Outcome::Refused(status),
    }
}

fn tls() -> Result<ClientConfig, CourierError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions().map_err(CourierError::Tls)?;
    let mut config = match builder.clone().with_platform_verifier() {
        Ok(builder) => builder.with_no_client_auth(),
        Err(error) => {
            // Everything else works without, so the control plane starts; deliveries fail until it is put right.
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "no certificate of a webhook can be verified here"
            );
            builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth()
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Resolves names to what may be connected to.
struct Public {
    allow_private: bool,
}

/// A name has addresses, none of which may be connected to.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to no public address")]
struct NoPublicAddress;

impl Resolve for Public {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let public: Vec<_> = found.into_iter().filter(|at| allow_private || is_public(at.ip())).collect();
            if public.is_empty() {
                return Err(NoPublicAddress.into());
            }
            let addresses: Addrs = Box::new(public.into_iter());
            Ok(addresses)
        })
    }
}

fn was_private(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<NoPublicAddress>() {
            return true;
        }
        cause = error.source();
    }
    false
}
