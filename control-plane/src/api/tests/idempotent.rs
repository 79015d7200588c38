//! Every POST that changes something, as the description lists them, is done once: sent twice, fifty times at once,
//! and with another body under the same key. A route without a sample here fails.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use super::collaborators::followed;
use super::desk::{Reply, partner_to_add};
use super::stage::{Sample, Stage};
use crate::api::description;
use crate::model::principal::Principal;

/// What has no key: nothing is done, or doing it twice is doing it once.
const WITHOUT: [(&str, &str); 4] = [
    ("/v1/clients/lookup", "looks something up"),
    ("/v1/edge/acks", "tells a revision, which only grows"),
    ("/v1/promo-codes/check", "computes"),
    ("/v1/quotes", "computes; a quote is signed, not kept"),
];

/// What is told once: the second answer lacks it.
const ONCE: [&str; 2] = ["token", "secret"];

const AT_ONCE: usize = 50;

/// A request that the route takes, on objects made for it.
async fn sample(stage: &Stage, route: &str) -> Option<Sample> {
    let path = |object: &str, id: &str, verb: &str| format!("/v1/{object}/{id}/{verb}");
    let nothing = || json!({});
    Some(match route {
        "/v1/account-managers" => stage.by_operator(route, stage.manager_to_add()),
        "/v1/adjustments" => {
            let body = json!({ "partner": stage.partner(), "amount": stage.euros(100), "reason": "Geste" });
            stage.by_operator(route, body)
        }
        "/v1/adjustments/{id}/confirm" => {
            let path = path("adjustments", &stage.adjustment().await, "confirm");
            Sample { token: stage.second.clone(), path, body: nothing() }
        }
        "/v1/adjustments/{id}/reject" => {
            stage.by_operator(path("adjustments", &stage.adjustment().await, "reject"), nothing())
        }
        "/v1/applications" => {
            let name = format!("till {}", stage.number());
            stage.by_operator(route, json!({ "name": name, "policy": { "upstreams": ["http://127.0.0.1:9000"] } }))
        }
        "/v1/clients" => stage.by_partner(route, stage.client_to_add()),
        "/v1/clients/{id}/anonymise" => {
            stage.by_partner(path("clients", &stage.client().await, "anonymise"), nothing())
        }
        "/v1/components" => stage.by_operator(route, stage.component_to_add().await),
        "/v1/domains" => {
            let (tenant, label) = (stage.tenant().await, format!("four{}", stage.number()));
            stage.by_partner(route, json!({ "tenant": tenant, "kind": "platform", "label": label }))
        }
        "/v1/domains/{id}/check" => stage.by_partner(path("domains", &stage.domain().await, "check"), nothing()),
        "/v1/domains/{id}/renew" => stage.by_partner(path("domains", &stage.domain().await, "renew"), nothing()),
        "/v1/mails/{id}/retry" => stage.by_operator(path("mails", &stage.failed_mail().await, "retry"), nothing()),
        "/v1/orders" => stage.by_partner(route, stage.order_to_place("trial")),
        "/v1/orders/{id}/convert" => {
            stage.pay().await;
            stage.by_partner(path("orders", &stage.order("trial").await, "convert"), nothing())
        }
        "/v1/orders/{id}/extend" => stage.by_partner(path("orders", &stage.order("trial").await, "extend"), nothing()),
        "/v1/orders/{id}/resend-activation" => {
            stage.by_partner(path("orders", &stage.order("trial").await, "resend-activation"), nothing())
        }
        "/v1/orders/{id}/switch-kind" => {
            stage.pay().await;
            stage.by_partner(path("orders", &stage.order("order").await, "switch-kind"), nothing())
        }
        "/v1/orders/{id}/void" => stage.by_partner(path("orders", &stage.order("trial").await, "void"), nothing()),
        "/v1/partners" => stage.by_operator(route, partner_to_add(&format!("Comptoir {}", stage.number()))),
        "/v1/partners/{id}/approve" => {
            stage.by_operator(path("partners", &stage.applied().await, "approve"), stage.approval().await)
        }
        "/v1/partners/{id}/close" => stage.by_operator(path("partners", &stage.applied().await, "close"), nothing()),
        "/v1/partners/{id}/resume" => {
            let id = stage.approved().await;
            stage.done(&path("partners", &id, "suspend"), nothing()).await;
            stage.by_operator(path("partners", &id, "resume"), nothing())
        }
        "/v1/partners/{id}/suspend" => {
            stage.by_operator(path("partners", &stage.approved().await, "suspend"), json!({ "reason": "late" }))
        }
        "/v1/payments" => {
            let reference = format!("virement {}", stage.number());
            let body = json!({ "partner": stage.partner(), "amount": stage.euros(1000), "reference": reference });
            stage.by_operator(route, body)
        }
        "/v1/plans" => stage.by_operator(route, stage.plan_to_add().await),
        "/v1/price-lists" => stage.by_operator(route, stage.list_to_add()),
        "/v1/price-lists/{id}/versions" => {
            let list = stage.made("/v1/price-lists", stage.list_to_add()).await;
            stage.by_operator(path("price-lists", &list, "versions"), stage.prices())
        }
        "/v1/price-versions/{id}/publish" => {
            stage.by_operator(path("price-versions", &stage.draft().await, "publish"), nothing())
        }
        "/v1/price-versions/{id}/retire" => {
            let id = stage.draft().await;
            let later = json!({ "effective_from": "2030-01-01T00:00:00Z" });
            stage.done(&path("price-versions", &id, "publish"), later).await;
            stage.by_operator(path("price-versions", &id, "retire"), nothing())
        }
        "/v1/products" => stage.by_operator(route, stage.product_to_add()),
        "/v1/promo-codes" => stage.by_operator(route, stage.promo_to_add()),
        "/v1/promo-codes/{id}/revoke" => {
            stage.by_operator(path("promo-codes", &stage.promo().await, "revoke"), nothing())
        }
        "/v1/tenants" => stage.by_partner(route, stage.tenant_to_add()),
        "/v1/tenants/{id}/bind" => {
            let account = json!({ "account": format!("a{}", stage.number()) });
            stage.by_operator(path("tenants", &stage.tenant().await, "bind"), account)
        }
        "/v1/tenants/{id}/close" => stage.by_partner(path("tenants", &stage.tenant().await, "close"), nothing()),
        "/v1/tenants/{id}/resume" => {
            let id = stage.tenant().await;
            stage.done(&path("tenants", &id, "suspend"), json!({ "reason": "late" })).await;
            stage.by_operator(path("tenants", &id, "resume"), nothing())
        }
        "/v1/tenants/{id}/suspend" => {
            stage.by_partner(path("tenants", &stage.tenant().await, "suspend"), json!({ "reason": "late" }))
        }
        "/v1/tokens" => stage.by_operator(route, stage.token_to_make()),
        "/v1/wallets" => {
            stage.by_operator(route, json!({ "partner": stage.applied().await, "currency": "CHF", "credit_limit": 5 }))
        }
        "/v1/webhook-endpoints" => stage.by_partner(route, stage.endpoint_to_add()),
        "/v1/webhook-endpoints/{id}/rotate-secret" => {
            stage.by_operator(path("webhook-endpoints", &stage.endpoint().await, "rotate-secret"), nothing())
        }
        "/v1/webhook-endpoints/{id}/test" => {
            stage.by_operator(path("webhook-endpoints", &stage.endpoint().await, "test"), nothing())
        }
        _ => return followed_sample(stage, route).await,
    })
}

