//! What is sold, and what it costs.

use serde_json::json;

use crate::tests::api::stage::{Sample, Stage};

/// A change that the route takes, on objects made for it.
pub(super) async fn sample(stage: &Stage, method: &str, route: &str) -> Option<Sample> {
    let path = |object: &str, id: &str| format!("/v1/{object}/{id}");
    Some(match (method, route) {
        ("PATCH", "/v1/applications/{id}") => {
            let name = format!("till {}", stage.number());
            let body = json!({ "name": name, "policy": { "upstreams": ["http://127.0.0.1:9000"] } });
            let id = stage.made("/v1/applications", body).await;
            stage.by_operator(path("applications", &id), json!({ "name": format!("other {}", stage.number()) }))
        }
        ("PATCH", "/v1/components/{id}") => {
            let id = stage.made("/v1/components", stage.component_to_add().await).await;
            stage.by_operator(path("components", &id), json!({ "name": "Plotter" }))
        }
        ("PATCH", "/v1/plans/{id}") => {
            let id = stage.made("/v1/plans", stage.plan_to_add().await).await;
            stage.by_operator(path("plans", &id), json!({ "name": "Other" }))
        }
        ("PATCH", "/v1/price-lists/{id}") => {
            let id = stage.made("/v1/price-lists", stage.list_to_add()).await;
            stage.by_operator(path("price-lists", &id), json!({ "name": format!("Other {}", stage.number()) }))
        }
        ("PUT", "/v1/price-versions/{id}") => {
            let mut prices = stage.prices();
            prices["prices"][0]["amount"] = json!(5100);
            stage.by_operator(path("price-versions", &stage.draft().await), prices)
        }
        ("DELETE", "/v1/price-versions/{id}") => {
            stage.by_operator(path("price-versions", &stage.draft().await), json!({}))
        }
        ("PATCH", "/v1/products/{id}") => {
            stage.by_operator(path("products", &stage.product().await), json!({ "name": "Other" }))
        }
        ("PUT", "/v1/promo-codes/{id}/ends") => {
            stage.by_operator(format!("/v1/promo-codes/{}/ends", stage.promo().await), json!({ "max_uses": 7 }))
        }
        _ => return None,
    })
}
