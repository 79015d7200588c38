//! The engine: what serves requests, and the one place where its hooks call the stages in their order.
//!
//! A request's context holds the permit that the lock-down made, if it made one; without it no peer is chosen, so
//! nothing reaches an application undecided.

mod admission;
mod answer;
mod binding;
mod body_watch;
mod connection;
mod contact;
mod entry_pages;
mod failure;
mod first_use;
mod login;
mod pass;
mod patience;
mod shared;
mod visit;
mod visitor;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, Version, header};
use marque_config::application::UpstreamProtocol;
use marque_config::clock::{Clock, Random};
use marque_config::settings::ProxySettings;
use pingora::connectors::ConnectorOptions;
use pingora::connectors::http::Connector;
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::modules::http::HttpModules;
use pingora::proxy::{FailToProxy, HttpProxy, ProxyHttp, ProxyWarnLogContext, Session, http_proxy};
use pingora::server::configuration::ServerConf;
use pingora::time::fast_timeout::set_fast_timeout_to_tokio_threshold;
use pingora::upstreams::peer::HttpPeer;
use pingora::{Error, ErrorType};
use tokio::sync::watch;

use crate::contain::response;
use crate::directory::{Directory, Secrets};
use crate::entry::Tickets;
use crate::hosted::contact::{ContactDesk, DeskParts};
use crate::identity::Issuer;
use crate::limits::InFlight;
use crate::outbox::Outbox;
use crate::refusal::Refusal;
use crate::telemetry::Metrics;
use crate::upstream::{self, Links, RootsError, Upstreams};
pub(crate) use answer::{contain, write};
pub(crate) use body_watch::{BodyWatch, WINDOW};
pub(crate) use connection::{Admitted, Connection, OpenEntry, OpenRequest};
pub(crate) use failure::{is_fault_of_target, upstream_meaning};
use pass::{http1_head, write_request_line};
pub(crate) use patience::Patience;
pub(crate) use shared::Shared;
pub(crate) use visit::Visit;
pub(crate) use visitor::Visitor;

/// As many connections as one request may try to make.
pub(crate) const CONNECTS: u8 = 2;

/// Serves requests.
pub struct Engine {
    app: Arc<HttpProxy<Edge>>,
    shared: Arc<Shared>,
}

/// What an engine is made of.
pub struct EngineParts {
    /// How it was told to behave.
    pub settings: Arc<ProxySettings>,
    /// What it knows.
    pub directory: Arc<Directory>,
    /// What proxies share in secret.
    pub secrets: watch::Receiver<Arc<Secrets>>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives random bytes.
    pub random: Arc<dyn Random>,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// Keeps what the control plane is to hear.
    pub outbox: Arc<Outbox>,
    /// Asks the control plane for what must be single.
    pub(crate) tickets: Arc<Tickets>,
}

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Whom upstreams are checked against isn't known.
    #[error(transparent)]
    Roots(#[from] RootsError),
}

/// The stages as the engine's hooks.
pub(crate) struct Edge(Arc<Shared>);

impl Engine {
    /// Makes an engine. It asks nobody and opens nothing until a request comes.
    ///
    /// # Errors
    /// When the certificates that upstreams are checked against can't be read.
    pub fn new(parts: EngineParts) -> Result<Arc<Self>, EngineError> {
        let upstream = parts.settings.upstream.clone();
        let connections = upstream.idle_connections;
        let shared = Arc::new(Shared {
            upstreams: Arc::new(Upstreams::new(upstream)?),
            connector: Arc::new(Connector::new(Some(ConnectorOptions::new(connections)))),
            links: Arc::new(Links::new(connections)),
            in_flight: InFlight::new(&parts.settings.limits, Arc::clone(&parts.metrics)),
            contact: ContactDesk::new(DeskParts {
                settings: parts.settings.contact.clone(),
                outbox: Arc::clone(&parts.outbox),
                clock: Arc::clone(&parts.clock),
                random: Arc::clone(&parts.random),
                metrics: Arc::clone(&parts.metrics),
            }),
            settings: parts.settings,
            directory: parts.directory,
            secrets: parts.secrets,
            clock: parts.clock,
            random: parts.random,
            metrics: parts.metrics,
            outbox: parts.outbox,
            tickets: parts.tickets,
            issuer: Issuer::new(),
        });
        // The pool's size is given for one thread and multiplied by their number.
        let conf = ServerConf {
            threads: 1,
            upstream_keepalive_pool_size: connections,
            max_retries: usize::from(CONNECTS) + 1,
            ..ServerConf::default()
        };
        // Timeouts of a second and more, as all are by default, then need no thread that wakes a hundred times a second.
        set_fast_timeout_to_tokio_threshold(Some(Duration::ZERO));
        let app = http_proxy(&Arc::new(conf), Edge(Arc::clone(&shared)));
        Ok(Arc::new(Self { app: Arc::new(app), shared }))
    }

    /// Checks the health of all upstreams, and drops connections to them that have grown old, until `closing`.
    pub async fn watch_health(self: Arc<Self>, closing: watch::Receiver<bool>) {
        let (upstreams, directory) = (Arc::clone(&self.shared.upstreams), Arc::clone(&self.shared.directory));
        let connector = Arc::clone(&self.shared.connector);
        let links = Arc::clone(&self.shared.links).sweep(closing.clone());
        tokio::join!(upstream::health::watch(upstreams, directory, connector, closing), links);
    }

