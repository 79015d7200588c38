//! Coming in: passwords, codes, cookies; and what stops those who shouldn't.

mod factors;
mod seen;

use axum::Extension;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use marque_config::settings::QuotaSettings;
use serde_json::{Value, json};
use totp_rs::{Algorithm, Builder, Secret, Totp};

use super::desk::{Desk, World, send};
use super::visitor::{PASSWORD, Visitor};
use crate::web::Api;
use crate::web::frame::Peer;

const ANNE: &str = "anne@caisse-nord.fr";

async fn anne(desk: &Desk) -> (World, Visitor) {
    let world = desk.world().await;
    let one = &world.partners[0];
    let visitor = desk.member(&world.operator, &one.id, ANNE, &["settings.manage"]).await;
    (world, visitor)
}

fn login(email: &str, password: &str) -> Value {
    json!({ "email": email, "password": password })
}

#[tokio::test]
async fn who_does_not_come_in_is_not_told_why() {
    let desk = Desk::open().await;
    let (world, _) = anne(&desk).await;
    let invited = json!({ "partner": world.partners[0].id, "email": "b@c.fr", "name": "B", "rights": [] });
    desk.made(&world.operator, "/v1/members", invited).await;
    let mut said = Vec::new();
    for (email, password) in [(ANNE, "another phrase of some length"), ("nobody@c.fr", PASSWORD), ("b@c.fr", PASSWORD)]
    {
        let reply = desk.knock("/v1/session", &login(email, password)).await;
        assert_eq!(reply.refusal(), (401, "credentials-wrong".into(), vec![]), "{email}");
        let mut body = reply.body;
        body["request_id"].take();
        said.push(body);
    }
    assert!(said.iter().all(|one| *one == said[0]));
    // An address is one however it is written.
    let reply = desk.knock("/v1/session", &login(" ANNE@Caisse-Nord.FR ", PASSWORD)).await;
    assert_eq!(reply.status, StatusCode::CREATED);
}

#[tokio::test]
async fn ten_failures_shut_an_account_for_a_quarter_of_an_hour_known_or_not() {
    let desk = Desk::open().await;
    anne(&desk).await;
    for email in [ANNE, "nobody@c.fr"] {
        for _ in 0..10 {
            let reply = desk.knock("/v1/session", &login(email, "another phrase of some length")).await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
        }
        let reply = desk.knock("/v1/session", &login(email, PASSWORD)).await;
        assert_eq!(reply.refusal(), (429, "too-many-failures".into(), vec![]), "{email}");
        assert!(reply.headers["retry-after"].to_str().unwrap().parse::<i64>().unwrap() <= 901);
    }
    desk.advance_minutes(16);
    assert_eq!(desk.knock("/v1/session", &login(ANNE, PASSWORD)).await.status, StatusCode::CREATED);
}

/// The desk as it is reached from an address, perhaps through a load balancer that adds another.
async fn knock_from(router: &axum::Router, forwarded: Option<&str>, email: &str, password: &str) -> StatusCode {
    let mut request = Request::post("/v1/session").header("content-type", "application/json");
    if let Some(forwarded) = forwarded {
        request = request.header("x-forwarded-for", forwarded);
    }
    let request = request.body(Body::from(login(email, password).to_string())).unwrap();
    send(router, request).await.status
}

