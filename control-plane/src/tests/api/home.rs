//! What somebody sees first, where help is, and how a partner gets started.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::desk::Desk;
use crate::kernel::principal::Principal;

#[tokio::test]
async fn s3_7_everybody_chooses_and_orders_the_blocks_of_their_own_home() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let token = &world.partners[0].token;
    let blocks = desk.get(token, "/v1/me/home").await.body["blocks"].clone();
    assert_eq!(blocks[0], "new_order");
    let put = async |token: &str, blocks: Value| {
        desk.ask(Method::PUT, token, "/v1/me/home", Some(json!({ "blocks": blocks }))).await
    };
    let chosen = json!(["contact", "new_order", "balance"]);
    assert_eq!(put(token, chosen.clone()).await.body["blocks"], chosen);
    assert_eq!(desk.get(token, "/v1/me/home").await.body["blocks"], chosen);
    assert_eq!(desk.get(&world.partners[1].token, "/v1/me/home").await.body["blocks"], blocks);
    for (blocks, pointer) in [(json!(["balance", "balance"]), "/blocks/1"), (json!(["weather"]), "/blocks/0")] {
        assert_eq!(put(token, blocks).await.refusal().2, [pointer]);
    }
}

#[tokio::test]
async fn a_block_is_for_who_may_see_what_is_in_it() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let principal = Principal::Partner(world.partners[0].id.parse().unwrap());
    let reader = desk.token(principal, "partners:read tenants:read").await;
    let home = desk.get(&reader, "/v1/me/home").await.body;
    let expected = json!(["companies", "dossiers", "onboarding", "help", "contact"]);
    assert_eq!(home["available"], expected);
    let refused = desk.ask(Method::PUT, &reader, "/v1/me/home", Some(json!({ "blocks": ["new_order"] }))).await;
    assert_eq!(refused.refusal().2, ["/blocks/0"]);
}

#[tokio::test]
async fn s2_1_every_partner_has_its_space() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    for partner in &world.partners {
        let home = desk.get(&partner.token, "/v1/me/home").await;
        assert_eq!((home.status, &home.body["links"]["portal"]), (StatusCode::OK, &json!("https://portal.marque.fr/")));
        assert!(!home.body["blocks"].as_array().unwrap().is_empty());
    }
}

#[tokio::test]
async fn s2_2_the_space_has_three_parts() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let home = desk.get(&world.partners[0].token, "/v1/me/home").await.body;
    let names: Vec<_> = home["sections"].as_array().unwrap().iter().map(|part| &part["name"]).collect();
    assert_eq!(names, ["companies", "dossiers", "collaborators"]);
    let paths: Vec<_> = home["sections"].as_array().unwrap().iter().map(|part| &part["path"]).collect();
    assert_eq!(paths, ["/v1/partners/me/companies", "/v1/dossiers", "/v1/collaborators"]);
    // Nobody else has them.
    assert_eq!(desk.get(&world.operator, "/v1/me/home").await.body["sections"], json!([]));
}

#[tokio::test]
async fn s3_6_the_portal_and_its_orders_have_addresses_that_stay() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    for token in [&world.partners[0].token, &world.partners[1].token, &world.operator] {
        let links = desk.get(token, "/v1/me/home").await.body["links"].clone();
        assert_eq!(links["portal"], "https://portal.marque.fr/");
        assert_eq!(links["orders"], "https://portal.marque.fr/order/index");
    }
}

#[tokio::test]
async fn s3_1_guides_videos_marketing_and_what_to_do_first_are_in_the_portal() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    for kind in ["guide", "video", "marketing"] {
        let link = json!({
            "kind": kind, "title_en": "How to", "title_fr": "Comment faire", "url": "https://help.marque.example/a",
        });
        desk.made(&world.operator, "/v1/help-links", link.clone()).await;
        assert_eq!(desk.post(&world.partners[0].token, "/v1/help-links", link).await.refusal().1, "operators-only");
    }
    let bad = json!({ "kind": "guide", "title_en": "a", "title_fr": "a", "url": "http://x.example" });
    assert_eq!(desk.post(&world.operator, "/v1/help-links", bad).await.refusal().2, ["/url"]);
    let listed = desk.get(&world.partners[0].token, "/v1/help-links").await.body;
    let mut kinds: Vec<_> = listed["items"].as_array().unwrap().iter().map(|it| it["kind"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["guide", "marketing", "video"]);
    // The list of what to do first follows what was done.
    let done = async || {
        let onboarding = desk.get(&world.partners[0].token, "/v1/partners/me/onboarding").await.body;
        let steps = onboarding["steps"].as_array().unwrap().clone();
        let done =
            steps.iter().filter(|step| step["done"] == true).map(|step| step["step"].as_str().unwrap().to_owned());
        (done.collect::<Vec<_>>(), onboarding["complete"].clone())
    };
    assert_eq!(done().await, (vec!["approved".into(), "first_client".into()], json!(false)));
    let offer = json!({ "kind": "other", "name": "x", "price": { "amount": 1, "currency": "EUR" } });
    desk.made(&world.partners[0].token, "/v1/retail-offers", offer).await;
    assert_eq!(done().await.0, ["approved", "retail_offer", "first_client"]);
}

#[tokio::test]
async fn s2_23_the_address_for_partners_is_told_to_active_ones_only() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let contact = json!({
        "email": "support@marque.example", "phone": "+33 1 02 03 04 05", "hours": "5/7",
        "partner_email": "partenaires@marque.example",
    });
    let put = desk.ask(Method::PUT, &world.operator, "/v1/support-contact", Some(contact.clone())).await;
    assert_eq!(put.body, contact);
    let token = &world.partners[0].token;
    let refused = desk.ask(Method::PUT, token, "/v1/support-contact", Some(contact)).await;
    assert_eq!(refused.refusal().1, "operators-only");
    let support = async || desk.get(token, "/v1/partners/me/contact").await.body["support"].clone();
    assert_eq!(support().await["partner_email"], "partenaires@marque.example");
    let suspend = format!("/v1/partners/{}/suspend", world.partners[0].id);
    desk.post(&world.operator, &suspend, json!({})).await;
    let told = support().await;
    assert_eq!((&told["email"], told.get("partner_email")), (&json!("support@marque.example"), None));
}
