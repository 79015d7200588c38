//! Whose a client is, and who has tried what.

use axum::http::StatusCode;
use serde_json::json;

use super::counter::Counter;

#[tokio::test]
async fn s3_p4_a_trial_protects_its_client_for_ninety_days_and_the_holder_is_told_who_wanted_nothing_more() {
    let counter = Counter::open().await;
    counter.placed(counter.asked("trial", "a@b.fr")).await;
    let other = &counter.world.partners[1].token;
    let wanted = counter.asked("order", "A@B.fr");
    let before = counter.everything().await;
    let refused = counter.desk.post(other, "/v1/orders", wanted.clone()).await;
    assert_eq!(refused.refusal(), (409, "client-claimed".into(), vec![]));
    let found = counter.desk.post(other, "/v1/clients/lookup", json!({ "email": "a@b.fr" })).await;
    assert_eq!(found.body, json!({ "outcome": "claimed" }));
    // The holder is told once a day, however often it is tried; of the order nothing happened.
    counter.desk.post(other, "/v1/orders", wanted.clone()).await;
    let told = "select count(*) from outbox_event where kind = 'claim.challenged'";
    assert_eq!(counter.count(told).await, 1);
    assert_eq!(counter.everything().await, before + 1);
    counter.desk.advance_days(89);
    assert_eq!(counter.desk.post(other, "/v1/orders", wanted.clone()).await.refusal().1, "client-claimed");
    counter.desk.advance_days(2);
    let taken = counter.desk.post(other, "/v1/orders", wanted).await;
    assert_eq!(taken.status, StatusCode::CREATED, "{}", taken.body);
}

#[tokio::test]
async fn s3_p3_what_is_paid_for_protects_its_client_until_it_ends() {
    let counter = Counter::open().await;
    let mut body = counter.asked("order", "a@b.fr");
    body["term"] = json!("yearly");
    let order = counter.placed(body.clone()).await;
    let other = &counter.world.partners[1].token;
    counter.desk.advance_days(20);
    assert_eq!(counter.desk.post(other, "/v1/orders", body.clone()).await.refusal().1, "client-claimed");
    // What is taken back protects nobody.
    assert_eq!(counter.act(&order, "void", json!({})).await.status, StatusCode::OK);
    assert_eq!(counter.desk.post(other, "/v1/orders", body.clone()).await.status, StatusCode::CREATED);
    // And now it is the other way round.
    let mut again = body;
    again.as_object_mut().unwrap().remove("client");
    again["client_id"] = order["client"].clone();
    assert_eq!(counter.place(again).await.refusal().1, "client-claimed");
}

#[tokio::test]
async fn q91_a_mail_address_tries_a_product_once_and_a_voided_trial_does_not_count() {
    let counter = Counter::open().await;
    let trial = counter.placed(counter.asked("trial", "a@b.fr")).await;
    let mut again = counter.asked("trial", "a@b.fr");
    again.as_object_mut().unwrap().remove("client");
    again["client_id"] = trial["client"].clone();
    assert_eq!(counter.place(again.clone()).await.refusal(), (409, "trial-already-used".into(), vec![]));
    assert_eq!(counter.act(&trial, "void", json!({})).await.status, StatusCode::OK);
    counter.placed(again).await;
    // Another partner doesn't give a second one either, once the client is free.
    counter.desk.advance_days(91);
    let other = &counter.world.partners[1].token;
    let reply = counter.desk.post(other, "/v1/orders", counter.asked("trial", "A@b.FR")).await;
    assert_eq!(reply.refusal(), (409, "trial-already-used".into(), vec![]));
}

const CHALLENGED: &str = "select count(*) from outbox_event where kind = 'claim.challenged'";

