//! Orders and licences: what samples of them need.

use serde_json::{Value, json};

use super::Stage;

/// An order or a trial that was placed.
pub(in crate::tests::api) struct Placed {
    pub(in crate::tests::api) id: String,
    pub(in crate::tests::api) serial: String,
}

/// A licence that was added by hand.
pub(in crate::tests::api) struct Taken {
    pub(in crate::tests::api) licence: String,
    pub(in crate::tests::api) serial: String,
    pub(in crate::tests::api) subscription: String,
    pub(in crate::tests::api) tenant: String,
}

impl Stage {
    /// Gives the first partner money to order with.
    pub(in crate::tests::api) async fn pay(&self) {
        let body = json!({ "partner": self.partner(), "amount": self.euros(1_000_000_000), "reference": "virement" });
        self.done("/v1/payments", body).await;
    }

    pub(in crate::tests::api) fn order_to_place(&self, kind: &str) -> Value {
        json!({
            "kind": kind, "client": self.client_to_add(), "price_list": self.shop.euros, "plan": self.shop.production,
            "term": "monthly",
        })
    }

    pub(in crate::tests::api) async fn placed(&self, kind: &str) -> Placed {
        let token = &self.world.partners[0].token;
        let reply = self.desk.post(token, "/v1/orders", self.order_to_place(kind)).await;
        assert!(reply.status.is_success(), "{}", reply.body);
        let text = |name: &str| reply.body[name].as_str().unwrap().to_owned();
        Placed { id: text("id"), serial: text("serial") }
    }

    /// Activates the licence with this serial number, as an installation does.
    pub(in crate::tests::api) async fn activate(&self, serial: &str) {
        self.done("/v1/activations", json!({ "serial": serial, "fingerprint": "till-1" })).await;
    }

    pub(in crate::tests::api) async fn licence_to_take(&self) -> Value {
        json!({
            "tenant": self.tenant().await, "plan": self.shop.production, "term": "monthly",
            "price_list": self.shop.euros,
        })
    }

    pub(in crate::tests::api) async fn taken(&self) -> Taken {
        let token = &self.world.partners[0].token;
        let body = self.licence_to_take().await;
        let reply = self.desk.post(token, "/v1/licences", body.clone()).await;
        assert!(reply.status.is_success(), "{}", reply.body);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Taken {
            licence: text(&reply.body["id"]),
            serial: text(&reply.body["licence"]["serial"]),
            subscription: text(&reply.body["subscription"]["id"]),
            tenant: text(&body["tenant"]),
        }
    }
}
