//! Many at once: one of each wins.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;

use super::counter::Counter;
use crate::tests::api::shop::Shop;

#[tokio::test]
async fn q92_of_taking_back_and_activating_exactly_one_wins() {
    let counter = Counter::open().await;
    counter.pay(0, 10_000_000).await;
    let mut won = [0, 0];
    for race in 0..200 {
        let order = counter.placed(counter.asked("order", &format!("a{race}@b.fr"))).await;
        let (void, activate) = (counter.act(&order, "void", json!({})), counter.activate(&order));
        let (voided, activated) = if race % 2 == 0 {
            tokio::join!(void, activate)
        } else {
            let (activated, voided) = tokio::join!(activate, void);
            (voided, activated)
        };
        let voided = voided.status == StatusCode::OK;
        assert_ne!(voided, activated.is_ok(), "race {race}");
        won[usize::from(voided)] += 1;
        let after = counter.order(&order).await;
        assert_eq!(after["state"], if voided { "voided" } else { "completed" });
    }
    let both = "select count(*) from licence where voided_ms is not null and activated_ms is not null";
    assert_eq!(counter.count(both).await, 0);
    // What was taken back was paid back, what was used was not.
    assert_eq!(counter.balance(0).await, 10_500_000 - 4_900 * won[0]);
    assert!(won[0] > 0 && won[1] > 0, "{won:?}");
}

#[tokio::test]
async fn q90_of_many_orders_with_one_promo_code_as_many_have_it_as_may() {
    let counter = Counter::open().await;
    counter.pay(0, 10_000_000).await;
    Shop::promo(&counter.desk, &counter.world, "FIVE", json!({ "max_uses": 5 })).await;
    let asked = (0..200).map(|index| {
        let mut body = counter.asked("order", &format!("a{index}@b.fr"));
        body["promo_code"] = json!("FIVE");
        counter.place_among_many(0, body)
    });
    let replies = futures_util::future::join_all(asked).await;
    let placed = replies.iter().filter(|reply| reply.status == StatusCode::CREATED).count();
    let refused = replies.iter().filter(|reply| reply.refusal().1 == "promo-invalid").count();
    assert_eq!((placed, refused), (5, 195));
    assert_eq!(counter.count("select count(*) from promo_redemption where state = 'consumed'").await, 5);
}

#[tokio::test]
async fn q89_of_many_orders_under_one_key_one_is_placed() {
    let counter = Counter::open().await;
    let body = counter.asked("order", "a@b.fr").to_string();
    let asked = (0..50).map(|_| {
        let request = Request::post("/v1/orders")
            .header("authorization", format!("Bearer {}", counter.token()))
            .header("content-type", "application/json")
            .header("idempotency-key", "one");
        counter.desk.send(request.body(Body::from(body.clone())).unwrap())
    });
    let replies = futures_util::future::join_all(asked).await;
    assert!(replies.iter().all(|reply| reply.status == StatusCode::CREATED && reply.body == replies[0].body));
    assert_eq!(counter.count("select count(*) from partner_order").await, 1);
    assert_eq!(counter.balance(0).await, 500_000 - 4_900);
}

#[tokio::test]
async fn of_many_orders_at_once_no_more_are_placed_than_the_credit_reaches() {
    let counter = Counter::open().await;
    let asked = (0..150).map(|index| counter.place_among_many(0, counter.asked("order", &format!("a{index}@b.fr"))));
    let replies = futures_util::future::join_all(asked).await;
    let placed = replies.iter().filter(|reply| reply.status == StatusCode::CREATED).count();
    assert_eq!(placed, 500_000 / 4_900);
    assert_eq!(counter.balance(0).await, 500_000 % 4_900);
}

#[tokio::test]
async fn q91_of_many_trials_at_once_for_one_mail_address_one_begins() {
    let counter = Counter::open().await;
    let asked = (0..30).map(|index| counter.place_among_many(index % 2, counter.asked("trial", "a@b.fr")));
    let replies = futures_util::future::join_all(asked).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == StatusCode::CREATED).count(), 1);
    assert_eq!(counter.count("select count(*) from licence where kind = 'trial'").await, 1);
}
