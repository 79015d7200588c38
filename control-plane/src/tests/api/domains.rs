//! The life of a domain, and what the edge is told of it.

use axum::http::{Method, StatusCode};
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};

use super::desk::{Desk, World};
use crate::domains::store::hostnames::{ClaimedName, DnsChange, DnsState};
use crate::domains::store::issuances::Claim;
use crate::domains::tasks::switch_on;
use crate::kernel::actor::Actor;

async fn platform(desk: &Desk, world: &World, label: &str) -> String {
    let body = json!({ "tenant": world.partners[0].tenant, "kind": "platform", "label": label });
    desk.made(&world.partners[0].token, "/v1/domains", body).await
}

async fn custom(desk: &Desk, world: &World, party: usize, host: &str) -> (StatusCode, Value) {
    let party = &world.partners[party];
    let body = json!({ "tenant": party.tenant, "kind": "custom", "host": host });
    let reply = desk.post(&party.token, "/v1/domains", body).await;
    (reply.status, reply.body)
}

pub(super) fn issued(names: &[&str]) -> (String, KeyPair) {
    issued_from(names, 1_767_225_600_000)
}

/// A certificate that is valid until the end of 2027, from a time on.
fn issued_from(names: &[&str], from_ms: i64) -> (String, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    let from = std::time::Duration::from_millis(from_ms.try_into().unwrap());
    params.not_before = rcgen::date_time_ymd(1970, 1, 1) + from;
    params.not_after = rcgen::date_time_ymd(2027, 12, 31);
    (params.self_signed(&key).unwrap().pem(), key)
}

#[tokio::test]
async fn s1_15_a_platform_name_reaches_the_edge_at_once_and_a_custom_one_does_not() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let before = desk.revision().await;
    platform(&desk, &world, "fournil").await;
    let fed = desk.fed(before).await;
    assert_eq!(fed.len(), 1);
    let address = json!({ "address": { "host": "fournil.p.marque.fr", "tenant": world.partners[0].tenant,
        "kind": "platform", "hsts": true } });
    assert_eq!(fed[0], ("address".into(), "fournil.p.marque.fr".into(), address));
    let (status, body) = custom(&desk, &world, 0, "www.fournil.fr").await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(desk.revision().await, before + 1);
    let names = body["hostnames"].as_array().unwrap();
    let shown: Vec<_> =
        names.iter().map(|name| (name["host"].as_str().unwrap(), name["role"].as_str().unwrap())).collect();
    assert_eq!(shown, [("fournil.fr", "main"), ("www.fournil.fr", "www")]);
    assert!(names.iter().all(|name| name["dns"]["state"] == "pending" && name["live"] == false));
    let target = names[1]["dns"]["records"][0]["value"].as_str().unwrap();
    assert!(target.ends_with(".to.marque.fr") && target.len() == 16 + ".to.marque.fr".len(), "{target}");
}

#[tokio::test]
async fn of_fifty_who_claim_a_name_at_once_one_gets_it() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let asked = (0..50).map(|index| custom(&desk, &world, index % 2, "fournil.fr"));
    let replies = futures_util::future::join_all(asked).await;
    let made = replies.iter().filter(|(status, _)| *status == StatusCode::CREATED).count();
    let refused = replies.iter().filter(|(_, body)| body["code"] == "host-taken").count();
    assert_eq!((made, refused), (1, 49));
    // The www is part of the claim, from either side.
    assert_eq!(custom(&desk, &world, 1, "www.fournil.fr").await.1["code"], "host-taken");
}

