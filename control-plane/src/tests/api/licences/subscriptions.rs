//! Subscriptions, changed and renewed on somebody's word: by the same rules as their licences and the task.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Counter;
use crate::kernel::period::months_after;
use crate::kernel::principal::Principal;
use crate::licences::tasks as renew;
use crate::tests::api::desk::Reply;
use crate::web::time::{read, written};

impl Counter {
    async fn on(&self, taken: &Value, verb: &str, body: Value) -> Reply {
        let id = taken["subscription"]["id"].as_str().unwrap();
        self.post(&format!("/v1/subscriptions/{id}/{verb}"), body).await
    }

    async fn refusal(&self, taken: &Value, verb: &str, body: Value) -> String {
        self.on(taken, verb, body).await.refusal().1
    }

    async fn paying(&self, taken: &Value) -> Value {
        self.get("subscriptions", &taken["subscription"]["id"]).await
    }

    async fn charges(&self) -> i64 {
        let statement = "select count(*) from ledger_source where kind = 'renewal'";
        sqlx::query_scalar(statement).fetch_one(self.desk.store.reader()).await.unwrap()
    }
}

#[tokio::test]
async fn who_only_follows_a_file_sees_no_price_of_what_is_paid_for_it() {
    let counter = Counter::open().await;
    let taken = counter.taken().await;
    let partner = Principal::Partner(counter.world.partners[0].id.parse().unwrap());
    let path = format!("/v1/subscriptions/{}", taken["subscription"]["id"].as_str().unwrap());
    for (scope, sees) in
        [("licences:write", true), ("prices:read", true), ("balance:read", true), ("clients:read", false)]
    {
        let token = counter.desk.token(partner, &format!("licences:read {scope}")).await;
        let seen = counter.desk.get(&token, &path).await;
        assert_eq!((seen.status, seen.body["price"].is_null()), (StatusCode::OK, !sees), "{scope} {}", seen.body);
    }
}

#[tokio::test]
async fn a_subscription_is_changed_by_the_rule_that_its_licence_is_changed_by() {
    let counter = Counter::open().await;
    let taken = counter.taken().await;
    counter.desk.advance_days(15);
    let change = json!({ "plan": counter.shop.connect, "when": "now" });
    let tried = counter.on(&taken, "change?dry_run=true", change.clone()).await.body;
    assert_eq!(tried["charged"]["amount"], -1_500, "{tried}");
    assert_eq!(counter.licence(&taken["id"]).await["superseded_by"], Value::Null, "nothing was done");

    let changed = counter.on(&taken, "change", change).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    assert_eq!(changed.body["charged"]["amount"], -1_500);
    assert_eq!(counter.licence(&taken["id"]).await["superseded_by"], changed.body["id"]);
    assert_eq!(changed.body["subscription"]["id"], taken["subscription"]["id"]);
    assert_eq!(counter.actions(&changed.body["id"]).await, ["licence.changed"]);

    let later = json!({ "plan": counter.shop.production, "when": "at_renewal" });
    let waiting = counter.on(&taken, "change", later).await.body;
    assert_eq!(waiting["subscription"]["scheduled_change"]["plan"], json!(counter.shop.production), "{waiting}");
    assert_eq!(counter.actions(&taken["subscription"]["id"]).await, ["subscription.change_scheduled"]);
    // It begins with the next period, which can't be had before.
    assert_eq!(counter.refusal(&taken, "renew", json!({})).await, "change-scheduled");
}

