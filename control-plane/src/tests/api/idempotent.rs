//! Every POST that changes something, as the description lists them, is done once: sent twice, fifty times at once,
//! and with another body under the same key. A route without a sample here fails.

mod catalogue;
mod followed;
mod foundation;
mod licences;
mod money;
mod partners;
mod people;
mod selling;
mod support;
mod tenants;
mod unkeyed;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use super::desk::{Reply, showing};
use super::stage::{Sample, Stage};
use super::traces;
use crate::routes::description;

/// What has no key: nothing is done, or doing it twice is doing it once.
const WITHOUT: [(&str, &str); 17] = [
    ("/v1/clients/lookup", "looks something up"),
    ("/v1/edge/acks", "tells a revision, which only grows"),
    ("/v1/edge/entries", "its ticket is good once"),
    ("/v1/edge/events", "each event has an identity, and is applied once"),
    ("/v1/invitations/accept", "its link is followed once"),
    ("/v1/licences/validate", "looks something up"),
    ("/v1/me/password", "shows the password before, which is then another"),
    ("/v1/me/second-factor", "makes another secret, which counts once it is confirmed"),
    ("/v1/me/second-factor/confirm", "its code is taken once"),
    ("/v1/me/second-factor/remove", "there is nothing to remove the second time"),
    ("/v1/password-resets", "sends a mail, of which the last one counts"),
    ("/v1/password-resets/complete", "its link is followed once"),
    ("/v1/promo-codes/check", "computes"),
    ("/v1/quotes", "computes; a quote is signed, not kept"),
    ("/v1/session", "each login is a session of its own"),
    ("/v1/session/act-for", "says for whom one acts, whatever it was before"),
    ("/v1/session/second-factor", "its code is taken once"),
];

/// What is told once: the second answer lacks it.
const ONCE: [&str; 3] = ["token", "secret", "entry_url"];

const AT_ONCE: usize = 50;

/// A request that the route takes, on objects made for it.
pub(super) async fn sample(stage: &Stage, route: &str) -> Option<Sample> {
    let found = [
        catalogue::sample(stage, route).await,
        followed::sample(stage, route).await,
        foundation::sample(stage, route).await,
        licences::sample(stage, route).await,
        money::sample(stage, route).await,
        partners::sample(stage, route).await,
        people::sample(stage, route).await,
        selling::sample(stage, route).await,
        support::sample(stage, route).await,
        tenants::sample(stage, route).await,
        unkeyed::sample(stage, route).await,
    ];
    found.into_iter().flatten().next()
}

/// Every route of the description that is posted to.
fn routes() -> Vec<String> {
    let document = serde_json::to_value(description()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    paths.iter().filter(|(_, methods)| methods["post"].is_object()).map(|(path, _)| path.clone()).collect()
}

async fn post(stage: &Stage, sample: &Sample, key: Option<&str>, body: String) -> Reply {
    let mut request = showing(Request::post(&sample.path), &sample.token).header("content-type", "application/json");
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
    let routes = routes();
    assert!(routes.len() > 40);
    for route in &routes {
        let parameters = document["paths"][route]["post"]["parameters"].as_array().cloned().unwrap_or_default();
        let takes = parameters.iter().any(|it| it["name"] == "Idempotency-Key" && it["required"] == json!(true));
        let exempt = WITHOUT.iter().any(|(without, _)| without == route);
        assert!(takes != exempt, "{route}: takes a key: {takes}");
    }
    for (route, _) in WITHOUT {
        assert!(routes.contains(&route.to_owned()), "{route} is no route any more");
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

#[tokio::test]
async fn what_takes_no_key_leaves_a_trace_of_each_change_too() {
    let stage = Stage::open().await;
    let mut wrong = Vec::new();
    for (route, _) in WITHOUT {
        let sample = sample(&stage, route).await.expect("a sample of each");
        let before = stage.traces().await;
        let reply = post(&stage, &sample, None, sample.body.to_string()).await;
        assert!(reply.status.is_success(), "{route}: {} {}", reply.status, reply.body);
        wrong.extend(traces::of_one(&stage, ("POST", route), before).await.err().map(|why| format!("{route}: {why}")));
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
    let after = stage.traces().await;
    traces::of_one(stage, ("POST", route), before).await?;
    let again = post(stage, &twice, Some(&key), body.clone()).await;
    expect(kept(&first) == kept(&again), "answers otherwise the second time", &again)?;
    expect(again.headers.contains_key("idempotency-replayed"), "doesn't say that it was done before", &again)?;
    expect(ONCE.iter().all(|name| again.body.get(name).is_none()), "tells a secret twice", &again)?;
    // The same to who reads it, but another text: a key is for one request, letter by letter.
    let other = post(stage, &twice, Some(&key), format!("{body} ")).await;
    expect(other.refusal().1 == "idempotency-key-reused", "takes another body under the key", &other)?;
    expect(stage.traces().await == after, "leaves more traces the second time", &again)?;

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
    traces::of_one(stage, ("POST", route), before).await
}

fn expect(holds: bool, why: &str, reply: &Reply) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("{why}: {} {}", reply.status, reply.body)) }
}