#[tokio::test]
async fn a_removed_name_is_gone_at_once_and_waits_for_others() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let (_, domain) = custom(&desk, &world, 0, "fournil.fr").await;
    let id = domain["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/domains/{id}");
    let token = &world.partners[0].token;
    let before = desk.revision().await;
    assert_eq!(desk.ask(Method::DELETE, token, &path, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(desk.get(token, &path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(desk.ask(Method::DELETE, token, &path, None).await.status, StatusCode::NOT_FOUND);
    let fed = desk.fed(before).await;
    assert_eq!(fed.len(), 4);
    assert!(fed.iter().all(|(_, _, body)| body.is_null()));
    assert_eq!(custom(&desk, &world, 1, "fournil.fr").await.1["code"], "host-quarantined");
    desk.advance_days(29);
    assert_eq!(custom(&desk, &world, 1, "www.fournil.fr").await.1["code"], "host-quarantined");
    desk.advance_days(2);
    let (status, taken) = custom(&desk, &world, 1, "fournil.fr").await;
    assert_eq!(status, StatusCode::CREATED);
    // What proved the name to one proves nothing for the other.
    let target = |domain: &Value| domain["hostnames"][0]["dns"]["records"].to_string();
    assert_ne!(target(&domain), target(&taken));
}

#[tokio::test]
async fn who_gave_a_name_up_may_have_it_back() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let (_, domain) = custom(&desk, &world, 0, "fournil.fr").await;
    let path = format!("/v1/domains/{}", domain["id"].as_str().unwrap());
    desk.ask(Method::DELETE, &world.partners[0].token, &path, None).await;
    assert_eq!(custom(&desk, &world, 0, "fournil.fr").await.0, StatusCode::CREATED);
}

#[tokio::test]
async fn a_closed_tenant_loses_its_names_for_ninety_days() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    platform(&desk, &world, "fournil").await;
    let close = format!("/v1/tenants/{}/close", world.partners[0].tenant);
    desk.post(&world.partners[0].token, &close, json!({})).await;
    let address = desk.fed(0).await.into_iter().find(|(kind, _, _)| kind == "address").unwrap();
    assert!(address.2.is_null());
    let body = json!({ "tenant": world.partners[1].tenant, "kind": "platform", "label": "fournil" });
    desk.advance_days(89);
    let reply = desk.post(&world.partners[1].token, "/v1/domains", body.clone()).await;
    assert_eq!(reply.body["code"], "host-quarantined");
    desk.advance_days(2);
    let reply = desk.post(&world.partners[1].token, "/v1/domains", body).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    let body = json!({ "tenant": world.partners[0].tenant, "kind": "platform", "label": "autre" });
    assert_eq!(desk.post(&world.partners[0].token, "/v1/domains", body).await.body["code"], "tenant-closed");
}

#[tokio::test]
async fn an_uploaded_certificate_is_served_for_the_names_that_it_covers() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let token = &world.partners[0].token;
    let (_, domain) = custom(&desk, &world, 0, "fournil.fr").await;
    let path = format!("/v1/domains/{}/certificate", domain["id"].as_str().unwrap());
    let (chain, key) = issued(&["fournil.fr"]);
    let before = desk.revision().await;
    let body = json!({ "chain": chain, "key": key.serialize_pem() });
    let reply = desk.ask(Method::PUT, token, &path, Some(body)).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let states: Vec<_> = (0..2).map(|index| reply.body["hostnames"][index]["certificate"]["state"].clone()).collect();
    assert_eq!(states, ["active", "none"]);
    assert!(!reply.body.to_string().contains("PRIVATE"));
    let fed = desk.fed(before).await;
    assert_eq!((fed.len(), fed[0].1.as_str()), (1, "fournil.fr"));
    assert_eq!(fed[0].2["certificate"]["chain"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_certificate_that_can_not_be_served_is_refused_with_its_reason() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let (_, domain) = custom(&desk, &world, 0, "fournil.fr").await;
    let path = format!("/v1/domains/{}/certificate", domain["id"].as_str().unwrap());
    let (chain, key) = issued(&["fournil.fr"]);
    let (foreign, foreign_key) = issued(&["autre.fr"]);
    let (key, foreign_key) = (key.serialize_pem(), foreign_key.serialize_pem());
    let before = desk.revision().await;
    for (chain, key, code) in [
        ("nothing", key.as_str(), "pem-missing"),
        (&chain, "nothing", "pem-missing"),
        (&key, &chain, "chain-and-key-swapped"),
        (&chain, &foreign_key, "key-mismatch"),
        (&foreign, &foreign_key, "covers-no-hostname"),
    ] {
        let body = json!({ "chain": chain, "key": key });
        let reply = desk.ask(Method::PUT, &world.partners[0].token, &path, Some(body)).await;
        assert_eq!((reply.status.as_u16(), &reply.body["errors"][0]["code"]), (422, &json!(code)));
    }
    desk.advance_days(800);
    let body = json!({ "chain": chain, "key": key });
    let reply = desk.ask(Method::PUT, &world.partners[0].token, &path, Some(body)).await;
    assert_eq!(reply.body["errors"][0]["code"], "certificate-expired");
    assert_eq!(desk.revision().await, before);
}

/// Records that a name was seen to lead here; whether that counted.
async fn seen_to_lead_here(desk: &Desk, name: &ClaimedName) -> bool {
    let now_ms = desk.store.now_ms();
    let mut write = desk.store.begin(&Actor::system("test"), now_ms).await.unwrap();
    let change =
        DnsChange { state: DnsState::Verified, reason: None, next_ms: now_ms, lost_since_ms: None, serve: Some(true) };
    let counted = write.record_dns(name, change).await.unwrap();
    write.commit().await.unwrap();
    counted
}

#[tokio::test]
async fn what_was_seen_for_one_domain_proves_nothing_for_the_next_of_that_name() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let token = &world.partners[0].token;
    let host = "fournil.fr".parse().unwrap();
    let (_, first) = custom(&desk, &world, 0, "fournil.fr").await;
    let before = desk.store.name(&host).await.unwrap().unwrap();
    desk.ask(Method::DELETE, token, &format!("/v1/domains/{}", first["id"].as_str().unwrap()), None).await;
    // The same partner claims it for another of its clients, while a look at the first claim is under way.
    let other = json!({ "partner": world.partners[0].id, "application": world.application, "name": "Moulin" });
    let other = desk.made(token, "/v1/tenants", other).await;
    let body = json!({ "tenant": other, "kind": "custom", "host": "fournil.fr" });
    desk.made(token, "/v1/domains", body).await;
    let revision = desk.revision().await;
    assert!(!seen_to_lead_here(&desk, &before).await);
    assert_eq!(desk.fed(revision).await, [], "the edge is told of no address");
    let now = desk.store.name(&host).await.unwrap().unwrap();
    assert_eq!((now.dns.state, now.tenant.to_string()), (DnsState::Pending, other));
    assert!(seen_to_lead_here(&desk, &now).await);
    let mut write = desk.store.begin(&Actor::system("test"), desk.store.now_ms()).await.unwrap();
    let key = marque_config::seal::Sealed::from_bytes(vec![1]);
    assert_eq!(write.claim_issuance(&before, ("me", &key), 5).await.unwrap(), Claim::NotOurs);
    assert!(matches!(write.claim_issuance(&now, ("me", &key), 5).await.unwrap(), Claim::Ours(_)));
}

#[tokio::test]
async fn a_platform_name_has_a_budget_too() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let path = format!("/v1/domains/{}/renew", platform(&desk, &world, "fournil").await);
    let name = desk.store.name(&"fournil.p.marque.fr".parse().unwrap()).await.unwrap().unwrap();
    let key = marque_config::seal::Sealed::from_bytes(vec![1]);
    for order in 0..3 {
        assert_eq!(desk.post(&world.partners[0].token, &path, json!({})).await.status, StatusCode::OK);
        let mut write = desk.store.begin(&Actor::system("test"), desk.store.now_ms()).await.unwrap();
        match write.claim_issuance(&name, ("me", &key), 2).await.unwrap() {
            Claim::Ours(issuance) => {
                assert!(write.end_issuance((issuance.id, &issuance.host), "me", None).await.unwrap() && order < 2)
            }
            claim => assert!(matches!(claim, Claim::Budget { .. }) && order == 2, "{claim:?}"),
        }
        write.commit().await.unwrap();
    }
}

