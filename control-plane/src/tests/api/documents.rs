//! How the API speaks: problem documents, the description, the frame around every request.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use axum::{Router, middleware, routing};
use serde_json::json;

use super::desk::{Desk, send};
use crate::routes::description;
use crate::web::frame;

/// What a source file describes, by the names under which the description lists it.
fn described(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut lines = source.lines().map(str::trim);
    while lines.by_ref().any(|line| line.starts_with("#[derive(") && line.contains("ToSchema")) {
        let mut other = None;
        for line in lines.by_ref() {
            other = line.split_once("schema(as = ").and_then(|(_, name)| name.split(')').next()).or(other);
            let mut words = line.split_whitespace().skip_while(|word| !matches!(*word, "struct" | "enum"));
            if let Some(word) = words.nth(1) {
                let own = word.split(['<', '(', '{']).next().unwrap();
                names.push(other.unwrap_or(own).to_owned());
                break;
            }
        }
    }
    names
}

fn sources(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

/// Of two shapes with one name the description would hold one, and show it for both.
#[test]
fn no_two_shapes_have_one_name() {
    let mut met = BTreeMap::new();
    for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        for name in described(&fs::read_to_string(&file).unwrap()) {
            let before = met.insert(name.clone(), file.clone());
            assert_eq!(before, None, "{name} is in {}, too", file.display());
        }
    }
    assert!(met.len() > 100 && met.contains_key("PriceVersionStage") && met.contains_key("Order"));
}

#[tokio::test]
async fn a_wrong_body_names_the_field_that_is_wrong() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let tenant = &world.partners[0].tenant;
    for (path, body, code, pointer) in [
        ("/v1/partners", json!({ "name": "a" }), "missing-field", "/brand"),
        ("/v1/partners", json!({ "name": "a", "brand": {} }), "missing-field", "/brand/name"),
        ("/v1/partners", json!({ "name": "a", "brand": { "nam": "b" } }), "unknown-field", "/brand/nam"),
        ("/v1/partners", json!({ "name": 1, "brand": { "name": "b" } }), "invalid-value", "/name"),
        ("/v1/partners", json!({ "name": "a\u{0}", "brand": { "name": "b" } }), "invalid-text", "/name"),
        ("/v1/partners", json!({ "name": "a", "brand": { "name": "" } }), "invalid-text", "/brand/name"),
        ("/v1/partners", json!({ "name": "a", "brand": { "name": "b" }, "x/y~z": 1 }), "unknown-field", "/x~1y~0z"),
        ("/v1/partners", json!([]), "invalid-value", ""),
        ("/v1/tenants", json!({ "partner": "ptr_1" }), "invalid-value", "/partner"),
        ("/v1/domains", json!({ "tenant": tenant, "kind": "other" }), "invalid-value", "/kind"),
        ("/v1/domains", json!({ "tenant": tenant, "kind": "platform", "labl": "x" }), "unknown-field", "/labl"),
        ("/v1/domains", json!({ "tenant": tenant, "kind": "custom", "label": "x" }), "missing-field", "/host"),
        (
            "/v1/domains",
            json!({ "tenant": tenant, "kind": "custom", "label": "x", "host": "a.fr" }),
            "unknown-field",
            "/label",
        ),
        (
            "/v1/applications",
            json!({ "name": "b", "policy": { "upstreams": ["ftp://x"] } }),
            "invalid-value",
            "/policy/upstreams/0",
        ),
        (
            "/v1/applications",
            json!({ "name": "b", "policy": { "upstreams": [] } }),
            "invalid-policy",
            "/policy/upstreams",
        ),
    ] {
        let reply = desk.post(&world.operator, path, body.clone()).await;
        assert_eq!(reply.refusal(), (422, "invalid-request".into(), vec![pointer.to_owned()]), "{body}");
        assert_eq!(reply.body["errors"][0]["code"], code, "{body}");
        assert_eq!(reply.headers["content-type"], "application/problem+json");
    }
}

