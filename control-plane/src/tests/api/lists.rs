//! Lists: the newest first, the other way round where that is wanted, and either way in pages.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::desk::Reply;
use super::stage::{Sample, Stage};
use super::{idempotent, matrix};
use crate::kernel::actor::Actor;
use crate::routes::description;

/// The routes that take a parameter.
fn routes_with(parameter: &str) -> Vec<String> {
    let document = serde_json::to_value(description()).unwrap();
    let takes = |item: &Value| {
        item["get"]["parameters"].as_array().is_some_and(|known| known.iter().any(|it| it["name"] == parameter))
    };
    let paths = document["paths"].as_object().unwrap().iter();
    paths.filter(|(_, item)| takes(item)).map(|(path, _)| path.clone()).collect()
}

/// Two more of whatever a route adds.
async fn add_two(stage: &Stage, route: &str) {
    for _ in 0..2 {
        let Some(sample) = idempotent::sample(stage, route).await else { return };
        let reply = stage.desk.ask(Method::POST, &sample.token, &sample.path, Some(sample.body)).await;
        assert!(reply.status.is_success(), "{route}: {}", reply.body);
    }
}

/// A list as its owner asks for it, with more in the query.
async fn asked(stage: &Stage, sample: &Sample, query: &str) -> Reply {
    let joint = if sample.path.contains('?') { '&' } else { '?' };
    stage.desk.get(&sample.token, &format!("{}{joint}{query}", sample.path)).await
}

async fn listed(stage: &Stage, sample: &Sample, query: &str) -> (Vec<Value>, Option<String>) {
    let reply = asked(stage, sample, query).await;
    assert_eq!(reply.status, StatusCode::OK, "{} {query}: {}", sample.path, reply.body);
    let token = reply.body["next_page_token"].as_str().map(str::to_owned);
    (reply.body["items"].as_array().unwrap().clone(), token)
}

/// All of a list, in a few pages.
async fn in_pages(stage: &Stage, sample: &Sample, query: &str) -> Vec<Value> {
    let (first, token) = listed(stage, sample, &format!("limit=100{query}")).await;
    let limit = if token.is_some() { 100 } else { first.len().div_ceil(3).max(1) };
    let (mut seen, mut token) = listed(stage, sample, &format!("limit={limit}{query}")).await;
    while let Some(next) = token {
        let (more, after) = listed(stage, sample, &format!("limit={limit}{query}&page_token={next}")).await;
        seen.extend(more);
        token = after;
    }
    seen
}

/// The time of an identity.
fn time(item: &Value) -> Option<&str> {
    item["id"].as_str().map(|id| &id[..14])
}

/// What refuses a query, by what it is about.
async fn refused_for(stage: &Stage, sample: &Sample, query: &str) -> String {
    let reply = asked(stage, sample, query).await;
    assert_eq!(reply.refusal().0, 400, "{} {query}", sample.path);
    reply.body["detail"].as_str().unwrap().to_owned()
}

/// What only a person asks for: its pages are looked at where people are.
const OF_PEOPLE: &str = "/v1/partners/me/companies";

#[tokio::test(flavor = "multi_thread")]
async fn every_list_is_newest_first_and_can_be_turned_round() {
    let stage = Stage::open().await;
    let routes = routes_with("order");
    assert!(routes.len() > 35, "{routes:?}");
    let mut long = 0;
    for route in routes.iter().filter(|route| *route != OF_PEOPLE) {
        add_two(&stage, route).await;
        let mut sample = matrix::made(&stage, &(Method::GET, route.clone())).await.sample;
        if asked(&stage, &sample, "").await.status == StatusCode::FORBIDDEN {
            sample.token.clone_from(&stage.world.operator);
        }
        let newest = in_pages(&stage, &sample, "").await;
        let mut oldest = in_pages(&stage, &sample, "&order=oldest").await;
        oldest.reverse();
        assert_eq!(oldest, newest, "{route}");
        assert!(newest.iter().map(time).is_sorted_by(|newer, older| newer >= older), "{route}");
        long += usize::from(newest.len() > 1);
        assert!(refused_for(&stage, &sample, "order=other").await.contains("order"), "{route}");
        if let (_, Some(token)) = listed(&stage, &sample, "limit=1&order=newest").await {
            let refused = refused_for(&stage, &sample, &format!("order=oldest&page_token={token}")).await;
            assert!(refused.contains("page_token"), "{route}: {refused}");
        }
    }
    assert!(long > 25, "only {long} of {} lists have two items", routes.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_with_an_order_of_its_own_keeps_it() {
    let stage = Stage::open().await;
    let mut write = stage.desk.store.begin(&Actor::system("test"), stage.desk.store.now_ms()).await.unwrap();
    for object in ["b.example", "a.example", "c.example"] {
        write.note_trouble("renew", object, "away").await.unwrap();
    }
    write.commit().await.unwrap();
    let sample = stage.by_operator("/v1/task-troubles", Value::Null);
    let objects: Vec<_> = in_pages(&stage, &sample, "").await.iter().map(|it| it["object"].clone()).collect();
    assert_eq!(objects, ["a.example", "b.example", "c.example"].map(|object| json!(object)));
    for path in ["/v1/task-troubles", "/v1/reports/expiring-licences", "/v1/reports/expiring-subscriptions"] {
        let refused = refused_for(&stage, &stage.by_operator(path, Value::Null), "order=newest").await;
        assert!(refused.contains("order"), "{path}: {refused}");
    }
}
