//! Who is in a tenant, under which name it's served, what its partner offers.

use serde_json::json;

use crate::tests::api::stage::{Sample, Stage};

/// A request that the route takes, on objects made for it.
pub(super) async fn sample(stage: &Stage, route: &str) -> Option<Sample> {
    let tenant = |id: &str, verb: &str, body| stage.by_partner(format!("/v1/tenants/{id}/{verb}"), body);
    Some(match route {
        "/v1/tenants/{id}/users" => {
            let body = json!({ "email": stage.email(), "name": "Bea", "role": "administrator" });
            tenant(&stage.tenant().await, "users", body)
        }
        "/v1/tenants/{id}/setup-access" => {
            let member = json!({ "member": stage.active_member().await.id });
            tenant(&stage.tenant().await, "setup-access", member)
        }
        "/v1/tenants/{id}/entries" => {
            let door = stage.door().await;
            Sample { token: door.person, path: door.path, body: json!({}) }
        }
        "/v1/tenants/{id}/handover" => {
            let id = stage.tenant().await;
            stage.administrator(&id).await;
            tenant(&id, "handover", json!({}))
        }
        "/v1/tenants/{id}/white-label/check" => tenant(&stage.tenant().await, "white-label/check", json!({})),
        "/v1/tenants/{id}/white-label/enable" => {
            tenant(&stage.white_label_ready().await, "white-label/enable", json!({}))
        }
        "/v1/tenants/{id}/white-label/disable" => {
            let id = stage.white_label_ready().await;
            stage.done(&format!("/v1/tenants/{id}/white-label/enable"), json!({})).await;
            tenant(&id, "white-label/disable", json!({}))
        }
        "/v1/help-links" => stage.by_operator(route, stage.help_link()),
        "/v1/retail-offers" => stage.by_partner(route, stage.retail_offer()),
        "/v1/payment-methods" => stage.by_partner(route, stage.payment_method()),
        _ => return None,
    })
}
