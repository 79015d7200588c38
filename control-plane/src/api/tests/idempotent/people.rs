//! People, white label, what partners offer, collaborators and consents, support.

use serde_json::json;

use crate::api::tests::stage::{Sample, Stage};

/// A request that the route takes, on objects made for it.
#[allow(clippy::too_many_lines, reason = "a table: each route has a place of its own")]
pub(super) async fn sample(stage: &Stage, route: &str) -> Option<Sample> {
    if let Some(sample) = collaborators(stage, route).await {
        return Some(sample);
    }
    let user = |id: String, verb: &str| stage.by_operator(format!("/v1/users/{id}/{verb}"), json!({}));
    let tenant = |id: &str, verb: &str, body| stage.by_partner(format!("/v1/tenants/{id}/{verb}"), body);
    Some(match route {
        "/v1/operators" => stage.by_operator(route, json!({ "email": stage.email(), "name": "Anne" })),
        "/v1/members" => stage.by_operator(route, stage.member_to_invite()),
        "/v1/invitations/{id}/resend" => {
            let id = stage.invitation().await;
            stage.by_partner(format!("/v1/invitations/{id}/resend"), json!({}))
        }
        "/v1/users/{id}/lock" => user(stage.active_member().await.user, "lock"),
        "/v1/users/{id}/unlock" => {
            let id = stage.active_member().await.user;
            stage.done(&format!("/v1/users/{id}/lock"), json!({})).await;
            user(id, "unlock")
        }
        "/v1/users/{id}/deactivate" => user(stage.active_member().await.user, "deactivate"),
        "/v1/tokens/{id}/roll" => {
            let id = stage.made("/v1/tokens", stage.token_to_make()).await;
            stage.by_operator(format!("/v1/tokens/{id}/roll"), json!({}))
        }
        "/v1/tenants/{id}/users" => {
            let body = json!({ "email": stage.email(), "name": "Bea", "role": "administrator" });
            tenant(&stage.tenant().await, "users", body)
        }
        "/v1/tenants/{id}/setup-access" => {
            let member = json!({ "member": stage.active_member().await.id });
            tenant(&stage.tenant().await, "setup-access", member)
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

#[allow(clippy::too_many_lines, reason = "a table: each route has a place of its own")]
async fn collaborators(stage: &Stage, route: &str) -> Option<Sample> {
    let consent = |id: &str, verb: &str| format!("/v1/consents/{id}/{verb}");
    let by_client = |token: String, path: String, body| Sample { token, path, body };
    Some(match route {
        "/v1/collaborators" => {
            let body = json!({ "email": stage.email(), "name": "Luc", "roles": ["accountant"] });
            stage.by_partner(route, body)
        }
        "/v1/assignments" => stage.by_partner(route, stage.assignment_to_make().await),
        "/v1/assignments/bulk" => {
            let tenants = [stage.tenant().await, stage.tenant().await];
            let body = json!({ "collaborator": stage.collaborator().await, "role": "accountant", "tenants": tenants });
            stage.by_partner(route, body)
        }
        "/v1/assignments/{id}/block" => {
            let (id, client) = stage.assignment().await;
            by_client(client, format!("/v1/assignments/{id}/block"), json!({}))
        }
        "/v1/assignments/{id}/unblock" => {
            let (id, client) = stage.assignment().await;
            stage.done_by(&client, &format!("/v1/assignments/{id}/block"), json!({})).await;
            by_client(client, format!("/v1/assignments/{id}/unblock"), json!({}))
        }
        "/v1/consents" => stage.by_partner(route, stage.consent_to_ask().await.0),
        "/v1/consents/{id}/grant" => {
            let (id, client) = stage.asked().await;
            by_client(client, consent(&id, "grant"), json!({ "lasting": true }))
        }
        "/v1/consents/{id}/deny" => {
            let (id, client) = stage.asked().await;
            by_client(client, consent(&id, "deny"), json!({}))
        }
        "/v1/consents/{id}/revoke" => {
            let (id, client) = stage.granted().await;
            by_client(client, consent(&id, "revoke"), json!({}))
        }
        "/v1/consents/{id}/confirm" => {
            let (id, client) = stage.granted().await;
            by_client(client, consent(&id, "confirm"), json!({}))
        }
        "/v1/consents/{id}/sessions" => {
            let (id, _) = stage.granted().await;
            stage.by_partner(consent(&id, "sessions"), json!({}))
        }
        _ => return None,
    })
}
