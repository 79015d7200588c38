//! `expand`: what an answer names by its identity is shown whole in its place. That is done here for every read, so that no
//! handler knows of it: which fields of which resources is a table, and the objects of a field are found by one statement
//! for a page, within the caller's reach. Nobody sees by it what they may not read alone: a right that is missing is
//! refused, and what is out of reach stays an identity.

mod description;
mod kind;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode, header, uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use utoipa::openapi::OpenApi;

use crate::web::body::parameter;
use crate::web::caller::{Caller, CallerSlot};
use crate::web::problem::Problem;

pub(crate) use description::describe;
use kind::Kind;

/// What can be expanded, by the route that shows it.
#[derive(Debug, Clone)]
pub(crate) struct Expansions(Arc<BTreeMap<String, Shown>>);

/// What a route shows.
#[derive(Debug, Clone, Copy)]
struct Shown {
    /// The fields that name something.
    kinds: &'static [Kind],
    /// Whether it shows a page of a list.
    is_list: bool,
}

/// The parameter.
const NAME: &str = "expand";
/// The most names: each is a statement.
const MOST: usize = 5;
/// The most bytes of an answer: a hundred objects are far below.
const MOST_BYTES: usize = 16 << 20;

impl Expansions {
    /// What the routes of a description show.
    pub(crate) fn of(description: &OpenApi) -> Self {
        let paths = description.paths.paths.iter();
        let shown = paths.filter_map(|(path, item)| Some((path.clone(), description::shown(item.get.as_ref()?)?)));
        Self(Arc::new(shown.collect()))
    }

    /// What the route of a request shows.
    fn shown_by(&self, request: &Request) -> Option<Shown> {
        self.0.get(request.extensions().get::<MatchedPath>()?.as_str()).copied()
    }
}

/// Answers a read, and expands what was asked for.
pub(crate) async fn expand(State(expansions): State<Expansions>, mut request: Request, next: Next) -> Response {
    let Some(names) = (*request.method() == Method::GET).then(|| taken(&mut request)).flatten() else {
        return next.run(request).await;
    };
    let (shown, slot) = (expansions.shown_by(&request), CallerSlot::default());
    request.extensions_mut().insert(slot.clone());
    let response = next.run(request).await;
    if response.status() != StatusCode::OK {
        return response;
    }
    let shown = shown.filter(|_| is_json(&response));
    match expanded(shown, &names, (slot.caller(), response)).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

/// Takes the parameter out of the query: the names that it holds.
fn taken(request: &mut Request) -> Option<Vec<String>> {
    let query = request.uri().query()?;
    let (own, rest): (Vec<_>, Vec<_>) = query.split('&').partition(|pair| parameter(pair).0 == NAME);
    if own.is_empty() {
        return None;
    }
    let names = own.iter().flat_map(|pair| parameter(pair).1.split(',').map(str::to_owned).collect::<Vec<_>>());
    let names = names.collect();
    let path = format!("{}?{}", request.uri().path(), rest.join("&"));
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = Some(path.parse::<uri::PathAndQuery>().ok()?);
    *request.uri_mut() = uri::Uri::from_parts(parts).ok()?;
    Some(names)
}

async fn expanded(
    shown: Option<Shown>,
    names: &[String],
    (caller, response): (Option<Caller>, Response),
) -> Result<Response, Problem> {
    let kinds = named(shown.map_or(&[], |shown| shown.kinds), names)?;
    let (Some(shown), Some(caller)) = (shown, caller) else { return Ok(response) };
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, MOST_BYTES).await.map_err(|_| Problem::internal())?;
    let mut answer: Value = serde_json::from_slice(&bytes).map_err(|_| Problem::internal())?;
    for kind in kinds {
        let ids = shown.objects(&mut answer).filter_map(|object| object.get(kind.field())?.as_str().map(str::to_owned));
        let ids: BTreeSet<_> = ids.collect();
        let found = kind.read(&caller, ids.into_iter().collect()).await?;
        for named in shown.objects(&mut answer).filter_map(|object| object.get_mut(kind.field())) {
            if let Some(object) = named.as_str().and_then(|id| found.get(id)) {
                *named = object.clone();
            }
        }
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    Ok(Response::from_parts(parts, Body::from(answer.to_string())))
}

/// The fields of these names, each once.
fn named(known: &'static [Kind], names: &[String]) -> Result<BTreeSet<Kind>, Problem> {
    let kinds: Option<BTreeSet<_>> =
        names.iter().map(|name| known.iter().copied().find(|kind| kind.field() == name)).collect();
    kinds.filter(|_| names.len() <= MOST).ok_or_else(|| {
        let fields: Vec<_> = known.iter().map(|kind| kind.field()).collect();
        let fields = fields.join(", ");
        match known {
            [] => {
                Problem::bad_query("expand: nothing can be expanded here.", "expand : rien ne peut être détaillé ici.")
            }
            _ => Problem::bad_query(
                format!("expand names up to {MOST} of these: {fields}."),
                format!("expand nomme jusqu’à {MOST} de ceux-ci : {fields}."),
            ),
        }
    })
}

impl Shown {
    /// The objects of an answer.
    fn objects(self, answer: &mut Value) -> impl Iterator<Item = &mut Value> {
        let (list, one) = match self.is_list {
            true => (answer.get_mut("items").and_then(Value::as_array_mut), None),
            false => (None, Some(answer)),
        };
        list.into_iter().flatten().chain(one)
    }
}

fn is_json(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"))
}
