//! A promo code belongs to the subscription: what it promised holds through changes, and through a period that it couldn't
//! be applied to (C14).

use serde_json::{Value, json};

use super::counter::Counter;
use crate::licences::tasks as renew;
use crate::tests::api::shop::Shop;

impl Counter {
    /// Production, ordered with a code that takes half off unless `more` says something else.
    async fn with_code(&self, term: &str, more: Value) -> Value {
        let mut terms = json!({ "discount": { "kind": "percent", "basis_points": 5_000 } });
        more.as_object().unwrap().iter().for_each(|(key, value)| terms[key] = value.clone());
        Shop::promo(&self.desk, &self.world, "HALF", terms).await;
        let mut body = self.asked("order", "a@b.fr");
        body["term"] = term.into();
        body["promo_code"] = "HALF".into();
        self.placed(body).await
    }

    /// What a change of the order's subscription costs.
    async fn changed(&self, order: &Value, change: Value) -> i64 {
        let path = format!("/v1/subscriptions/{}/change", order["subscription"].as_str().unwrap());
        let reply = self.desk.post(self.token(), &path, change).await;
        assert!(reply.status.is_success(), "{}", reply.body);
        reply.body["charged"]["amount"].as_i64().unwrap()
    }

    /// What the next period costs, so many days later.
    async fn renewed(&self, days: i64) -> i64 {
        let before = self.balance(0).await;
        self.desk.advance_days(days);
        renew::run(&self.desk.store).await.unwrap();
        assert_eq!(self.desk.store.broken().await.unwrap(), []);
        before - self.balance(0).await
    }

    fn printers(&self, quantity: u32, when: &str) -> Value {
        let printers = json!([{ "component": self.shop.printer, "quantity": quantity }]);
        json!({ "components": if quantity == 0 { json!([]) } else { printers }, "when": when })
    }

    /// Publishes what Production costs a month, or nothing at all.
    async fn reprice(&self, cents: Option<i64>) {
        // No two versions begin at the same moment.
        self.desk.advance_seconds(1);
        let plan = if cents.is_some() { &self.shop.production } else { &self.shop.connect };
        let prices = json!([{ "plan": plan, "term": "monthly", "amount": cents.unwrap_or(1_900) }]);
        Shop::publish(&self.desk, &self.world, &self.shop.euros, prices).await;
    }
}

#[tokio::test]
async fn c14_a_code_for_ever_holds_when_a_component_is_added() {
    let counter = Counter::open().await;
    let order = counter.with_code("yearly", json!({ "lasts": { "kind": "forever" } })).await;
    assert_eq!(counter.balance(0).await, 500_000 - 24_500);
    assert_eq!(counter.changed(&order, counter.printers(1, "now")).await, 5_000);
    assert_eq!(counter.renewed(366).await, (49_000 + 10_000) / 2);
    // Taken out again, and put in with the next period.
    assert_eq!(counter.changed(&order, counter.printers(0, "at_renewal")).await, 0);
    assert_eq!(counter.renewed(366).await, 49_000 / 2);
    assert_eq!(counter.changed(&order, counter.printers(2, "at_renewal")).await, 0);
    assert_eq!(counter.renewed(366).await, (49_000 + 20_000) / 2);
}

#[tokio::test]
async fn c14_a_removed_component_and_another_plan_are_given_back_as_they_were_paid() {
    let counter = Counter::open().await;
    let order = counter.with_code("monthly", json!({ "lasts": { "kind": "forever" } })).await;
    assert_eq!(counter.changed(&order, counter.printers(1, "now")).await, 500);
    assert_eq!(counter.changed(&order, counter.printers(0, "now")).await, -500);
    let connect = json!({ "plan": counter.shop.connect, "components": [], "when": "now" });
    assert_eq!(counter.changed(&order, connect).await, -(4_900 - 1_900) / 2);
    assert_eq!(counter.renewed(31).await, 950);
}

#[tokio::test]
async fn c14_a_code_for_three_periods_holds_in_three_whatever_changes_in_them() {
    let counter = Counter::open().await;
    let order = counter.with_code("monthly", json!({ "lasts": { "kind": "periods", "periods": 3 } })).await;
    assert_eq!(counter.renewed(31).await, 2_450);
    assert_eq!(counter.changed(&order, counter.printers(1, "at_renewal")).await, 0);
    assert_eq!(counter.renewed(31).await, (4_900 + 1_000) / 2);
    assert_eq!(counter.renewed(31).await, 5_900, "the fourth is whole");
}

#[tokio::test]
async fn c14_a_code_for_the_first_period_holds_when_that_is_changed() {
    let counter = Counter::open().await;
    let order = counter.with_code("monthly", json!({})).await;
    assert_eq!(counter.changed(&order, counter.printers(1, "now")).await, 500);
    // A new term is a new period.
    assert_eq!(counter.changed(&order, json!({ "term": "yearly", "when": "now" })).await, 59_000 - 2_950);
}

#[tokio::test]
async fn c14_a_fixed_amount_is_taken_off_once_a_period() {
    let counter = Counter::open().await;
    let discount = json!({ "kind": "amount", "off": { "amount": 2_000, "currency": "EUR" } });
    let order = counter.with_code("monthly", json!({ "discount": discount, "lasts": { "kind": "forever" } })).await;
    assert_eq!(counter.changed(&order, counter.printers(1, "now")).await, 1_000);
    assert_eq!(counter.renewed(31).await, 3_900);
}

#[tokio::test]
async fn c14_a_period_that_the_code_does_not_fit_does_not_lose_it() {
    let counter = Counter::open().await;
    let minimum = json!({ "amount": 4_000, "currency": "EUR" });
    counter.with_code("monthly", json!({ "minimum": minimum, "lasts": { "kind": "forever" } })).await;
    counter.reprice(Some(3_000)).await;
    assert_eq!(counter.renewed(31).await, 3_000, "below the code's minimum");
    counter.reprice(Some(5_000)).await;
    assert_eq!(counter.renewed(31).await, 2_500);
    // Without a price, what was agreed on holds, and the code with it.
    counter.reprice(None).await;
    assert_eq!(counter.renewed(31).await, 2_500);
    counter.reprice(Some(6_000)).await;
    assert_eq!(counter.renewed(31).await, 3_000);
}

#[tokio::test]
async fn c14_a_code_for_one_plan_waits_while_another_one_runs() {
    let counter = Counter::open().await;
    let plans = json!([counter.shop.production]);
    let order = counter.with_code("monthly", json!({ "plans": plans, "lasts": { "kind": "forever" } })).await;
    let to = |plan: &str| json!({ "plan": plan, "when": "at_renewal" });
    counter.changed(&order, to(&counter.shop.connect)).await;
    assert_eq!(counter.renewed(31).await, 1_900);
    counter.changed(&order, to(&counter.shop.production)).await;
    assert_eq!(counter.renewed(31).await, 2_450);
}
