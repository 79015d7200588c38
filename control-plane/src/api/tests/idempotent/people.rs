//! People, white label, what partners offer, collaborators and consents, support.

use serde_json::{Value, json};

use crate::api::tests::collaborators::followed;
use crate::api::tests::stage::{Sample, Stage};
use crate::model::principal::Principal;

/// A request that the route takes, on objects made for it.
#[allow(clippy::too_many_lines, reason = "a table: each route has a place of its own")]
pub(super) async fn sample(stage: &Stage, route: &str) -> Option<Sample> {
    if let Some(sample) = followed_sample(stage, route).await {
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
            let id = stage.made_by_partner("/v1/tokens", stage.token_to_make()).await;
            stage.by_partner(format!("/v1/tokens/{id}/roll"), json!({}))
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

/// The same of what collaborators follow, and of what clients write.
#[allow(clippy::too_many_lines, reason = "a table: each route has a place of its own")]
async fn followed_sample(stage: &Stage, route: &str) -> Option<Sample> {
    let (desk, world, number) = (&stage.desk, &stage.world, stage.number());
    let verb = route.rsplit('/').next().unwrap_or_default();
    let reason = "La caisse ne démarre plus.";
    if let Some(kind) = route.strip_prefix("/v1/consents/{id}/") {
        let found = followed(desk, world, number, Some("technical_support")).await;
        let path = |verb: &str| format!("/v1/consents/{}/{verb}", found.consent);
        if !matches!(kind, "grant" | "deny") {
            desk.post(&found.client, &path("grant"), json!({ "lasting": true })).await;
        }
        let body = if kind == "grant" { json!({ "lasting": true }) } else { json!({}) };
        let token = if kind == "sessions" { world.partners[0].token.clone() } else { found.client.clone() };
        return Some(Sample { token, path: path(kind), body });
    }
    Some(match route {
        "/v1/assignments" | "/v1/consents" | "/v1/assignments/bulk" | "/v1/collaborators" => {
            let found = followed(desk, world, number, Some("accountant")).await;
            let (collaborator, tenant) = (found.collaborator, found.tenant);
            let body = match route {
                "/v1/collaborators" => {
                    json!({ "email": format!("eve{number}@nord.fr"), "name": "Ève", "roles": ["accountant"] })
                }
                "/v1/consents" => json!({ "collaborator": collaborator, "tenant": tenant, "reason": reason }),
                "/v1/assignments" => {
                    let role = "technical_support";
                    json!({ "collaborator": collaborator, "role": role, "tenant": tenant, "reason": reason })
                }
                _ => {
                    let role = "technical_support";
                    json!({ "collaborator": collaborator, "role": role, "tenants": [tenant], "reason": reason })
                }
            };
            stage.by_partner(route, body)
        }
        "/v1/assignments/{id}/block" | "/v1/assignments/{id}/unblock" => {
            let found = followed(desk, world, number, Some("accountant")).await;
            let path = format!("/v1/assignments/{}/{verb}", found.assignment);
            Sample { token: found.client, path, body: json!({}) }
        }
        "/v1/support-messages" => stage.by_partner(route, message(stage).await),
        "/v1/edge/support-messages" => {
            let edge = desk.token(Principal::Edge, "edge:sync").await;
            Sample { token: edge, path: route.to_owned(), body: message(stage).await }
        }
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

async fn message(stage: &Stage) -> Value {
    let log = json!({ "name": "till.log", "media_type": "text/plain", "content": "ZXJyZXVy" });
    json!({
        "tenant": stage.tenant().await, "name": "Zoé", "subject": "Panne", "text": "Elle ne démarre plus.",
        "attachments": [log],
    })
}
