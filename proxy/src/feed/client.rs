//! How the control planes are asked: the feed's stream, and acknowledgements.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use marque_config::edge_events::{EdgeEvents, SettledEvents};
use marque_config::entry::{Redeemed, Redemption};
use marque_config::feed::{Ack, FORMAT_HEADER, Format, SILENCE_MS};
use marque_config::settings::FeedSettings;
use reqwest::{Client, RequestBuilder, Response};
use zeroize::Zeroizing;

use super::Position;

/// With another control plane to turn to, none is waited for longer than a stream may be silent.
const SHORT_DEADLINE: Duration = Duration::from_millis(SILENCE_MS);
const CONNECT_DEADLINE: Duration = Duration::from_secs(3);
const ANSWER_DEADLINE: Duration = Duration::from_secs(10);

/// Bytes a second that a line to a control plane takes at least.
const SLOWEST_LINE: usize = 128 << 10;

/// A client of the control planes.
#[derive(Debug, Clone)]
pub(crate) struct FeedClient {
    http: Client,
    urls: Vec<String>,
    token_file: PathBuf,
    proxy: String,
}

/// Which control plane: its place in the settings, the preferred one first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Plane(usize);

/// Why a control plane wasn't asked, or didn't answer.
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
    /// What is to be sent has no JSON.
    #[error("what is to be sent can't be written")]
    Unwritable(#[source] serde_json::Error),
    /// The answer is no.
    #[error("the control plane answers {0}")]
    Status(StatusCode),
}

/// Why a ticket wasn't redeemed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unredeemed {
    /// The control plane says no, by this code.
    #[error("the control plane refuses the ticket: {0}")]
    Refused(String),
    /// Nobody says anything.
    #[error("the control plane can't be asked about a ticket")]
    Unavailable(#[from] ClientError),
}

/// What is read of a problem document.
#[derive(serde::Deserialize)]
struct Problem {
    code: String,
}

impl FeedClient {
    /// Makes a client for a proxy of this name; reads what the settings name, asks nobody.
    ///
    /// # Errors
    /// [`ClientError`].
    pub(crate) async fn new(settings: &FeedSettings, proxy: String) -> Result<Self, ClientError> {
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
        let is_plain = settings.url.iter().all(|url| url.starts_with("http://"));
        let http = if is_plain { http.tls_certs_only(roots) } else { http.tls_certs_merge(roots) };
        let http = http.build().map_err(ClientError::Tls)?;
        let urls = settings.url.iter().map(|url| url.trim_end_matches('/').to_owned()).collect();
        let client = Self { http, urls, token_file: settings.token_file.clone(), proxy };
        client.token().await?;
        Ok(client)
    }

    /// A client that leads nowhere.
    #[cfg(test)]
    pub(crate) fn of_nobody() -> Self {
        let urls = vec!["http://127.0.0.1:1".to_owned()];
        Self { http: Client::new(), urls, token_file: "/nowhere/token".into(), proxy: "test".into() }
    }

    /// The name that the control planes know this proxy by.
    #[must_use]
    pub(crate) fn proxy(&self) -> &str {
        &self.proxy
    }

    /// How many control planes there are.
    #[must_use]
    pub(super) fn planes(&self) -> usize {
        self.urls.len()
    }

    /// Where a control plane is.
    #[must_use]
    pub(super) fn url(&self, plane: Plane) -> &str {
        &self.urls[plane.0 % self.urls.len()]
    }

    /// The control plane to turn to after another; the first after the last.
    #[must_use]
    pub(super) fn after(&self, plane: Plane) -> Plane {
        Plane((plane.0 + 1) % self.urls.len())
    }