#[tokio::test]
async fn what_is_no_json_or_too_much_is_told_so() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let ask = |kind: &str, body: String| {
        Request::post("/v1/partners")
            .header("authorization", format!("Bearer {}", world.operator))
            .header("content-type", kind)
            .header("idempotency-key", "k")
            .body(Body::from(body))
            .unwrap()
    };
    for (kind, body, status, code) in [
        ("application/json", "{".into(), 400, "malformed-json"),
        ("application/json", "{} {}".into(), 422, "invalid-request"),
        ("text/plain", "{}".into(), 415, "not-json"),
        ("application/json", " ".repeat((1 << 20) + 1), 413, "body-too-large"),
    ] {
        let reply = desk.send(ask(kind, body)).await;
        assert_eq!((reply.status.as_u16(), &reply.body["code"]), (status, &json!(code)));
    }
}

#[tokio::test]
async fn a_refusal_is_in_the_callers_language_and_names_the_request() {
    let desk = Desk::open().await;
    let request = Request::get("/v1/tenants")
        .header("accept-language", "fr-FR, en;q=0.5")
        .header("x-request-id", "my-request-1")
        .body(Body::empty())
        .unwrap();
    let reply = desk.send(request).await;
    assert_eq!(reply.body["title"], "Il faut un jeton d’API valable.");
    assert_eq!(reply.body["request_id"], "my-request-1");
    assert_eq!(reply.headers["x-request-id"], "my-request-1");
    assert_eq!(reply.headers["www-authenticate"], "Bearer");
    assert_eq!(reply.headers["content-language"], "fr");
}

#[tokio::test]
async fn what_is_not_there_and_what_is_not_allowed_are_problems_too() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let token = &world.operator;
    for (method, path, status) in [
        (Method::GET, "/v2", 404),
        (Method::GET, "/v1/tenants/ten_1", 404),
        (Method::GET, "/v1/tenants/%FF", 404),
        (Method::DELETE, "/v1/tenants", 405),
        (Method::GET, "/v1/tenants?limit=0", 400),
        (Method::GET, "/v1/tenants?limit=101", 400),
        (Method::GET, "/v1/tenants?limits=1", 400),
        (Method::GET, "/v1/tenants?page_token=x", 400),
        (Method::GET, "/v1/issuances", 400),
    ] {
        let reply = desk.ask(method, token, path, None).await;
        assert_eq!(reply.status.as_u16(), status, "{path}");
        assert_eq!(reply.body["status"], status, "{path}");
    }
}

#[tokio::test]
async fn a_panic_fails_its_own_request_only() {
    let desk = Desk::open().await;
    let panics = async || -> StatusCode { panic!("on purpose") };
    let router: Router = Router::new()
        .route("/panic", routing::get(panics))
        .route("/fine", routing::get(async || "fine"))
        .layer(middleware::from_fn_with_state(desk.api.clone(), frame::frame))
        .with_state(desk.api.clone());
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    let reply = send(&router, get("/panic")).await;
    assert_eq!(reply.refusal(), (500, "internal".into(), vec![]));
    assert_eq!(send(&router, get("/fine")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_list_is_told_in_pages_and_nothing_twice() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    for index in 0..5 {
        let partner = json!({ "name": format!("p{index}"), "brand": { "name": "b" } });
        desk.made(&world.operator, "/v1/partners", partner).await;
    }
    let mut seen = Vec::new();
    let mut path = "/v1/partners?limit=3".to_owned();
    loop {
        let page = desk.get(&world.operator, &path).await.body;
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next_page_token"].as_str() else { break };
        path = format!("/v1/partners?limit=3&page_token={next}");
    }
    let mut sorted = seen.clone();
    sorted.sort_by(|one, other| other.cmp(one));
    sorted.dedup();
    assert_eq!((seen.len(), &seen), (7, &sorted));
}

#[test]
fn the_description_is_the_one_that_was_agreed() {
    insta::assert_json_snapshot!("description", description());
}

#[tokio::test]
async fn a_wrong_query_is_told_in_french_too() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    for (query, name) in
        [("limit=many", "limit"), ("limit=0", "limit"), ("page_token=x", "page_token"), ("odd=1", "odd")]
    {
        let request = axum::http::Request::builder()
            .uri(format!("/v1/tenants?{query}"))
            .header("authorization", format!("Bearer {}", world.operator))
            .header("accept-language", "fr");
        let reply = desk.send(request.body(axum::body::Body::empty()).unwrap()).await;
        let detail = reply.body["detail"].as_str().unwrap();
        assert_eq!((reply.status.as_u16(), &reply.body["code"]), (400, &serde_json::json!("invalid-query")));
        assert!(detail.contains(name) && (detail.contains("est ") || detail.contains(" va ")), "{detail}");
    }
}
