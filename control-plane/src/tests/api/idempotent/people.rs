//! People, their invitations, their tokens.

use serde_json::json;

use crate::tests::api::stage::{Sample, Stage};

/// A request that the route takes, on objects made for it.
pub(super) async fn sample(stage: &Stage, route: &str) -> Option<Sample> {
    let user = |id: String, verb: &str| stage.by_operator(format!("/v1/users/{id}/{verb}"), json!({}));
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
        "/v1/users/{id}/reset-second-factor" => {
            let id = stage.active_member().await.user;
            let set = "update app_user set totp_since_ms = 1 where id = $1";
            stage.desk.sql(set, &[&id]).await;
            user(id, "reset-second-factor")
        }
        "/v1/erasures" => {
            let email = stage.email();
            let body =
                json!({ "partner": stage.partner(), "email": email, "name": "Zoé", "rights": ["clients.manage"] });
            stage.made("/v1/members", body).await;
            stage.by_operator(route, json!({ "email": email }))
        }
        "/v1/tokens" => stage.by_partner(route, stage.token_to_make()),
        "/v1/tokens/{id}/roll" => {
            let id = stage.made_by_partner("/v1/tokens", stage.token_to_make()).await;
            stage.by_partner(format!("/v1/tokens/{id}/roll"), json!({}))
        }
        _ => return None,
    })
}