    /// Opens the feed's stream, for what comes after `position`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub(super) async fn feed(&self, plane: Plane, position: Option<&Position>) -> Result<Response, ClientError> {
        let request = self.http.get(self.feed_url(plane, position)).header(FORMAT_HEADER, Format::CURRENT.0);
        self.ask(request).await
    }

    fn feed_url(&self, plane: Plane, position: Option<&Position>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("proxy", &self.proxy);
        if let Some(position) = position {
            query.append_pair("epoch", &position.epoch).append_pair("after", &position.revision.0.to_string());
        }
        format!("{}/v1/edge/feed?{}", self.url(plane), query.finish())
    }

    /// Says what has been applied: to `plane`, and when it doesn't take it, to the next.
    ///
    /// # Errors
    /// [`ClientError`] of the last that was asked.
    pub(super) async fn acknowledge(&self, mut plane: Plane, ack: &Ack) -> Result<(), ClientError> {
        let mut said = self.acknowledge_at(plane, ack).await;
        for _ in 1..self.planes() {
            if said.is_ok() {
                break;
            }
            plane = self.after(plane);
            said = self.acknowledge_at(plane, ack).await;
        }
        said
    }

    /// Says what has been applied, to one control plane alone.
    ///
    /// # Errors
    /// [`ClientError`].
    pub(super) async fn acknowledge_at(&self, plane: Plane, ack: &Ack) -> Result<(), ClientError> {
        let url = format!("{}/v1/edge/acks", self.url(plane));
        self.ask(self.http.post(url).json(ack)).await.map(drop)
    }

    /// Sends what the edge saw: to the first control plane, and when it doesn't take it, to the next.
    ///
    /// # Errors
    /// [`ClientError`] of the last that was asked.
    pub(crate) async fn send_events(&self, events: &EdgeEvents) -> Result<SettledEvents, ClientError> {
        let mut plane = Plane::default();
        let body = Bytes::from(serde_json::to_vec(events).map_err(ClientError::Unwritable)?);
        let mut said = self.send_events_to(plane, body.clone()).await;
        for _ in 1..self.planes() {
            if said.is_ok() {
                break;
            }
            plane = self.after(plane);
            said = self.send_events_to(plane, body.clone()).await;
        }
        said
    }

    async fn send_events_to(&self, plane: Plane, body: Bytes) -> Result<SettledEvents, ClientError> {
        let url = format!("{}/v1/edge/events", self.url(plane));
        // What is sent with files takes longer on a slow line, and is to arrive there too.
        let sending = Duration::from_secs((body.len() / SLOWEST_LINE) as u64);
        let request = self.http.post(url).header(CONTENT_TYPE, "application/json").body(body);
        let answer = self.ask_within(self.deadline() + sending, request).await?;
        Ok(tokio::time::timeout(ANSWER_DEADLINE, answer.json()).await??)
    }

    /// Redeems a ticket: at the first control plane, and when that can't be asked, at the next. One that answers is the
    /// last that is asked: a ticket is good once.
    ///
    /// # Errors
    /// [`Unredeemed`].
    pub(crate) async fn redeem(&self, redemption: &Redemption) -> Result<Redeemed, Unredeemed> {
        let mut plane = Plane::default();
        let mut redeemed = self.redeem_at(plane, redemption).await;
        for _ in 1..self.planes() {
            if !matches!(redeemed, Err(Unredeemed::Unavailable(ClientError::Request(_)))) {
                break;
            }
            plane = self.after(plane);
            redeemed = self.redeem_at(plane, redemption).await;
        }
        redeemed
    }

    async fn redeem_at(&self, plane: Plane, redemption: &Redemption) -> Result<Redeemed, Unredeemed> {
        let url = format!("{}/v1/edge/entries", self.url(plane));
        let request = self.http.post(url).json(redemption).bearer_auth(self.token().await?.as_str());
        let answer = request.send().await.map_err(ClientError::from)?;
        match answer.status() {
            StatusCode::OK => Ok(answer.json().await.map_err(ClientError::from)?),
            StatusCode::NOT_FOUND | StatusCode::CONFLICT => {
                let problem: Problem = answer.json().await.map_err(ClientError::from)?;
                Err(Unredeemed::Refused(problem.code))
            }
            status => Err(ClientError::Status(status).into()),
        }
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        self.ask_within(self.deadline(), request).await
    }

    fn deadline(&self) -> Duration {
        if self.planes() > 1 { SHORT_DEADLINE } else { ANSWER_DEADLINE }
    }

    async fn ask_within(&self, deadline: Duration, request: RequestBuilder) -> Result<Response, ClientError> {
        let request = request.bearer_auth(self.token().await?.as_str());
        let answer = tokio::time::timeout(deadline, request.send()).await??;
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
