//! The ledger.

use serde_json::json;

use crate::tests::api::stage::{Sample, Stage};

/// A request that the route takes, on objects made for it.
pub(super) async fn sample(stage: &Stage, route: &str) -> Option<Sample> {
    let path = |object: &str, id: &str, verb: &str| format!("/v1/{object}/{id}/{verb}");
    let nothing = || json!({});
    Some(match route {
        "/v1/adjustments" => {
            let body = json!({ "partner": stage.partner(), "amount": stage.euros(100), "reason": "Geste" });
            stage.by_operator(route, body)
        }
        "/v1/adjustments/{id}/confirm" => {
            let path = path("adjustments", &stage.adjustment().await, "confirm");
            Sample { token: stage.second.clone(), path, body: nothing() }
        }
        "/v1/adjustments/{id}/reject" => {
            stage.by_operator(path("adjustments", &stage.adjustment().await, "reject"), nothing())
        }
        "/v1/payments" => {
            let reference = format!("virement {}", stage.number());
            let body = json!({ "partner": stage.partner(), "amount": stage.euros(1000), "reference": reference });
            stage.by_operator(route, body)
        }
        "/v1/wallets" => {
            stage.by_operator(route, json!({ "partner": stage.applied().await, "currency": "CHF", "credit_limit": 5 }))
        }
        _ => return None,
    })
}
