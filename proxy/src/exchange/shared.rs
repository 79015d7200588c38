//! What all requests share, and what a permitted request takes of it: a target, a slot there, a head.

use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use marque_config::clock::{Clock, Random};
use marque_config::settings::ProxySettings;
use pingora::connectors::http::Connector;
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::upstreams::peer::HttpPeer;
use pingora::{Error, ErrorType};
use tokio::sync::watch;

use super::visit::Visit;
use crate::directory::{Directory, Secrets};
use crate::entry::Tickets;
use crate::hosted::contact::ContactDesk;
use crate::identity::{Issuer, RequestFields};
use crate::limits::{InFlight, Slot};
use crate::lockdown::Permit;
use crate::outbox::Outbox;
use crate::refusal::Refusal;
use crate::telemetry::Metrics;
use crate::upstream::{Binding, Choice, Links, Upstreams};

/// What all requests share.
pub(crate) struct Shared {
    pub(crate) settings: Arc<ProxySettings>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) upstreams: Arc<Upstreams>,
    pub(crate) connector: Arc<Connector>,
    pub(crate) links: Arc<Links>,
    pub(super) in_flight: InFlight,
    pub(super) secrets: watch::Receiver<Arc<Secrets>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) outbox: Arc<Outbox>,
    pub(super) tickets: Arc<Tickets>,
    pub(super) contact: ContactDesk,
    pub(super) issuer: Issuer,
}

impl Shared {
    /// The secrets that are in use now.
    pub(crate) fn secrets(&self) -> Arc<Secrets> {
        Arc::clone(&self.secrets.borrow())
    }

    /// Where a permitted request goes, with a slot there. A place that has as many requests as it may is passed over once;
    /// at the next one the request waits a little.
    ///
    /// # Errors
    /// [`Refusal::TargetBusy`], or why there is no place.
    pub(crate) async fn choose(&self, permit: &Permit, binding: Option<Binding>) -> Result<(Choice, Slot), Refusal> {
        let limits = &self.settings.limits;
        let choice = self.upstreams.choose(permit, binding).await?;
        if let Some(slot) = choice.target.slots(limits).try_take() {
            return Ok((choice, slot));
        }
        let choice = self.upstreams.choose(permit, binding).await?;
        let slot = choice.target.slots(limits).take().await?;
        Ok((choice, slot))
    }

    /// Where a permitted request is sent next.
    pub(super) async fn assign(&self, visit: &mut Visit) -> pingora::Result<Arc<HttpPeer>> {
        // A place that failed is left before another is sought.
        visit.slot = None;
        let chosen = match &visit.permit {
            Some(permit) => self.choose(permit, visit.binding).await,
            None => Err(Refusal::Undecided),
        };
        let (choice, slot) = chosen.map_err(|refusal| visit.refused(refusal))?;
        if let (Some(permit), Some(patience)) = (&visit.permit, &visit.patience) {
            patience.ask(permit.route().application.policy.deadlines.answer.duration());
        }
        visit.slot = Some(slot);
        visit.target = Some(choice.target);
        Ok(choice.peer)
    }

    /// How long an answer may pause once it has begun.
    pub(super) fn pause(&self, visit: &Visit, head: &ResponseHeader) -> Duration {
        let media = head.headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
        let is = |kind: &[u8]| media.get(..kind.len()).is_some_and(|it| it.eq_ignore_ascii_case(kind));
        let is_tunnel = head.status == StatusCode::SWITCHING_PROTOCOLS;
        let is_stream = is_tunnel || visit.is_grpc || is(b"text/event-stream") || is(b"application/grpc");
        match &visit.permit {
            Some(permit) if is_stream => permit.route().application.policy.deadlines.stream_idle.duration(),
            _ => self.settings.upstream.read_deadline.duration(),
        }
    }

    /// What the application hears of a permitted request.
    pub(super) fn request_fields<'a>(&self, visit: &'a Visit) -> pingora::Result<RequestFields<'a>> {
        let undecided = || Error::new_in(ErrorType::Custom(Refusal::Undecided.code()));
        let permit = visit.permit.as_ref().ok_or_else(undecided)?;
        let connection = visit.connection.as_ref().ok_or_else(undecided)?;
        let (secrets, now_ms) = (self.secrets(), self.clock.now_ms());
        let assertion = self.issuer.assertion(&mut connection.assertion(), permit, &secrets, now_ms);
        Ok(RequestFields {
            permit,
            identity: connection.identity(permit),
            request_id: visit.request_id.as_ref().ok_or_else(undecided)?,
            assertion: assertion.ok_or_else(undecided)?,
            cookie: visit.cookie.as_ref(),
            is_grpc: visit.is_grpc,
        })
    }

    /// Writes the head of a permitted request over the client's.
    pub(super) fn write_head(&self, visit: &Visit, head: &mut RequestHeader) -> pingora::Result<()> {
        let request = self.request_fields(visit)?;
        change(head, |fields| request.write(fields))
    }
}

/// Changes the fields of a head that goes to an application.
///
/// The engine keeps every name a second time, as the client spelt it, and parses each that is inserted. Names in lower
/// case mean the same and cost neither. The target is origin-form by now, so the parts hold it whole.
///
/// # Errors
/// When the engine can't make an empty head, which it can.
fn change(head: &mut RequestHeader, change: impl FnOnce(&mut HeaderMap)) -> pingora::Result<()> {
    let ends_stream = head.send_end_stream();
    let taken = std::mem::replace(head, RequestHeader::build_no_case(Method::GET, b"/", Some(0))?);
    let mut parts = Parts::from(taken);
    change(&mut parts.headers);
    *head = RequestHeader::from(parts);
    if let Some(ends_stream) = ends_stream {
        head.set_send_end_stream(ends_stream);
    }
    Ok(())
}
