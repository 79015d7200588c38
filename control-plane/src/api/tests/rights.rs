//! Who may do what: every route of the description is asked by those who may not.

use axum::http::{Method, StatusCode};
use marque_config::ApplicationId;
use serde_json::{Value, json};

use super::desk::{Desk, World};
use crate::api::description;
use crate::model::principal::Principal;

/// What those are asked for who are yet to come in.
const OF_THOSE_OUTSIDE: [&str; 5] = [
    "/v1/session",
    "/v1/session/second-factor",
    "/v1/password-resets",
    "/v1/password-resets/complete",
    "/v1/invitations/accept",
];

/// An identity of each kind that nobody has, by the part of the path that it follows.
const NOBODYS: &[(&str, &str)] = &[
    ("/applications/", "app_00000000000000000000000000"),
    ("/components/", "cmp_00000000000000000000000000"),
    ("/orders/", "ord_00000000000000000000000000"),
    ("/partners/", "ptr_00000000000000000000000000"),
    ("/plans/", "pln_00000000000000000000000000"),
    ("/price-lists/", "prl_00000000000000000000000000"),
    ("/price-versions/", "plv_00000000000000000000000000"),
    ("/products/", "prd_00000000000000000000000000"),
    ("/promo-codes/", "prm_00000000000000000000000000"),
    ("/assignments/", "asg_00000000000000000000000000"),
    ("/collaborators/", "pmb_00000000000000000000000000"),
    ("/consents/", "cns_00000000000000000000000000"),
    ("/dossiers/", "ten_00000000000000000000000000"),
    ("/support-messages/", "msg_00000000000000000000000000"),
    ("/tenants/", "ten_00000000000000000000000000"),
    ("/clients/", "cli_00000000000000000000000000"),
    ("/licences/", "lic_00000000000000000000000000"),
    ("/subscriptions/", "sub_00000000000000000000000000"),
    ("/activations/", "act_00000000000000000000000000"),
    ("/mails/", "mal_00000000000000000000000000"),
    ("/domains/", "dom_00000000000000000000000000"),
    ("/account-managers/", "amg_00000000000000000000000000"),
    ("/retail-offers/", "rto_00000000000000000000000000"),
    ("/payment-methods/", "pmt_00000000000000000000000000"),
    ("/help-links/", "hlp_00000000000000000000000000"),
    ("/tokens/", "tok_00000000000000000000000000"),
    ("/members/", "pmb_00000000000000000000000000"),
    ("/invitations/", "ivt_00000000000000000000000000"),
    ("/operators/", "usr_00000000000000000000000000"),
    ("/users/", "usr_00000000000000000000000000"),
    ("/tenant-users/", "tus_00000000000000000000000000"),
    ("/sessions/", "ses_00000000000000000000000000"),
    ("/adjustments/", "adj_00000000000000000000000000"),
    ("/payments/", "pay_00000000000000000000000000"),
    ("/wallets/", "wal_00000000000000000000000000"),
    ("/webhook-endpoints/", "whk_00000000000000000000000000"),
];

/// Every operation, its path filled with an id that nobody has.
fn operations() -> Vec<(Method, String)> {
    let document = serde_json::to_value(description()).unwrap();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let id = NOBODYS.iter().find(|(part, _)| path.contains(part)).map_or("", |(_, id)| id);
        for method in methods.as_object().unwrap().keys() {
            let method = method.to_uppercase().parse().unwrap();
            let query = if path.ends_with("/issuances") { "?domain=dom_00000000000000000000000000" } else { "" };
            let query = if path.ends_with("/diff") { "?against=plv_00000000000000000000000000" } else { query };
            let query = if path.ends_with("/offers") { "?country=FR" } else { query };
            let query = if path.ends_with("/feed") { "?proxy=a" } else { query };
            let query = if path.ends_with("/search") { "?q=a" } else { query };
            let statement = "?wallet=wal_00000000000000000000000000&month=2026-11";
            let query = if path.ends_with("/statements") { statement } else { query };
            let path =
                path.replace("{id}", id).replace("{country}", "FR").replace("{code}", "fr").replace("{number}", "1");
            operations.push((method, format!("{}{query}", path.replace("{role}", "accountant"))));
        }
    }
    operations.retain(|(method, path)| *method != Method::POST || !OF_THOSE_OUTSIDE.contains(&path.as_str()));
    operations.retain(|(_, path)| path != "/v1/assertion-keys" && path != "/v1/licence-keys");
    operations
}

