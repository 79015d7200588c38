//! People's own matters, tokens, operators, certificates.

use serde_json::{Value, json};

use crate::tests::api::domains::issued;
use crate::tests::api::stage::{Sample, Stage};

/// A change that the route takes, on objects made for it.
pub(super) async fn sample(stage: &Stage, method: &str, route: &str) -> Option<Sample> {
    Some(match (method, route) {
        ("PATCH", "/v1/me") => by_somebody(stage, route, json!({ "name": "Anne M." })).await,
        ("PUT", "/v1/me/home") => by_somebody(stage, route, json!({ "blocks": ["help", "contact"] })).await,
        ("DELETE", "/v1/session") => by_somebody(stage, route, json!({})).await,
        ("DELETE", "/v1/sessions/{id}") => {
            let known = stage.member(&[]).await;
            let other = stage.desk.log_in(&known.email).await;
            let path = format!("/v1/sessions/{}", other.session["id"].as_str().unwrap());
            Sample { token: known.visitor.pass(), path, body: json!({}) }
        }
        ("DELETE", "/v1/tokens/{id}") => {
            let id = stage.made_by_partner("/v1/tokens", stage.token_to_make()).await;
            stage.by_partner(format!("/v1/tokens/{id}"), json!({}))
        }
        ("DELETE", "/v1/operators/{id}") => {
            let id = stage.made("/v1/operators", json!({ "email": stage.email(), "name": "Carl" })).await;
            stage.by_operator(format!("/v1/operators/{id}"), json!({}))
        }
        ("PUT", "/v1/domains/{id}/certificate") => {
            let path = format!("/v1/domains/{}", stage.domain().await);
            let shown = stage.desk.get(&stage.world.operator, &path).await.body;
            let (chain, key) = issued(&[shown["hostnames"][0]["host"].as_str().unwrap()]);
            stage.by_partner(format!("{path}/certificate"), json!({ "chain": chain, "key": key.serialize_pem() }))
        }
        _ => return None,
    })
}

async fn by_somebody(stage: &Stage, path: &str, body: Value) -> Sample {
    Sample { token: stage.member(&[]).await.visitor.pass(), path: path.to_owned(), body }
}
