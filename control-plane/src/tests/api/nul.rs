//! No text has NUL: PostgreSQL takes none, and what brings one is refused where it is read, in every query, path and
//! body that the description knows.

use axum::http::Method;
use serde_json::{Value, json};

use super::desk::Reply;
use super::stage::Stage;
use crate::routes::description;

/// The names of the parameters that an operation has in its query.
fn in_query<'a>(document: &'a Value, method: &Method, route: &str) -> Vec<&'a str> {
    let operation = &document["paths"][route][method.as_str().to_lowercase()];
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    parameters.filter(|one| one["in"] == "query").filter_map(|one| one["name"].as_str()).collect()
}

/// The route with an id in each place, the last of which has NUL.
fn path_with_nul(route: &str) -> Option<String> {
    let (before, after) = route.rsplit_once('{')?;
    let after = after.split_once('}')?.1;
    let before = before.split('/').map(|segment| if segment.starts_with('{') { "x" } else { segment });
    Some(format!("{}a%00b{after}", before.collect::<Vec<_>>().join("/")))
}

async fn ask(stage: &Stage, method: &Method, path: &str, body: Option<Value>) -> Reply {
    let pass = if path.starts_with("/v1/edge/") { &stage.edge } else { &stage.world.operator };
    stage.desk.ask(method.clone(), pass, path, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nul_in_a_query_is_refused_by_every_route() {
    let (stage, document) = (Stage::open().await, serde_json::to_value(description()).unwrap());
    let mut refused = 0;
    for (method, route) in &stage.operations {
        for name in in_query(&document, method, route) {
            let path = format!("{}?{name}=a%00b", route.replace(['{', '}'], ""));
            let reply = ask(&stage, method, &path, None).await;
            assert!(reply.status.is_client_error(), "{method} {path}: {}", reply.body);
            // What is no id, or not for an operator, is looked at first.
            if reply.refusal().1 == "invalid-query" {
                assert!(reply.body["detail"].as_str().unwrap().contains(name), "{path}: {}", reply.body);
                refused += 1;
            }
        }
    }
    assert!(refused > 100, "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nul_in_a_path_names_nothing() {
    let stage = Stage::open().await;
    let mut asked = 0;
    for (method, route) in &stage.operations {
        let Some(path) = path_with_nul(route) else { continue };
        let reply = ask(&stage, method, &path, (*method != Method::GET).then(|| json!({}))).await;
        assert!(reply.status.is_client_error(), "{method} {path}: {}", reply.body);
        asked += 1;
    }
    assert!(asked > 100, "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nul_in_a_body_is_refused_by_every_route() {
    let stage = Stage::open().await;
    let mut refused = 0;
    for (method, route) in stage.operations.iter().filter(|(method, _)| *method != Method::GET) {
        let path = route.replace(['{', '}'], "");
        let reply = ask(&stage, method, &path, Some(json!({ "list": ["a", { "b\0": 1 }] }))).await;
        assert!(reply.status.is_client_error(), "{method} {path}: {}", reply.body);
        refused += usize::from(reply.refusal().2 == ["/list/1/b\0"]);
    }
    assert!(refused > 30, "{refused}");
}

#[tokio::test]
async fn the_text_that_has_nul_is_named() {
    let stage = Stage::open().await;
    let body = json!({ "proxy": "one", "epoch": "nul\0", "revision": 1 });
    let reply = ask(&stage, &Method::POST, "/v1/edge/acks", Some(body)).await;
    assert_eq!(reply.refusal().2, ["/epoch"], "{}", reply.body);
    // What only looks like NUL is a text as any other.
    let body = json!({ "proxy": "one", "epoch": "\\u0000", "revision": 1 });
    let reply = ask(&stage, &Method::POST, "/v1/edge/acks", Some(body)).await;
    assert_eq!(reply.refusal().1, "ack-unknown");
}
