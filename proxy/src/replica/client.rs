//! How the control plane is asked: the feed's stream, and acknowledgements.

use std::path::{Path, PathBuf};
use std::time::Duration;

use http::StatusCode;
use marque_config::feed::Ack;
use marque_config::settings::FeedSettings;
use reqwest::{Client, RequestBuilder, Response};
use zeroize::Zeroizing;

use super::Position;

const CONNECT_DEADLINE: Duration = Duration::from_secs(3);
const ANSWER_DEADLINE: Duration = Duration::from_secs(10);

/// A client of the feed.
#[derive(Debug, Clone)]
pub(super) struct FeedClient {
    http: Client,
    url: String,
    token_file: PathBuf,
    proxy: String,
}

/// Why the control plane wasn't asked, or didn't answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// A file of the settings can't be read.
    #[error("{key} {path}")]
    File {
        /// The settings' key.
        key: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The certificates to trust aren't any.
    #[error("feed.root_file")]
    Root(#[source] reqwest::Error),
    /// The client can't be made.
    #[error("TLS for the feed")]
    Tls(#[source] reqwest::Error),
    /// The request failed.
    #[error("the control plane can't be asked")]
    Request(#[from] reqwest::Error),
    /// The request was not answered.
    #[error("the control plane does not answer")]
    Silent(#[from] tokio::time::error::Elapsed),
    /// The answer is no.
    #[error("the control plane answers {0}")]
    Status(StatusCode),
}

impl FeedClient {
    /// Makes a client for a proxy of this name; reads what the settings name, asks nobody.
    ///
    /// # Errors
    /// [`ClientError`].
    pub(super) async fn new(settings: &FeedSettings, proxy: String) -> Result<Self, ClientError> {
        let roots = match &settings.root_file {
            Some(path) => reqwest::Certificate::from_pem_bundle(&read("feed.root_file", path).await?),
            None => Ok(Vec::new()),
        };
        let roots = roots.map_err(ClientError::Root)?;
        let http = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_DEADLINE)
            .user_agent("marque-proxy");
        // Over plain HTTP no certificate is looked at: a machine without any must not be refused for it.
        let is_plain = settings.url.starts_with("http://");
        let http = if is_plain { http.tls_certs_only(roots) } else { http.tls_certs_merge(roots) };
        let http = http.build().map_err(ClientError::Tls)?;
        let url = settings.url.trim_end_matches('/').to_owned();
        let client = Self { http, url, token_file: settings.token_file.clone(), proxy };
        client.token().await?;
        Ok(client)
    }

    /// The name that the control plane knows this proxy by.
    #[must_use]
    pub(super) fn proxy(&self) -> &str {
        &self.proxy
    }

    /// Opens the feed's stream, for what comes after `position`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub(super) async fn feed(&self, position: Option<&Position>) -> Result<Response, ClientError> {
        self.ask(self.http.get(self.feed_url(position))).await
    }

    fn feed_url(&self, position: Option<&Position>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("proxy", &self.proxy);
        if let Some(position) = position {
            query.append_pair("epoch", &position.epoch).append_pair("after", &position.revision.0.to_string());
        }
        format!("{}/v1/edge/feed?{}", self.url, query.finish())
    }

    /// Says what has been applied.
    ///
    /// # Errors
    /// [`ClientError`].
    pub(super) async fn acknowledge(&self, ack: &Ack) -> Result<(), ClientError> {
        let url = format!("{}/v1/edge/acks", self.url);
        self.ask(self.http.post(url).json(ack)).await.map(drop)
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        let request = request.bearer_auth(self.token().await?.as_str());
        let answer = tokio::time::timeout(ANSWER_DEADLINE, request.send()).await??;
        if answer.status().is_success() { Ok(answer) } else { Err(ClientError::Status(answer.status())) }
    }

    /// Read for each request, so that a token can be replaced without a restart.
    async fn token(&self) -> Result<Zeroizing<String>, ClientError> {
        let bytes = Zeroizing::new(read("feed.token_file", &self.token_file).await?);
        Ok(Zeroizing::new(String::from_utf8_lossy(&bytes).trim().to_owned()))
    }
}

async fn read(key: &'static str, path: &Path) -> Result<Vec<u8>, ClientError> {
    tokio::fs::read(path).await.map_err(|source| ClientError::File { key, path: path.to_owned(), source })
}
