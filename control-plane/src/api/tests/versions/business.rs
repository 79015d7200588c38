//! Orders, activations, people, white label, what partners offer, collaborators.

use serde_json::json;

use crate::api::tests::collaborators::{followed, sql};
use crate::api::tests::stage::{Sample, Stage};

/// A change that the route takes, on objects made for it.
#[allow(clippy::too_many_lines, reason = "a table: each route has a place of its own")]
pub(super) async fn sample(stage: &Stage, method: &str, route: &str) -> Option<Sample> {
    if let Some(sample) = people(stage, method, route).await {
        return Some(sample);
    }
    let path = |object: &str, id: &str| format!("/v1/{object}/{id}");
    Some(match (method, route) {
        ("DELETE", "/v1/activations/{id}") => {
            let taken = stage.taken().await;
            let body = json!({ "serial": taken.serial, "fingerprint": "till-1" });
            stage.by_operator(path("activations", &stage.made("/v1/activations", body).await), json!({}))
        }
        ("DELETE", "/v1/help-links/{id}") => {
            stage.by_operator(path("help-links", &stage.made("/v1/help-links", stage.help_link()).await), json!({}))
        }
        ("PUT", "/v1/help-links/{id}") => {
            let id = stage.made("/v1/help-links", stage.help_link()).await;
            stage.by_operator(path("help-links", &id), stage.help_link())
        }
        ("DELETE", "/v1/orders/{id}") => stage.by_partner(path("orders", &stage.placed("order").await.id), json!({})),
        ("PUT", "/v1/order-policy") => stage.by_operator(route, json!({ "void_days": 29, "claim_days": 89 })),
        ("DELETE", "/v1/payment-methods/{id}") => {
            let id = stage.made_by_partner("/v1/payment-methods", stage.payment_method()).await;
            stage.by_partner(path("payment-methods", &id), json!({}))
        }
        ("PUT", "/v1/payment-methods/{id}") => {
            let id = stage.made_by_partner("/v1/payment-methods", stage.payment_method()).await;
            stage.by_partner(path("payment-methods", &id), stage.payment_method())
        }
        ("DELETE", "/v1/retail-offers/{id}") => {
            let id = stage.made_by_partner("/v1/retail-offers", stage.retail_offer()).await;
            stage.by_partner(path("retail-offers", &id), json!({}))
        }
        ("PUT", "/v1/retail-offers/{id}") => {
            let id = stage.made_by_partner("/v1/retail-offers", stage.retail_offer()).await;
            let mut offer = stage.retail_offer();
            offer["listed"] = json!(false);
            stage.by_partner(path("retail-offers", &id), offer)
        }
        ("PUT", "/v1/support-contact") => stage.by_operator(route, json!({ "email": stage.email() })),
        ("PUT", "/v1/tenants/{id}/payment-method") => {
            let method = stage.made_by_partner("/v1/payment-methods", stage.payment_method()).await;
            let path = format!("/v1/tenants/{}/payment-method", stage.tenant().await);
            stage.by_partner(path, json!({ "payment_method": method }))
        }
        ("PUT", "/v1/tenants/{id}/white-label") => {
            let path = format!("/v1/tenants/{}/white-label", stage.tenant().await);
            stage.by_partner(path, json!({ "app_lock": true }))
        }
        _ => return None,
    })
}

#[allow(clippy::too_many_lines, reason = "a table: each route has a place of its own")]
async fn people(stage: &Stage, method: &str, route: &str) -> Option<Sample> {
    let path = |object: &str, id: &str| format!("/v1/{object}/{id}");
    Some(match (method, route) {
        ("DELETE", "/v1/assignments/{id}") => {
            let found = followed(&stage.desk, &stage.world, stage.number(), Some("accountant")).await;
            stage.by_partner(path("assignments", &found.assignment), json!({}))
        }
        (_, "/v1/collaborators/{id}")
        | (_, "/v1/collaborators/{id}/assignments")
        | (_, "/v1/collaborators/{id}/roles/{role}") => {
            let both = (method, route) == ("DELETE", "/v1/collaborators/{id}/roles/{role}");
            let role = both.then_some("accountant");
            let found = followed(&stage.desk, &stage.world, stage.number(), role).await;
            let path = path("collaborators", &found.collaborator);
            // Who has a right beside stays a member: that would be a second change.
            let right = "update member set rights = 'support.handle' where id = $1";
            sql(&stage.desk, right, &[&found.collaborator]).await;
            match route.rsplit('/').next() {
                Some("assignments") => {
                    let body = json!({ "role": "accountant", "tenants": [found.tenant] });
                    stage.by_partner(format!("{path}/assignments"), body)
                }
                Some("{role}") => stage.by_partner(format!("{path}/roles/technical_support"), json!({})),
                _ => stage.by_partner(path, json!({})),
            }
        }
        ("DELETE", "/v1/invitations/{id}") => {
            stage.by_partner(path("invitations", &stage.invitation().await), json!({}))
        }
        ("DELETE", "/v1/members/{id}") => {
            stage.by_operator(path("members", &stage.active_member().await.id), json!({}))
        }
        ("PATCH", "/v1/members/{id}") => {
            let rights = json!({ "rights": ["clients.manage", "billing.read"] });
            stage.by_operator(path("members", &stage.active_member().await.id), rights)
        }
        ("DELETE", "/v1/tenant-users/{id}") => {
            stage.by_operator(path("tenant-users", &stage.tenant_user().await), json!({}))
        }
        ("PATCH", "/v1/tenant-users/{id}") => {
            stage.by_operator(path("tenant-users", &stage.tenant_user().await), json!({ "role": "manager" }))
        }
        _ => return None,
    })
}
