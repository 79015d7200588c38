//! Orders, activations, white label, what partners offer.

use serde_json::json;

use crate::tests::api::stage::{Sample, Stage};

/// A change that the route takes, on objects made for it.
pub(super) async fn sample(stage: &Stage, method: &str, route: &str) -> Option<Sample> {
    let path = |object: &str, id: &str| format!("/v1/{object}/{id}");
    Some(match (method, route) {
        ("DELETE", "/v1/activations/{id}") => {
            let taken = stage.taken().await;
            let body = json!({ "serial": taken.serial, "fingerprint": "till-1" });
            stage.by_operator(path("activations", &stage.made("/v1/activations", body).await), json!({}))
        }
        ("DELETE", "/v1/help-links/{id}") => {
            stage.by_operator(path("help-links", &stage.made("/v1/help-links", stage.help_link()).await), json!({}))
        }
        ("PUT", "/v1/help-links/{id}") => {
            let id = stage.made("/v1/help-links", stage.help_link()).await;
            stage.by_operator(path("help-links", &id), stage.help_link())
        }
        ("DELETE", "/v1/orders/{id}") => stage.by_partner(path("orders", &stage.placed("order").await.id), json!({})),
        ("PUT", "/v1/order-policy") => stage.by_operator(route, json!({ "void_days": 29, "claim_days": 89 })),
        ("DELETE", "/v1/payment-methods/{id}") => {
            let id = stage.made_by_partner("/v1/payment-methods", stage.payment_method()).await;
            stage.by_partner(path("payment-methods", &id), json!({}))
        }
        ("PUT", "/v1/payment-methods/{id}") => {
            let id = stage.made_by_partner("/v1/payment-methods", stage.payment_method()).await;
            stage.by_partner(path("payment-methods", &id), stage.payment_method())
        }
        ("DELETE", "/v1/retail-offers/{id}") => {
            let id = stage.made_by_partner("/v1/retail-offers", stage.retail_offer()).await;
            stage.by_partner(path("retail-offers", &id), json!({}))
        }
        ("PUT", "/v1/retail-offers/{id}") => {
            let id = stage.made_by_partner("/v1/retail-offers", stage.retail_offer()).await;
            let mut offer = stage.retail_offer();
            offer["listed"] = json!(false);
            stage.by_partner(path("retail-offers", &id), offer)
        }
        ("PUT", "/v1/support-contact") => stage.by_operator(route, json!({ "email": stage.email() })),
        ("PUT", "/v1/tenants/{id}/payment-method") => {
            let method = stage.made_by_partner("/v1/payment-methods", stage.payment_method()).await;
            let path = format!("/v1/tenants/{}/payment-method", stage.tenant().await);
            stage.by_partner(path, json!({ "payment_method": method }))
        }
        ("PUT", "/v1/tenants/{id}/white-label") => {
            let path = format!("/v1/tenants/{}/white-label", stage.tenant().await);
            stage.by_partner(path, json!({ "app_lock": true }))
        }
        _ => return None,
    })
}