#[tokio::test]
async fn an_uploaded_certificate_stays_until_its_end_and_says_when_that_is_near() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let token = &world.partners[0].token;
    let domain = format!("/v1/domains/{}", platform(&desk, &world, "fournil").await);
    let (chain, key) = issued(&["fournil.p.marque.fr"]);
    let body = json!({ "chain": chain, "key": key.serialize_pem() });
    desk.ask(Method::PUT, token, &format!("{domain}/certificate"), Some(body)).await;
    let shown = async || {
        let name = desk.get(token, &domain).await.body["hostnames"][0].clone();
        let due = desk.store.names_due_for_certificate(desk.store.now_ms(), 9).await.unwrap().len();
        (name["live"].clone(), name["certificate"]["reason"]["code"].clone(), due)
    };
    assert_eq!(shown().await, (json!(true), Value::Null, 0));
    let end_ms = desk.store.name(&"fournil.p.marque.fr".parse().unwrap()).await.unwrap().unwrap();
    let days = (end_ms.certificate.not_after_ms.unwrap() - desk.store.now_ms()) / 86_400_000;
    desk.advance_days(days * 2 / 3 + 1);
    assert_eq!(shown().await, (json!(true), json!("uploaded_expires"), 0));
    desk.advance_days(days);
    assert_eq!(shown().await, (json!(false), json!("uploaded_expires"), 1), "its end, and the CA's turn");
}

