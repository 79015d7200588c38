//! Licences, and their use.

use serde_json::json;

use crate::tests::api::stage::{Sample, Stage};

/// A request that the route takes, on objects made for it.
pub(super) async fn sample(stage: &Stage, route: &str) -> Option<Sample> {
    let licence = |id: &str, verb: &str, body| stage.by_partner(format!("/v1/licences/{id}/{verb}"), body);
    Some(match route {
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
        "/v1/licences/{id}/activate" => {
            licence(&stage.taken().await.licence, "activate", json!({ "fingerprint": "till-1" }))
        }
        "/v1/licence-keys" => stage.by_operator(route.to_owned(), json!({})),
        "/v1/activations" => {
            let taken = stage.taken().await;
            stage.by_operator(route, json!({ "serial": taken.serial, "fingerprint": "till-1" }))
        }
        _ => return None,
    })
}