    pub(crate) fn app(&self) -> &Arc<HttpProxy<Edge>> {
        &self.app
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Serves one request. False when its answer was not finished.
    pub(crate) async fn serve<V: Visitor>(
        &self,
        visitor: &mut V,
        connection: &Arc<Connection>,
        patience: &Arc<Patience>,
    ) -> bool {
        let mut visit = Visit::new(Arc::clone(&self.shared.metrics));
        (visit.connection, visit.patience) = (Some(Arc::clone(connection)), Some(Arc::clone(patience)));
        pass::serve(&self.shared, visitor, visit).await
    }

    /// Whether the engine serves a connection's requests: it's the one that speaks HTTP/2 to applications.
    pub(crate) fn leaves_to_engine(&self, connection: &Connection) -> bool {
        let route = connection.route.route();
        route.is_ok_and(|route| route.application.policy.upstream_protocol == UpstreamProtocol::Http2)
    }
}

#[async_trait]
impl ProxyHttp for Edge {
    type CTX = Visit;

    fn new_ctx(&self) -> Visit {
        Visit::new(Arc::clone(&self.0.metrics))
    }

    fn init_downstream_modules(&self, _: &mut HttpModules) {
        // None: bodies pass as they are.
    }

    async fn request_filter(&self, session: &mut Session, visit: &mut Visit) -> pingora::Result<bool> {
        if let Some((connection, patience)) = Connection::of_digest(session.digest()) {
            (visit.connection, visit.patience) = (Some(connection), Some(patience));
        }
        if session.req_header().version == Version::HTTP_10 {
            // It knows no interim answers, and doesn't wait for one (RFC 9110 section 15.2).
            session.set_ignore_info_resp(true);
            session.req_header_mut().remove_header(&header::EXPECT);
        }
        if session.is_http2() {
            session.set_write_timeout(Some(self.0.settings.limits.write_deadline.duration()));
        }
        match admission::admit(&self.0, session, visit).await {
            Ok(is_answered) => Ok(is_answered),
            Err(refusal) => {
                answer::refuse(session, visit, refusal).await?;
                Ok(true)
            }
        }
    }

    async fn request_body_filter(
        &self,
        _: &mut Session,
        body: &mut Option<Bytes>,
        is_last: bool,
        visit: &mut Visit,
    ) -> pingora::Result<()> {
        *body = visit.received(body.take());
        if is_last && let Some(watch) = &visit.body {
            watch.ended();
        }
        Ok(())
    }

    async fn upstream_peer(&self, _: &mut Session, visit: &mut Visit) -> pingora::Result<Box<HttpPeer>> {
        let peer = self.0.assign(visit).await?;
        match &visit.permit {
            Some(permit) => Ok(self.0.upstreams.for_engine(permit, &peer)),
            None => Err(visit.refused(Refusal::Undecided)),
        }
    }

    async fn upstream_request_filter(
        &self,
        _: &mut Session,
        head: &mut RequestHeader,
        visit: &mut Visit,
    ) -> pingora::Result<()> {
        self.0.write_head(visit, head)
    }

    async fn response_filter(
        &self,
        session: &mut Session,
        head: &mut ResponseHeader,
        visit: &mut Visit,
    ) -> pingora::Result<()> {
        filter(&self.0, session, visit, head)?;
        if let Some(keeping) = first_use::of_answer(&self.0, visit, head) {
            keeping.await;
        }
        Ok(())
    }

    async fn response_trailer_filter(
        &self,
        _: &mut Session,
        trailers: &mut HeaderMap,
        _: &mut Visit,
    ) -> pingora::Result<Option<Bytes>> {
        response::contain_trailers(trailers);
        Ok(None)
    }

    fn fail_to_connect(&self, _: &mut Session, _: &HttpPeer, visit: &mut Visit, e: Box<Error>) -> Box<Error> {
        visit.failed_to_connect(e)
    }

    fn error_while_proxy(
        &self,
        _: &HttpPeer,
        session: &mut Session,
        mut e: Box<Error>,
        visit: &mut Visit,
        is_reused: bool,
    ) -> Box<Error> {
        visit.judge_repeat(session, &mut e, is_reused);
        e
    }

    async fn fail_to_proxy(&self, session: &mut Session, e: &Error, visit: &mut Visit) -> FailToProxy {
        failure::answer(session, e, visit).await
    }

    async fn logging(&self, session: &mut Session, e: Option<&Error>, visit: &mut Visit) {
        visit.log(session, e);
    }

    fn suppress_error_log(&self, _: &Session, _: &Visit, _: &Error) -> bool {
        // The access event says it, once.
        true
    }

    fn suppress_proxy_warn_log(&self, _: &Session, _: &Visit, _: &Error, _: ProxyWarnLogContext) -> bool {
        true
    }
}

/// Judges and contains the head of an application's answer.
fn filter<V: Visitor>(
    shared: &Shared,
    visitor: &V,
    visit: &mut Visit,
    head: &mut ResponseHeader,
) -> pingora::Result<()> {
    if head.status == StatusCode::SWITCHING_PROTOCOLS && !visitor.is_upgrade() {
        // Nobody asked for it.
        return Err(Error::new_up(ErrorType::InvalidHTTPHeader));
    }
    if let Some(patience) = visit.patience.as_ref().filter(|_| !is_interim(head.status)) {
        patience.answered(shared.pause(visit, head));
    }
    let judged = visit.judge_login_page(head).and_then(|()| answer::contain(shared, visitor.asked(), visit, head));
    // Nothing is written yet: the refusal's page takes the answer's place.
    judged.map_err(|refusal| visit.refused(refusal))
}

/// What comes before a final answer.
fn is_interim(status: StatusCode) -> bool {
    status.is_informational() && status != StatusCode::SWITCHING_PROTOCOLS
}
