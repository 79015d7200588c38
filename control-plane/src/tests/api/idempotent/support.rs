//! What clients write.

use serde_json::{Value, json};

use crate::tests::api::stage::{Sample, Stage};

/// A request that the route takes, on objects made for it.
pub(super) async fn sample(stage: &Stage, route: &str) -> Option<Sample> {
    let (desk, world) = (&stage.desk, &stage.world);
    let verb = route.rsplit('/').next().unwrap_or_default();
    Some(match route {
        "/v1/support-messages" => stage.by_partner(route, message(stage).await),
        "/v1/support-messages/{id}/acknowledge"
        | "/v1/support-messages/{id}/close"
        | "/v1/support-messages/{id}/escalate"
        | "/v1/support-messages/{id}/reply" => {
            let token = &world.partners[0].token;
            let id = desk.made(token, "/v1/support-messages", message(stage).await).await;
            let body = match verb {
                "escalate" => json!({ "parts": ["text"] }),
                "reply" => json!({ "text": "Redémarrez-la." }),
                _ => json!({}),
            };
            stage.by_partner(format!("/v1/support-messages/{id}/{verb}"), body)
        }
        _ => return None,
    })
}

pub(super) async fn message(stage: &Stage) -> Value {
    let log = json!({ "name": "till.log", "media_type": "text/plain", "content": "ZXJyZXVy" });
    json!({
        "tenant": stage.tenant().await, "name": "Zoé", "subject": "Panne", "text": "Elle ne démarre plus.",
        "attachments": [log],
    })
}
