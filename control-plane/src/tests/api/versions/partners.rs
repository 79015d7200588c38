//! Partners, where they are, what is told to them.

use serde_json::json;

use crate::tests::api::stage::{Sample, Stage};

/// A change that the route takes, on objects made for it.
pub(super) async fn sample(stage: &Stage, method: &str, route: &str) -> Option<Sample> {
    let path = |object: &str, id: &str| format!("/v1/{object}/{id}");
    Some(match (method, route) {
        ("DELETE", "/v1/account-managers/{id}") => {
            stage.by_operator(path("account-managers", &stage.manager().await), json!({}))
        }
        ("PUT", "/v1/account-managers/{id}") => {
            stage.by_operator(path("account-managers", &stage.manager().await), stage.manager_to_add())
        }
        ("PATCH", "/v1/clients/{id}") => {
            stage.by_partner(path("clients", &stage.client().await), json!({ "company": "Four" }))
        }
        ("DELETE", "/v1/domains/{id}") => stage.by_partner(path("domains", &stage.domain().await), json!({})),
        ("PATCH", "/v1/partners/{id}") => {
            let name = format!("Caisse {}", stage.number());
            stage.by_operator(path("partners", stage.partner()), json!({ "name": name }))
        }
        ("PUT", "/v1/region-rules/{country}") => {
            stage.by_operator("/v1/region-rules/DK", json!({ "tax_id": "required" }))
        }
        ("PUT", "/v1/regions/{code}") => {
            let number = stage.number();
            let body = json!({
                "name_en": format!("France {number}"), "name_fr": format!("France {number}"), "position": 1,
                "account_managers": [],
            });
            stage.by_operator("/v1/regions/fr", body)
        }
        ("PATCH", "/v1/wallets/{id}") => {
            stage.by_operator(path("wallets", &stage.wallet().await), json!({ "credit_limit": 12 }))
        }
        ("PATCH", "/v1/webhook-endpoints/{id}") => {
            stage.by_operator(path("webhook-endpoints", &stage.endpoint().await), json!({ "description": "Compta" }))
        }
        ("DELETE", "/v1/webhook-endpoints/{id}") => {
            stage.by_operator(path("webhook-endpoints", &stage.endpoint().await), json!({}))
        }
        _ => return None,
    })
}