/// The same of what collaborators follow, and of what clients write.
async fn followed_sample(stage: &Stage, route: &str) -> Option<Sample> {
    let (desk, world, number) = (&stage.desk, &stage.world, stage.number());
    let verb = route.rsplit('/').next().unwrap_or_default();
    let reason = "La caisse ne démarre plus.";
    if let Some(kind) = route.strip_prefix("/v1/consents/{id}/") {
        let found = followed(desk, world, number, Some("technical_support")).await;
        let path = |verb: &str| format!("/v1/consents/{}/{verb}", found.consent);
        if !matches!(kind, "grant" | "deny") {
            desk.post(&found.client, &path("grant"), json!({ "lasting": true })).await;
        }
        let body = if kind == "grant" { json!({ "lasting": true }) } else { json!({}) };
        let token = if kind == "sessions" { world.partners[0].token.clone() } else { found.client.clone() };
        return Some(Sample { token, path: path(kind), body });
    }
    Some(match route {
        "/v1/assignments" | "/v1/consents" | "/v1/assignments/bulk" | "/v1/collaborators" => {
            let found = followed(desk, world, number, Some("accountant")).await;
            let (collaborator, tenant) = (found.collaborator, found.tenant);
            let body = match route {
                "/v1/collaborators" => {
                    json!({ "email": format!("eve{number}@nord.fr"), "name": "Ève", "roles": ["accountant"] })
                }
                "/v1/consents" => json!({ "collaborator": collaborator, "tenant": tenant, "reason": reason }),
                "/v1/assignments" => {
                    let role = "technical_support";
                    json!({ "collaborator": collaborator, "role": role, "tenant": tenant, "reason": reason })
                }
                _ => {
                    let role = "technical_support";
                    json!({ "collaborator": collaborator, "role": role, "tenants": [tenant], "reason": reason })
                }
            };
            stage.by_partner(route, body)
        }
        "/v1/assignments/{id}/block" | "/v1/assignments/{id}/unblock" => {
            let found = followed(desk, world, number, Some("accountant")).await;
            let path = format!("/v1/assignments/{}/{verb}", found.assignment);
            Sample { token: found.client, path, body: json!({}) }
        }
        "/v1/support-messages" => stage.by_partner(route, message(stage).await),
        "/v1/edge/support-messages" => {
            let edge = desk.token(Principal::Edge, "edge:sync").await;
            Sample { token: edge, path: route.to_owned(), body: message(stage).await }
        }
        "/v1/support-messages/{id}/acknowledge"
        | "/v1/support-messages/{id}/close"
        | "/v1/support-messages/{id}/escalate"
        | "/v1/support-messages/{id}/reply" => {
            let token = &world.partners[0].token;
            let id = desk.made(token, "/v1/support-messages", message(stage).await).await;
            let body = match verb {
                "escalate" => json!({ "parts": ["text"] }),
                "reply" => json!({ "text": "Redémarrez-la." }),
                _ => json!({}),
            };
            stage.by_partner(format!("/v1/support-messages/{id}/{verb}"), body)
        }
        _ => return None,
    })
}

