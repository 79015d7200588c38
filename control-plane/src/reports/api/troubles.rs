//! `/v1/task-troubles`: what the control plane's tasks can't do for single objects, for the vendor's staff.

use axum::Json;

use crate::database::Trouble;
use crate::kernel::scope::Scope;
use crate::web::body::Query;
use crate::web::caller::Caller;
use crate::web::page::{Items, OwnOrder, Pages};
use crate::web::problem::Problem;

/// Lists what tasks can't do for single objects, by task and object. Each is tried again, ever later, until it works.
#[utoipa::path(get, path = "/v1/task-troubles", tag = "audit", params(OwnOrder),
    responses((status = 200, body = Items<Trouble>)))]
pub(crate) async fn list(caller: Caller, Query(pages): Query<OwnOrder>) -> Result<Json<Items<Trouble>>, Problem> {
    caller.may_as_operator(Scope::AuditRead)?;
    let pages = Pages::from(pages);
    let found = caller.store().troubles(&pages.page()?).await?;
    Ok(Json(pages.items(found, |it: &Trouble| format!("{} {}", it.task, it.object), |it| it)))
}
