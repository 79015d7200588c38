//! Every PATCH, PUT and DELETE, as the description lists them, is only for who has seen the newest version of what it
//! changes. A route without a sample here fails.

mod business;
mod catalogue;
mod own;
mod partners;
mod people;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::json;

use super::desk::{Reply, showing};
use super::stage::{Sample, Stage};
use super::traces;

/// What needs no version.
const WITHOUT: [(&str, &str, &str); 5] = [
    ("DELETE", "/v1/operators/{id}", "an operator is one or is none: there is no version to have seen"),
    ("DELETE", "/v1/session", "a session has no version: it goes on, or ends for good"),
    ("DELETE", "/v1/sessions/{id}", "the same, another one's"),
    ("DELETE", "/v1/tokens/{id}", "a token has no version: it is valid, or revoked for good"),
    ("PUT", "/v1/domains/{id}/certificate", "is taken whole, and can't be read: there is no version to have seen"),
];

/// A change that the route takes, on objects made for it.
pub(super) async fn sample(stage: &Stage, method: &str, route: &str) -> Option<Sample> {
    let found = [
        business::sample(stage, method, route).await,
        catalogue::sample(stage, method, route).await,
        own::sample(stage, method, route).await,
        partners::sample(stage, method, route).await,
        people::sample(stage, method, route).await,
    ];
    found.into_iter().flatten().next()
}

/// What shows the object that a route changes, where that isn't the route itself.
fn shown(path: &str) -> &str {
    let path = path.strip_suffix("/ends").unwrap_or(path);
    match path.split_once("/roles/").or(path.split_once("/assignments").filter(|(_, rest)| rest.is_empty())) {
        Some((object, _)) => object,
        None => path,
    }
}

/// Every route of the description that changes what is there, for who has seen it.
fn routes(stage: &Stage) -> Vec<(&str, &str)> {
    let changing = stage.operations.iter().filter(|(method, _)| !matches!(*method, Method::GET | Method::POST));
    let changing: Vec<_> = changing.map(|(method, route)| (method.as_str(), route.as_str())).collect();
    let is_exempt = |route: &(&str, &str)| WITHOUT.iter().any(|(method, path, _)| route == &(*method, *path));
    let (exempt, routes): (Vec<_>, Vec<_>) = changing.into_iter().partition(is_exempt);
    assert_eq!(exempt.len(), WITHOUT.len(), "what needs no version is a route still");
    routes
}

async fn ask(stage: &Stage, method: &str, sample: &Sample, seen: Option<&str>) -> Reply {
    let request = Request::builder().method(method.parse::<Method>().unwrap()).uri(&sample.path);
    let mut request = showing(request, &sample.token).header("content-type", "application/json");
    if let Some(seen) = seen {
        request = request.header("if-match", seen);
    }
    stage.desk.send(request.body(Body::from(sample.body.to_string())).unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_changed_by_who_has_not_seen_its_newest_version() {
    let stage = Stage::open().await;
    let routes = routes(&stage);
    assert!(routes.len() > 15);
    let mut wrong = Vec::new();
    for (method, route) in routes {
        if let Err(why) = is_guarded(&stage, method, route).await {
            wrong.push(format!("{method} {route}: {why}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn what_needs_no_version_leaves_a_trace_of_its_change_too() {
    let stage = Stage::open().await;
    let mut wrong = Vec::new();
    for (method, route, _) in WITHOUT {
        let sample = sample(&stage, method, route).await.expect("a sample of each");
        let before = stage.traces().await;
        let reply = ask(&stage, method, &sample, None).await;
        assert!(reply.status.is_success(), "{method} {route}: {} {}", reply.status, reply.body);
        let left = traces::of_one(&stage, (method, route), before).await;
        wrong.extend(left.err().map(|why| format!("{method} {route}: {why}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

async fn is_guarded(stage: &Stage, method: &str, route: &str) -> Result<(), String> {
    let Some(sample) = sample(stage, method, route).await else { return Err("there is no sample of it".into()) };
    let before = stage.traces().await;
    let unseen = ask(stage, method, &sample, None).await;
    expect(unseen.refusal().0 == 428 && unseen.refusal().1 == "if-match-missing", "needs no version", &unseen)?;
    for seen in ["\"0123456789abcdef01234567\"", "x", ""] {
        let stale = ask(stage, method, &sample, Some(seen)).await;
        expect(stale.refusal().0 == 412 && stale.refusal().1 == "stale-etag", "takes another version", &stale)?;
    }
    expect(stage.traces().await == before, "changes something all the same", &unseen)?;
    let read = Sample { token: sample.token.clone(), path: shown(&sample.path).to_owned(), body: json!({}) };
    // What isn't shown by itself, as a rule of the list of rules, is changed whatever its version.
    let seen = stage.tag(&read).await.unwrap_or("*".to_owned());
    let done = ask(stage, method, &sample, Some(&seen)).await;
    expect(done.status.is_success(), "doesn't take the newest version", &done)?;
    traces::of_one(stage, (method, route), before).await?;
    if seen != "*" {
        let again = ask(stage, method, &sample, Some(&seen)).await;
        let refused = matches!(again.status, StatusCode::PRECONDITION_FAILED | StatusCode::NOT_FOUND);
        expect(refused, "takes the version before", &again)?;
    }
    Ok(())
}

fn expect(holds: bool, why: &str, reply: &Reply) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("{why}: {} {}", reply.status, reply.body)) }
}
