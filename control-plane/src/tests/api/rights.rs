//! Who may do what: every route of the description is asked by those who may not.

use axum::http::{Method, StatusCode};
use marque_config::ApplicationId;
use serde_json::{Value, json};

use super::desk::{Desk, World};
use super::matrix;
use super::stage::{Sample, Stage};
use crate::kernel::principal::Principal;

/// What those are asked for who are yet to come in.
const OF_THOSE_OUTSIDE: [&str; 5] = [
    "/v1/session",
    "/v1/session/second-factor",
    "/v1/password-resets",
    "/v1/password-resets/complete",
    "/v1/invitations/accept",
];

/// What is public.
const PUBLIC: [&str; 2] = ["/v1/assertion-keys", "/v1/licence-keys"];

/// A request for every operation that isn't for everybody, as who may make it would.
async fn requests(stage: &Stage) -> Vec<(Method, Sample)> {
    let mut requests = Vec::new();
    for operation in &stage.operations {
        let route = operation.1.as_str();
        let is_posted = operation.0 == Method::POST;
        if PUBLIC.contains(&route) || (is_posted && OF_THOSE_OUTSIDE.contains(&route)) {
            continue;
        }
        let sample = match route {
            "/v1/edge/feed" => stage.by_operator("/v1/edge/feed?proxy=a", Value::Null),
            _ => matrix::made(stage, operation).await.sample,
        };
        requests.push((operation.0.clone(), sample));
    }
    assert!(requests.len() > 150);
    requests
}

#[tokio::test]
async fn nothing_but_the_public_keys_is_answered_without_a_token_and_a_token_does_only_what_its_scopes_say() {
    let stage = Stage::open().await;
    let (reader, edge) = (stage.desk.token(Principal::Operator, "edge:sync").await, &stage.world.operator);
    for (method, sample) in requests(&stage).await {
        let ask =
            async |token: &str| stage.desk.ask(method.clone(), token, &sample.path, Some(sample.body.clone())).await;
        for token in ["", "mq_live_x", "mq_live_0000000000000000000000000000000000000000000000000"] {
            assert_eq!(ask(token).await.status, StatusCode::UNAUTHORIZED, "{method} {}", sample.path);
        }
        // What proxies sent is shown to operators.
        let is_shown = method == Method::GET && sample.path == "/v1/edge/events";
        let token = if sample.path.contains("/edge/") && !is_shown { edge } else { &reader };
        assert_eq!(ask(token).await.refusal().1, "right-missing", "{method} {}", sample.path);
    }
    assert_eq!(stage.desk.get("", "/v1/assertion-keys").await.status, StatusCode::OK);
    assert_eq!(stage.desk.get("", "/v1/openapi.json").await.status, StatusCode::OK);
}

/// Everything that one partner has, as another would ask for it.
async fn asked_for(desk: &Desk, world: &World) -> Vec<(Method, String, Option<Value>)> {
    let mine = &world.partners[0];
    let domain = json!({ "tenant": mine.tenant, "kind": "custom", "host": "fournil.fr" });
    let domain = desk.made(&mine.token, "/v1/domains", domain).await;
    let token = json!({ "name": "t", "principal": format!("partner:{}", mine.id), "scopes": ["tenants:read"] });
    let token = desk.made(&mine.token, "/v1/tokens", token).await;
    let empty = || Some(json!({}));
    vec![
        (Method::GET, format!("/v1/partners/{}", mine.id), None),
        (Method::PATCH, format!("/v1/partners/{}", mine.id), Some(json!({ "name": "x" }))),
        (Method::GET, format!("/v1/tenants/{}", mine.tenant), None),
        (Method::POST, format!("/v1/tenants/{}/suspend", mine.tenant), empty()),
        (Method::POST, format!("/v1/tenants/{}/resume", mine.tenant), empty()),
        (Method::POST, format!("/v1/tenants/{}/close", mine.tenant), empty()),
        (Method::GET, format!("/v1/domains/{domain}"), None),
        (Method::POST, format!("/v1/domains/{domain}/check"), empty()),
        (Method::POST, format!("/v1/domains/{domain}/renew"), empty()),
        (Method::DELETE, format!("/v1/domains/{domain}"), None),
        (Method::GET, format!("/v1/issuances?domain={domain}"), None),
        (Method::DELETE, format!("/v1/tokens/{token}"), None),
    ]
}

