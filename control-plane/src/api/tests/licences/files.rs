//! Licence files, checked as an installation does: with the published key and nothing else of ours.

use axum::http::StatusCode;
use marque_config::licence_file::{LicenceFileError, LicenceVerifier};
use serde_json::json;

use super::Counter;

#[tokio::test]
async fn an_installation_checks_its_licence_while_nobody_can_be_asked() {
    let counter = Counter::open().await;
    let components = json!([{ "component": counter.shop.printer, "quantity": 2 }]);
    let mut taking = counter.taking("monthly");
    taking["components"] = components;
    let taken = counter.post("/v1/licences", taking).await.body;
    let path = format!("/v1/licences/{}/file", taken["id"].as_str().unwrap());
    let file = counter.desk.get(counter.token(), &path).await;
    assert_eq!(file.status, StatusCode::OK, "{}", file.body);
    let text = file.body["file"].as_str().unwrap();

    let keys = counter.desk.get("", "/v1/licence-keys").await.body["keys"].clone();
    assert_eq!(keys.as_array().unwrap().len(), 1);
    let verifier =
        LicenceVerifier::new(keys[0]["name"].as_str().unwrap(), keys[0]["public"].as_str().unwrap()).unwrap();
    let says = verifier.read_at(text, counter.desk.store.now_ms()).unwrap();
    assert_eq!(says.serial, taken["licence"]["serial"]);
    assert_eq!((says.product.as_str(), says.plan.as_str()), ("PrintFactory", "Production"));
    assert_eq!(says.components, [("printer".to_owned(), 2)]);
    assert_eq!(says.tenant.to_string(), counter.world.partners[0].tenant);
    let late_ms = says.until_ms.unwrap() + 86_400_000;
    assert_eq!(verifier.read_at(text, late_ms), Err(LicenceFileError::Over));
    assert!(!file.body.to_string().contains("amount"), "no price is in it");

    // The key is made once, and what doesn't allow use gets no file.
    counter.desk.get(counter.token(), &path).await;
    assert_eq!(counter.desk.get("", "/v1/licence-keys").await.body["keys"], keys);
    counter.act(&taken["id"], "suspend", json!({})).await;
    assert_eq!(counter.desk.get(counter.token(), &path).await.refusal().1, "licence-suspended");
}