#[tokio::test]
async fn a_period_that_was_renewed_early_is_charged_once() {
    let counter = Counter::open().await;
    let taken = counter.taken().await;
    let from_ms = counter.desk.store.now_ms();
    counter.desk.advance_days(10);
    let tried = counter.on(&taken, "renew?dry_run=true", json!({})).await.body;
    assert_eq!((&tried["charged"]["amount"], &tried["subscription"]["period"]), (&json!(4_900), &json!(2)), "{tried}");
    assert_eq!((counter.charges().await, counter.balance().await), (0, 5_100));

    let renewed = counter.on(&taken, "renew", json!({})).await.body;
    assert_eq!(renewed["subscription"]["period_start"], written(months_after(from_ms, 1).unwrap()), "{renewed}");
    assert_eq!(renewed["licence"]["expires_at"], written(months_after(from_ms, 2).unwrap()));
    assert_eq!((&renewed["id"], &renewed["licence"]["status"]), (&taken["id"], &json!("issued")));
    assert_eq!(counter.balance().await, 200);
    assert_eq!(counter.refusal(&taken, "renew", json!({})).await, "already-renewed");
    let change = json!({ "plan": counter.shop.connect, "when": "now" });
    assert_eq!(counter.refusal(&taken, "change", change).await, "period-not-begun");

    // When the period that was paid begins, the task has nothing to do; at its end it has.
    counter.desk.advance_days(25);
    renew::run(&counter.desk.store).await.unwrap();
    assert_eq!((counter.charges().await, counter.balance().await), (1, 200));
    assert_eq!(counter.paying(&taken).await["state"], "active");
    counter.pay(5_000).await;
    counter.desk.advance_days(30);
    renew::run(&counter.desk.store).await.unwrap();
    assert_eq!((counter.charges().await, counter.balance().await), (2, 300));
    assert_eq!(counter.paying(&taken).await["period"], 3);
    assert_eq!(counter.actions(&taken["subscription"]["id"]).await, ["subscription.renewed"; 2]);
}

#[tokio::test]
async fn what_is_past_due_is_renewed_from_where_it_ended() {
    let counter = Counter::open().await;
    let mut write = counter.write().await;
    sqlx::query("update plan set grace_days = 9").execute(write.connection()).await.unwrap();
    write.commit().await.unwrap();
    let taken = counter.taken().await;
    // The yearly term that waits costs more than there is.
    let yearly = json!({ "term": "yearly", "when": "at_renewal" });
    counter.on(&taken, "change", yearly).await;
    let ends = counter.paying(&taken).await["period_end"].clone();
    counter.desk.advance_days(31);
    renew::run(&counter.desk.store).await.unwrap();
    assert_eq!(counter.paying(&taken).await["state"], "past_due");
    assert_eq!(counter.refusal(&taken, "renew", json!({})).await, "credit-exceeded");
    counter.pay(100_000).await;
    let renewed = counter.on(&taken, "renew", json!({})).await.body;
    assert_eq!((&renewed["subscription"]["state"], &renewed["charged"]["amount"]), (&json!("active"), &json!(49_000)));
    assert_eq!(renewed["subscription"]["period_start"], ends);
    let year_ms = months_after(read(ends.as_str().unwrap()).unwrap(), 12).unwrap();
    assert_eq!(renewed["subscription"]["period_end"], written(year_ms), "one year, for the price of one");
    renew::run(&counter.desk.store).await.unwrap();
    assert_eq!(counter.charges().await, 1);
}

#[tokio::test]
async fn what_nothing_follows_is_not_renewed() {
    let counter = Counter::open().await;
    let trial = counter.trial().await;
    let trial = json!({ "subscription": { "id": trial.subscription.unwrap().id } });
    assert_eq!(counter.refusal(&trial, "renew", json!({})).await, "subscription-not-renewable");
    assert_eq!(counter.refusal(&trial, "change", json!({ "when": "now" })).await, "no-subscription");
    let taken = counter.taken().await;
    counter.act(&taken["id"], "cancel", json!({})).await;
    assert_eq!(counter.refusal(&taken, "renew", json!({})).await, "subscription-not-renewable");
    counter.on(&taken, "resume", json!({})).await;
    assert_eq!(counter.on(&taken, "renew", json!({})).await.status, StatusCode::OK);
    let path = format!("/v1/subscriptions/{}/renew", taken["subscription"]["id"].as_str().unwrap());
    let other = counter.desk.post(&counter.world.partners[1].token, &path, json!({}));
    assert_eq!(other.await.status, StatusCode::NOT_FOUND);
}