#[tokio::test]
async fn what_another_partner_has_does_not_exist() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let mine = asked_for(&desk, &world).await;
    let before = desk.revision().await;
    for (method, path, body) in &mine {
        let reply = desk.ask(method.clone(), &world.partners[1].token, path, body.clone()).await;
        assert_eq!(reply.refusal(), (404, "not-found".into(), vec![]), "{method} {path}");
    }
    assert_eq!(desk.revision().await, before);
    for list in ["/v1/partners", "/v1/tenants", "/v1/domains", "/v1/tokens"] {
        let listed = desk.get(&world.partners[1].token, list).await.body.to_string();
        for part in [&world.partners[0].id, &world.partners[0].tenant] {
            assert!(!listed.contains(part.as_str()), "{list}");
        }
    }
    // And the owner gets what was refused.
    assert_eq!(desk.get(&world.partners[0].token, &mine[2].1).await.status, StatusCode::OK);
}

#[tokio::test]
async fn another_partners_tenant_is_no_tenant_for_a_domain() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let body = json!({ "tenant": world.partners[0].tenant, "kind": "platform", "label": "fournil" });
    let reply = desk.post(&world.partners[1].token, "/v1/domains", body).await;
    assert_eq!(reply.refusal(), (422, "invalid-request".into(), vec!["/tenant".into()]));
    let body = json!({ "partner": world.partners[0].id, "application": world.application, "name": "x" });
    let reply = desk.post(&world.partners[1].token, "/v1/tenants", body).await;
    assert_eq!(reply.refusal(), (422, "invalid-request".into(), vec!["/partner".into()]));
}

#[tokio::test]
async fn an_application_sees_and_binds_only_the_tenants_that_it_serves() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let own = Principal::Application(world.application.parse().unwrap());
    let own = desk.token(own, "tenants:read tenants:bind domains:read").await;
    let other = Principal::Application(ApplicationId::new(1, &[0; 10]));
    let bind = format!("/v1/tenants/{}/bind", world.partners[0].tenant);
    let body = json!({ "account": "a1" });
    let mut write = desk.store.begin(&crate::kernel::actor::Actor::system("test"), 1).await.unwrap();
    sqlx::query("insert into application (id, name, policy, created_ms) values ($1, 'other', '{\"upstreams\":[\"http://a:1\"]}', 1)")
        .bind(ApplicationId::new(1, &[0; 10]).to_string())
        .execute(write.connection())
        .await
        .unwrap();
    write.commit().await.unwrap();
    let other = desk.token(other, "tenants:read tenants:bind domains:read").await;
    assert_eq!(desk.post(&other, &bind, body.clone()).await.status, StatusCode::NOT_FOUND);
    assert_eq!(desk.get(&other, "/v1/tenants").await.body["items"], json!([]));
    let bound = desk.post(&own, &bind, body.clone()).await;
    assert_eq!((bound.status, &bound.body["state"]), (StatusCode::OK, &json!("active")));
    // A client's, and the partner's own two, of each partner.
    assert_eq!(desk.get(&own, "/v1/tenants").await.body["items"].as_array().unwrap().len(), 6);
    // A partner never says which account a tenant is.
    let reply = desk.post(&world.partners[0].token, &bind, body).await;
    assert_eq!(reply.refusal().1, "right-missing");
}

#[tokio::test]
async fn only_an_operator_adds_partners() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let body = json!({ "name": "x", "brand": { "name": "x" } });
    assert_eq!(desk.post(&world.partners[0].token, "/v1/partners", body).await.refusal().1, "operators-only");
}

#[tokio::test]
async fn an_acknowledgement_of_what_is_not_ours_is_unknown() {
    let desk = Desk::open().await;
    let token = desk.token(Principal::Edge, "edge:sync").await;
    for epoch in ["another", "é", ""] {
        let ack = json!({ "proxy": "one", "epoch": epoch, "revision": 1 });
        let reply = desk.post(&token, "/v1/edge/acks", ack).await;
        assert_eq!(reply.refusal(), (409, "ack-unknown".into(), vec![]), "{epoch:?}");
    }
}
