//! One request while it lasts: what was decided of it, and in the end its one access event.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;
use marque_config::TenantId;
use marque_config::application::UpstreamProtocol;
use pingora::http::ResponseHeader;
use pingora::{Error, ErrorSource, ErrorType};
use tokio::time::Instant;

use super::patience::Patience;
use super::visitor::Visitor;
use super::{BodyWatch, CONNECTS, Connection, OpenRequest, is_fault_of_target};
use crate::limits::{Place, Slot};
use crate::lockdown::{Permit, judge_login_page, judge_source};
use crate::refusal::Refusal;
use crate::telemetry::Metrics;
use crate::upstream::{Binding, Target};

/// The context of one request.
pub(crate) struct Visit {
    pub(crate) connection: Option<Arc<Connection>>,
    pub(crate) request_id: Option<HeaderValue>,
    /// Proof that the request may pass; without it nothing does.
    pub(crate) permit: Option<Permit>,
    pub(crate) cookie: Option<HeaderValue>,
    /// Whether the request is a procedure call, to an application that speaks HTTP/2.
    pub(crate) is_grpc: bool,
    pub(crate) binding: Option<Binding>,
    /// When the application says that the visitor may come back.
    pub(crate) retry_after: Option<HeaderValue>,
    /// How long the application may still take; none before the request has come in.
    pub(super) patience: Option<Arc<Patience>>,
    /// What the edge answered itself, in a word.
    pub(super) hosted: Option<&'static str>,
    /// Held as long as the request is in flight.
    pub(super) place: Option<Place>,
    pub(super) slot: Option<Slot>,
    pub(super) open: Option<OpenRequest>,
    pub(super) body: Option<Arc<BodyWatch>>,
    pub(super) target: Option<Arc<Target>>,
    pub(super) connects: u8,
    pub(super) refusal: Option<Refusal>,
    metrics: Arc<Metrics>,
    started: Instant,
    is_logged: bool,
}

/// What an access event says of a request and its answer.
struct Seen<'a> {
    method: &'a str,
    path: &'a str,
    status: u16,
    bytes: usize,
}

impl Visit {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        Self {
            connection: None,
            request_id: None,
            permit: None,
            cookie: None,
            is_grpc: false,
            binding: None,
            retry_after: None,
            patience: None,
            hosted: None,
            place: None,
            slot: None,
            open: None,
            body: None,
            target: None,
            connects: 0,
            refusal: None,
            metrics,
            started: Instant::now(),
            is_logged: false,
        }
    }

    /// Whether the request goes to an application that speaks HTTP/1.
    pub(super) fn speaks_http1(&self) -> bool {
        let protocol = self.permit.as_ref().map(|permit| permit.route().application.policy.upstream_protocol);
        protocol == Some(UpstreamProtocol::Http1)
    }

    /// Keeps why the request is refused, for the engine to come back with.
    pub(super) fn refused(&mut self, refusal: Refusal) -> Box<Error> {
        self.refusal = Some(refusal);
        Error::new_in(ErrorType::Custom(refusal.code()))
    }

    /// Notes that the request goes on its way: its answer isn't due yet.
    pub(super) fn sending(&self) {
        if let Some(patience) = &self.patience {
            patience.sending();
        }
    }

    /// Notes a piece of the request's body, or its end. What comes back is to be sent in its place.
    pub(super) fn received(&self, piece: Option<Bytes>) -> Option<Bytes> {
        self.sending();
        match (&self.body, piece) {
            (Some(watch), Some(piece)) => Some(watch.received(piece)),
            (Some(watch), None) => {
                watch.ended();
                None
            }
            (None, piece) => piece,
        }
    }

    /// Notes that no connection was made. Nothing was sent: another place may be tried, whatever the method.
    pub(super) fn failed_to_connect(&mut self, mut error: Box<Error>) -> Box<Error> {
        self.connects += 1;
        if let Some(target) = self.target.as_ref().filter(|_| is_fault_of_target(&error)) {
            target.failed();
        }
        error.set_retry(self.connects < CONNECTS);
        error
    }

    /// Judges whether a request that failed is sent once more. Something may have been done already: only what may be
    /// done twice, and can be sent again whole, is.
    pub(super) fn judge_repeat<V: Visitor>(&self, visitor: &mut V, error: &mut Error, is_reused: bool) {
        let is_repeatable = visitor.asked().method.is_idempotent() && !visitor.has_body();
        if is_repeatable && visitor.answered().is_none() {
            error.retry.decide_reuse(is_reused);
        } else {
            error.set_retry(false);
        }
    }

    /// Judges an answer's head, where the request only fetched a login's page, or where sessions come from besides.
    pub(super) fn judge_login_page(&self, head: &ResponseHeader) -> Result<(), Refusal> {
        let Some(permit) = &self.permit else { return Ok(()) };
        match permit.login_page() {
            Some(login) => judge_login_page(permit, login, &head.headers),
            None if permit.is_source() => judge_source(permit, &head.headers).map(drop),
            None => Ok(()),
        }
    }

    /// Writes the access event.
    pub(super) fn log<V: Visitor>(&mut self, visitor: &V, error: Option<&Error>) {
        // An application that takes too long is found out on the client's side, and is no fault of the client's.
        let is_given_up = self.refusal != Some(Refusal::UpstreamSlow)
            && error.is_some_and(|error| *error.esource() == ErrorSource::Downstream);
        if let Some(connection) = self.connection.as_ref().filter(|_| is_given_up && visitor.is_http2()) {
            connection.give_up();
        }
        if let Some(patience) = &self.patience {
            patience.rest();
        }
        let head = visitor.asked();
        let status = visitor.answered().map_or(0, |status| status.as_u16());
        let seen = Seen { method: head.method.as_str(), path: head.uri.path(), status, bytes: visitor.sent() };
        self.event(&seen, error);
    }

    fn event(&mut self, seen: &Seen<'_>, error: Option<&Error>) {
        self.is_logged = true;
        let duration = self.started.elapsed();
        let outcome = self.outcome(seen.status, error.is_some());
        self.metrics.request(outcome, duration.as_secs_f64());
        let connection = self.connection.as_deref();
        tracing::info!(
            target: "access",
            host = connection.map(|it| it.sni.as_str()),
            peer = connection.map(|it| tracing::field::display(it.peer.ip())),
            tenant.id = self.tenant().map(tracing::field::display),
            request.id = self.request_id.as_ref().and_then(|id| id.to_str().ok()),
            method = seen.method,
            path = seen.path,
            status = seen.status,
            bytes = seen.bytes,
            outcome,
            error = error.map(tracing::field::display),
            duration_ms = duration.as_millis() as u64,
            "request"
        );
    }

    fn tenant(&self) -> Option<TenantId> {
        self.permit.as_ref().map(|permit| permit.route().tenant.id)
    }

    fn outcome(&self, status: u16, has_failed: bool) -> &'static str {
        match (self.refusal, self.hosted) {
            (Some(refusal), _) => refusal.code(),
            (None, Some(word)) => word,
            (None, None) if status == 0 || has_failed => "aborted",
            (None, None) => "served",
        }
    }
}

impl Drop for Visit {
    /// The engine drops a request's context without a word when its connection is cut.
    fn drop(&mut self) {
        if !self.is_logged {
            self.event(&Seen { method: "-", path: "-", status: 0, bytes: 0 }, None);
        }
    }
}
