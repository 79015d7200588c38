//! How much a caller may ask, as the answers tell it.

use std::num::NonZeroU32;

use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::{Extension, http::Request};
use marque_config::settings::QuotaSettings;
use serde_json::json;

use super::desk::{Desk, send};
use crate::kernel::principal::Principal;
use crate::web::Api;
use crate::web::frame::Peer;
use crate::web::limits::Limits;

/// The same API, with buckets of its own.
pub(super) fn fresh(desk: &Desk) -> Api {
    let inner = &desk.api.inner;
    let (store, keys, names) = (inner.store.clone(), inner.keys.clone(), inner.names.clone());
    Api::new(store, keys, names, inner.feed.clone(), inner.metrics.clone())
}

#[tokio::test]
async fn who_asks_too_much_is_told_when_to_come_again() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let three = NonZeroU32::new(3).unwrap();
    let settings = QuotaSettings {
        requests_per_minute: three,
        operator_requests_per_minute: three,
        failures_per_minute: NonZeroU32::MIN,
        ..QuotaSettings::default()
    };
    let router = fresh(&desk).limited(&settings).router().layer(Extension(Peer(([192, 0, 2, 1], 9).into())));
    let ask = async |token: &str, path: &str| {
        let request = Request::get(path).header("authorization", format!("Bearer {token}"));
        send(&router, request.body(axum::body::Body::empty()).unwrap()).await
    };
    for remaining in ["r=2;t=20", "r=1;t=40", "r=0;t=60"] {
        let reply = ask(&world.operator, "/v1/tenants").await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(reply.headers["ratelimit-policy"], "\"tok\";q=3;w=60");
        assert_eq!(reply.headers["ratelimit"], format!("\"tok\";{remaining}"));
    }
    let refused = ask(&world.operator, "/v1/tenants").await;
    assert_eq!(refused.refusal(), (429, "quota-exceeded".into(), vec![]));
    assert_eq!(refused.body["violated-policies"], json!(["tok"]));
    assert_eq!(refused.headers["retry-after"], "20");
    assert_eq!(ask(&world.partners[0].token, "/v1/tenants").await.status, StatusCode::OK);
    // Proxies are not held up, whatever others do.
    let edge = desk.token(Principal::Edge, "edge:sync").await;
    for _ in 0..5 {
        assert_eq!(ask(&edge, "/v1/tenants").await.refusal().1, "right-missing");
    }
    // Who shows no valid token is counted by address.
    assert_eq!(ask("", "/v1/tenants").await.refusal().1, "token-invalid");
    let refused = ask("", "/v1/tenants").await;
    assert_eq!(
        (refused.refusal().1.as_str(), &refused.headers["ratelimit"]),
        ("quota-exceeded", &"\"ip\";r=0;t=60".parse().unwrap())
    );
    desk.advance_days(1);
    assert_eq!(ask("", "/v1/tenants").await.refusal().1, "token-invalid");
    assert_eq!(ask(&world.operator, "/v1/tenants").await.status, StatusCode::OK);
}

#[test]
fn c17_the_visitors_address_comes_from_listed_peers_only() {
    let settings = QuotaSettings {
        forwarded_from: vec!["10.0.0.0/8".parse().unwrap(), "2001:db8:ffff::/48".parse().unwrap()],
        ..QuotaSettings::default()
    };
    let parts = crate::kernel::parts::Parts::real();
    let limits = Limits::new(&settings, &parts.clock);
    let seen = |peer: &str, said: &[&str]| {
        let mut headers = HeaderMap::new();
        for value in said {
            headers.append("x-forwarded-for", HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        limits.visitor(peer.parse().unwrap(), &headers).to_string()
    };
    for (peer, said, expected) in [
        // Nobody else is believed.
        ("192.0.2.1", &["198.51.100.7"][..], "192.0.2.1"),
        ("10.0.0.1", &[], "10.0.0.1"),
        ("10.0.0.1", &["198.51.100.7"], "198.51.100.7"),
        // What stands before the last hop is the visitor's own word.
        ("10.0.0.1", &["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", &["203.0.113.9", "198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", &["198.51.100.7, 10.2.3.4"], "198.51.100.7"),
        ("10.0.0.1", &["10.9.9.9"], "10.9.9.9"),
        ("::ffff:10.0.0.1", &["198.51.100.7:4711"], "198.51.100.7"),
        ("2001:db8:ffff::1", &["[2001:db8::7]:443"], "2001:db8::7"),
        ("10.0.0.1", &["[2001:db8::7]"], "2001:db8::7"),
        // What can't be read is nobody's address.
        ("10.0.0.1", &["198.51.100.7, unknown"], "10.0.0.1"),
        ("10.0.0.1", &["198.51.100.7, unknown, 10.2.3.4"], "10.2.3.4"),
        ("10.0.0.1", &["\u{e9}"], "10.0.0.1"),
    ] {
        assert_eq!(seen(peer, said), expected, "{peer} {said:?}");
    }
}

#[tokio::test]
async fn a_token_has_the_limit_that_an_operator_gave_it() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let router = fresh(&desk).limited(&QuotaSettings::default()).router();
    let router = router.layer(Extension(Peer(([192, 0, 2, 1], 9).into())));
    let policy = async |token: &str| {
        let request = Request::get("/v1/tenants").header("authorization", format!("Bearer {token}"));
        let reply = send(&router, request.body(axum::body::Body::empty()).unwrap()).await;
        reply.headers["ratelimit-policy"].to_str().unwrap().to_owned()
    };
    let partner = format!("partner:{}", world.partners[0].id);
    let new = json!({"name": "many", "principal": partner, "scopes": ["tenants:read"], "requests_per_minute": 40_000});
    let made = desk.post(&world.operator, "/v1/tokens", new.clone()).await;
    assert_eq!((made.status, &made.body["requests_per_minute"]), (StatusCode::CREATED, &json!(40_000)));
    let (id, token) = (made.body["id"].as_str().unwrap(), made.body["token"].as_str().unwrap());
    assert_eq!(policy(token).await, "\"tok\";q=40000;w=60");
    assert_eq!(policy(&world.operator).await, "\"tok\";q=6000;w=60");
    assert_eq!(policy(&world.partners[0].token).await, "\"tok\";q=600;w=60");
    let rolled = desk.post(&world.operator, &format!("/v1/tokens/{id}/roll"), json!({})).await;
    assert_eq!(policy(rolled.body["token"].as_str().unwrap()).await, "\"tok\";q=40000;w=60");
    // A partner raises nothing for itself, and nobody gives no limit at all.
    let refused = desk.post(&world.partners[0].token, "/v1/tokens", new.clone()).await;
    assert_eq!(refused.refusal(), (422, "invalid-request".into(), vec!["/requests_per_minute".into()]));
    for rate in [json!(0), json!(600_001)] {
        let mut wrong = new.clone();
        wrong["requests_per_minute"] = rate;
        assert_eq!(desk.post(&world.operator, "/v1/tokens", wrong).await.status, 422);
    }
}
