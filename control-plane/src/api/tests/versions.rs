//! Every PATCH, PUT and DELETE, as the description lists them, is only for who has seen the newest version of what it
//! changes. A route without a sample here fails.

mod business;
mod own;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::json;

use super::desk::{Reply, showing};
use super::stage::{Sample, Stage};
use super::traces;
use crate::api::description;

/// What needs no version.
const WITHOUT: [(&str, &str, &str); 5] = [
    ("DELETE", "/v1/operators/{id}", "an operator is one or is none: there is no version to have seen"),
    ("DELETE", "/v1/session", "a session has no version: it goes on, or ends for good"),
    ("DELETE", "/v1/sessions/{id}", "the same, another one's"),
    ("DELETE", "/v1/tokens/{id}", "a token has no version: it is valid, or revoked for good"),
    ("PUT", "/v1/domains/{id}/certificate", "is taken whole, and can't be read: there is no version to have seen"),
];

/// A change that the route takes, on objects made for it.
#[allow(clippy::too_many_lines, reason = "a table: each route has a place of its own")]
pub(super) async fn sample(stage: &Stage, method: &str, route: &str) -> Option<Sample> {
    let path = |object: &str, id: &str| format!("/v1/{object}/{id}");
    Some(match (method, route) {
        ("PATCH", "/v1/applications/{id}") => {
            let name = format!("till {}", stage.number());
            let body = json!({ "name": name, "policy": { "upstreams": ["http://127.0.0.1:9000"] } });
            let id = stage.made("/v1/applications", body).await;
            stage.by_operator(path("applications", &id), json!({ "name": format!("other {}", stage.number()) }))
        }
        ("DELETE", "/v1/account-managers/{id}") => {
            stage.by_operator(path("account-managers", &stage.manager().await), json!({}))
        }
        ("PUT", "/v1/account-managers/{id}") => {
            stage.by_operator(path("account-managers", &stage.manager().await), stage.manager_to_add())
        }
        ("PATCH", "/v1/clients/{id}") => {
            stage.by_partner(path("clients", &stage.client().await), json!({ "company": "Four" }))
        }
        ("PATCH", "/v1/components/{id}") => {
            let id = stage.made("/v1/components", stage.component_to_add().await).await;
            stage.by_operator(path("components", &id), json!({ "name": "Plotter" }))
        }
        ("DELETE", "/v1/domains/{id}") => stage.by_partner(path("domains", &stage.domain().await), json!({})),
        ("PATCH", "/v1/partners/{id}") => {
            let name = format!("Caisse {}", stage.number());
            stage.by_operator(path("partners", stage.partner()), json!({ "name": name }))
        }
        ("PATCH", "/v1/plans/{id}") => {
            let id = stage.made("/v1/plans", stage.plan_to_add().await).await;
            stage.by_operator(path("plans", &id), json!({ "name": "Other" }))
        }
        ("PATCH", "/v1/price-lists/{id}") => {
            let id = stage.made("/v1/price-lists", stage.list_to_add()).await;
            stage.by_operator(path("price-lists", &id), json!({ "name": format!("Other {}", stage.number()) }))
        }
        ("PUT", "/v1/price-versions/{id}") => {
            let mut prices = stage.prices();
            prices["prices"][0]["amount"] = json!(5100);
            stage.by_operator(path("price-versions", &stage.draft().await), prices)
        }
        ("DELETE", "/v1/price-versions/{id}") => {
            stage.by_operator(path("price-versions", &stage.draft().await), json!({}))
        }
        ("PATCH", "/v1/products/{id}") => {
            stage.by_operator(path("products", &stage.product().await), json!({ "name": "Other" }))
        }
        ("PUT", "/v1/promo-codes/{id}/ends") => {
            stage.by_operator(format!("/v1/promo-codes/{}/ends", stage.promo().await), json!({ "max_uses": 7 }))
        }
        ("PUT", "/v1/region-rules/{country}") => {
            stage.by_operator("/v1/region-rules/DK", json!({ "tax_id": "required" }))
        }
        ("PUT", "/v1/regions/{code}") => {
            let number = stage.number();
            let body = json!({
                "name_en": format!("France {number}"), "name_fr": format!("France {number}"), "position": 1,
                "account_managers": [],
            });
            stage.by_operator("/v1/regions/fr", body)
        }
        ("PATCH", "/v1/wallets/{id}") => {
            stage.by_operator(path("wallets", &stage.wallet().await), json!({ "credit_limit": 12 }))
        }
        ("PATCH", "/v1/webhook-endpoints/{id}") => {
            stage.by_operator(path("webhook-endpoints", &stage.endpoint().await), json!({ "description": "Compta" }))
        }
        ("DELETE", "/v1/webhook-endpoints/{id}") => {
            stage.by_operator(path("webhook-endpoints", &stage.endpoint().await), json!({}))
        }
        _ => return own::sample(stage, method, route).await,
    })
}

/// What shows the object that a route changes, where that isn't the route itself.
fn shown(path: &str) -> &str {
    let path = path.strip_suffix("/ends").unwrap_or(path);
    match path.split_once("/roles/").or(path.split_once("/assignments").filter(|(_, rest)| rest.is_empty())) {
        Some((object, _)) => object,
        None => path,
    }
}

/// Every route of the description that changes what is there.
fn changing() -> Vec<(String, String)> {
    let document = serde_json::to_value(description()).unwrap();
    let mut routes = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let changing = ["put", "patch", "delete"].iter().filter(|method| methods[**method].is_object());
        routes.extend(changing.map(|method| (method.to_uppercase(), path.clone())));
    }
    routes
}

fn routes() -> Vec<(String, String)> {
    let mut routes = changing();
    routes.retain(|(method, path)| !WITHOUT.iter().any(|(verb, without, _)| verb == method && without == path));
    assert_eq!(routes.len() + WITHOUT.len(), changing().len(), "what needs no version is a route still");
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
    assert!(routes().len() > 15);
    let mut wrong = Vec::new();
    for (method, route) in routes() {
        if let Err(why) = is_guarded(&stage, &method, &route).await {
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
