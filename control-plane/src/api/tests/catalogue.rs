//! What is sold, and for how much.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::desk::{Desk, Reply, World};
use super::shop::Shop;

struct Counter {
    desk: Desk,
    world: World,
    shop: Shop,
}

impl Counter {
    async fn open() -> Self {
        let desk = Desk::open().await;
        let world = desk.world().await;
        let shop = Shop::open(&desk, &world).await;
        Self { desk, world, shop }
    }

    fn partner(&self) -> &str {
        &self.world.partners[0].token
    }

    async fn quote(&self, basket: &Value) -> Reply {
        self.desk.post(self.partner(), "/v1/quotes", basket.clone()).await
    }

    async fn offers(&self, query: &str) -> Vec<Value> {
        let reply = self.desk.get(self.partner(), &format!("/v1/catalog/offers?{query}")).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        reply.body["items"].as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn s3_19_components_are_added_with_a_quantity() {
    let counter = Counter::open().await;
    let Shop { printer, cutter, .. } = &counter.shop;
    let quote = counter.quote(&counter.shop.basket(&[(printer, 5), (cutter, 2)])).await;
    assert_eq!(quote.status, StatusCode::OK, "{}", quote.body);
    let price = &quote.body["price"];
    assert_eq!(price["lines"][1]["total"], json!({ "amount": 4_000, "currency": "EUR" }));
    assert_eq!(price["total"], json!({ "amount": 4_900 + 4_000 + 5_000, "currency": "EUR" }));
}
