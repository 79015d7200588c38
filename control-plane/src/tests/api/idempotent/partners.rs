//! Partners, and what is told to them.

use serde_json::json;

use crate::tests::api::desk::partner_to_add;
use crate::tests::api::stage::{Sample, Stage};

/// A request that the route takes, on objects made for it.
pub(super) async fn sample(stage: &Stage, route: &str) -> Option<Sample> {
    let path = |object: &str, id: &str, verb: &str| format!("/v1/{object}/{id}/{verb}");
    let nothing = || json!({});
    Some(match route {
        "/v1/account-managers" => stage.by_operator(route, stage.manager_to_add()),
        "/v1/mails/{id}/retry" => stage.by_operator(path("mails", &stage.failed_mail().await, "retry"), nothing()),
        "/v1/partners" => stage.by_operator(route, partner_to_add(&format!("Comptoir {}", stage.number()))),
        "/v1/partners/{id}/approve" => {
            stage.by_operator(path("partners", &stage.applied().await, "approve"), stage.approval().await)
        }
        "/v1/partners/{id}/close" => stage.by_operator(path("partners", &stage.applied().await, "close"), nothing()),
        "/v1/partners/{id}/resume" => {
            let id = stage.approved().await;
            stage.done(&path("partners", &id, "suspend"), nothing()).await;
            stage.by_operator(path("partners", &id, "resume"), nothing())
        }
        "/v1/partners/{id}/suspend" => {
            stage.by_operator(path("partners", &stage.approved().await, "suspend"), json!({ "reason": "late" }))
        }
        "/v1/webhook-endpoints" => stage.by_partner(route, stage.endpoint_to_add()),
        "/v1/webhook-endpoints/{id}/rotate-secret" => {
            stage.by_operator(path("webhook-endpoints", &stage.endpoint().await, "rotate-secret"), nothing())
        }
        "/v1/webhook-endpoints/{id}/test" => {
            stage.by_operator(path("webhook-endpoints", &stage.endpoint().await, "test"), nothing())
        }
        _ => return None,
    })
}
