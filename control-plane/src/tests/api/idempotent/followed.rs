//! Collaborators, what they are assigned to, what clients consent to.

use serde_json::{Value, json};

use crate::tests::api::collaborators::{Followed, followed};
use crate::tests::api::stage::{Sample, Stage};

/// A request that the route takes, on objects made for it.
pub(super) async fn sample(stage: &Stage, route: &str) -> Option<Sample> {
    if let Some(verb) = route.strip_prefix("/v1/consents/{id}/") {
        return Some(consent(stage, verb).await);
    }
    if let Some(verb) = route.strip_prefix("/v1/assignments/{id}/") {
        let found = somebody(stage, "accountant").await;
        let path = format!("/v1/assignments/{}/{verb}", found.assignment);
        return Some(Sample { token: found.client, path, body: json!({}) });
    }
    let asked: fn(&Stage, &Followed) -> Value = match route {
        "/v1/assignments" => |_, found| {
            let (collaborator, tenant) = (&found.collaborator, &found.tenant);
            json!({ "collaborator": collaborator, "role": "technical_support", "tenant": tenant, "reason": REASON })
        },
        "/v1/assignments/bulk" => |_, found| {
            let (collaborator, tenants) = (&found.collaborator, [&found.tenant]);
            json!({ "collaborator": collaborator, "role": "technical_support", "tenants": tenants, "reason": REASON })
        },
        "/v1/collaborators" => |stage, _| json!({ "email": stage.email(), "name": "Ève", "roles": ["accountant"] }),
        "/v1/consents" => {
            |_, found| json!({ "collaborator": found.collaborator, "tenant": found.tenant, "reason": REASON })
        }
        _ => return None,
    };
    let found = somebody(stage, "accountant").await;
    Some(stage.by_partner(route, asked(stage, &found)))
}

const REASON: &str = "La caisse ne démarre plus.";

async fn somebody(stage: &Stage, role: &str) -> Followed {
    followed(&stage.desk, &stage.world, stage.number(), Some(role)).await
}

async fn consent(stage: &Stage, verb: &str) -> Sample {
    let found = somebody(stage, "technical_support").await;
    let path = |verb: &str| format!("/v1/consents/{}/{verb}", found.consent);
    if !matches!(verb, "grant" | "deny") {
        stage.desk.post(&found.client, &path("grant"), json!({ "lasting": true })).await;
    }
    let body = if verb == "grant" { json!({ "lasting": true }) } else { json!({}) };
    let token = if verb == "sessions" { stage.world.partners[0].token.clone() } else { found.client.clone() };
    Sample { token, path: path(verb), body }
}
