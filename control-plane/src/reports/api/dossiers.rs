//! `/v1/dossiers`: the steering table of a partner's client files. There is nothing here to make one by.

mod shape;

use axum::Json;
use axum::response::{IntoResponse, Response};
use marque_config::TenantId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::kernel::period::DAY_MS;
use crate::kernel::scope::Scope;
use crate::licences::model::LicenceStatus;
use crate::reports::operations::dossiers;
use crate::reports::store::dossiers::DossierFilter;
use crate::web::body::PathId;
use crate::web::caller::Caller;
use crate::web::csv::Format;
use crate::web::page::{Items, List, Pages};
use crate::web::problem::Problem;
use crate::web::version::Versioned;
use shape::{Dossier, DossierCounters, as_table};

/// Which dossiers are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DossierQuery {
    /// Those whose licence stands so.
    #[serde(default)]
    status: Option<LicenceStatus>,
    /// Those where something is due within so many days.
    #[serde(default)]
    #[param(minimum = 1, maximum = 366)]
    expiring: Option<i64>,
    /// Only those in need of a licence.
    #[serde(default)]
    licence_needed: Option<bool>,
    /// Only those that nobody follows.
    #[serde(default)]
    without_collaborator: Option<bool>,
    /// `json`, as when not given, or `csv`: then all of them, up to 10,000.
    #[serde(default)]
    #[param(inline)]
    format: Format,
}

/// As many as a table has rows.
const MOST_ROWS: i64 = 10_000;

/// Lists dossiers.
#[utoipa::path(get, path = "/v1/dossiers", tag = "dossiers", params(Pages, DossierQuery),
    responses((status = 200, content((Items<Dossier> = "application/json"), (String = "text/csv")))))]
pub(crate) async fn list(caller: Caller, List(pages, query): List<DossierQuery>) -> Result<Response, Problem> {
    let reach = caller.may(Scope::LicencesRead)?;
    let store = caller.store();
    let filter = filter(&query, store.now_ms())?;
    match query.format {
        Format::Json => {
            let found = store.dossiers(&reach, &filter, &pages.page()?).await?;
            let shown = |dossier| Dossier::of(dossier, &reach);
            Ok(Json(pages.items(found, |dossier| dossier.tenant.to_string(), shown)).into_response())
        }
        Format::Csv => as_table(store.dossiers(&reach, &filter, &pages.all(MOST_ROWS)).await?),
    }
}

/// Counts dossiers: the numbers are those of the rows.
#[utoipa::path(get, path = "/v1/dossiers/counters", tag = "dossiers",
    responses((status = 200, body = DossierCounters)))]
pub(crate) async fn counters(caller: Caller) -> Result<Json<DossierCounters>, Problem> {
    let reach = caller.may(Scope::LicencesRead)?;
    let store = caller.store();
    let (files, licences) = (store.dossier_counters(&reach).await?, store.licence_counters(&reach).await?);
    Ok(Json(DossierCounters::of(files, licences)))
}

/// Shows a dossier.
#[utoipa::path(get, path = "/v1/dossiers/{id}", tag = "dossiers", responses((status = 200, body = Dossier)))]
pub(crate) async fn one(caller: Caller, PathId(id): PathId<TenantId>) -> Result<Versioned<Dossier>, Problem> {
    let reach = caller.may(Scope::LicencesRead)?;
    Ok(Versioned(Dossier::of(dossiers::one(caller.store(), &reach, id).await?, &reach)))
}

fn filter(asked: &DossierQuery, now_ms: i64) -> Result<DossierFilter, Problem> {
    if asked.expiring.is_some_and(|days| !(1..=366).contains(&days)) {
        return Err(Problem::bad_query("expiring is 1 to 366.", "expiring va de 1 à 366."));
    }
    Ok(DossierFilter {
        status: asked.status,
        due_before_ms: asked.expiring.map(|days| now_ms + days * DAY_MS),
        licence_needed: asked.licence_needed == Some(true),
        without_collaborator: asked.without_collaborator == Some(true),
        tenant: None,
    })
}
