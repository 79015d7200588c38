//! Orders, and the subscriptions that follow.

use serde_json::json;

use crate::tests::api::stage::{Sample, Stage};

/// A request that the route takes, on objects made for it.
pub(super) async fn sample(stage: &Stage, route: &str) -> Option<Sample> {
    let order = |id: String, verb: &str| stage.by_partner(format!("/v1/orders/{id}/{verb}"), json!({}));
    Some(match route {
        "/v1/orders" => stage.by_partner(route, stage.order_to_place("order")),
        "/v1/orders/{id}/void" => order(stage.placed("order").await.id, "void"),
        "/v1/orders/{id}/switch-kind" => order(stage.placed("order").await.id, "switch-kind"),
        "/v1/orders/{id}/convert" => order(stage.placed("trial").await.id, "convert"),
        "/v1/orders/{id}/extend" => {
            let trial = stage.placed("trial").await;
            stage.activate(&trial.serial).await;
            order(trial.id, "extend")
        }
        "/v1/orders/{id}/resend-activation" => order(stage.placed("order").await.id, "resend-activation"),
        "/v1/subscriptions/{id}/resume" => {
            let taken = stage.taken().await;
            stage.done(&format!("/v1/licences/{}/cancel", taken.licence), json!({})).await;
            stage.by_partner(format!("/v1/subscriptions/{}/resume", taken.subscription), json!({}))
        }
        "/v1/subscriptions/{id}/change" => {
            let change = json!({ "plan": stage.shop.connect, "when": "at_renewal" });
            stage.by_partner(format!("/v1/subscriptions/{}/change", stage.taken().await.subscription), change)
        }
        "/v1/subscriptions/{id}/renew" => {
            stage.by_partner(format!("/v1/subscriptions/{}/renew", stage.taken().await.subscription), json!({}))
        }
        _ => return None,
    })
}
