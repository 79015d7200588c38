//! Partners, tenants, names, catalogue, money, webhooks.

use serde_json::json;

use crate::api::tests::desk::partner_to_add;
use crate::api::tests::stage::{Sample, Stage};

/// A request that the route takes, on objects made for it.
#[allow(clippy::too_many_lines, reason = "a table: each route has a place of its own")]
pub(super) async fn sample(stage: &Stage, route: &str) -> Option<Sample> {
    let path = |object: &str, id: &str, verb: &str| format!("/v1/{object}/{id}/{verb}");
    let nothing = || json!({});
    Some(match route {
        "/v1/account-managers" => stage.by_operator(route, stage.manager_to_add()),
        "/v1/adjustments" => {
            let body = json!({ "partner": stage.partner(), "amount": stage.euros(100), "reason": "Geste" });
            stage.by_operator(route, body)
        }
        "/v1/adjustments/{id}/confirm" => {
            let path = path("adjustments", &stage.adjustment().await, "confirm");
            Sample { token: stage.second.clone(), path, body: nothing() }
        }
        "/v1/adjustments/{id}/reject" => {
            stage.by_operator(path("adjustments", &stage.adjustment().await, "reject"), nothing())
        }
        "/v1/applications" => {
            let name = format!("till {}", stage.number());
            stage.by_operator(route, json!({ "name": name, "policy": { "upstreams": ["http://127.0.0.1:9000"] } }))
        }
        "/v1/clients" => stage.by_partner(route, stage.client_to_add()),
        "/v1/clients/{id}/anonymise" => {
            stage.by_partner(path("clients", &stage.client().await, "anonymise"), nothing())
        }
        "/v1/components" => stage.by_operator(route, stage.component_to_add().await),
        "/v1/domains" => {
            let (tenant, label) = (stage.tenant().await, format!("four{}", stage.number()));
            stage.by_partner(route, json!({ "tenant": tenant, "kind": "platform", "label": label }))
        }
        "/v1/domains/{id}/check" => stage.by_partner(path("domains", &stage.domain().await, "check"), nothing()),
        "/v1/domains/{id}/renew" => stage.by_partner(path("domains", &stage.domain().await, "renew"), nothing()),
        "/v1/mails/{id}/retry" => stage.by_operator(path("mails", &stage.failed_mail().await, "retry"), nothing()),
        "/v1/partners" => stage.by_operator(route, partner_to_add(&format!("Comptoir {}", stage.number()))),
        "/v1/partners/{id}/approve" => {
            stage.by_operator(path("partners", &stage.applied().await, "approve"), stage.approval().await)
        }
        "/v1/partners/{id}/close" => stage.by_operator(path("partners", &stage.applied().await, "close"), nothing()),
        "/v1/partners/{id}/resume" => {
            let id = stage.approved().await;
            stage.done(&path("partners", &id, "suspend"), nothing()).await;
            stage.by_operator(path("partners", &id, "resume"), nothing())
        }
        "/v1/partners/{id}/suspend" => {
            stage.by_operator(path("partners", &stage.approved().await, "suspend"), json!({ "reason": "late" }))
        }
        "/v1/payments" => {
            let reference = format!("virement {}", stage.number());
            let body = json!({ "partner": stage.partner(), "amount": stage.euros(1000), "reference": reference });
            stage.by_operator(route, body)
        }
        "/v1/plans" => stage.by_operator(route, stage.plan_to_add().await),
        "/v1/price-lists" => stage.by_operator(route, stage.list_to_add()),
        "/v1/price-lists/{id}/versions" => {
            let list = stage.made("/v1/price-lists", stage.list_to_add()).await;
            stage.by_operator(path("price-lists", &list, "versions"), stage.prices())
        }
        "/v1/price-versions/{id}/publish" => {
            stage.by_operator(path("price-versions", &stage.draft().await, "publish"), nothing())
        }
        "/v1/price-versions/{id}/retire" => {
            let id = stage.draft().await;
            let later = json!({ "effective_from": "2030-01-01T00:00:00Z" });
            stage.done(&path("price-versions", &id, "publish"), later).await;
            stage.by_operator(path("price-versions", &id, "retire"), nothing())
        }
        "/v1/products" => stage.by_operator(route, stage.product_to_add()),
        "/v1/promo-codes" => stage.by_operator(route, stage.promo_to_add()),
        "/v1/promo-codes/{id}/revoke" => {
            stage.by_operator(path("promo-codes", &stage.promo().await, "revoke"), nothing())
        }
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
        "/v1/tokens" => stage.by_partner(route, stage.token_to_make()),
        "/v1/wallets" => {
            stage.by_operator(route, json!({ "partner": stage.applied().await, "currency": "CHF", "credit_limit": 5 }))
        }
        "/v1/webhook-endpoints" => stage.by_partner(route, stage.endpoint_to_add()),
        "/v1/webhook-endpoints/{id}/rotate-secret" => {
            stage.by_operator(path("webhook-endpoints", &stage.endpoint().await, "rotate-secret"), nothing())
        }
        "/v1/webhook-endpoints/{id}/test" => {
            stage.by_operator(path("webhook-endpoints", &stage.endpoint().await, "test"), nothing())
        }
        _ => return None,
    })
}
