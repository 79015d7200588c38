//! One order in the place of another.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::counter::Counter;
use crate::tests::api::shop::Shop;

#[tokio::test]
async fn s3_34_an_order_that_should_have_been_a_trial_becomes_one_in_one_step_and_back() {
    let counter = Counter::open().await;
    let mut body = counter.asked("order", "a@b.fr");
    body["po_number"] = json!("BC-1");
    let order = counter.placed(body).await;
    let trial = counter.act(&order, "switch-kind", json!({})).await;
    assert_eq!(trial.status, StatusCode::CREATED, "{}", trial.body);
    let trial = trial.body;
    assert_eq!((&trial["kind"], &trial["replaces"]), (&json!("trial"), &order["id"]));
    assert_eq!((&trial["tenant"], &trial["po_number"]), (&order["tenant"], &json!("BC-1")));
    assert_eq!(counter.balance(0).await, 500_000);
    let before = counter.order(&order).await;
    assert_eq!((&before["state"], &before["replaced_by"]), (&json!("voided"), &trial["id"]));
    let tenant = format!("/v1/tenants/{}", order["tenant"].as_str().unwrap());
    assert_eq!(counter.desk.get(counter.token(), &tenant).await.body["state"], "provisioning");
    let again = counter.act(&trial, "switch-kind", json!({})).await.body;
    assert_eq!((&again["kind"], &again["charged"]), (&json!("order"), &order["charged"]));
    assert_eq!(counter.balance(0).await, 500_000 - 4_900);
    // What was switched away is not switched again, nor is what is used.
    assert_eq!(counter.act(&order, "switch-kind", json!({})).await.refusal().1, "order-voided");
    counter.activate(&again).await.unwrap();
    let refused = counter.act(&again, "switch-kind", json!({})).await;
    assert_eq!(refused.refusal().1, "licence-already-activated");
}

#[tokio::test]
async fn a_trial_becomes_an_order_at_the_price_that_was_shown_and_keeps_its_space_and_serial_number() {
    let counter = Counter::open().await;
    let trial = counter.placed(counter.asked("trial", "a@b.fr")).await;
    counter.activate(&trial).await.unwrap();
    let prices = json!([{ "plan": counter.shop.production, "term": "monthly", "from_quantity": 1, "amount": 9_900 }]);
    counter.desk.advance_days(5);
    Shop::publish(&counter.desk, &counter.world, &counter.shop.euros, prices).await;
    let order = counter.act(&trial, "convert", json!({ "po_number": "BC-2" })).await;
    assert_eq!(order.status, StatusCode::CREATED, "{}", order.body);
    let order = order.body;
    assert_eq!((&order["serial"], &order["tenant"]), (&trial["serial"], &trial["tenant"]));
    assert_eq!((&order["charged"]["amount"], &order["po_number"]), (&json!(4_900), &json!("BC-2")));
    assert_eq!((&order["state"], &order["replaces"]), (&json!("completed"), &trial["id"]));
    assert_eq!(counter.balance(0).await, 500_000 - 4_900);
    assert_eq!(counter.order(&trial).await["replaced_by"], order["id"]);
    let charged = "select count(*) from ledger_source where kind = 'order' and state = 'posted'";
    assert_eq!(counter.count(charged).await, 1);
    assert_eq!(counter.act(&trial, "convert", json!({})).await.refusal().1, "trial-already-converted");
    assert_eq!(counter.act(&order, "convert", json!({})).await.refusal().1, "not-a-trial");
}

#[tokio::test]
async fn a_conversion_with_insufficient_credit_leaves_the_trial_as_it_was() {
    let counter = Counter::open().await;
    let mut body = counter.asked("trial", "a@b.fr");
    body["components"] = json!([{ "component": counter.shop.printer, "quantity": 1_000 }]);
    let trial = counter.placed(body).await;
    let before = counter.everything().await;
    assert_eq!(counter.act(&trial, "convert", json!({})).await.refusal().1, "credit-exceeded");
    assert_eq!(counter.everything().await, before);
    assert_eq!(counter.order(&trial).await["replaced_by"], Value::Null);
}

#[tokio::test]
async fn a_trials_promo_code_is_used_by_the_order_that_it_becomes() {
    let counter = Counter::open().await;
    Shop::promo(&counter.desk, &counter.world, "ONCE", json!({ "max_uses": 1 })).await;
    let with = |kind: &str, email: &str| {
        let mut body = counter.asked(kind, email);
        body["promo_code"] = json!("ONCE");
        body
    };
    let trial = counter.placed(with("trial", "a@b.fr")).await;
    assert_eq!(trial["price"]["total"]["amount"], 4_410);
    // A trial holds no use of it: the first order has it.
    counter.placed(with("order", "c@d.fr")).await;
    let refused = counter.act(&trial, "convert", json!({})).await;
    assert_eq!((refused.refusal().1.as_str(), &refused.body["blockers"]), ("promo-invalid", &json!(["exhausted"])));
    let order = counter.act(&trial, "convert", json!({ "without_promo": true })).await.body;
    assert_eq!(order["charged"]["amount"], 4_900);
}

#[tokio::test]
async fn s3_p1_a_trial_lasts_fourteen_days_and_is_extended_once_by_seven() {
    let counter = Counter::open().await;
    let trial = counter.placed(counter.asked("trial", "a@b.fr")).await;
    counter.activate(&trial).await.unwrap();
    let expires = async || -> i64 {
        let serial = trial["serial"].as_str().unwrap().replace('-', "");
        let query = sqlx::query_scalar("select expires_ms - activated_ms from licence where serial = $1");
        query.bind(serial).fetch_one(counter.desk.store.reader()).await.unwrap()
    };
    assert_eq!(expires().await, 14 * 86_400_000);
    let extended = counter.act(&trial, "extend", json!({})).await;
    assert_eq!((extended.status, &extended.body["trial_days"]), (StatusCode::OK, &json!(21)), "{}", extended.body);
    assert_eq!(expires().await, 21 * 86_400_000);
    let again = counter.act(&trial, "extend", json!({})).await;
    assert_eq!(again.refusal(), (409, "trial-not-extendable".into(), vec![]));
    let order = counter.placed(counter.asked("order", "c@d.fr")).await;
    assert_eq!(counter.act(&order, "extend", json!({})).await.refusal().1, "not-a-trial");
}