#[tokio::test]
async fn an_uploaded_certificate_that_begins_later_is_said_and_takes_over_when_it_begins() {
    const HOST: &str = "fournil.p.marque.fr";
    let desk = Desk::open().await;
    let world = desk.world().await;
    let token = &world.partners[0].token;
    let domain = format!("/v1/domains/{}", platform(&desk, &world, "fournil").await);
    let put = async |(chain, key): (String, KeyPair)| {
        let body = json!({ "chain": chain, "key": key.serialize_pem() });
        let reply = desk.ask(Method::PUT, token, &format!("{domain}/certificate"), Some(body)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        reply.body["hostnames"][0]["certificate"].clone()
    };
    let notes = |shown: &Value| -> Vec<String> {
        shown["notes"].as_array().into_iter().flatten().map(|note| note["code"].as_str().unwrap().to_owned()).collect()
    };
    let first = put(issued(&[HOST])).await;
    assert_eq!(notes(&first), ["private_authority"]);
    let (revision, begins_ms) = (desk.revision().await, desk.store.now_ms() + 10 * 86_400_000);
    put(issued_from(&[HOST], begins_ms + 86_400_000)).await;
    let second = put(issued_from(&[HOST], begins_ms)).await;
    assert_eq!(second["not_after"], first["not_after"]);
    assert_eq!(notes(&second), ["private_authority", "begins_later"]);
    let next = second["next"]["not_before"].as_str().unwrap();
    assert_eq!(next[..16], crate::web::time::written(begins_ms)[..16], "the last one that was uploaded");
    switch_on::pass(desk.store.clone()).await.unwrap();
    assert_eq!(desk.fed(revision).await, [], "nothing changes until then");
    desk.advance_days(10);
    switch_on::pass(desk.store.clone()).await.unwrap();
    let fed = desk.fed(revision).await;
    assert_eq!((fed.len(), fed[0].0.as_str(), fed[0].1.as_str()), (1, "certificate", HOST));
    let shown = desk.get(token, &domain).await.body["hostnames"][0]["certificate"].clone();
    assert_eq!((&shown["next"], notes(&shown)), (&Value::Null, vec!["private_authority".to_owned()]));
}

#[tokio::test]
async fn an_upload_that_waits_goes_with_its_domain() {
    const HOST: &str = "fournil.p.marque.fr";
    let desk = Desk::open().await;
    let world = desk.world().await;
    let token = &world.partners[0].token;
    let domain = format!("/v1/domains/{}", platform(&desk, &world, "fournil").await);
    let (chain, key) = issued_from(&[HOST], desk.store.now_ms() + 86_400_000);
    let body = json!({ "chain": chain, "key": key.serialize_pem() });
    let reply = desk.ask(Method::PUT, token, &format!("{domain}/certificate"), Some(body)).await;
    assert_eq!(reply.body["hostnames"][0]["certificate"]["state"], "none", "the platform gets one meanwhile");
    desk.ask(Method::DELETE, token, &domain, None).await;
    desk.advance_days(2);
    assert_eq!(desk.store.uploads_due(9).await.unwrap(), []);
}
