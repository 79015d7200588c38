//! What is sold, and what it costs.

use serde_json::json;

use crate::tests::api::stage::{Sample, Stage};

/// A request that the route takes, on objects made for it.
pub(super) async fn sample(stage: &Stage, route: &str) -> Option<Sample> {
    let path = |object: &str, id: &str, verb: &str| format!("/v1/{object}/{id}/{verb}");
    let nothing = || json!({});
    Some(match route {
        "/v1/components" => stage.by_operator(route, stage.component_to_add().await),
        "/v1/plans" => stage.by_operator(route, stage.plan_to_add().await),
        "/v1/price-lists" => stage.by_operator(route, stage.list_to_add()),
        "/v1/price-lists/{id}/versions" => {
            let list = stage.made("/v1/price-lists", stage.list_to_add()).await;
            stage.by_operator(path("price-lists", &list, "versions"), stage.prices())
        }
        "/v1/price-versions/{id}/publish" => {
            stage.by_operator(path("price-versions", &stage.draft().await, "publish"), nothing())
        }
        "/v1/price-versions/{id}/retire" => {
            let id = stage.draft().await;
            let later = json!({ "effective_from": "2030-01-01T00:00:00Z" });
            stage.done(&path("price-versions", &id, "publish"), later).await;
            stage.by_operator(path("price-versions", &id, "retire"), nothing())
        }
        "/v1/products" => stage.by_operator(route, stage.product_to_add()),
        "/v1/promo-codes" => stage.by_operator(route, stage.promo_to_add()),
        "/v1/promo-codes/{id}/revoke" => {
            stage.by_operator(path("promo-codes", &stage.promo().await, "revoke"), nothing())
        }
        _ => return None,
    })
}
