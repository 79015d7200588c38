//! Strangers, the feed and everybody else have places of their own.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::request::Builder;
use axum::http::{Request, StatusCode};
use futures_util::stream;
use marque_config::settings::{DatabaseSettings, ShareSettings};
use tokio::task::JoinHandle;
use tower::ServiceExt;

use super::desk::{Desk, Reply, send};
use super::limits::fresh;
use crate::kernel::principal::Principal;
use crate::routes::description;

async fn desk() -> (Desk, Router, String) {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let settings = ShareSettings { api: 2, strangers: 2, feed: 1 };
    let router = fresh(&desk).sharing(&settings).router();
    (desk, router, world.operator)
}

/// Sends a request whose body never ends. It has its place once it was looked at.
async fn hang(router: &Router, request: Builder) -> JoinHandle<StatusCode> {
    let body = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
    let request = request.header("content-type", "application/json").body(body).unwrap();
    let router = router.clone();
    let hanging = tokio::spawn(async move { router.oneshot(request).await.unwrap().status() });
    tokio::task::yield_now().await;
    hanging
}

async fn get(router: &Router, path: &str, token: Option<&str>) -> Reply {
    let request =
        token.iter().fold(Request::get(path), |it, token| it.header("authorization", format!("Bearer {token}")));
    send(router, request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn strangers_take_their_own_places_and_the_api_answers() {
    let (_desk, router, operator) = desk().await;
    // One shows a token that counts for nothing where anybody may ask.
    let login = || Request::post("/v1/session");
    let hanging =
        [hang(&router, login()).await, hang(&router, login().header("authorization", "Bearer nonsense")).await];
    let reply = get(&router, "/v1/tenants", None).await;
    assert_eq!(reply.refusal(), (503, "share-used-up".into(), vec![]));
    assert_eq!(
        (&reply.headers["retry-after"], reply.body["detail"].as_str()),
        (&"1".parse().unwrap(), Some("The places of “strangers” are taken."))
    );
    assert_eq!(get(&router, "/v1/licence-keys", Some(&operator)).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(get(&router, "/v1/tenants", Some(&operator)).await.status, StatusCode::OK);
    hanging.iter().for_each(JoinHandle::abort);
    for hanging in hanging {
        hanging.await.unwrap_err();
    }
    assert_eq!(get(&router, "/v1/licence-keys", None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn whoever_is_known_takes_no_strangers_place() {
    let (_desk, router, operator) = desk().await;
    let show =
        |request: Builder| request.header("authorization", format!("Bearer {operator}")).header("idempotency-key", "k");
    let hanging = [
        hang(&router, show(Request::post("/v1/partners"))).await,
        hang(&router, show(Request::post("/v1/partners"))).await,
    ];
    assert_eq!(get(&router, "/v1/tenants", Some(&operator)).await.refusal().1, "share-used-up");
    assert_eq!(get(&router, "/v1/licence-keys", None).await.status, StatusCode::OK);
    // Who shows what counts for nothing gives the place back at once.
    hanging.iter().for_each(JoinHandle::abort);
    for hanging in hanging {
        hanging.await.unwrap_err();
    }
    for _ in 0..5 {
        assert_eq!(get(&router, "/v1/tenants", Some("nonsense")).await.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn streams_of_the_feed_take_their_own_places_as_long_as_they_last() {
    let (desk, router, operator) = desk().await;
    let edge = desk.token(Principal::Edge, "edge:sync").await;
    let follow = |proxy: &str| {
        let request =
            Request::get(format!("/v1/edge/feed?proxy={proxy}")).header("authorization", format!("Bearer {edge}"));
        router.clone().oneshot(request.body(Body::empty()).unwrap())
    };
    let first = follow("one").await.unwrap();
    assert_eq!(first.status(), StatusCode::OK);
    assert_eq!(follow("one").await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
    for _ in 0..3 {
        assert_eq!(get(&router, "/v1/tenants", Some(&operator)).await.status, StatusCode::OK);
        assert_eq!(get(&router, "/v1/licence-keys", None).await.status, StatusCode::OK);
    }
    drop(first);
    assert_eq!(follow("one").await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn strangers_have_connections_to_the_database_of_their_own() {
    let (desk, router, operator) = desk().await;
    let strangers = desk.store.for_strangers();
    let mut taken = Vec::new();
    for _ in 0..DatabaseSettings::default().readers_for_strangers {
        taken.push(strangers.reader().acquire().await.unwrap());
    }
    assert_eq!(get(&router, "/v1/tenants", Some(&operator)).await.status, StatusCode::OK);
    drop(taken);
    let mut taken = Vec::new();
    for _ in 0..DatabaseSettings::default().readers {
        taken.push(desk.store.reader().acquire().await.unwrap());
    }
    assert_eq!(get(&router, "/v1/licence-keys", None).await.status, StatusCode::OK);
}

#[test]
fn what_anybody_may_ask_has_one_path_each() {
    // A path with a place in it would not be known before it was routed.
    let described = serde_json::to_value(description()).unwrap();
    let open = described["paths"].as_object().unwrap().iter().filter(|(_, methods)| {
        methods.as_object().unwrap().values().any(|operation| operation["security"] == serde_json::json!([{}]))
    });
    let open: Vec<_> = open.map(|(path, _)| path.as_str()).collect();
    assert!(open.len() >= 5 && open.iter().all(|path| !path.contains('{')), "{open:?}");
}
