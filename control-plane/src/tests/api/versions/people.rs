//! People, collaborators.

use serde_json::json;

use crate::tests::api::collaborators::followed;
use crate::tests::api::stage::{Sample, Stage};

/// A change that the route takes, on objects made for it.
pub(super) async fn sample(stage: &Stage, method: &str, route: &str) -> Option<Sample> {
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
            stage.desk.sql(right, &[&found.collaborator]).await;
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