async fn message(stage: &Stage) -> Value {
    json!({ "tenant": stage.tenant().await, "name": "Zoé", "subject": "Panne", "text": "Elle ne démarre plus." })
}

/// Every route of the description that is posted to.
fn routes() -> Vec<String> {
    let document = serde_json::to_value(description()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    paths.iter().filter(|(_, methods)| methods["post"].is_object()).map(|(path, _)| path.clone()).collect()
}

async fn post(stage: &Stage, sample: &Sample, key: Option<&str>, body: String) -> Reply {
    let mut request = Request::post(&sample.path)
        .header("authorization", format!("Bearer {}", sample.token))
        .header("content-type", "application/json");
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    stage.desk.send(request.body(Body::from(body)).unwrap()).await
}

/// What an answer says each time.
fn kept(reply: &Reply) -> (StatusCode, Value) {
    let mut body = reply.body.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.retain(|name, _| !ONCE.contains(&name.as_str()));
    }
    (reply.status, body)
}

#[test]
fn every_route_says_whether_it_takes_a_key() {
    let document = serde_json::to_value(description()).unwrap();
    assert!(routes().len() > 40);
    for route in routes() {
        let parameters = document["paths"][&route]["post"]["parameters"].as_array().cloned().unwrap_or_default();
        let takes = parameters.iter().any(|it| it["name"] == "Idempotency-Key" && it["required"] == json!(true));
        let exempt = WITHOUT.iter().any(|(without, _)| *without == route);
        assert!(takes != exempt, "{route}: takes a key: {takes}");
    }
    for (route, _) in WITHOUT {
        assert!(routes().contains(&route.to_owned()), "{route} is no route any more");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_does_once_what_it_is_asked_twice_or_fifty_times_at_once() {
    let stage = Stage::open().await;
    let mut wrong = Vec::new();
    for route in routes().into_iter().filter(|route| WITHOUT.iter().all(|(without, _)| without != route)) {
        if let Err(why) = is_done_once(&stage, &route).await {
            wrong.push(format!("{route}: {why}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

async fn is_done_once(stage: &Stage, route: &str) -> Result<(), String> {
    let Some(twice) = sample(stage, route).await else { return Err("there is no sample of it".into()) };
    let key = format!("once {}", stage.number());
    let body = twice.body.to_string();
    let before = stage.traces().await;
    let unkeyed = post(stage, &twice, None, body.clone()).await;
    expect(unkeyed.refusal().1 == "idempotency-key-missing", "is done without a key", &unkeyed)?;
    let first = post(stage, &twice, Some(&key), body.clone()).await;
    expect(first.status.is_success(), "is refused", &first)?;
    let traces = stage.traces().await - before;
    let again = post(stage, &twice, Some(&key), body.clone()).await;
    expect(kept(&first) == kept(&again), "answers otherwise the second time", &again)?;
    expect(again.headers.contains_key("idempotency-replayed"), "doesn't say that it was done before", &again)?;
    expect(ONCE.iter().all(|name| again.body.get(name).is_none()), "tells a secret twice", &again)?;
    // The same to who reads it, but another text: a key is for one request, letter by letter.
    let other = post(stage, &twice, Some(&key), format!("{body} ")).await;
    expect(other.refusal().1 == "idempotency-key-reused", "takes another body under the key", &other)?;
    expect(stage.traces().await - before == traces, "leaves more traces the second time", &again)?;

    let Some(many) = sample(stage, route).await else { return Err("there is no second sample of it".into()) };
    let (key, body) = (format!("many {}", stage.number()), many.body.to_string());
    let before = stage.traces().await;
    let asked = (0..AT_ONCE).map(|_| post(stage, &many, Some(&key), body.clone()));
    let replies = futures_util::future::join_all(asked).await;
    let told = replies.iter().filter(|reply| !reply.headers.contains_key("idempotency-replayed")).count();
    for reply in &replies {
        expect(kept(reply) == kept(&replies[0]) && reply.status.is_success(), "answers in two ways at once", reply)?;
    }
    expect(told == 1, "is done more than once at once", &replies[0])?;
    expect(stage.traces().await - before == traces, "leaves more traces at once", &replies[0])
}

fn expect(holds: bool, why: &str, reply: &Reply) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("{why}: {} {}", reply.status, reply.body)) }
}
