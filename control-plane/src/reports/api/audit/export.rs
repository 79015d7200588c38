//! The audit trail as a file of lines. However long it is, a few hundred events of it are in memory.

use axum::body::{Body, Bytes};
use axum::http::HeaderValue;
use axum::response::Response;
use futures_util::stream;
use serde::Serialize;
use serde_json::json;

use crate::database::{AuditFilter, Chained, Page, Store, StoreError};
use crate::kernel::principal::Reach;
use crate::kernel::scope::Scope;
use crate::reports::operations::audit::{End, Line};
use crate::web::caller::Caller;
use crate::web::csv::kept;
use crate::web::problem::Problem;

/// Events that are read at once.
const AT_ONCE: i64 = 500;

/// A file that is being written.
struct Writing {
    store: Store,
    reach: Reach,
    /// The number of the last event that there was when it was asked for: what comes later isn't waited for.
    until: i64,
    after: String,
    written: End,
    ended: bool,
}

/// Writes out what was done, within the caller's reach: a line for each event, oldest first, then a line
/// `{"end":{"events":…,"hash":…}}`. An operator's file holds the chain: `admin verify-audit --file` checks it without us.
#[utoipa::path(get, path = "/v1/audit-events/export", tag = "audit",
    responses(
        (status = 200, body = Line, content_type = "application/x-ndjson",
            description = "An event on each line; the last line says how many there are.")))]
pub(crate) async fn export(caller: Caller) -> Result<Response, Problem> {
    let reach = caller.may(Scope::AuditRead)?;
    let store = caller.store().clone();
    let until = store.audit_head().await?.seq;
    let written = End { events: 0, hash: String::new() };
    let writing = Writing { store, reach, until, after: String::new(), written, ended: false };
    let body = Body::from_stream(stream::try_unfold(writing, Writing::next));
    Ok(kept("audit-events.ndjson", HeaderValue::from_static("application/x-ndjson"), body))
}

impl Writing {
    /// The next lines; a failure cuts the answer off, and the line that ends it is missing.
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, StoreError> {
        if self.ended {
            return Ok(None);
        }
        let page = Page { after: self.after.clone(), ..Page::first(AT_ONCE) };
        let found = self.store.audit_events(&self.reach, &AuditFilter::default(), &page).await;
        let found = found.inspect_err(|error| {
            tracing::warn!(error = error as &dyn std::error::Error, "an export of the audit trail was cut off");
        })?;
        let (mut lines, until) = (Vec::new(), self.until);
        for event in found.into_iter().take_while(|event| event.event.seq <= until) {
            self.write_line(&mut lines, event);
        }
        if lines.is_empty() {
            self.ended = true;
            line(&mut lines, &json!({ "end": self.written }));
        }
        Ok(Some((lines.into(), self)))
    }

    fn write_line(&mut self, lines: &mut Vec<u8>, event: Chained) {
        self.after.clone_from(&event.event.id);
        self.written = End { events: self.written.events + 1, hash: event.hash.clone() };
        line(lines, &Line::of(event, &self.reach));
    }
}

/// A text is always written: there is no map with other keys, and no number that JSON hasn't.
fn line(lines: &mut Vec<u8>, of: &impl Serialize) {
    lines.extend(serde_json::to_vec(of).unwrap_or_default());
    lines.push(b'\n');
}
