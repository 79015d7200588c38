//! One request while it lasts: what was decided of it, and in the end its one access event.

use std::sync::Arc;

use http::HeaderValue;
use marque_config::TenantId;
use pingora::Error;
use pingora::proxy::Session;
use tokio::time::Instant;

use crate::connection::{BodyWatch, Connection, OpenRequest};
use crate::lockdown::Permit;
use crate::refusal::Refusal;
use crate::route::Route;
use crate::telemetry::Metrics;
use crate::upstream::Target;

/// The context of one request.
pub(crate) struct Visit {
    pub(crate) connection: Option<Arc<Connection>>,
    pub(crate) request_id: Option<HeaderValue>,
    /// Proof that the request may pass; without it nothing does.
    pub(crate) permit: Option<Permit>,
    pub(crate) cookie: Option<HeaderValue>,
    pub(crate) is_grpc: bool,
    pub(super) is_challenge: bool,
    pub(super) open: Option<OpenRequest>,
    pub(super) body: Option<Arc<BodyWatch>>,
    pub(super) target: Option<Arc<Target>>,
    pub(super) connects: u8,
    pub(super) refusal: Option<Refusal>,
    route: Option<Route>,
    metrics: Arc<Metrics>,
    started: Instant,
    is_logged: bool,
}

impl Visit {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        Self {
            connection: None,
            request_id: None,
            permit: None,
            cookie: None,
            is_grpc: false,
            is_challenge: false,
            open: None,
            body: None,
            target: None,
            connects: 0,
            refusal: None,
            route: None,
            metrics,
            started: Instant::now(),
            is_logged: false,
        }
    }

    /// Keeps where the request leads, for its refusal's page and its event.
    pub(super) fn note_route(&mut self, route: &Route) {
        self.route = Some(route.clone());
    }

    /// Where the request leads, as far as was found out.
    pub(super) fn route(&self) -> Option<&Route> {
        self.route.as_ref()
    }

    /// Writes the access event.
    pub(super) fn log(&mut self, session: &Session, error: Option<&Error>) {
        let head = session.req_header();
        let status = session.response_written().map_or(0, |head| head.status.as_u16());
        let path = head.uri.path();
        self.event(head.method.as_str(), path, status, session.body_bytes_sent(), error);
    }

    fn event(&mut self, method: &str, path: &str, status: u16, bytes: usize, error: Option<&Error>) {
        self.is_logged = true;
        let duration = self.started.elapsed();
        let outcome = self.outcome(status, error.is_some());
        self.metrics.request(outcome, duration.as_secs_f64());
        let connection = self.connection.as_deref();
        tracing::info!(
            target: "access",
            host = connection.map(|it| it.sni.as_str()),
            peer = connection.map(|it| tracing::field::display(it.peer.ip())),
            tenant.id = self.tenant().map(tracing::field::display),
            request.id = self.request_id.as_ref().and_then(|id| id.to_str().ok()),
            method,
            path,
            status,
            bytes,
            outcome,
            error = error.filter(|_| outcome != "served").map(tracing::field::display),
            duration_ms = duration.as_millis() as u64,
            "request"
        );
    }

    fn tenant(&self) -> Option<TenantId> {
        self.route.as_ref().map(|route| route.tenant.id)
    }

    fn outcome(&self, status: u16, has_failed: bool) -> &'static str {
        match self.refusal {
            Some(refusal) => refusal.code(),
            None if self.is_challenge => "challenge",
            None if status == 0 || has_failed => "aborted",
            None => "served",
        }
    }
}

impl Drop for Visit {
    /// The engine drops a request's context without a word when its connection is cut.
    fn drop(&mut self) {
        if !self.is_logged {
            self.event("-", "-", 0, 0, None);
        }
    }
}
