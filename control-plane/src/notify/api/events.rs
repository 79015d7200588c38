//! `/v1/events`

use axum::Json;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::kernel::event;
use crate::kernel::ids::EventId;
use crate::kernel::scope::Scope;
use crate::web::body::Query;
use crate::web::caller::Caller;
use crate::web::page::{Items, Pages};
use crate::web::problem::Problem;
use crate::web::time::written;

/// Something that happened, as webhooks tell it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Event {
    /// Its identity: `evt_…`.
    id: String,
    /// What happened.
    #[serde(rename = "type")]
    kind: String,
    /// When.
    #[schema(format = DateTime)]
    timestamp: String,
    /// To what, and what changed.
    #[schema(value_type = Object)]
    data: Value,
}

/// How long events are told, milliseconds.
const TOLD_MS: i64 = 30 * 86_400_000;

/// Lists what happened in the last thirty days.
#[utoipa::path(get, path = "/v1/events", tag = "webhooks", params(Pages),
    responses((status = 200, body = Items<Event>)))]
pub(crate) async fn list(caller: Caller, Query(pages): Query<Pages>) -> Result<Json<Items<Event>>, Problem> {
    let reach = caller.may(Scope::WebhooksRead)?;
    let store = caller.store();
    let found = store.events(&reach, store.now_ms() - TOLD_MS, &pages.page_after::<EventId>()?).await?;
    Ok(Json(pages.items(found, |event| event.id.clone(), Event::from)))
}

impl From<event::Event> for Event {
    fn from(event: event::Event) -> Self {
        let data = event.published()["data"].take();
        Self { id: event.id, kind: event.kind, timestamp: written(event.at_ms), data }
    }
}
