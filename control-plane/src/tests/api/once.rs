//! What is posted is done once.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use super::desk::{Desk, Reply};
use crate::database::Old;

async fn post(desk: &Desk, token: &str, key: Option<&str>, body: &Value) -> Reply {
    let mut request = Request::post("/v1/partners")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json");
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    desk.send(request.body(Body::from(body.to_string())).unwrap()).await
}

fn partner(name: &str) -> Value {
    json!({ "name": name, "brand": { "name": name } })
}

async fn count(desk: &Desk) -> i64 {
    sqlx::query_scalar("select count(*) from partner").fetch_one(desk.store.reader()).await.unwrap()
}

#[tokio::test]
async fn the_same_request_again_gets_the_same_answer_and_does_nothing() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let (before, token) = (count(&desk).await, &world.operator);
    let first = post(&desk, token, Some("k1"), &partner("a")).await;
    let again = post(&desk, token, Some("k1"), &partner("a")).await;
    assert_eq!((first.status, again.status), (StatusCode::CREATED, StatusCode::CREATED));
    assert_eq!(first.body, again.body);
    assert!(!first.headers.contains_key("idempotency-replayed"));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(count(&desk).await, before + 1);
}

#[tokio::test]
async fn a_key_is_for_one_request_of_one_principal() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    post(&desk, &world.operator, Some("k1"), &partner("a")).await;
    let other = post(&desk, &world.operator, Some("k1"), &partner("b")).await;
    assert_eq!(other.refusal(), (422, "idempotency-key-reused".into(), vec![]));
    let (one, two) = (&world.partners[0], &world.partners[1]);
    for party in [one, two] {
        let request = Request::post("/v1/tokens")
            .header("authorization", format!("Bearer {}", party.token))
            .header("content-type", "application/json")
            .header("idempotency-key", "k1");
        let body = json!({ "name": "t", "principal": format!("partner:{}", party.id), "scopes": ["tenants:read"] });
        let reply = desk.send(request.body(Body::from(body.to_string())).unwrap()).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    }
}

#[tokio::test]
async fn a_post_without_a_key_is_refused_and_a_refused_one_keeps_nothing() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    for key in [None, Some(""), Some("\"\""), Some(&*"x".repeat(256))] {
        let reply = post(&desk, &world.operator, key, &partner("a")).await;
        assert_eq!(reply.refusal(), (400, "idempotency-key-missing".into(), vec![]), "{key:?}");
    }
    let wrong = post(&desk, &world.operator, Some("k"), &json!({ "name": "" , "brand": { "name": "b" } })).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let right = post(&desk, &world.operator, Some("k"), &partner("a")).await;
    assert_eq!(right.status, StatusCode::CREATED);
}

#[tokio::test]
async fn twenty_at_once_with_one_key_make_one() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let before = count(&desk).await;
    let body = partner("a");
    let asked = (0..20).map(|_| post(&desk, &world.operator, Some("k"), &body));
    let replies = futures_util::future::join_all(asked).await;
    assert!(replies.iter().all(|reply| reply.status == StatusCode::CREATED && reply.body == replies[0].body));
    assert_eq!(count(&desk).await, before + 1);
}

#[tokio::test]
async fn an_answer_is_forgotten_after_a_day() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    post(&desk, &world.operator, Some("k"), &partner("a")).await;
    let answers: i64 =
        sqlx::query_scalar("select count(*) from idempotency").fetch_one(desk.store.reader()).await.unwrap();
    desk.advance_days(2);
    let mut write = desk.store.begin(&crate::kernel::actor::Actor::system("test"), desk.store.now_ms()).await.unwrap();
    let now_ms = write.now_ms();
    assert_eq!(write.forget(Old::Answers, now_ms).await.unwrap(), answers);
    write.commit().await.unwrap();
    let again = post(&desk, &world.operator, Some("k"), &partner("b")).await;
    assert_eq!(again.status, StatusCode::CREATED);
}
