//! What machines ask of the process: is it alive, is it ready, what did it count. On loopback only: nobody is asked
//! who they are.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use marque_config::clock::Clock;
use marque_config::feed::Format;
use marque_config::feed::RecordKind;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::Metrics;
use crate::directory::{Directory, NotUnderstood};

const DEADLINE: Duration = Duration::from_secs(10);
/// How many closed records the page of the replica names.
const EXAMPLES: usize = 100;

/// What the status pages are made of.
pub(crate) struct Status {
    /// What the proxy knows.
    pub directory: Arc<Directory>,
    /// What it counted.
    pub metrics: Arc<Metrics>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Whether the process is about to end.
    pub closing: watch::Receiver<bool>,
}

impl Status {
    /// As many connections as it answers at once: more than any scraper opens.
    pub(crate) const CONNECTIONS: usize = 32;

    /// Answers one connection.
    pub(crate) async fn serve(self: Arc<Self>, stream: TcpStream) {
        let service = service_fn(move |request| {
            let answer = self.answer(&request);
            async move { Ok::<_, Infallible>(answer) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(DEADLINE)
            .keep_alive(false)
            .serve_connection(TokioIo::new(stream), service);
        drop(tokio::time::timeout(DEADLINE, connection).await);
    }

    fn answer<B>(&self, request: &Request<B>) -> Response<Full<Bytes>> {
        if request.method() != Method::GET && request.method() != Method::HEAD {
            return text(StatusCode::METHOD_NOT_ALLOWED, "");
        }
        match request.uri().path() {
            "/healthz" => text(StatusCode::OK, "alive\n"),
            "/readyz" => self.ready(),
            "/metrics" => self.metrics(),
            "/replica" => self.replica(),
            _ => text(StatusCode::NOT_FOUND, "not found\n"),
        }
    }

    /// The listeners are bound before anything is answered here.
    fn ready(&self) -> Response<Full<Bytes>> {
        if *self.closing.borrow() {
            text(StatusCode::SERVICE_UNAVAILABLE, "closing\n")
        } else if !self.directory.applied().borrow().is_loaded {
            text(StatusCode::SERVICE_UNAVAILABLE, "no replica yet\n")
        } else {
            text(StatusCode::OK, "ready\n")
        }
    }

    /// How far the replica is, and what of it this version doesn't understand.
    fn replica(&self) -> Response<Full<Bytes>> {
        let NotUnderstood { closed, skipped, examples } = self.directory.not_understood(EXAMPLES);
        let page = serde_json::json!({
            "revision": self.directory.applied().borrow().revision,
            "format": Format::CURRENT,
            "not_understood": { "closed": closed, "skipped": skipped, "closed_examples": examples },
        });
        let mut answer = text(StatusCode::OK, format!("{page:#}\n"));
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        answer
    }

    fn metrics(&self) -> Response<Full<Bytes>> {
        let NotUnderstood { closed, skipped, .. } = self.directory.not_understood(0);
        self.metrics.not_understood(closed, skipped);
        self.metrics.entries_open(self.directory.count(RecordKind::Entry));
        match self.metrics.text(self.clock.now_ms(), self.directory.first_expiry_ms()) {
            Ok(metrics) => {
                let mut answer = text(StatusCode::OK, metrics);
                let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
                answer.headers_mut().insert(CONTENT_TYPE, kind);
                answer
            }
            Err(_) => text(StatusCode::INTERNAL_SERVER_ERROR, "the metrics can't be written\n"),
        }
    }
}

fn text(status: StatusCode, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
