//! `expand`: what a read names is shown whole, as its own route shows it, by one statement for each name, and never more than
//! the caller could read alone.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use super::counted::counted;
use super::desk::showing;
use super::matrix;
use super::stage::Stage;
use crate::kernel::principal::Principal;
use crate::routes::description;

/// The reads that can be expanded, each with its names.
fn expandable() -> Vec<(String, Vec<String>)> {
    let document = serde_json::to_value(description()).unwrap();
    let names = |item: &Value| {
        let parameters = item["get"]["parameters"].as_array()?;
        let names = parameters.iter().find(|it| it["name"] == "expand")?["schema"]["items"]["enum"].as_array()?;
        Some(names.iter().map(|name| name.as_str().unwrap().to_owned()).collect())
    };
    let paths = document["paths"].as_object().unwrap().iter();
    paths.filter_map(|(path, item)| Some((path.clone(), names(item)?))).collect()
}

/// The objects of an answer.
fn objects(body: &Value) -> Vec<Value> {
    body["items"].as_array().cloned().unwrap_or_else(|| vec![body.clone()])
}

/// Where something is read alone.
fn alone(id: &str) -> String {
    let collection = match &id[..3] {
        "cli" => "clients",
        "lic" => "licences",
        "ptr" => "partners",
        "pln" => "plans",
        "prd" => "products",
        "sub" => "subscriptions",
        "ten" => "tenants",
        _ => panic!("{id}"),
    };
    format!("/v1/{collection}/{id}")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_name_is_shown_whole_as_its_own_route_shows_it() {
    let stage = Stage::open().await;
    let routes = expandable();
    assert!(routes.len() > 25, "{routes:?}");
    stage.placed("order").await;
    let mut whole = 0;
    for (route, names) in &routes {
        let mut sample = matrix::made(&stage, &(Method::GET, route.clone())).await.sample;
        if *route == "/v1/adjustments" {
            sample.token.clone_from(&stage.world.operator);
        }
        let plain = stage.desk.get(&sample.token, &sample.path).await;
        assert_eq!(plain.status, StatusCode::OK, "{route}: {}", plain.body);
        for name in names {
            let expanded = stage.desk.get(&sample.token, &format!("{}?expand={name}", sample.path)).await;
            if expanded.status == StatusCode::FORBIDDEN {
                let id = plain.body[name].as_str().unwrap();
                let refused = stage.desk.get(&sample.token, &alone(id)).await.refusal();
                assert_eq!(expanded.refusal(), refused, "{route} {name}");
                continue;
            }
            assert_eq!(expanded.status, StatusCode::OK, "{route} {name}: {}", expanded.body);
            assert_eq!(plain.headers.get("etag"), expanded.headers.get("etag"), "{route} {name}");
            for (mut object, before) in objects(&expanded.body).into_iter().zip(objects(&plain.body)) {
                let Some(id) = before[name].as_str() else { continue };
                assert_eq!(object[name], stage.desk.get(&sample.token, &alone(id)).await.body, "{route} {name}");
                object[name] = json!(id);
                assert_eq!(object, before, "{route} {name}");
                whole += 1;
            }
        }
    }
    assert!(whole > 40, "{whole}");
}

#[tokio::test]
async fn nobody_sees_more_by_it_than_alone() {
    let stage = Stage::open().await;
    let taken = stage.taken().await;
    let path = format!("/v1/licences/{}", taken.licence);
    let partner = Principal::Partner(stage.partner().parse().unwrap());
    // A right that is missing is refused, as it is alone.
    let reader = stage.desk.token(partner, "licences:read catalog:read").await;
    assert_eq!(stage.desk.get(&reader, &format!("{path}?expand=plan")).await.body["plan"]["id"], stage.shop.production);
    let refused = stage.desk.get(&reader, &format!("{path}?expand=plan,partner")).await;
    assert_eq!(refused.refusal(), stage.desk.get(&reader, &alone(stage.partner())).await.refusal());
    assert_eq!(refused.refusal().1, "right-missing");
    // What is out of reach stays an identity: a token for one tenant has nothing that is the partner's own.
    let body = json!({
        "name": "t", "principal": format!("partner:{}", stage.partner()), "tenants": [taken.tenant],
        "scopes": ["licences:read", "partners:read", "tenants:read"],
    });
    let limited = stage.desk.post(&stage.world.partners[0].token, "/v1/tokens", body).await.body;
    let limited = limited["token"].as_str().unwrap();
    assert_eq!(stage.desk.get(limited, &alone(stage.partner())).await.status, StatusCode::NOT_FOUND);
    let seen = stage.desk.get(limited, &format!("{path}?expand=partner,tenant")).await.body;
    assert_eq!((&seen["partner"], &seen["tenant"]["id"]), (&json!(stage.partner()), &json!(taken.tenant)), "{seen}");
    // And whoever may not read the thing itself is told nothing of what can be expanded.
    let other = &stage.world.partners[1].token;
    let refused = stage.desk.get(other, &format!("{path}?expand=other")).await;
    assert_eq!(refused.refusal(), stage.desk.get(other, &path).await.refusal());
}

#[tokio::test]
async fn a_name_that_nothing_has_is_refused_with_those_that_there_are() {
    let stage = Stage::open().await;
    let token = &stage.world.partners[0].token;
    for (path, words) in [
        ("/v1/orders?expand=other", "client, licence, partner, plan, subscription, tenant"),
        ("/v1/orders?expand=", "client"),
        ("/v1/orders?expand=client,", "client"),
        ("/v1/orders?expand=client&expand=other", "client"),
        ("/v1/orders?expand=client,licence,partner,plan,subscription,tenant", "up to 5"),
        ("/v1/orders?expand=client%00", "client"),
        ("/v1/products?expand=client", "nothing"),
        ("/v1/me/home?expand=client", "nothing"),
        ("/v1/clients/export?expand=partner", "nothing"),
    ] {
        let reply = stage.desk.get(token, path).await;
        assert_eq!(reply.refusal().0, 400, "{path}: {}", reply.text);
        let detail = reply.body["detail"].as_str().unwrap();
        assert!(detail.contains("expand") && detail.contains(words), "{path}: {detail}");
    }
    for path in ["/v1/orders?expand=client%2Cplan", "/v1/orders?limit=2&expand=client&expand=plan&order=oldest"] {
        assert_eq!(stage.desk.get(token, path).await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(stage.desk.get(token, "/v1/orders?expand=client&odd=1").await.refusal().0, 400);
}

#[tokio::test]
async fn a_name_is_one_statement_for_a_page() {
    let stage = Stage::open().await;
    let token = &stage.world.partners[0].token;
    let statements = async |path: &str| {
        let request = showing(Request::get(path), token).body(Body::empty()).unwrap();
        let (reply, statements) = counted(&stage.desk.router, request).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.body);
        (reply.body, statements)
    };
    for _ in 0..3 {
        stage.placed("order").await;
    }
    // The token is known from now on.
    statements("/v1/orders").await;
    let (_, plain) = statements("/v1/orders").await;
    let (body, expanded) = statements("/v1/orders?expand=client,licence,plan,subscription,tenant").await;
    assert!(!plain.is_empty() && body["items"].as_array().is_some_and(|orders| orders.len() == 3), "{body}");
    assert!(body["items"][2]["client"]["company"].is_string(), "{body}");
    assert_eq!(expanded.len(), plain.len() + 5, "{expanded:#?}");
}
