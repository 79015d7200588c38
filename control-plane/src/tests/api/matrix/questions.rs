//! What is asked, without changing anything: about what another route's sample made, unless it's listed here.

use axum::http::Method;
use serde_json::{Value, json};

use crate::tests::api::stage::{Sample, Stage};

/// A question that its owner may ask.
pub(super) async fn sample(stage: &Stage, route: &str) -> Option<Sample> {
    if let Some(path) = of_its_own(stage, route).await {
        return Some(stage.by_partner(path, Value::Null));
    }
    if !route.contains("{id}") {
        let path = route.replace("{country}", "FR").replace("{code}", "fr");
        return Some(stage.by_partner(path, Value::Null));
    }
    let collection = route.split("{id}").next()?;
    for (method, sibling) in &stage.operations {
        if *method == Method::GET || !sibling.starts_with(&format!("{collection}{{id}}")) {
            continue;
        }
        if let Some(made) = Box::pin(super::sample(stage, method, sibling)).await {
            let id = made.path.strip_prefix(collection)?.split(['/', '?']).next()?;
            return Some(Sample {
                path: route.replace("{id}", id).replace("{number}", "1"),
                body: Value::Null,
                ..made
            });
        }
    }
    None
}

/// What no other route makes, or what is asked in the query.
async fn of_its_own(stage: &Stage, route: &str) -> Option<String> {
    Some(match route {
        "/v1/catalog/offers" => format!("{route}?country=FR"),
        "/v1/dossiers/{id}" => format!("/v1/dossiers/{}", stage.tenant().await),
        "/v1/issuances" => format!("{route}?domain={}", stage.domain().await),
        "/v1/partners/{id}" => format!("/v1/partners/{}", stage.partner()),
        "/v1/payments/{id}" => {
            let body = json!({ "partner": stage.partner(), "amount": stage.euros(1000), "reference": stage.email() });
            format!("/v1/payments/{}", stage.made("/v1/payments", body).await)
        }
        "/v1/price-versions/{id}/diff" => {
            let id = stage.draft().await;
            format!("/v1/price-versions/{id}/diff?against={id}")
        }
        "/v1/search" => format!("{route}?q=a"),
        "/v1/statements" => format!("{route}?wallet={}&month=2026-11", wallet(stage).await),
        "/v1/wallets/{id}" => format!("/v1/wallets/{}", wallet(stage).await),
        _ => return None,
    })
}

/// The first partner's own wallet.
async fn wallet(stage: &Stage) -> String {
    let wallets = stage.desk.get(&stage.world.partners[0].token, "/v1/balance").await.body;
    wallets["items"][0]["id"].as_str().unwrap().to_owned()
}
