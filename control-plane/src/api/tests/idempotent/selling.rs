//! Orders, licences, activations, subscriptions.

use serde_json::json;

use crate::api::tests::stage::{Sample, Stage};

/// A request that the route takes, on objects made for it.
#[allow(clippy::too_many_lines, reason = "a table: each route has a place of its own")]
pub(super) async fn sample(stage: &Stage, route: &str) -> Option<Sample> {
    let order = |id: String, verb: &str| stage.by_partner(format!("/v1/orders/{id}/{verb}"), json!({}));
    let licence = |id: &str, verb: &str, body| stage.by_partner(format!("/v1/licences/{id}/{verb}"), body);
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
        "/v1/licences" => stage.by_partner(route, stage.licence_to_take().await),
        "/v1/licences/{id}/change" => {
            let change = json!({ "plan": stage.shop.connect, "when": "now" });
            licence(&stage.taken().await.licence, "change", change)
        }
        "/v1/licences/{id}/cancel" => licence(&stage.taken().await.licence, "cancel", json!({})),
        "/v1/licences/{id}/suspend" => licence(&stage.taken().await.licence, "suspend", json!({})),
        "/v1/licences/{id}/resume" => {
            let taken = stage.taken().await;
            stage.done(&format!("/v1/licences/{}/suspend", taken.licence), json!({})).await;
            stage.by_operator(format!("/v1/licences/{}/resume", taken.licence), json!({}))
        }
        "/v1/licences/{id}/extend-trial" => {
            let trial = stage.placed("trial").await;
            stage.activate(&trial.serial).await;
            licence(&stage.licence_of(&trial.serial).await, "extend-trial", json!({}))
        }
        "/v1/licences/{id}/activate" => {
            licence(&stage.taken().await.licence, "activate", json!({ "fingerprint": "till-1" }))
        }
        "/v1/licence-keys" => stage.by_operator(route.to_owned(), json!({})),
        "/v1/activations" => {
            let taken = stage.taken().await;
            stage.by_operator(route, json!({ "serial": taken.serial, "fingerprint": "till-1" }))
        }
        "/v1/edge/first-uses" => {
            let body = json!({ "tenants": [stage.taken_over().await.tenant] });
            Sample { token: stage.edge.clone(), path: route.to_owned(), body }
        }
        "/v1/subscriptions/{id}/cancel" => {
            stage.by_partner(format!("/v1/subscriptions/{}/cancel", stage.taken().await.subscription), json!({}))
        }
        "/v1/subscriptions/{id}/resume" => {
            let id = stage.taken().await.subscription;
            stage.done(&format!("/v1/subscriptions/{id}/cancel"), json!({})).await;
            stage.by_partner(format!("/v1/subscriptions/{id}/resume"), json!({}))
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
