//! Licence files, checked as an installation does: with the published key and nothing else of ours.

use axum::http::StatusCode;
use marque_config::licence_file::{LicenceFileError, LicenceVerifier};
use serde_json::json;

use super::Counter;
use crate::tests::api::desk::Desk;

async fn keys(desk: &Desk) -> Vec<LicenceVerifier> {
    let keys = desk.get("", "/v1/licence-keys").await.body["keys"].clone();
    let text = |key: &serde_json::Value, name: &str| key[name].as_str().unwrap().to_owned();
    let verifier = |key| LicenceVerifier::new(&text(key, "name"), &text(key, "public")).unwrap();
    keys.as_array().unwrap().iter().map(verifier).collect()
}

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

#[tokio::test]
async fn a_new_key_signs_and_what_the_old_one_signed_is_still_checked() {
    let counter = Counter::open().await;
    let taken = counter.taken().await;
    let path = format!("/v1/licences/{}/file", taken["id"].as_str().unwrap());
    let file = async || counter.desk.get(counter.token(), &path).await.body["file"].as_str().unwrap().to_owned();
    let before = file().await;
    let refused = counter.post("/v1/licence-keys", json!({})).await;
    assert_eq!(refused.refusal().1, "operators-only");
    let begun = counter.desk.post(&counter.world.operator, "/v1/licence-keys", json!({})).await;
    assert_eq!(begun.status, StatusCode::CREATED, "{}", begun.body);
    let after = file().await;
    let named = |file: &str| file.split('.').nth(1).unwrap().to_owned();
    assert_eq!(named(&after), begun.body["name"].as_str().unwrap());
    assert_ne!(named(&after), named(&before));
    let keys = keys(&counter.desk).await;
    let [old, new] = &keys[..] else { panic!("{keys:?}") };
    assert_eq!(old.read(&before).unwrap().serial, new.read(&after).unwrap().serial);
    assert_eq!(new.read(&before), Err(LicenceFileError::OtherKey));
    assert_eq!(old.read(&after), Err(LicenceFileError::OtherKey));
    assert_eq!(counter.actions(&begun.body["name"]).await, ["licence_key.made"]);
    // Two of one instant are in order, too.
    let third = counter.desk.post(&counter.world.operator, "/v1/licence-keys", json!({})).await.body;
    assert_eq!(named(&file().await), third["name"].as_str().unwrap());
}
