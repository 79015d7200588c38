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
