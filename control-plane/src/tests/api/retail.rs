//! What partners sell in their own name, and how they are paid.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::desk::Desk;
use crate::routes::description;

#[tokio::test]
async fn s1_18_a_partner_sets_its_prices_its_services_and_its_means_of_payment() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let [north, south] = &world.partners;
    let mut offers = Vec::new();
    for (kind, amount, currency, billed) in [
        ("subscription", 4_900, "EUR", "monthly"),
        ("installation", 25_000, "EUR", "once"),
        ("training", 0, "CHF", "once"),
        ("support", 999, "JPY", "yearly"),
    ] {
        let offer = json!({
            "kind": kind, "name": kind, "price": { "amount": amount, "currency": currency }, "billed": billed,
        });
        let made = desk.post(&north.token, "/v1/retail-offers", offer).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        assert_eq!(made.body["price"], json!({ "amount": amount, "currency": currency }));
        offers.push(format!("/v1/retail-offers/{}", made.body["id"].as_str().unwrap()));
    }
    let change = json!({
        "kind": "subscription", "name": "Caisse", "price": { "amount": 5_900, "currency": "EUR" }, "listed": false,
    });
    let changed = desk.ask(Method::PUT, &north.token, &offers[0], Some(change)).await;
    assert_eq!((&changed.body["price"]["amount"], &changed.body["listed"]), (&json!(5_900), &json!(false)));
    let below = json!({ "kind": "other", "name": "x", "price": { "amount": -1, "currency": "EUR" } });
    assert_eq!(desk.post(&north.token, "/v1/retail-offers", below).await.refusal().2, ["/price/amount"]);
    for (kind, name) in [("card", "Carte"), ("transfer", "Virement"), ("cash", "Espèces")] {
        desk.made(&north.token, "/v1/payment-methods", json!({ "kind": kind, "name": name })).await;
    }
    // It never leaves the partner.
    assert_eq!(desk.get(&south.token, "/v1/retail-offers").await.body["items"], json!([]));
    assert_eq!(desk.get(&south.token, "/v1/payment-methods").await.body["items"], json!([]));
    assert_eq!(desk.get(&south.token, &offers[0]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(desk.ask(Method::DELETE, &south.token, &offers[0], None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(desk.ask(Method::DELETE, &north.token, &offers[3], None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(desk.get(&north.token, "/v1/retail-offers").await.body["items"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_client_pays_by_one_of_its_partners_means_of_payment() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let [north, south] = &world.partners;
    let card = json!({ "kind": "card", "name": "Carte" });
    let mine = desk.made(&north.token, "/v1/payment-methods", card.clone()).await;
    let theirs = desk.made(&south.token, "/v1/payment-methods", card).await;
    let path = format!("/v1/tenants/{}/payment-method", north.tenant);
    let set = async |method: Value| {
        desk.ask(Method::PUT, &north.token, &path, Some(json!({ "payment_method": method }))).await
    };
    assert_eq!(desk.get(&north.token, &path).await.body["payment_method"], Value::Null);
    assert_eq!(set(json!(theirs)).await.refusal().2, ["/payment_method"]);
    assert_eq!(set(json!(mine)).await.body["payment_method"]["name"], "Carte");
    assert_eq!(desk.get(&south.token, &path).await.status, StatusCode::NOT_FOUND);
    let method = format!("/v1/payment-methods/{mine}");
    let kept = desk.ask(Method::DELETE, &north.token, &method, None).await;
    assert_eq!(kept.refusal().1, "payment-method-in-use");
    assert_eq!(set(Value::Null).await.body["payment_method"], Value::Null);
    assert_eq!(desk.ask(Method::DELETE, &north.token, &method, None).await.status, StatusCode::NO_CONTENT);
    // An operator may see which, but not of another partner for this tenant.
    assert_eq!(set(json!(mine)).await.refusal().2, ["/payment_method"]);
}

/// The routes that show, or take, what the vendor asks or what a partner asks.
const OF_MONEY: [&str; 14] = [
    "/v1/retail-offers",
    "/v1/payment-methods",
    "/payment-method",
    "/v1/price-lists",
    "/v1/price-versions",
    "/v1/promo-codes",
    "/v1/quotes",
    "/v1/catalog",
    "/v1/orders",
    "/v1/wallets",
    "/v1/payments",
    "/v1/transactions",
    "/v1/statements",
    "/v1/adjustments",
];

#[tokio::test]
async fn s1_3_the_vendor_shows_a_white_label_client_no_price_and_takes_no_payment() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let partner = &world.partners[0];
    let client = desk.tenant_user(&partner.token, &partner.tenant, "patron@fournil.fr", "administrator").await;
    let document = serde_json::to_value(description()).unwrap();
    let mut asked = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        if !OF_MONEY.iter().any(|part| path.contains(part)) {
            continue;
        }
        let path = path.replace("/v1/tenants/{id}", &format!("/v1/tenants/{}", world.partners[0].tenant));
        let path = path.replace("{id}", "x").replace("{version}", "x");
        for method in methods.as_object().unwrap().keys().filter(|method| method.as_str() != "parameters") {
            let reply = client.ask(&desk, method.to_uppercase().parse().unwrap(), &path, Some(json!({}))).await;
            // What can't even be named is not found before anybody looks at rights; nothing is answered.
            assert!(["right-missing", "not-found", "invalid-query"].contains(&&*reply.refusal().1), "{method} {path}");
            asked += 1;
        }
    }
    assert!(asked > 10, "{asked}");
    for list in ["/v1/retail-offers", "/v1/payment-methods", "/v1/price-lists", "/v1/balance", "/v1/transactions"] {
        assert_eq!(client.get(&desk, list).await.refusal().1, "right-missing", "{list}");
    }
}
