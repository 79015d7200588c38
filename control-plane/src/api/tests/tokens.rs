//! Tokens: given on by those who have the rights, shown once, dead when revoked or over.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::desk::Desk;
use crate::model::principal::Principal;

async fn make(desk: &Desk, by: &str, body: Value) -> (StatusCode, Value) {
    let reply = desk.post(by, "/v1/tokens", body).await;
    (reply.status, reply.body)
}

#[tokio::test]
async fn a_token_is_shown_once_and_only_its_hash_is_kept() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let body = json!({ "name": "ci", "principal": "operator", "scopes": ["tenants:read"] });
    let (_, made) = make(&desk, &world.operator, body).await;
    let text = made["token"].as_str().unwrap();
    assert_eq!(desk.get(text, "/v1/tenants").await.status, StatusCode::OK);
    assert!(!desk.get(&world.operator, "/v1/tokens").await.body.to_string().contains(text));
    for column in ["select coalesce(max(hash), '') from api_token", "select coalesce(max(body), '') from idempotency"] {
        let kept: String = sqlx::query_scalar(column).fetch_one(desk.store.reader()).await.unwrap();
        assert!(!kept.contains(text), "{column}");
    }
    let texts: Vec<String> =
        sqlx::query_scalar("select body from idempotency").fetch_all(desk.store.reader()).await.unwrap();
    assert!(texts.iter().all(|kept| !kept.contains("mq_live_")));
}

#[tokio::test]
async fn nobody_gives_more_than_they_have() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let (one, two) = (&world.partners[0], &world.partners[1]);
    let own = format!("partner:{}", one.id);
    let reader = desk.token(Principal::Partner(one.id.parse().unwrap()), "tokens:write tenants:read").await;
    for (by, principal, scope, pointer) in [
        (&reader, own.as_str(), "tenants:write", "/scopes"),
        (&one.token, &own, "tenants:bind", "/scopes"),
        (&one.token, "operator", "tenants:read", "/principal"),
        (&one.token, "edge", "edge:sync", "/principal"),
        (&one.token, &format!("partner:{}", two.id), "tenants:read", "/principal"),
        (&world.operator, "edge", "edge:sync", "/scopes"),
        (&world.operator, "edge", "tenants:read", "/scopes"),
        (&world.operator, "partner:ptr_00000000000000000000000000", "tenants:read", "/principal"),
    ] {
        let body = json!({ "name": "t", "principal": principal, "scopes": [scope] });
        let reply = desk.post(by, "/v1/tokens", body).await;
        assert_eq!(reply.refusal(), (422, "invalid-request".into(), vec![pointer.into()]), "{principal} {scope}");
    }
    let body = json!({ "name": "t", "principal": own, "scopes": ["tenants:read"] });
    assert_eq!(make(&desk, &reader, body).await.0, StatusCode::CREATED);
}

#[tokio::test]
async fn a_revoked_token_is_dead_at_once() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let body = json!({ "name": "ci", "principal": "operator", "scopes": ["tenants:read"] });
    let (_, made) = make(&desk, &world.operator, body).await;
    let text = made["token"].as_str().unwrap();
    assert_eq!(desk.get(text, "/v1/tenants").await.status, StatusCode::OK);
    let path = format!("/v1/tokens/{}", made["id"].as_str().unwrap());
    assert_eq!(desk.ask(Method::DELETE, &world.operator, &path, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(desk.get(text, "/v1/tenants").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_ends_when_it_says_within_a_year() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let body = |at: &str| json!({ "name": "t", "principal": "operator", "scopes": ["tenants:read"], "expires_at": at });
    for at in ["2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "tomorrow"] {
        let reply = desk.post(&world.operator, "/v1/tokens", body(at)).await;
        assert_eq!(reply.refusal(), (422, "invalid-request".into(), vec!["/expires_at".into()]), "{at}");
    }
    let body = json!({ "name": "t", "principal": "operator", "scopes": ["tenants:read"] });
    let (_, made) = make(&desk, &world.operator, body).await;
    let text = made["token"].as_str().unwrap();
    desk.advance_days(365);
    assert_eq!(desk.get(text, "/v1/tenants").await.status, StatusCode::OK);
    desk.advance_days(2);
    assert_eq!(desk.get(text, "/v1/tenants").await.status, StatusCode::UNAUTHORIZED);
}
