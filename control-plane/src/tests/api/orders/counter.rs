//! A partner at the counter: something to sell, money to pay with, a client to sell to.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::database::refused::Refused;
use crate::kernel::principal::Reach;
use crate::licences::model::activation::How;
use crate::licences::operations::activation::{Named, NewActivation, activate};
use crate::tests::api::clients::bakery;
use crate::tests::api::desk::{Desk, Reply, World};
use crate::tests::api::shop::Shop;

pub(super) struct Counter {
    pub(super) desk: Desk,
    pub(super) world: World,
    pub(super) shop: Shop,
}

impl Counter {
    /// The first partner has 5,000.00 EUR, the second as much.
    pub(super) async fn open() -> Self {
        let desk = Desk::open().await;
        let world = desk.world().await;
        let shop = Shop::open(&desk, &world).await;
        let counter = Self { desk, world, shop };
        for partner in [0, 1] {
            counter.pay(partner, 500_000).await;
        }
        counter
    }

    pub(super) async fn pay(&self, partner: usize, cents: i64) {
        let amount = json!({ "amount": cents, "currency": "EUR" });
        let reference = format!("transfer {}", self.desk.next_key());
        let payment = json!({ "partner": self.world.partners[partner].id, "amount": amount, "reference": reference });
        self.desk.made(&self.world.operator, "/v1/payments", payment).await;
    }

    pub(super) fn token(&self) -> &str {
        &self.world.partners[0].token
    }

    /// What can be spent, in euro cents.
    pub(super) async fn balance(&self, partner: usize) -> i64 {
        let reply = self.desk.get(&self.world.partners[partner].token, "/v1/balance").await;
        let wallets = reply.body["items"].as_array().unwrap().clone();
        let euros = wallets.iter().find(|wallet| wallet["balance"]["currency"] == "EUR").unwrap();
        assert_eq!(euros["pending"]["amount"], 0);
        euros["balance"]["amount"].as_i64().unwrap()
    }

    /// Production for a month, for a new client with this mail address: 49.00.
    pub(super) fn asked(&self, kind: &str, email: &str) -> Value {
        json!({
            "kind": kind, "client": bakery(email), "price_list": self.shop.euros, "plan": self.shop.production,
            "term": "monthly",
        })
    }

    pub(super) async fn place(&self, body: Value) -> Reply {
        self.desk.post(self.token(), "/v1/orders", body).await
    }

    /// Places among many at once: who is told that the database is busy asks again, as told.
    pub(super) async fn place_among_many(&self, partner: usize, body: Value) -> Reply {
        loop {
            let reply = self.desk.post(&self.world.partners[partner].token, "/v1/orders", body.clone()).await;
            if reply.status != StatusCode::SERVICE_UNAVAILABLE {
                return reply;
            }
        }
    }

    /// Places what must be taken.
    pub(super) async fn placed(&self, body: Value) -> Value {
        let reply = self.place(body).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
        reply.body
    }

    pub(super) async fn act(&self, order: &Value, action: &str, body: Value) -> Reply {
        let path = format!("/v1/orders/{}/{action}", order["id"].as_str().unwrap());
        self.desk.post(self.token(), &path, body).await
    }

    pub(super) async fn order(&self, order: &Value) -> Value {
        let path = format!("/v1/orders/{}", order["id"].as_str().unwrap());
        self.desk.get(self.token(), &path).await.body
    }

    /// Activates the licence with this serial number, as an installation does.
    pub(super) async fn activate(&self, order: &Value) -> Result<(), Refused> {
        let (store, reach) = (&self.desk.store, Reach::command("test"));
        let mut write = store.begin(reach.actor(), store.now_ms()).await.unwrap();
        let named = Named::Serial(order["serial"].as_str().unwrap().parse().unwrap());
        let new = NewActivation { named, fingerprint: "till-1".into(), name: None, how: How::Installation };
        activate(&mut write, &reach, new).await?;
        write.commit().await.unwrap();
        Ok(())
    }

    /// How many rows there are.
    pub(super) async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(self.desk.store.reader()).await.unwrap()
    }

    /// Everything that an order touches, counted.
    pub(super) async fn everything(&self) -> i64 {
        self.count(
            "select (select count(*) from client) + (select count(*) from partner_order)
             + (select count(*) from licence) + (select count(*) from subscription) + (select count(*) from tenant)
             + (select count(*) from ledger_tx) + (select count(*) from mail) + (select count(*) from audit_event)
             + (select count(*) from promo_redemption) + (select count(*) from trial_use)",
        )
        .await
    }
}