#[tokio::test]
async fn nothing_but_the_public_keys_is_answered_without_a_token() {
    let desk = Desk::open().await;
    assert!(operations().len() > 20);
    for (method, path) in operations() {
        for token in ["", "mq_live_x", "mq_live_0000000000000000000000000000000000000000000000000"] {
            let reply = desk.ask(method.clone(), token, &path, None).await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        }
    }
    assert_eq!(desk.get("", "/v1/assertion-keys").await.status, StatusCode::OK);
    assert_eq!(desk.get("", "/v1/openapi.json").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_token_does_only_what_its_scopes_say() {
    let desk = Desk::open().await;
    let reader = desk.token(Principal::Operator, "edge:sync").await;
    let edge = desk.token(Principal::Operator, &super::desk::everything(Principal::Operator)).await;
    for (method, path) in operations() {
        let token = if path.contains("/edge/") { &edge } else { &reader };
        let reply = desk.ask(method.clone(), token, &path, None).await;
        assert_eq!(reply.refusal().1, "right-missing", "{method} {path}");
    }
}

/// Everything that one partner has, as another would ask for it.
async fn asked_for(desk: &Desk, world: &World) -> Vec<(Method, String, Option<Value>)> {
    let mine = &world.partners[0];
    let domain = json!({ "tenant": mine.tenant, "kind": "custom", "host": "fournil.fr" });
    let domain = desk.made(&mine.token, "/v1/domains", domain).await;
    let token = json!({ "name": "t", "principal": format!("partner:{}", mine.id), "scopes": ["tenants:read"] });
    let token = desk.made(&mine.token, "/v1/tokens", token).await;
    let empty = || Some(json!({}));
    vec![
        (Method::GET, format!("/v1/partners/{}", mine.id), None),
        (Method::PATCH, format!("/v1/partners/{}", mine.id), Some(json!({ "name": "x" }))),
        (Method::GET, format!("/v1/tenants/{}", mine.tenant), None),
        (Method::POST, format!("/v1/tenants/{}/suspend", mine.tenant), empty()),
        (Method::POST, format!("/v1/tenants/{}/resume", mine.tenant), empty()),
        (Method::POST, format!("/v1/tenants/{}/close", mine.tenant), empty()),
        (Method::GET, format!("/v1/domains/{domain}"), None),
        (Method::POST, format!("/v1/domains/{domain}/check"), empty()),
        (Method::POST, format!("/v1/domains/{domain}/renew"), empty()),
        (Method::DELETE, format!("/v1/domains/{domain}"), None),
        (Method::GET, format!("/v1/issuances?domain={domain}"), None),
        (Method::DELETE, format!("/v1/tokens/{token}"), None),
    ]
}

#[tokio::test]
async fn what_another_partner_has_does_not_exist() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let mine = asked_for(&desk, &world).await;
    let before = desk.revision().await;
    for (method, path, body) in &mine {
        let reply = desk.ask(method.clone(), &world.partners[1].token, path, body.clone()).await;
        assert_eq!(reply.refusal(), (404, "not-found".into(), vec![]), "{method} {path}");
    }
    assert_eq!(desk.revision().await, before);
    for list in ["/v1/partners", "/v1/tenants", "/v1/domains", "/v1/tokens"] {
        let listed = desk.get(&world.partners[1].token, list).await.body.to_string();
        for part in [&world.partners[0].id, &world.partners[0].tenant] {
            assert!(!listed.contains(part.as_str()), "{list}");
        }
    }
    // And the owner gets what was refused.
    assert_eq!(desk.get(&world.partners[0].token, &mine[2].1).await.status, StatusCode::OK);
}

#[tokio::test]
async fn another_partners_tenant_is_no_tenant_for_a_domain() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let body = json!({ "tenant": world.partners[0].tenant, "kind": "platform", "label": "fournil" });
    let reply = desk.post(&world.partners[1].token, "/v1/domains", body).await;
    assert_eq!(reply.refusal(), (422, "invalid-request".into(), vec!["/tenant".into()]));
    let body = json!({ "partner": world.partners[0].id, "application": world.application, "name": "x" });
    let reply = desk.post(&world.partners[1].token, "/v1/tenants", body).await;
    assert_eq!(reply.refusal(), (422, "invalid-request".into(), vec!["/partner".into()]));
}

#[tokio::test]
async fn an_application_sees_and_binds_only_the_tenants_that_it_serves() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let own = Principal::Application(world.application.parse().unwrap());
    let own = desk.token(own, "tenants:read tenants:bind domains:read").await;
    let other = Principal::Application(ApplicationId::new(1, &[0; 10]));
    let bind = format!("/v1/tenants/{}/bind", world.partners[0].tenant);
    let body = json!({ "account": "a1" });
    let mut write = desk.store.begin(&crate::model::actor::Actor::system("test"), 1).await.unwrap();
    sqlx::query("insert into application (id, name, policy, created_ms) values ($1, 'other', '{\"upstreams\":[\"http://a:1\"]}', 1)")
        .bind(ApplicationId::new(1, &[0; 10]).to_string())
        .execute(write.connection())
        .await
        .unwrap();
    write.commit().await.unwrap();
    let other = desk.token(other, "tenants:read tenants:bind domains:read").await;
    assert_eq!(desk.post(&other, &bind, body.clone()).await.status, StatusCode::NOT_FOUND);
    assert_eq!(desk.get(&other, "/v1/tenants").await.body["items"], json!([]));
    let bound = desk.post(&own, &bind, body.clone()).await;
    assert_eq!((bound.status, &bound.body["state"]), (StatusCode::OK, &json!("active")));
    // A client's, and the partner's own two, of each partner.
    assert_eq!(desk.get(&own, "/v1/tenants").await.body["items"].as_array().unwrap().len(), 6);
    // A partner never says which account a tenant is.
    let reply = desk.post(&world.partners[0].token, &bind, body).await;
    assert_eq!(reply.refusal().1, "right-missing");
}

#[tokio::test]
async fn only_an_operator_adds_partners() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let body = json!({ "name": "x", "brand": { "name": "x" } });
    assert_eq!(desk.post(&world.partners[0].token, "/v1/partners", body).await.refusal().1, "operators-only");
}

#[tokio::test]
async fn an_acknowledgement_of_what_is_not_ours_is_unknown() {
    let desk = Desk::open().await;
    let token = desk.token(Principal::Edge, "edge:sync").await;
    // PostgreSQL takes no NUL in a text.
    for epoch in ["another", "nul\0", "é", ""] {
        let ack = json!({ "proxy": "one", "epoch": epoch, "revision": 1 });
        let reply = desk.post(&token, "/v1/edge/acks", ack).await;
        assert_eq!(reply.refusal(), (409, "ack-unknown".into(), vec![]), "{epoch:?}");
    }
}
