//! Taking back.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::counter::Counter;
use crate::tests::api::shop::Shop;

#[tokio::test]
async fn s3_29_an_order_or_a_trial_is_deleted_only_while_its_licence_is_not_activated() {
    let counter = Counter::open().await;
    for (kind, email) in [("order", "a@b.fr"), ("trial", "c@d.fr")] {
        let order = counter.placed(counter.asked(kind, email)).await;
        let voided = counter.act(&order, "void", json!({})).await;
        assert_eq!((voided.status, &voided.body["state"]), (StatusCode::OK, &json!("voided")), "{}", voided.body);
        assert!(counter.activate(&order).await.is_err(), "what was taken back is never activated");
    }
    for (kind, email) in [("order", "e@f.fr"), ("trial", "g@h.fr")] {
        let order = counter.placed(counter.asked(kind, email)).await;
        counter.activate(&order).await.unwrap();
        let refused = counter.act(&order, "void", json!({})).await;
        assert_eq!(refused.refusal(), (409, "licence-already-activated".into(), vec![]));
        assert_eq!(refused.body["blockers"], json!(["licence_activated"]));
        let path = format!("/v1/orders/{}", order["id"].as_str().unwrap());
        let refused = counter.desk.ask(Method::DELETE, counter.token(), &path, None).await;
        assert_eq!(refused.refusal(), (409, "licence-already-activated".into(), vec![]));
        assert_eq!(counter.order(&order).await["state"], "completed");
    }
    let order = counter.placed(counter.asked("order", "i@j.fr")).await;
    let path = format!("/v1/orders/{}", order["id"].as_str().unwrap());
    let deleted = counter.desk.ask(Method::DELETE, counter.token(), &path, None).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn s3_30_everything_that_stands_against_it_is_listed_and_said() {
    let counter = Counter::open().await;
    let order = counter.placed(counter.asked("order", "a@b.fr")).await;
    let path = format!("/v1/orders/{}/blockers", order["id"].as_str().unwrap());
    let blockers = async || counter.desk.get(counter.token(), &path).await.body;
    assert_eq!(blockers().await, json!({ "voidable": true, "blockers": [] }));
    counter.desk.advance_days(30);
    counter.activate(&order).await.unwrap();
    let listed = blockers().await;
    let codes: Vec<_> = listed["blockers"].as_array().unwrap().iter().map(|one| one["code"].clone()).collect();
    assert_eq!(codes, ["licence_activated", "window_passed"]);
    assert!(listed["blockers"][0]["detail"].as_str().unwrap().contains("activated"));
    let trial = counter.placed(counter.asked("trial", "c@d.fr")).await;
    let converted = counter.act(&trial, "convert", json!({})).await;
    assert_eq!(converted.status, StatusCode::CREATED, "{}", converted.body);
    let refused = counter.act(&trial, "void", json!({})).await;
    assert_eq!(refused.refusal(), (409, "order-not-voidable".into(), vec![]));
    assert_eq!(refused.body["blockers"], json!(["already_converted"]));
}

#[tokio::test]
async fn s3_31_what_is_deleted_is_out_of_lists_and_paid_back_and_kept_for_the_audit() {
    let counter = Counter::open().await;
    Shop::promo(&counter.desk, &counter.world, "ONCE", json!({ "max_uses": 1 })).await;
    let mut body = counter.asked("order", "a@b.fr");
    body["promo_code"] = json!("ONCE");
    let order = counter.placed(body.clone()).await;
    assert_eq!(counter.balance(0).await, 500_000 - 4_410);
    let voided = counter.act(&order, "void", json!({})).await.body;
    assert_eq!((&voided["returned"]["amount"], &voided["closed_tenant"]), (&json!(4_410), &json!(true)));
    assert_eq!(counter.balance(0).await, 500_000);
    assert_eq!(counter.desk.get(counter.token(), "/v1/orders").await.body["items"], json!([]));
    let q = order["number"].as_str().unwrap();
    assert_eq!(counter.desk.get(counter.token(), &format!("/v1/search?q={q}")).await.body["items"], json!([]));
    let kept = counter.order(&order).await;
    assert_eq!((&kept["state"], &kept["number"]), (&json!("voided"), &order["number"]));
    assert_eq!(kept["activation_link"], Value::Null);
    let tenant = format!("/v1/tenants/{}", order["tenant"].as_str().unwrap());
    assert_eq!(counter.desk.get(counter.token(), &tenant).await.body["state"], "closed");
    let told: Vec<String> = sqlx::query_scalar("select action from audit_event where object = $1 order by seq")
        .bind(order["id"].as_str().unwrap())
        .fetch_all(counter.desk.store.reader())
        .await
        .unwrap();
    assert_eq!(told, ["order.placed", "order.fulfilled", "order.voided"]);
    // Once more changes nothing, and the use of the promo code is free again.
    counter.act(&order, "void", json!({})).await;
    assert_eq!(counter.balance(0).await, 500_000);
    body.as_object_mut().unwrap().remove("client");
    body["client_id"] = order["client"].clone();
    counter.placed(body).await;
}

#[tokio::test]
async fn s3_33_the_client_stays_and_is_found_without_typing_anything_again() {
    let counter = Counter::open().await;
    let order = counter.placed(counter.asked("order", "a@b.fr")).await;
    counter.act(&order, "void", json!({})).await;
    let found = counter.desk.post(counter.token(), "/v1/clients/lookup", json!({ "email": "a@b.fr" })).await.body;
    assert_eq!((&found["outcome"], &found["client"]["id"]), (&json!("yours"), &order["client"]));
    assert_eq!(found["client"]["city"], "Lille");
    assert_eq!(found["client"]["state"], "prospect");
    let mut again = counter.asked("order", "a@b.fr");
    again.as_object_mut().unwrap().remove("client");
    again["client_id"] = found["client"]["id"].clone();
    let again = counter.placed(again).await;
    assert_eq!((&again["client"], &again["warnings"]), (&order["client"], &json!([])));
    assert_eq!(counter.count("select count(*) from client").await, 1);
}

#[tokio::test]
async fn what_changes_and_further_periods_cost_is_given_back_too() {
    let counter = Counter::open().await;
    let order = counter.placed(counter.asked("order", "a@b.fr")).await;
    let path = format!("/v1/licences/{}/change", order["licence"].as_str().unwrap());
    let more = json!({ "components": [{ "component": counter.shop.printer, "quantity": 2 }], "when": "now" });
    let changed = counter.desk.post(counter.token(), &path, more).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    assert_eq!(counter.balance(0).await, 500_000 - 4_900 - 2_000);
    let voided = counter.act(&order, "void", json!({})).await.body;
    assert_eq!((&voided["state"], &voided["returned"]["amount"]), (&json!("voided"), &json!(6_900)));
    assert_eq!(counter.balance(0).await, 500_000);
    let standing = "select count(*) from licence where voided_ms is null and superseded_ms is null";
    assert_eq!(counter.count(standing).await, 0);
}

#[tokio::test]
async fn an_orders_new_space_takes_no_second_licence_by_itself() {
    let counter = Counter::open().await;
    let path = format!("/v1/partners/{}", counter.world.partners[0].id);
    let body = json!({ "auto_licence_plan": counter.shop.production });
    let reply = counter.desk.ask(Method::PATCH, counter.token(), &path, Some(body)).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    counter.placed(counter.asked("order", "a@b.fr")).await;
    assert_eq!(counter.count("select count(*) from licence").await, 1);
    assert_eq!(counter.balance(0).await, 500_000 - 4_900);
}

#[tokio::test]
async fn a_space_that_somebody_else_uses_stays_when_its_order_is_taken_back() {
    let counter = Counter::open().await;
    let first = counter.placed(counter.asked("order", "a@b.fr")).await;
    let mut second = counter.asked("order", "a@b.fr");
    second.as_object_mut().unwrap().remove("client");
    second["client_id"] = first["client"].clone();
    second["tenant"] = first["tenant"].clone();
    counter.placed(second).await;
    let voided = counter.act(&first, "void", json!({})).await.body;
    assert_eq!((&voided["state"], &voided["closed_tenant"]), (&json!("voided"), &json!(false)));
}
