//! The current status of a client: a prospect until it buys, a customer while it has something of it, then a former one.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::counter::Counter;
use crate::licences::tasks as renew;

impl Counter {
    async fn state(&self, order: &Value) -> Value {
        let path = format!("/v1/clients/{}", order["client"].as_str().unwrap());
        self.desk.get(self.token(), &path).await.body["state"].clone()
    }

    async fn changes(&self, order: &Value) -> Vec<String> {
        let statement = "select detail from audit_event where object = $1 and action = 'client.changed' order by seq";
        let client = order["client"].as_str().unwrap().to_owned();
        let details: Vec<String> =
            sqlx::query_scalar(statement).bind(client).fetch_all(self.desk.store.reader()).await.unwrap();
        let after =
            |detail: &String| serde_json::from_str::<Value>(detail).unwrap()["after"].as_str().unwrap().to_owned();
        details.iter().map(after).collect()
    }

    /// Orders more for the client of an order.
    async fn again(&self, order: &Value, kind: &str, term: &str) -> Value {
        let mut body = self.asked(kind, "a@b.fr");
        body.as_object_mut().unwrap().remove("client");
        (body["client_id"], body["term"]) = (order["client"].clone(), json!(term));
        self.placed(body).await
    }

    async fn cancel(&self, order: &Value) {
        let licence = order["licence"].as_str().unwrap();
        let reply = self.desk.post(self.token(), &format!("/v1/licences/{licence}/cancel"), json!({})).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    }
}

#[tokio::test]
async fn a_customer_whose_last_licence_ended_is_a_former_one_until_it_orders_again() {
    let counter = Counter::open().await;
    let first = counter.placed(counter.asked("order", "a@b.fr")).await;
    counter.activate(&first).await.unwrap();
    assert_eq!(counter.state(&first).await, "customer");
    let second = counter.again(&first, "order", "monthly").await;
    counter.cancel(&first).await;
    counter.desk.advance_days(31);
    renew::run(&counter.desk.store).await.unwrap();
    assert_eq!(counter.state(&first).await, "customer", "it still has the other");
    counter.cancel(&second).await;
    assert_eq!(counter.state(&first).await, "customer", "until the period ends");
    counter.desk.advance_days(31);
    renew::run(&counter.desk.store).await.unwrap();
    assert_eq!(counter.state(&first).await, "former");

    // A trial is nothing that was bought, and an order that is taken back leaves what was there before.
    counter.again(&first, "trial", "monthly").await;
    assert_eq!(counter.state(&first).await, "former");
    let third = counter.again(&first, "order", "monthly").await;
    assert_eq!(counter.state(&first).await, "customer");
    counter.act(&third, "void", json!({})).await;
    assert_eq!(counter.state(&first).await, "former");
    let fourth = counter.again(&first, "order", "perpetual").await;
    counter.cancel(&fourth).await;
    assert_eq!(counter.state(&first).await, "former", "what was bought once is given up at once");
    let told = ["customer", "former", "customer", "former", "customer", "former"];
    assert_eq!(counter.changes(&first).await, told, "once each");
}

#[tokio::test]
async fn a_client_whose_only_space_is_closed_is_a_former_customer() {
    let counter = Counter::open().await;
    let order = counter.placed(counter.asked("order", "a@b.fr")).await;
    counter.activate(&order).await.unwrap();
    let path = format!("/v1/tenants/{}/close", order["tenant"].as_str().unwrap());
    assert_eq!(counter.desk.post(counter.token(), &path, json!({})).await.status, StatusCode::OK);
    assert_eq!(counter.changes(&order).await, ["customer", "former"]);
}

#[tokio::test]
async fn a_client_that_a_licence_was_taken_for_is_a_customer() {
    let counter = Counter::open().await;
    let trial = counter.placed(counter.asked("trial", "a@b.fr")).await;
    assert_eq!(counter.state(&trial).await, "prospect");
    let body = json!({
        "tenant": trial["tenant"], "plan": counter.shop.production, "term": "monthly", "price_list": counter.shop.euros,
    });
    let taken = counter.desk.post(counter.token(), "/v1/licences", body).await;
    assert_eq!(taken.status, StatusCode::CREATED, "{}", taken.body);
    assert_eq!(counter.state(&trial).await, "customer");
}