#[tokio::test]
async fn s3_p3_a_licence_that_is_taken_by_hand_is_kept_from_anothers_client_too() {
    let counter = Counter::open().await;
    let other = &counter.world.partners[1].token;
    let trial = counter.desk.post(other, "/v1/orders", counter.asked("trial", "A@b.fr")).await.body;
    counter.desk.advance_days(91);
    let order = counter.placed(counter.asked("order", "a@b.fr")).await;
    let taking = json!({
        "tenant": trial["tenant"], "plan": counter.shop.production, "term": "monthly", "price_list": counter.shop.euros,
    });
    let refused = counter.desk.post(other, "/v1/licences", taking.clone()).await;
    assert_eq!(refused.refusal(), (409, "client-claimed".into(), vec![]));
    assert_eq!(counter.count(CHALLENGED).await, 1, "and the holder was told");
    assert_eq!(counter.balance(1).await, 500_000);
    // Free again, it is taken.
    assert_eq!(counter.act(&order, "void", json!({})).await.status, StatusCode::OK);
    let taken = counter.desk.post(other, "/v1/licences", taking).await;
    assert_eq!(taken.status, StatusCode::CREATED, "{}", taken.body);
}

#[tokio::test]
async fn s3_p3_a_trial_that_became_anothers_client_is_not_converted() {
    let counter = Counter::open().await;
    let trial = counter.placed(counter.asked("trial", "a@b.fr")).await;
    counter.desk.advance_days(91);
    let other = &counter.world.partners[1].token;
    let theirs = counter.desk.post(other, "/v1/orders", counter.asked("order", "a@b.fr")).await;
    assert_eq!(theirs.status, StatusCode::CREATED, "{}", theirs.body);
    assert_eq!(counter.act(&trial, "convert", json!({})).await.refusal().1, "client-claimed");
    assert_eq!(counter.count(CHALLENGED).await, 1);
}

#[tokio::test]
async fn s3_p3_what_is_suspended_does_not_go_on_for_anothers_client() {
    let counter = Counter::open().await;
    counter.desk.sql("update plan set grace_days = 5", &[]).await;
    let mut body = counter.asked("order", "a@b.fr");
    body["components"] = json!([{ "component": counter.shop.printer, "quantity": 400 }]);
    let order = counter.placed(body).await;
    let renew = async || crate::licences::tasks::run(&counter.desk.store).await.unwrap();
    counter.desk.advance_days(31);
    renew().await;
    // In the grace it is protected as before.
    let other = &counter.world.partners[1].token;
    let theirs = async || counter.desk.post(other, "/v1/orders", counter.asked("order", "a@b.fr")).await;
    assert_eq!(theirs().await.refusal().1, "client-claimed");
    counter.desk.advance_days(6);
    renew().await;
    assert_eq!(theirs().await.status, StatusCode::CREATED);
    counter.pay(0, 900_000).await;
    let before = counter.balance(0).await;
    renew().await;
    assert_eq!(counter.balance(0).await, before, "money that arrives is not taken for it");
    let path = format!("/v1/subscriptions/{}/resume", order["subscription"].as_str().unwrap());
    assert_eq!(counter.desk.post(counter.token(), &path, json!({})).await.refusal().1, "client-claimed");
}

#[tokio::test]
async fn a_client_tries_a_product_once_whatever_its_address_is_then() {
    let counter = Counter::open().await;
    let trial = counter.placed(counter.asked("trial", "a@b.fr")).await;
    let path = format!("/v1/clients/{}", trial["client"].as_str().unwrap());
    let moved = json!({ "email": "other@b.fr" });
    let reply = counter.desk.ask(axum::http::Method::PATCH, counter.token(), &path, Some(moved)).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let mut again = counter.asked("trial", "a@b.fr");
    again.as_object_mut().unwrap().remove("client");
    again["client_id"] = trial["client"].clone();
    assert_eq!(counter.place(again.clone()).await.refusal(), (409, "trial-already-used".into(), vec![]));
    // One without an address is a client too.
    let client = json!({ "company": "Sans", "email": "sans@b.fr", "country": "FR" });
    let client = counter.desk.made(counter.token(), "/v1/clients", client).await;
    let without = "update client set email_compared = null, email_written = null where id = $1";
    counter.desk.sql(without, &[&client]).await;
    again["client_id"] = json!(client);
    let first = counter.placed(again.clone()).await;
    assert_eq!(counter.place(again.clone()).await.refusal().1, "trial-already-used");
    // Taken back, it doesn't count.
    assert_eq!(counter.act(&first, "void", json!({})).await.status, StatusCode::OK);
    counter.placed(again).await;
}
