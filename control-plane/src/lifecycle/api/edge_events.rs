//! `/v1/edge/events`: what a proxy saw, and what was written on its own pages. Each event is applied once, whatever becomes
//! of the others.

mod take;

use axum::Json;
use axum::extract::{Request, State};
use marque_config::edge_events::{EdgeEvents, MOST_BYTES, MOST_EVENTS};
use serde::Serialize;
use utoipa::ToSchema;

use crate::edge::api::only_its_own;
use crate::identity::operations::tokens;
use crate::kernel::fault::FieldFault;
use crate::kernel::language::Sentence;
use crate::kernel::scope::Scope;
use crate::web::caller::Caller;
use crate::web::problem::{Problem, ProblemDocument};
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

/// Takes what a proxy saw: at most 20 events, each with an identity that is unique among the proxy's (`id`), when it was
/// seen (`at_ms`), its `kind` and its `body`. Kinds are `first_use` and `contact_message`.
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
