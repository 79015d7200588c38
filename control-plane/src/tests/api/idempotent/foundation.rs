//! Applications, clients, tenants, their names.

use serde_json::json;

use crate::tests::api::stage::{Sample, Stage};

/// A request that the route takes, on objects made for it.
pub(super) async fn sample(stage: &Stage, route: &str) -> Option<Sample> {
    let path = |object: &str, id: &str, verb: &str| format!("/v1/{object}/{id}/{verb}");
    let nothing = || json!({});
    Some(match route {
        "/v1/applications" => {
            let name = format!("till {}", stage.number());
            stage.by_operator(route, json!({ "name": name, "policy": { "upstreams": ["http://127.0.0.1:9000"] } }))
        }
        "/v1/clients" => stage.by_partner(route, stage.client_to_add()),
        "/v1/clients/{id}/anonymise" => {
            stage.by_partner(path("clients", &stage.client().await, "anonymise"), nothing())
        }
        "/v1/domains" => {
            let (tenant, label) = (stage.tenant().await, format!("four{}", stage.number()));
            stage.by_partner(route, json!({ "tenant": tenant, "kind": "platform", "label": label }))
        }
        "/v1/domains/{id}/check" => stage.by_partner(path("domains", &stage.domain().await, "check"), nothing()),
        "/v1/domains/{id}/renew" => stage.by_partner(path("domains", &stage.domain().await, "renew"), nothing()),
        "/v1/tenants" => stage.by_partner(route, stage.tenant_to_add()),
        "/v1/tenants/{id}/bind" => {
            let account = json!({ "account": format!("a{}", stage.number()) });
            stage.by_operator(path("tenants", &stage.tenant().await, "bind"), account)
        }
        "/v1/tenants/{id}/close" => stage.by_partner(path("tenants", &stage.tenant().await, "close"), nothing()),
        "/v1/tenants/{id}/resume" => {
            let id = stage.tenant().await;
            stage.done(&path("tenants", &id, "suspend"), json!({ "reason": "late" })).await;
            stage.by_operator(path("tenants", &id, "resume"), nothing())
        }
        "/v1/tenants/{id}/suspend" => {
            stage.by_partner(path("tenants", &stage.tenant().await, "suspend"), json!({ "reason": "late" }))
        }
        _ => return None,
    })
}
