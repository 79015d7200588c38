//! `/v1/edge/events`: what a proxy saw, and what was written on its own pages. Each event is applied once, whatever becomes
//! of the others.

mod take;

use axum::Json;
use axum::extract::{Request, State};
use marque_config::edge_events::{EdgeEvents, MOST_BYTES, MOST_EVENTS};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::edge::api::only_its_own;
use crate::edge::store::events::{Came, EventFilter, Place};
use crate::identity::operations::tokens;
use crate::kernel::fault::FieldFault;
use crate::kernel::language::Sentence;
use crate::kernel::scope::Scope;
use crate::web::caller::Caller;
use crate::web::page::{Items, List, Pages};
use crate::web::problem::{Problem, ProblemDocument};
use crate::web::time::written;
use crate::web::{Api, body};
use take::Sender;

/// What became of events, in the order in which they were sent. None need be sent again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EdgeEventsSettled {
    /// One for each that was sent.
    events: Vec<EdgeEventSettled>,
}

/// What became of one event.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EdgeEventSettled {
    /// Its identity.
    id: String,
    /// The code of why it was refused; none when it was applied, now or before.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
}

/// An event that a proxy sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EdgeEvent {
    /// The proxy.
    proxy: String,
    /// Its identity, unique among those of its proxy.
    id: String,
    /// What kind of event it is.
    kind: String,
    /// When the proxy saw it, by its clock.
    #[schema(format = DateTime)]
    seen_at: String,
    /// When it was taken, or refused.
    #[schema(format = DateTime)]
    taken_at: String,
    /// The code of why it was refused; none when it was applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
}

/// Which events are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EdgeEventQuery {
    /// Those of a proxy.
    #[serde(default)]
    proxy: Option<String>,
    /// Those that were refused, or those that were applied.
    #[serde(default)]
    refused: Option<bool>,
}

/// Lists what proxies sent, and why what was refused was.
#[utoipa::path(get, path = "/v1/edge/events", tag = "edge", params(Pages, EdgeEventQuery),
    responses((status = 200, body = Items<EdgeEvent>)))]
pub(crate) async fn list(
    caller: Caller,
    List(pages, query): List<EdgeEventQuery>,
) -> Result<Json<Items<EdgeEvent>>, Problem> {
    caller.may_as_operator(Scope::AuditRead)?;
    let filter = EventFilter { proxy: query.proxy, refused: query.refused };
    let found = caller.store().edge_events(&filter, &pages.page_after::<Place>()?).await?;
    Ok(Json(pages.items(found, |event| event.place().to_string(), EdgeEvent::from)))
}

/// Takes what a proxy saw: at most 20 events, each with an identity that is unique among the proxy's (`id`), when it was
/// seen (`at_ms`), its `kind` and its `body`. Kinds are `first_use`,
/// `contact_message` and `entry_left`.
#[utoipa::path(post, path = "/v1/edge/events", tag = "edge", request_body(content = Object),
    responses((status = 200, body = EdgeEventsSettled), (status = "default", body = ProblemDocument)))]
pub(crate) async fn record(
    State(api): State<Api>,
    caller: Caller,
    request: Request,
) -> Result<Json<EdgeEventsSettled>, Problem> {
    let reach = caller.may(Scope::EdgeSync)?;
    let (parts, bytes) = request.into_parts();
    let sent: EdgeEvents = body::parse(&parts.headers, &body::read(bytes, MOST_BYTES).await?)?;
    check(&sent)?;
    only_its_own(&api, &caller, &sent.proxy).await?;
    if api.inner.store.feed().await?.position().epoch != sent.epoch {
        return Err(Problem::other_epoch());
    }
    let sender = Sender { proxy: &sent.proxy, reach: &reach };
    let mut events = Vec::with_capacity(sent.events.len());
    for event in &sent.events {
        let refused = take::take(&api.inner.store, sender, event).await?;
        events.push(EdgeEventSettled { id: event.id.clone(), refused });
    }
    Ok(Json(EdgeEventsSettled { events }))
}

impl From<Came> for EdgeEvent {
    fn from(came: Came) -> Self {
        let Came { proxy, id, kind, seen_ms, taken_ms, refused } = came;
        Self { proxy, id, kind, seen_at: written(seen_ms), taken_at: written(taken_ms), refused }
    }
}

/// Refuses what no proxy sends: then nothing of it is taken.
fn check(sent: &EdgeEvents) -> Result<(), FieldFault> {
    tokens::check_proxy_name(&sent.proxy)?;
    if sent.events.len() > MOST_EVENTS {
        let (english, french) =
            (format!("There are at most {MOST_EVENTS}."), format!("Il y en a au plus {MOST_EVENTS}."));
        return Err(FieldFault::new("/events", "too-many", Sentence::new(english, french)));
    }
    let is_id =
        |id: &str| (1..=64).contains(&id.len()) && id.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
    match sent.events.iter().position(|event| !is_id(&event.id)) {
        None => Ok(()),
        Some(index) => {
            let said = Sentence::fixed(
                "An identity is 1 to 64 letters, digits and hyphens.",
                "Un identifiant a de 1 à 64 lettres, chiffres et tirets.",
            );
            Err(FieldFault::new(format!("/events/{index}/id"), "invalid-id", said))
        }
    }
}
