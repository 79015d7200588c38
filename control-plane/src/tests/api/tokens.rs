//! Tokens: given on by those who have the rights, shown once, dead when revoked or over.

use axum::Extension;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use marque_config::feed::{Format, Revision};
use serde_json::{Value, json};

use super::desk::{Desk, send};
use crate::kernel::principal::{Principal, Reach};
use crate::web::frame::Peer;

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
async fn a_partner_reads_in_its_trail_that_an_operator_revoked_its_token() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let one = &world.partners[0];
    let (id, _) = limited(&desk, &world.operator, &one.id, json!({})).await;
    let path = format!("/v1/tokens/{id}");
    assert_eq!(desk.ask(Method::DELETE, &world.operator, &path, None).await.status, StatusCode::NO_CONTENT);
    let trail = async |token: &str| desk.get(token, &format!("/v1/audit-events?object={id}")).await.body.to_string();
    assert!(trail(&one.token).await.contains("token.revoked"));
    assert!(!trail(&world.partners[1].token).await.contains("token.revoked"));
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

/// The text of a token of the first partner with everything it may have and these limits.
async fn limited(desk: &Desk, by: &str, partner: &str, limits: Value) -> (String, String) {
    let mut body = json!({
        "name": "t",
        "principal": format!("partner:{partner}"),
        "scopes": ["tenants:read", "tenants:write", "tokens:read", "tokens:write", "domains:read"],
    });
    body.as_object_mut().unwrap().extend(limits.as_object().unwrap().clone());
    let (status, made) = make(desk, by, body).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    (made["id"].as_str().unwrap().to_owned(), made["token"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_token_is_taken_only_from_its_networks() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let one = &world.partners[0];
    let networks = json!({ "networks": ["192.0.2.0/24", "2001:db8::/32"] });
    let (_, text) = limited(&desk, &one.token, &one.id, networks).await;
    let from = async |ip: &str| {
        let router = desk.router.clone().layer(Extension(Peer(format!("{ip}:1").parse().unwrap())));
        let request = Request::get("/v1/tenants").header("authorization", format!("Bearer {text}"));
        send(&router, request.body(Body::empty()).unwrap()).await.status
    };
    for (ip, status) in [
        ("192.0.2.7", StatusCode::OK),
        ("[::ffff:192.0.2.7]", StatusCode::OK),
        ("[2001:db8::7]", StatusCode::OK),
        ("192.0.3.7", StatusCode::UNAUTHORIZED),
        ("[2001:db9::7]", StatusCode::UNAUTHORIZED),
    ] {
        assert_eq!(from(ip).await, status, "{ip}");
    }
    assert_eq!(desk.get(&text, "/v1/tenants").await.status, StatusCode::UNAUTHORIZED, "from nowhere known");
    // And it makes none that is taken elsewhere.
    let router = desk.router.clone().layer(Extension(Peer("192.0.2.7:1".parse().unwrap())));
    for (networks, status) in [
        (json!(["192.0.2.128/25"]), StatusCode::CREATED),
        (json!([]), StatusCode::UNPROCESSABLE_ENTITY),
        (json!(["192.0.0.0/16"]), StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let principal = format!("partner:{}", one.id);
        let body = json!({ "name": "t", "principal": principal, "scopes": ["tenants:read"], "networks": networks });
        let request = Request::post("/v1/tokens")
            .header("authorization", format!("Bearer {text}"))
            .header("content-type", "application/json")
            .header("idempotency-key", networks.to_string());
        let reply = send(&router, request.body(Body::from(body.to_string())).unwrap()).await;
        assert_eq!(reply.status, status, "{networks}");
    }
}

#[tokio::test]
async fn a_token_is_not_taken_before_its_time() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let one = &world.partners[0];
    let later = crate::web::time::written(desk.store.now_ms() + 86_400_000);
    let (_, text) = limited(&desk, &one.token, &one.id, json!({ "not_before": later })).await;
    assert_eq!(desk.get(&text, "/v1/tenants").await.status, StatusCode::UNAUTHORIZED);
    desk.advance_days(1);
    assert_eq!(desk.get(&text, "/v1/tenants").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_token_for_some_tenants_has_nothing_else() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let [one, two] = &world.partners;
    let second = json!({ "partner": one.id, "application": world.application, "name": "Crèmerie" });
    let second = desk.made(&one.token, "/v1/tenants", second).await;
    let (_, text) = limited(&desk, &one.token, &one.id, json!({ "tenants": [second] })).await;
    let seen = desk.get(&text, "/v1/tenants").await.body;
    assert_eq!(seen["items"].as_array().unwrap().len(), 1);
    assert_eq!(seen["items"][0]["id"], json!(second));
    assert_eq!(desk.get(&text, &format!("/v1/tenants/{}", one.tenant)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(desk.get(&text, "/v1/tokens").await.body["items"], json!([]));
    let more = json!({ "partner": one.id, "application": world.application, "name": "x" });
    assert_eq!(desk.post(&text, "/v1/tenants", more).await.refusal().2, vec!["/partner".to_owned()]);
    let token = json!({ "name": "t", "principal": format!("partner:{}", one.id), "scopes": ["tenants:read"] });
    assert_eq!(desk.post(&text, "/v1/tokens", token.clone()).await.refusal().2, vec!["/principal".to_owned()]);
    let mut foreign = token;
    foreign["tenants"] = json!([two.tenant]);
    assert_eq!(desk.post(&one.token, "/v1/tokens", foreign).await.refusal().2, vec!["/tenants".to_owned()]);
}

#[tokio::test]
async fn a_token_for_tests_touches_only_the_sandbox_and_test_tenants() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let one = &world.partners[0];
    let (_, text) = limited(&desk, &one.token, &one.id, json!({ "mode": "test" })).await;
    assert!(text.starts_with("mq_test_"), "{text}");
    let seen = desk.get(&text, "/v1/tenants").await.body;
    let kinds: Vec<&Value> = seen["items"].as_array().unwrap().iter().map(|tenant| &tenant["kind"]).collect();
    assert_eq!(kinds, [&json!("sandbox")]);
    let client = json!({ "partner": one.id, "application": world.application, "name": "x" });
    assert_eq!(desk.post(&text, "/v1/tenants", client).await.refusal().2, vec!["/partner".to_owned()]);
    let suspend = format!("/v1/tenants/{}/suspend", one.tenant);
    assert_eq!(desk.post(&text, &suspend, json!({})).await.status, StatusCode::NOT_FOUND);
    let test = json!({ "partner": one.id, "application": world.application, "name": "Essai", "kind": "test" });
    desk.made(&one.token, "/v1/tenants", test).await;
    assert_eq!(desk.get(&text, "/v1/tenants").await.body["items"].as_array().unwrap().len(), 2);
    let operator = json!({ "name": "t", "principal": "operator", "scopes": ["tenants:read"], "mode": "test" });
    assert_eq!(desk.post(&world.operator, "/v1/tokens", operator).await.refusal().2, vec!["/mode".to_owned()]);
}

#[tokio::test]
async fn a_rolled_token_goes_on_for_a_while_beside_the_other() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let one = &world.partners[0];
    let (id, before) = limited(&desk, &one.token, &one.id, json!({ "mode": "test" })).await;
    let path = format!("/v1/tokens/{id}/roll");
    let reader = desk.token(Principal::Partner(one.id.parse().unwrap()), "tokens:write").await;
    let more = desk.post(&reader, &path, json!({})).await;
    assert_eq!(more.refusal().2, vec!["/scopes".to_owned()], "nobody gets more than they have");
    assert_eq!(desk.post(&world.partners[1].token, &path, json!({})).await.status, StatusCode::NOT_FOUND);
    let rolled = desk.post(&one.token, &path, json!({ "overlap_seconds": 3600 })).await;
    assert_eq!(rolled.status, StatusCode::CREATED, "{}", rolled.body);
    assert_eq!(rolled.body["mode"], "test", "its limits are kept");
    let after = rolled.body["token"].as_str().unwrap();
    for text in [&before, after] {
        assert_eq!(desk.get(text, "/v1/tenants").await.status, StatusCode::OK);
    }
    assert_eq!(desk.post(&one.token, &path, json!({})).await.refusal().1, "token-rolled");
    desk.advance_minutes(61);
    assert_eq!(desk.get(&before, "/v1/tenants").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(desk.get(after, "/v1/tenants").await.status, StatusCode::OK);
    let listed = desk.get(&one.token, "/v1/tokens").await.body.to_string();
    assert!(!listed.contains(after));
}

#[tokio::test]
async fn a_token_speaks_for_one_proxy_alone() {
    let desk = Desk::open().await;
    let token = desk.token(Principal::Edge, "edge:sync").await;
    let ack = async |token: &str, proxy: &str| {
        let body = json!({ "proxy": proxy, "epoch": "other", "revision": 1 });
        desk.post(token, "/v1/edge/acks", body).await.refusal()
    };
    let foreign = (403, "token-of-another-proxy".to_owned(), vec![]);
    // The first proxy that uses it has it, for good.
    assert_eq!(ack(&token, "one").await.1, "ack-unknown");
    assert_eq!(ack(&token, "two").await, foreign);
    let stream = desk.get(&token, "/v1/edge/feed?proxy=two").await;
    assert_eq!(stream.refusal(), foreign);
    assert!(stream.body["detail"].as_str().unwrap().contains("the proxy one"), "{}", stream.text);
    assert_eq!(ack(&token, "one").await.1, "ack-unknown");
    // One that is made for a proxy is nobody else's from the beginning, and neither is what takes its place.
    let operator = desk.token(Principal::Operator, "tokens:read tokens:write edge:sync").await;
    let body = json!({ "name": "t", "principal": "edge", "scopes": ["edge:sync"], "proxy": "three" });
    let (status, made) = make(&desk, &operator, body).await;
    assert_eq!((status, &made["proxy"]), (StatusCode::CREATED, &json!("three")));
    let path = format!("/v1/tokens/{}/roll", made["id"].as_str().unwrap());
    let rolled = desk.post(&operator, &path, json!({})).await.body;
    for token in [&made["token"], &rolled["token"]] {
        assert_eq!(ack(token.as_str().unwrap(), "one").await, foreign);
        assert_eq!(ack(token.as_str().unwrap(), "three").await.1, "ack-unknown");
    }
    let trail: Vec<String> = sqlx::query_scalar("select detail from audit_event where action = 'token.bound'")
        .fetch_all(desk.store.reader())
        .await
        .unwrap();
    assert_eq!(trail, [r#"{"before":null,"proxy":"one"}"#]);
}

#[tokio::test]
async fn a_name_that_a_proxy_drew_follows_another_that_is_gone() {
    let desk = Desk::open().await;
    let token = desk.token(Principal::Edge, "edge:sync").await;
    let [first, second, third] = ["1", "2", "3"].map(|digit| format!("proxy-{}", digit.repeat(16)));
    let ack = async |proxy: &str| {
        let body = json!({ "proxy": proxy, "epoch": "other", "revision": 1 });
        desk.post(&token, "/v1/edge/acks", body).await.refusal().1
    };
    let came = async |proxy: &str| desk.store.proxy_came(proxy, Revision(0), Format::CURRENT).await.unwrap();
    assert_eq!(ack(&first).await, "ack-unknown");
    came(&first).await;
    assert_eq!(ack(&second).await, "token-of-another-proxy", "the first one is live");
    desk.advance_minutes(1);
    assert_eq!(ack("named").await, "token-of-another-proxy", "this one was not drawn");
    assert_eq!(ack(&second).await, "ack-unknown");
    assert_eq!(ack(&first).await, "token-of-another-proxy", "it is another's by now");
    // Somebody else's name is nobody's to take.
    came(&third).await;
    desk.advance_minutes(1);
    assert_eq!(ack(&third).await, "token-of-another-proxy");
}

#[tokio::test]
async fn only_what_follows_the_feed_belongs_to_a_proxy() {
    let desk = Desk::open().await;
    let operator = desk.token(Principal::Operator, "tokens:write tenants:read edge:sync").await;
    for (principal, scope, proxy) in
        [("operator", "tenants:read", "one"), ("edge", "edge:sync", ""), ("edge", "edge:sync", "o ne")]
    {
        let body = json!({ "name": "t", "principal": principal, "scopes": [scope], "proxy": proxy });
        let refused = desk.post(&operator, "/v1/tokens", body).await.refusal();
        assert_eq!(refused, (422, "invalid-request".into(), vec!["/proxy".into()]), "{scope} {proxy}");
    }
}

#[tokio::test]
async fn a_members_tokens_end_with_the_member_and_no_others() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let mine = &world.partners[0].id;
    let rights = ["api_tokens.manage", "clients.manage"];
    let anne = desk.member(&world.operator, mine, "anne@a.fr", &rights).await;
    let bea = desk.member(&world.operator, mine, "bea@a.fr", &rights).await;
    let new = json!({
        "name": "t", "principal": format!("partner:{mine}"), "scopes": ["clients:read", "tokens:write", "tokens:read"],
    });
    let made = async |pass: &str| {
        let reply = desk.post(pass, "/v1/tokens", new.clone()).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
        reply.body["token"].as_str().unwrap().to_owned()
    };
    let own = made(&anne.pass()).await;
    let (child, theirs) = (made(&own).await, made(&bea.pass()).await);
    let grandchild = made(&child).await;
    let members = desk.get(&world.partners[0].token, "/v1/members").await.body["items"].clone();
    let members = members.as_array().unwrap();
    let id = members.iter().find(|member| member["user"] == anne.session["user"]).unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/v1/members/{id}");
    assert_eq!(desk.ask(Method::DELETE, &world.operator, &path, None).await.status, StatusCode::NO_CONTENT);
    for (token, expected) in [
        (&own, StatusCode::UNAUTHORIZED),
        (&child, StatusCode::UNAUTHORIZED),
        (&grandchild, StatusCode::UNAUTHORIZED),
        (&theirs, StatusCode::OK),
        (&world.partners[0].token, StatusCode::OK),
    ] {
        assert_eq!(desk.get(token, "/v1/clients").await.status, expected);
    }
}

#[tokio::test]
async fn a_database_that_was_put_back_revives_nobodys_token_session_or_link_but_proxies() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let anne = desk.member(&world.operator, &world.partners[0].id, "anne@a.fr", &["settings.manage"]).await;
    let edge = desk.token(Principal::Edge, "edge:sync").await;
    desk.knock("/v1/password-resets", &json!({ "email": "anne@a.fr" })).await;
    let link = desk.link("anne@a.fr").await;
    desk.store.revive_nobody(Reach::command("test").actor()).await.unwrap();
    for token in [&world.operator, &world.partners[0].token] {
        assert_eq!(desk.get(token, "/v1/tenants").await.refusal().1, "token-invalid");
    }
    assert_eq!(anne.get(&desk, "/v1/me").await.status, StatusCode::UNAUTHORIZED);
    let reset = json!({ "token": link, "password": "encore une phrase longue" });
    assert_eq!(desk.knock("/v1/password-resets/complete", &reset).await.refusal().1, "link-over");
    // Suspensions go on: a proxy is known as before.
    assert_eq!(desk.get(&edge, "/v1/tenants").await.refusal().1, "right-missing");
    // People come in as before, and the machine makes tokens.
    desk.log_in("anne@a.fr").await;
    let operator = desk.token(Principal::Operator, "tenants:read").await;
    assert_eq!(desk.get(&operator, "/v1/tenants").await.status, StatusCode::OK);
}