#[tokio::test]
async fn c17_ten_failures_shut_an_account_from_there_and_nobody_else() {
    let desk = Desk::open().await;
    anne(&desk).await;
    let from = |ip: &str| desk.router.clone().layer(Extension(Peer(format!("{ip}:1").parse().unwrap())));
    let (one, other) = (from("192.0.2.1"), from("192.0.2.2"));
    for _ in 0..10 {
        assert_eq!(knock_from(&one, None, ANNE, "not the password").await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(knock_from(&one, None, ANNE, PASSWORD).await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(knock_from(&other, None, ANNE, PASSWORD).await, StatusCode::CREATED, "not from anywhere else");
    assert_eq!(knock_from(&one, None, "nobody@c.fr", PASSWORD).await, StatusCode::UNAUTHORIZED, "and nobody else");
    // What a stranger says of its address changes nothing.
    assert_eq!(knock_from(&one, Some("192.0.2.9"), ANNE, PASSWORD).await, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn c17_behind_a_load_balancer_each_visitor_counts_alone() {
    let desk = Desk::open().await;
    anne(&desk).await;
    let inner = &desk.api.inner;
    let (store, keys, names) = (inner.store.clone(), inner.keys.clone(), inner.names.clone());
    let settings = QuotaSettings { forwarded_from: vec!["192.0.2.0/24".parse().unwrap()], ..QuotaSettings::default() };
    let api = Api::new(store, keys, names, inner.feed.clone(), inner.metrics.clone()).limited(&settings);
    let balancer = api.router().layer(Extension(Peer("192.0.2.1:1".parse().unwrap())));
    for _ in 0..10 {
        let status = knock_from(&balancer, Some("198.51.100.7"), ANNE, "not the password").await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(knock_from(&balancer, Some("198.51.100.7"), ANNE, PASSWORD).await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(knock_from(&balancer, Some("198.51.100.8"), ANNE, PASSWORD).await, StatusCode::CREATED);
}

#[tokio::test]
async fn a_hundred_failures_shut_a_network_whatever_the_account() {
    let desk = Desk::open().await;
    anne(&desk).await;
    let from = |ip: &str| desk.router.clone().layer(Extension(Peer(format!("{ip}:1").parse().unwrap())));
    let (one, other) = (from("192.0.2.1"), from("192.0.2.2"));
    for index in 0..100 {
        let status = knock_from(&one, None, &format!("nobody{index}@c.fr"), PASSWORD).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(knock_from(&one, None, ANNE, PASSWORD).await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(knock_from(&other, None, ANNE, PASSWORD).await, StatusCode::CREATED);
}

#[tokio::test]
async fn a_session_ends_unused_or_at_the_end_of_the_day_or_when_left() {
    let desk = Desk::open().await;
    let (_, _) = anne(&desk).await;
    let idle = desk.log_in(ANNE).await;
    desk.advance_minutes(29);
    assert_eq!(idle.get(&desk, "/v1/me").await.status, StatusCode::OK);
    desk.advance_minutes(29);
    assert_eq!(idle.get(&desk, "/v1/me").await.status, StatusCode::OK);
    desk.advance_minutes(31);
    assert_eq!(idle.get(&desk, "/v1/me").await.status, StatusCode::UNAUTHORIZED);

    let busy = desk.log_in(ANNE).await;
    for _ in 0..35 {
        desk.advance_minutes(20);
        assert_eq!(busy.get(&desk, "/v1/me").await.status, StatusCode::OK);
    }
    desk.advance_minutes(20);
    assert_eq!(busy.get(&desk, "/v1/me").await.status, StatusCode::UNAUTHORIZED, "twelve hours are over");

    let left = desk.log_in(ANNE).await;
    let other = desk.log_in(ANNE).await;
    assert_eq!(left.get(&desk, "/v1/sessions").await.body["items"].as_array().unwrap().len(), 2);
    assert_eq!(left.ask(&desk, Method::DELETE, "/v1/session", None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(left.get(&desk, "/v1/me").await.status, StatusCode::UNAUTHORIZED);
    let path = format!("/v1/sessions/{}", other.session["id"].as_str().unwrap());
    let third = desk.log_in(ANNE).await;
    assert_eq!(third.ask(&desk, Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(other.get(&desk, "/v1/me").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_change_needs_the_csrf_token_of_its_own_session() {
    let desk = Desk::open().await;
    let (_, anne) = anne(&desk).await;
    let other = desk.log_in(ANNE).await;
    let change = Some(json!({ "name": "Anne M." }));
    for csrf in ["", "x", &other.csrf] {
        let wrong = Visitor { csrf: csrf.into(), ..anne.clone() };
        let reply = wrong.ask(&desk, Method::PATCH, "/v1/me", change.clone()).await;
        assert_eq!(reply.refusal(), (403, "csrf-token-wrong".into(), vec![]), "{csrf}");
    }
    let reply = anne.ask(&desk, Method::PATCH, "/v1/me", change).await;
    assert_eq!((reply.status, &reply.body["name"]), (StatusCode::OK, &json!("Anne M.")));
    assert_eq!(anne.get(&desk, "/v1/session").await.body["csrf_token"], json!(anne.csrf));
}

#[tokio::test]
async fn a_session_gets_another_cookie_when_it_acts_for_another_and_the_first_is_dead() {
    let desk = Desk::open().await;
    let (world, anne) = anne(&desk).await;
    let second = json!({ "partner": world.partners[1].id, "email": ANNE, "name": "Anne", "rights": [] });
    desk.made(&world.operator, "/v1/members", second).await;
    assert_eq!(desk.accept(ANNE).await.status, StatusCode::OK);
    let before = anne.get(&desk, "/v1/tenants").await.body.to_string();
    assert!(before.contains(&world.partners[0].tenant) && !before.contains(&world.partners[1].tenant));
    let moved = anne.act_for(&desk, &format!("partner:{}", world.partners[1].id)).await;
    assert_ne!(moved.cookie, anne.cookie);
    assert_eq!(anne.get(&desk, "/v1/me").await.status, StatusCode::UNAUTHORIZED);
    let after = moved.get(&desk, "/v1/tenants").await.body.to_string();
    assert!(!after.contains(&world.partners[0].tenant) && after.contains(&world.partners[1].tenant));
    for principal in
        ["operator", "edge", "partner:ptr_00000000000000000000000000", &format!("tenant:{}", world.partners[0].tenant)]
    {
        let reply = moved.post(&desk, "/v1/session/act-for", json!({ "principal": principal })).await;
        assert_eq!(reply.refusal(), (403, "no-membership".into(), vec![]), "{principal}");
    }
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_once_by_a_link_and_every_session_ends() {
    let desk = Desk::open().await;
    let (_, anne) = anne(&desk).await;
    for email in [ANNE, "nobody@c.fr"] {
        let reply = desk.knock("/v1/password-resets", &json!({ "email": email })).await;
        assert_eq!((reply.status, &reply.body), (StatusCode::ACCEPTED, &Value::Null), "{email}");
    }
    let link = desk.link(ANNE).await;
    let complete = |token: &str, password: &str| json!({ "token": token, "password": password });
    let short = desk.knock("/v1/password-resets/complete", &complete(&link, "short")).await;
    assert_eq!(short.refusal(), (422, "invalid-request".into(), vec!["/password".into()]));
    let new = "une autre phrase bien longue";
    let done = desk.knock("/v1/password-resets/complete", &complete(&link, new)).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT);
    let again = desk.knock("/v1/password-resets/complete", &complete(&link, new)).await;
    assert_eq!(again.refusal(), (409, "link-over".into(), vec![]));
    assert_eq!(anne.get(&desk, "/v1/me").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(desk.knock("/v1/session", &login(ANNE, PASSWORD)).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(desk.knock("/v1/session", &login(ANNE, new)).await.status, StatusCode::CREATED);

    desk.knock("/v1/password-resets", &json!({ "email": ANNE })).await;
    let late = desk.link(ANNE).await;
    desk.advance_minutes(61);
    let reply = desk.knock("/v1/password-resets/complete", &complete(&late, new)).await;
    assert_eq!(reply.refusal().1, "link-over");
}

#[tokio::test]
async fn a_changed_password_ends_every_other_session() {
    let desk = Desk::open().await;
    let (_, anne) = anne(&desk).await;
    let other = desk.log_in(ANNE).await;
    let new = "une autre phrase bien longue";
    let wrong = json!({ "password": "not this one at all", "new_password": new });
    assert_eq!(anne.post(&desk, "/v1/me/password", wrong).await.refusal().1, "credentials-wrong");
    let right = json!({ "password": PASSWORD, "new_password": new });
    assert_eq!(anne.post(&desk, "/v1/me/password", right).await.status, StatusCode::NO_CONTENT);
    assert_eq!(anne.get(&desk, "/v1/me").await.status, StatusCode::OK);
    assert_eq!(other.get(&desk, "/v1/me").await.status, StatusCode::UNAUTHORIZED);
}

pub(super) fn authenticator(secret: &str) -> Totp {
    let secret = Secret::try_from_base32(secret).unwrap();
    let builder = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(6).with_skew(1).with_step_duration(30);
    builder.with_secret(secret.as_bytes().to_vec()).with_account_name("a".to_owned()).build().unwrap()
}

pub(super) fn shown(totp: &Totp, desk: &Desk) -> String {
    totp.generate(u64::try_from(desk.store.now_ms() / 1000).unwrap()).to_string()
}

#[tokio::test]
async fn a_second_factor_is_asked_for_and_each_code_taken_once() {
    let desk = Desk::open().await;
    let (_, anne) = anne(&desk).await;
    let enrolled = anne.post(&desk, "/v1/me/second-factor", json!({ "password": PASSWORD })).await;
    assert_eq!(enrolled.status, StatusCode::CREATED, "{}", enrolled.body);
    let totp = authenticator(enrolled.body["secret"].as_str().unwrap());
    assert!(enrolled.body["url"].as_str().unwrap().starts_with("otpauth://totp/"));
    // What is not confirmed is not asked for.
    assert_eq!(desk.log_in(ANNE).await.session["stage"], "open");
    let wrong = anne.post(&desk, "/v1/me/second-factor/confirm", json!({ "code": "000000" })).await;
    assert_eq!(wrong.refusal(), (422, "invalid-request".into(), vec!["/code".into()]));
    let code = json!({ "code": shown(&totp, &desk) });
    let confirmed = anne.post(&desk, "/v1/me/second-factor/confirm", code.clone()).await;
    let recovery = confirmed.body["codes"].as_array().unwrap().clone();
    assert_eq!(recovery.len(), 10);

    let waiting = desk.log_in(ANNE).await;
    assert_eq!(waiting.session["stage"], "second_factor");
    assert_eq!(waiting.get(&desk, "/v1/me").await.status, StatusCode::UNAUTHORIZED);
    let taken = waiting.post(&desk, "/v1/session/second-factor", code).await;
    assert_eq!(taken.refusal().1, "credentials-wrong", "the code was taken before");
    desk.advance_minutes(1);
    let code = json!({ "code": shown(&totp, &desk) });
    let entered = waiting.post(&desk, "/v1/session/second-factor", code.clone()).await;
    let inside = Visitor::of(&entered);
    assert_ne!(inside.cookie, waiting.cookie);
    assert_eq!(inside.get(&desk, "/v1/me").await.body["second_factor"], true);
    assert_eq!(waiting.post(&desk, "/v1/session/second-factor", code).await.status, StatusCode::UNAUTHORIZED);

    let code = json!({ "code": recovery[0].as_str().unwrap().to_lowercase() });
    let lost = desk.log_in(ANNE).await;
    assert_eq!(lost.post(&desk, "/v1/session/second-factor", code.clone()).await.status, StatusCode::OK);
    let again = desk.log_in(ANNE).await;
    assert_eq!(again.post(&desk, "/v1/session/second-factor", code).await.status, StatusCode::UNAUTHORIZED);

    let removed = inside.post(&desk, "/v1/me/second-factor/remove", json!({ "password": PASSWORD })).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    assert_eq!(desk.log_in(ANNE).await.session["stage"], "open");
}

#[tokio::test]
async fn codes_are_not_guessed() {
    let desk = Desk::open().await;
    let (_, anne) = anne(&desk).await;
    let enrolled = anne.post(&desk, "/v1/me/second-factor", json!({ "password": PASSWORD })).await;
    let totp = authenticator(enrolled.body["secret"].as_str().unwrap());
    anne.post(&desk, "/v1/me/second-factor/confirm", json!({ "code": shown(&totp, &desk) })).await;
    desk.advance_minutes(1);
    let waiting = desk.log_in(ANNE).await;
    for index in 0..10 {
        let reply = waiting.post(&desk, "/v1/session/second-factor", json!({ "code": format!("{index:06}") })).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    }
    let code = json!({ "code": shown(&totp, &desk) });
    // Nor by coming in again.
    let waiting = desk.log_in(ANNE).await;
    assert_eq!(waiting.post(&desk, "/v1/session/second-factor", code).await.refusal().1, "too-many-failures");
}

#[tokio::test]
async fn nothing_that_lets_in_is_kept_in_the_clear() {
    let desk = Desk::open().await;
    let (_, anne) = anne(&desk).await;
    let enrolled = anne.post(&desk, "/v1/me/second-factor", json!({ "password": PASSWORD })).await;
    let secret = enrolled.body["secret"].as_str().unwrap();
    let cookie = anne.cookie.split_once('=').unwrap().1;
    assert_eq!(desk.knock("/v1/password-resets", &json!({ "email": ANNE })).await.status, StatusCode::ACCEPTED);
    let link = desk.link(ANNE).await;
    for statement in [
        "select coalesce(max(password_hash), '') from app_user",
        "select hash from session",
        "select hash from invitation",
        "select detail from audit_event",
        "select payload from outbox_event",
        "select body from idempotency",
        "select facts from mail",
    ] {
        let kept: Vec<String> = sqlx::query_scalar(statement).fetch_all(desk.store.reader()).await.unwrap();
        for text in [PASSWORD, secret, cookie, &link, ANNE] {
            let told = statement.contains("idempotency") && text == ANNE;
            assert!(told || kept.iter().all(|row| !row.contains(text)), "{statement} {text}");
        }
    }
    let sealed = sqlx::query_scalar("select secret from mail where secret is not null").fetch_all(desk.store.reader());
    let sealed: Vec<Vec<u8>> = sealed.await.unwrap();
    assert!(sealed.len() >= 2 && sealed.iter().all(|bytes| !String::from_utf8_lossy(bytes).contains(&link)));
}

#[tokio::test]
async fn an_operator_locks_a_person_out_at_once() {
    let desk = Desk::open().await;
    let (world, anne) = anne(&desk).await;
    let user = anne.session["user"].as_str().unwrap();
    let locked = desk.post(&world.operator, &format!("/v1/users/{user}/lock"), json!({})).await;
    assert_eq!((locked.status, &locked.body["state"]), (StatusCode::OK, &json!("locked")));
    assert_eq!(anne.get(&desk, "/v1/me").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(desk.knock("/v1/session", &login(ANNE, PASSWORD)).await.refusal().1, "credentials-wrong");
    let partner = desk.post(&world.partners[0].token, &format!("/v1/users/{user}/unlock"), json!({})).await;
    assert_eq!(partner.refusal().1, "operators-only");
    desk.post(&world.operator, &format!("/v1/users/{user}/unlock"), json!({})).await;
    desk.log_in(ANNE).await;
    // Who alone manages a partner's settings stays.
    desk.member(&world.operator, &world.partners[0].id, "second@caisse-nord.fr", &["settings.manage"]).await;
    desk.post(&world.operator, &format!("/v1/users/{user}/deactivate"), json!({})).await;
    let reply = desk.post(&world.operator, &format!("/v1/users/{user}/unlock"), json!({})).await;
    assert_eq!(reply.refusal(), (409, "user-state".into(), vec![]));
}

#[tokio::test]
async fn an_operator_in_person_is_invited_by_one_and_gone_when_removed() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let carl = json!({ "email": "carl@marque.fr", "name": "Carl" });
    let partner = desk.post(&world.partners[0].token, "/v1/operators", carl.clone()).await;
    assert_eq!(partner.refusal().1, "operators-only");
    let id = desk.made(&world.operator, "/v1/operators", carl.clone()).await;
    assert_eq!(desk.post(&world.operator, "/v1/operators", carl).await.refusal().1, "operator-exists");
    let carl = desk.arrive("carl@marque.fr").await;
    assert_eq!(carl.session["acting_for"], "operator");
    let seen = carl.get(&desk, "/v1/tenants").await.body.to_string();
    assert!(world.partners.iter().all(|party| seen.contains(&party.tenant)));
    let feed = carl.get(&desk, "/v1/edge/feed?proxy=a").await;
    assert_eq!(feed.refusal().1, "right-missing");
    let path = format!("/v1/operators/{id}");
    assert_eq!(desk.ask(Method::DELETE, &world.operator, &path, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(carl.get(&desk, "/v1/tenants").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_person_is_changed_only_by_who_has_seen_the_newest_version() {
    let desk = Desk::open().await;
    let (_, anne) = anne(&desk).await;
    let seen = anne.get(&desk, "/v1/me").await.headers["etag"].to_str().unwrap().to_owned();
    let change = async |seen: Option<&str>| {
        let request = Request::patch("/v1/me")
            .header("cookie", &anne.cookie)
            .header("x-csrf-token", &anne.csrf)
            .header("content-type", "application/json");
        let request = seen.into_iter().fold(request, |request, seen| request.header("if-match", seen));
        desk.send(request.body(Body::from(json!({ "language": "fr" }).to_string())).unwrap()).await.refusal()
    };
    assert_eq!(change(None).await, (428, "if-match-missing".into(), vec![]));
    assert_eq!(change(Some("\"0123\"")).await, (412, "stale-etag".into(), vec![]));
    assert_eq!(change(Some(&seen)).await.0, 200);
    assert_eq!(change(Some(&seen)).await, (412, "stale-etag".into(), vec![]));
}
