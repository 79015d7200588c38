//! Who shares what: callers who show a token or a session, strangers, and the feed's streams each have places of their
//! own, and connections to the database of their own. So none of them, however many there are and however slow, takes
//! what the others need. A request holds its place until its answer was sent.
//!
//! Who is a stranger is decided before anything is looked up: whoever shows nothing, and whoever asks for what everybody
//! may have, such as logging in. A token or session that turns out to be none gives its place back at once.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use marque_config::settings::ShareSettings;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::{ServiceExt, service_fn};
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::Operation;

use super::cookie;
use super::problem::Problem;
use crate::telemetry::Metrics;

/// Who takes a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Share {
    /// Who shows a token or a session.
    Known,
    /// Everybody else.
    Strangers,
    /// Proxies that follow the feed.
    Feed,
}

/// The places.
#[derive(Debug)]
pub(crate) struct Places {
    known: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
    feed: Arc<Semaphore>,
    metrics: Arc<Metrics>,
}

/// What admits requests of one router.
#[derive(Debug, Clone)]
pub(crate) struct Gatekeeper {
    places: Arc<Places>,
    are_strangers: bool,
}

/// What everybody may ask, by method and path.
#[derive(Debug, Clone)]
pub(crate) struct Open(Arc<BTreeSet<(String, String)>>);

/// A body that holds its request's place until it was sent, or is dropped.
struct Held {
    body: Body,
    _place: OwnedSemaphorePermit,
}

const FEED: &str = "/v1/edge/feed";

impl Share {
    /// As the metrics and the refusal have it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Known => "api",
            Self::Strangers => "strangers",
            Self::Feed => "feed",
        }
    }
}

impl Places {
    pub(crate) fn new(settings: &ShareSettings, metrics: &Arc<Metrics>) -> Arc<Self> {
        let places = |count: u32| Arc::new(Semaphore::new(usize::try_from(count).unwrap_or(Semaphore::MAX_PERMITS)));
        Arc::new(Self {
            known: places(settings.api),
            strangers: places(settings.strangers),
            feed: places(settings.feed),
            metrics: Arc::clone(metrics),
        })
    }

    fn take(&self, share: Share) -> Option<OwnedSemaphorePermit> {
        let places = match share {
            Share::Known => &self.known,
            Share::Strangers => &self.strangers,
            Share::Feed => &self.feed,
        };
        let place = Arc::clone(places).try_acquire_owned().ok();
        if place.is_none() {
            self.metrics.share_used_up(share.as_str());
        }
        place
    }
}

impl Gatekeeper {
    pub(crate) fn new(places: &Arc<Places>, are_strangers: bool) -> Self {
        Self { places: Arc::clone(places), are_strangers }
    }
}

impl Open {
    pub(crate) fn of(description: &OpenApi) -> Self {
        let is_open =
            |operation: &Operation| operation.security.as_ref().is_some_and(|asked| !asks_for_anything(asked));
        let mut open = BTreeSet::new();
        for (path, item) in &description.paths.paths {
            for (method, operation) in [("GET", &item.get), ("POST", &item.post)] {
                if operation.as_ref().is_some_and(is_open) {
                    open.insert((method.to_owned(), path.clone()));
                }
            }
        }
        Self(Arc::new(open))
    }

    fn has(&self, method: &Method, path: &str) -> bool {
        let described = self.0.contains(&(method.as_str().to_owned(), path.to_owned()));
        described || path == "/v1/openapi.json" || path.starts_with("/problems")
    }

    fn is_for_strangers(&self, request: &Request) -> bool {
        let shows = request.headers().contains_key(header::AUTHORIZATION);
        let shows = shows || cookie::presented(request.headers()).is_some();
        !shows || self.has(request.method(), request.uri().path())
    }
}

/// Whether one of the ways in asks for something; to say that nothing is needed, there is an empty one.
fn asks_for_anything(ways: &[utoipa::openapi::security::SecurityRequirement]) -> bool {
    ways.iter().all(|way| serde_json::to_value(way).is_ok_and(|way| way.as_object().is_some_and(|it| !it.is_empty())))
}

/// One service of two: strangers have their own.
pub(crate) fn divided(known: Router, strangers: Router, open: Open) -> Router {
    Router::new().fallback_service(service_fn(move |request: Request| {
        let router = if open.is_for_strangers(&request) { strangers.clone() } else { known.clone() };
        async move {
            let Ok(response) = router.oneshot(request).await;
            Ok::<_, Infallible>(response)
        }
    }))
}

/// Gives a request its place, or refuses it where there is none.
pub(crate) async fn admit(State(keeper): State<Gatekeeper>, request: Request, next: Next) -> Response {
    let follows = request.extensions().get::<MatchedPath>().is_some_and(|path| path.as_str() == FEED);
    let share = match (keeper.are_strangers, follows) {
        (true, _) => Share::Strangers,
        (false, true) => Share::Feed,
        (false, false) => Share::Known,
    };
    let Some(place) = keeper.places.take(share) else { return Problem::share_used_up(share).into_response() };
    next.run(request).await.map(|body| Body::new(Held { body, _place: place }))
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.body.size_hint()
    }
}
