//! The one search over everything that has a name or a number.

use std::collections::BTreeSet;

use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::database::Found;
use crate::kernel::scope::Scope;
use crate::kernel::search::SearchKind;
use crate::reports::operations::search;
use crate::web::body::Query;
use crate::web::caller::Caller;
use crate::web::page::Items;
use crate::web::problem::Problem;

/// What is looked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Searched {
    /// Words, or the beginnings of words, of names and numbers: what is found has each of the four longest.
    #[param(min_length = 1, max_length = 200)]
    q: String,
    /// Among which kinds of things, with commas between; all of them when not given.
    #[serde(default)]
    #[param(example = "client,order")]
    kinds: Option<String>,
    /// The most that is wanted: 1 to 50, 10 when not given.
    #[serde(default)]
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i64>,
}

/// One thing that was found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SearchResult {
    /// What it is: `client`, `licence`, `order`, `partner`, `tenant` or `user`.
    kind: String,
    /// Its identity.
    id: String,
    /// Its name or number.
    label: String,
}

/// Finds users, companies, orders, licences and tenants by the beginnings of words.
#[utoipa::path(get, path = "/v1/search", tag = "search", params(Searched),
    responses((status = 200, body = Items<SearchResult>)))]
pub(crate) async fn find(caller: Caller, Query(asked): Query<Searched>) -> Result<Json<Items<SearchResult>>, Problem> {
    let reach = caller.may(Scope::SearchRead)?;
    let limit = limit(asked.limit)?;
    if !(1..=200).contains(&asked.q.chars().count()) {
        return Err(Problem::bad_query("q has 1 to 200 characters.", "q a de 1 à 200 caractères."));
    }
    let wanted = asked.kinds.as_deref().map_or_else(|| Ok(SearchKind::ALL.into()), kinds)?;
    // What the caller can't read elsewhere isn't found here.
    let readable = wanted.into_iter().filter(|kind| caller.may(kind.scope()).is_ok()).collect();
    let found = search::find(caller.store(), &reach, &asked.q, readable, limit).await?;
    Ok(Json(Items::whole(found.into_iter().map(SearchResult::from).collect())))
}

fn limit(limit: Option<i64>) -> Result<usize, Problem> {
    let limit = limit.unwrap_or(10);
    let fits = usize::try_from(limit).ok().filter(|limit| (1..=50).contains(limit));
    fits.ok_or_else(|| Problem::bad_query("limit is 1 to 50.", "limit va de 1 à 50."))
}

fn kinds(listed: &str) -> Result<BTreeSet<SearchKind>, Problem> {
    let kind = |name: &str| SearchKind::ALL.into_iter().find(|kind| kind.as_str() == name.trim());
    let kinds: Option<BTreeSet<_>> = listed.split(',').map(kind).collect();
    kinds.ok_or_else(|| {
        Problem::bad_query(
            "kinds are client, licence, order, partner, tenant and user.",
            "Les kinds sont client, licence, order, partner, tenant et user.",
        )
    })
}

impl From<Found> for SearchResult {
    fn from(found: Found) -> Self {
        Self { kind: found.kind, id: found.object, label: found.label }
    }
}
