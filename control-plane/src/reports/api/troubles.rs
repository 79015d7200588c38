//! `/v1/task-troubles`: what the control plane's tasks can't do for single objects, for the vendor's staff.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::database as store;
use crate::kernel::scope::Scope;
use crate::web::body::Query;
use crate::web::caller::Caller;
use crate::web::page::{Items, Pages};
use crate::web::problem::Problem;
use crate::web::time::written;

/// Something that a task can't do for one object, which keeps no other.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TaskTrouble {
    /// The task, as in the metrics: `renew`, `verify`, `issue`, `deliver`, `consents` or `mail`.
    task: String,
    /// The object: its identity, or a hostname.
    object: String,
    /// How often it was tried.
    #[schema(minimum = 1)]
    attempts: i64,
    /// Why it can't be done, as the log has it.
    said: String,
    /// When it was tried first.
    #[schema(format = DateTime)]
    since: String,
    /// When it was tried last.
    #[schema(format = DateTime)]
    last_at: String,
    /// When it is tried again.
    #[schema(format = DateTime)]
    next_at: String,
}

/// Lists what tasks can't do for single objects, by task and object. Each is tried again, ever later, until it works.
#[utoipa::path(get, path = "/v1/task-troubles", tag = "audit", params(Pages),
    responses((status = 200, body = Items<TaskTrouble>)))]
pub(crate) async fn list(caller: Caller, Query(pages): Query<Pages>) -> Result<Json<Items<TaskTrouble>>, Problem> {
    caller.may_as_operator(Scope::AuditRead)?;
    let found = caller.store().troubles(&pages.page()?).await?;
    Ok(Json(pages.items(found, |it| format!("{} {}", it.task, it.object), TaskTrouble::from)))
}

impl From<store::Trouble> for TaskTrouble {
    fn from(trouble: store::Trouble) -> Self {
        Self {
            task: trouble.task,
            object: trouble.object,
            attempts: trouble.attempts,
            said: trouble.said,
            since: written(trouble.since_ms),
            last_at: written(trouble.last_ms),
            next_at: written(trouble.next_ms),
        }
    }
}
