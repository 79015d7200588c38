//! Price lists and their versions, promo codes, quotes.

use axum::http::{Method, StatusCode};
use marque_config::PartnerId;
use serde_json::{Value, json};

use super::desk::{Desk, World};
use super::shop::Shop;
use crate::catalogue::model::price::Basket;
use crate::catalogue::operations::prices::{self, Promised};
use crate::catalogue::operations::{promos, quotes};
use crate::database::refused::Refused;
use crate::kernel::actor::Actor;
use crate::kernel::ids::{OrderId, PromoId};
use crate::kernel::money::Money;
use crate::kernel::principal::Principal;
use crate::kernel::scope::Scope;

async fn shop() -> (Desk, World, Shop) {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let shop = Shop::open(&desk, &world).await;
    (desk, world, shop)
}

async fn total(desk: &Desk, token: &str, basket: &Value) -> i64 {
    let reply = desk.post(token, "/v1/quotes", basket.clone()).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    reply.body["price"]["total"]["amount"].as_i64().unwrap()
}

fn basket(shop: &Shop, partner: &str, promo: Option<&str>) -> Basket {
    Basket {
        partner: partner.parse().unwrap(),
        client: None,
        country: "FR".parse().unwrap(),
        price_list: shop.euros.parse().unwrap(),
        plan: shop.production.parse().unwrap(),
        term: crate::kernel::term::Term::Monthly,
        components: Vec::new(),
        promo: promo.map(str::to_owned),
    }
}

async fn reserve(desk: &Desk, promo: PromoId, order: OrderId, partner: PartnerId) -> Result<(), Refused> {
    let off = Money::new(490, iso_currency::Currency::EUR).unwrap();
    let mut write = desk.store.begin(&Actor::system("test"), desk.store.now_ms()).await.unwrap();
    promos::reserve(&mut write, promo, order, (partner, None), off).await?;
    write.commit().await.unwrap();
    Ok(())
}

async fn released(desk: &Desk, order: OrderId) {
    let mut write = desk.store.begin(&Actor::system("test"), desk.store.now_ms()).await.unwrap();
    promos::release(&mut write, order).await.unwrap();
    write.commit().await.unwrap();
}

async fn used(desk: &Desk, world: &World, promo: &str) -> (i64, String) {
    let promo = desk.get(&world.operator, &format!("/v1/promo-codes/{promo}")).await.body;
    (promo["used"].as_i64().unwrap(), promo["state"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn s3_18_a_promo_code_shows_its_effect_before_anything_is_ordered() {
    let (desk, world, shop) = shop().await;
    let partner = &world.partners[0].token;
    let terms = json!({ "applies_to": "plan", "minimum": { "amount": 5_000, "currency": "EUR" }, "max_uses": 1 });
    let promo = Shop::promo(&desk, &world, "Salon-2026", terms).await;
    let mut basket = shop.basket(&[(&shop.printer, 1)]);
    basket["promo_code"] = json!(" salon-2026 ");
    let checked = desk.post(partner, "/v1/promo-codes/check", basket.clone()).await.body;
    assert_eq!(checked["usable"], true, "{checked}");
    assert_eq!(checked["price"]["net"]["amount"], 5_900);
    assert_eq!(checked["price"]["discount"], json!({ "amount": 490, "currency": "EUR" }));
    assert_eq!(checked["price"]["total"]["amount"], 5_410);
    assert_eq!(checked["price"]["explanation"][2]["code"], "promo");
    assert_eq!(total(&desk, partner, &basket).await, 5_410);
    // Looking uses nothing.
    assert_eq!(used(&desk, &world, &promo).await, (0, "active".into()));
    // Without the printer it is below the minimum: told why, and refused in a quote.
    basket["components"] = json!([]);
    let checked = desk.post(partner, "/v1/promo-codes/check", basket.clone()).await.body;
    assert_eq!((&checked["usable"], &checked["reason"]), (&json!(false), &json!("below_minimum")));
    assert_eq!(checked["price"]["total"]["amount"], 4_900);
    let refused = desk.post(partner, "/v1/quotes", basket).await;
    assert_eq!(refused.refusal(), (409, "promo-invalid".into(), vec![]));
    assert_eq!(refused.body["blockers"], json!(["below_minimum"]));
}

#[tokio::test]
async fn a_promo_code_that_does_not_fit_says_why_and_a_foreign_one_is_unknown() {
    let (desk, world, shop) = shop().await;
    let now = desk.store.now_ms();
    let day = |days: i64| crate::web::time::written(now + days * 86_400_000);
    for (code, terms) in [
        ("SOON", json!({ "from": day(1) })),
        ("OVER", json!({ "until": day(2) })),
        ("CONNECT", json!({ "plans": [shop.connect] })),
        ("YEARLY", json!({ "terms": ["yearly", "perpetual"] })),
        ("DOLLARS", json!({ "discount": { "kind": "amount", "off": { "amount": 1, "currency": "USD" } } })),
        ("PARTS", json!({ "applies_to": "components" })),
        ("SOUTH", json!({ "partners": [world.partners[1].id] })),
        ("ENDED", json!({})),
    ] {
        let id = Shop::promo(&desk, &world, code, terms).await;
        if code == "ENDED" {
            let path = format!("/v1/promo-codes/{id}/revoke");
            assert_eq!(desk.post(&world.operator, &path, json!({})).await.body["state"], "revoked");
        }
    }
    for (code, reason) in [
        ("soon", "scheduled"),
        ("connect", "other_plan"),
        ("yearly", "other_term"),
        ("dollars", "other_currency"),
        ("parts", "nothing_to_discount"),
        ("south", "unknown"),
        ("ended", "revoked"),
        ("nothing", "unknown"),
    ] {
        let mut basket = shop.basket(&[]);
        basket["promo_code"] = json!(code);
        let checked = desk.post(&world.partners[0].token, "/v1/promo-codes/check", basket).await.body;
        assert_eq!((&checked["usable"], &checked["reason"]), (&json!(false), &json!(reason)), "{code}");
    }
    let mut over = shop.basket(&[]);
    over["promo_code"] = json!("over");
    assert_eq!(total(&desk, &world.partners[0].token, &over).await, 4_410);
    desk.advance_days(2);
    let checked = desk.post(&world.partners[0].token, "/v1/promo-codes/check", over.clone()).await.body;
    assert_eq!(checked["reason"], "expired");
    over["promo_code"] = json!("south");
    assert_eq!(total(&desk, &world.partners[1].token, &over).await, 4_410);
    // What codes there are is the vendor's to know.
    let reply = desk.get(&world.partners[1].token, "/v1/promo-codes").await;
    assert_eq!(reply.refusal().1, "operators-only");
}

#[tokio::test]
async fn a_promo_code_is_never_used_more_often_than_it_may_be() {
    let (desk, world, shop) = shop().await;
    let promo = Shop::promo(&desk, &world, "TEN", json!({ "max_uses": 10, "max_uses_per_partner": 6 })).await;
    let id: PromoId = promo.parse().unwrap();
    let partners: Vec<PartnerId> = world.partners.iter().map(|partner| partner.id.parse().unwrap()).collect();
    let orders: Vec<OrderId> = (0..200).map(|_| desk.store.parts().id()).collect();
    let tried = orders.iter().enumerate().map(|(index, order)| reserve(&desk, id, *order, partners[index % 2]));
    let done = futures_util::future::join_all(tried).await;
    let kept: Vec<_> = orders.iter().zip(&done).filter(|(_, done)| done.is_ok()).map(|(order, _)| *order).collect();
    assert_eq!(kept.len(), 10);
    assert_eq!(used(&desk, &world, &promo).await, (10, "exhausted".into()));
    let of_first: i64 = sqlx::query_scalar("select count(*) from promo_redemption where partner_id = $1")
        .bind(partners[0].to_string())
        .fetch_one(desk.store.reader())
        .await
        .unwrap();
    assert!((4..=6).contains(&of_first), "{of_first}");
    let checked = prices::check(&desk.store, &basket(&shop, &world.partners[0].id, Some("ten"))).await.unwrap();
    assert_eq!(checked.1.map(|unusable| unusable.as_str()), Some("exhausted"));
    // A voided order gives its use back, once.
    released(&desk, kept[0]).await;
    released(&desk, kept[0]).await;
    assert_eq!(used(&desk, &world, &promo).await, (9, "active".into()));
    // And the limit isn't put below what is used.
    let path = format!("/v1/promo-codes/{promo}/ends");
    let reply = desk.ask(Method::PUT, &world.operator, &path, Some(json!({ "max_uses": 8 }))).await;
    assert_eq!(reply.refusal(), (422, "invalid-request".into(), vec!["/max_uses".into()]));
}

#[tokio::test]
async fn a_use_is_consumed_once_and_an_order_without_a_code_has_none() {
    let (desk, world, _) = shop().await;
    let promo = Shop::promo(&desk, &world, "ONE", json!({ "max_uses": 1 })).await;
    let order: OrderId = desk.store.parts().id();
    reserve(&desk, promo.parse().unwrap(), order, world.partners[0].id.parse().unwrap()).await.unwrap();
    let mut write = desk.store.begin(&Actor::system("test"), desk.store.now_ms()).await.unwrap();
    for order in [order, order, desk.store.parts().id()] {
        promos::consume(&mut write, order).await.unwrap();
    }
    promos::release(&mut write, desk.store.parts().id()).await.unwrap();
    write.commit().await.unwrap();
    let states: Vec<(String, i64)> = sqlx::query_as(
        "select action, count(*) from audit_event where action like 'promo_code.%' group by action order by action",
    )
    .fetch_all(desk.store.reader())
    .await
    .unwrap();
    let once = |action: &str| (action.to_owned(), 1);
    assert_eq!(states, [once("promo_code.consumed"), once("promo_code.created"), once("promo_code.reserved")]);
    assert_eq!(used(&desk, &world, &promo).await, (1, "exhausted".into()));
}

#[tokio::test]
async fn a_version_is_in_force_from_its_day_and_never_changes() {
    let (desk, world, shop) = shop().await;
    let (operator, partner) = (&world.operator, &world.partners[0].token);
    let prices = json!([{ "plan": shop.production, "term": "monthly", "amount": 5_200 }]);
    let versions = format!("/v1/price-lists/{}/versions", shop.euros);
    let draft = desk.made(operator, &versions, json!({ "prices": prices })).await;
    let draft = format!("/v1/price-versions/{draft}");
    assert_eq!(desk.get(partner, &draft).await.status, StatusCode::NOT_FOUND);
    let other = json!({ "prices": [{ "plan": shop.production, "term": "monthly", "amount": 5_300 }] });
    assert_eq!(desk.ask(Method::PUT, operator, &draft, Some(other.clone())).await.status, StatusCode::OK);
    let publish = format!("{draft}/publish");
    let past = crate::web::time::written(desk.store.now_ms() - 1);
    let refused = desk.post(operator, &publish, json!({ "effective_from": past })).await;
    assert_eq!(refused.refusal(), (422, "invalid-request".into(), vec!["/effective_from".into()]));
    let next_week = crate::web::time::written(desk.store.now_ms() + 7 * 86_400_000);
    let published = desk.post(operator, &publish, json!({ "effective_from": next_week })).await;
    assert_eq!((published.status, &published.body["state"]), (StatusCode::OK, &json!("scheduled")));
    for (method, path) in [(Method::PUT, &draft), (Method::DELETE, &draft), (Method::POST, &publish)] {
        let reply =
            desk.ask(method.clone(), operator, path, Some(other.clone()).filter(|_| method == Method::PUT)).await;
        assert_eq!(reply.refusal().1, "price-version-not-draft", "{method}");
    }
    assert_eq!(total(&desk, partner, &shop.basket(&[])).await, 4_900);
    desk.advance_days(7);
    assert_eq!(total(&desk, partner, &shop.basket(&[])).await, 5_300);
    let states: Vec<_> = desk.get(partner, &versions).await.body["items"].as_array().unwrap().clone();
    let mut states: Vec<_> = states.iter().map(|version| version["state"].as_str().unwrap()).collect();
    states.sort_unstable();
    assert_eq!(states, ["in_force", "superseded"]);
    let retire = format!("{draft}/retire");
    assert_eq!(desk.post(operator, &retire, json!({})).await.refusal().1, "price-version-in-force");
    // The old one is there, as it was.
    let old = desk.get(partner, &format!("/v1/price-versions/{}", shop.euro_version)).await.body;
    assert_eq!(old["prices"].as_array().unwrap().len(), 16);
}

#[tokio::test]
async fn a_version_can_be_taken_back_before_its_day_and_compared() {
    let (desk, world, shop) = shop().await;
    let prices = json!([
        { "plan": shop.production, "term": "monthly", "amount": 5_200 },
        { "plan": shop.production, "term": "monthly", "component": shop.printer, "amount": 1_000 },
        { "plan": shop.production, "term": "monthly", "component": shop.printer, "from_quantity": 10, "amount": 700 },
    ]);
    let versions = format!("/v1/price-lists/{}/versions", shop.euros);
    let next = desk.made(&world.operator, &versions, json!({ "prices": prices })).await;
    let path = format!("/v1/price-versions/{next}/diff?against={}", shop.euro_version);
    let diff = desk.get(&world.operator, &path).await.body;
    let changes = diff["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 16 - 1 + 1, "{diff}");
    let change = |from: i64, before: Value, after: Value| {
        let fits = |change: &&Value| {
            change["plan"] == shop.production
                && change["term"] == "monthly"
                && (change["component"] == shop.printer) == (from > 1)
                && change["from_quantity"] == from
        };
        let found = changes.iter().find(fits).unwrap_or_else(|| panic!("{from}: {diff}"));
        assert_eq!((&found["before"], &found["after"]), (&before, &after), "{from}");
    };
    change(1, json!(4_900), json!(5_200));
    change(5, json!(800), Value::Null);
    change(10, Value::Null, json!(700));
    let next_day = crate::web::time::written(desk.store.now_ms() + 86_400_000);
    let publish = format!("/v1/price-versions/{next}/publish");
    desk.post(&world.operator, &publish, json!({ "effective_from": next_day })).await;
    let retire = format!("/v1/price-versions/{next}/retire");
    assert_eq!(desk.post(&world.operator, &retire, json!({})).await.body["state"], "retired");
    desk.advance_days(2);
    assert_eq!(total(&desk, &world.partners[0].token, &shop.basket(&[])).await, 4_900);
}

#[tokio::test]
async fn prices_that_do_not_fit_together_are_refused() {
    let (desk, world, shop) = shop().await;
    let row = |more: Value| {
        let mut row = json!({ "plan": shop.production, "term": "monthly", "amount": 1 });
        more.as_object().unwrap().iter().for_each(|(key, value)| row[key] = value.clone());
        row
    };
    let plain = || row(json!({}));
    let path = format!("/v1/price-lists/{}/versions", shop.euros);
    for (prices, pointer) in [
        (json!([]), "/prices"),
        (json!([row(json!({ "amount": -1 }))]), "/prices/0/amount"),
        (json!([row(json!({ "amount": 1_000_000_000_001_i64 }))]), "/prices/0/amount"),
        (json!([plain(), plain()]), "/prices/1"),
        (json!([plain(), row(json!({ "from_quantity": 2 }))]), "/prices/1/from_quantity"),
        (json!([plain(), row(json!({ "component": shop.printer, "from_quantity": 2 }))]), "/prices/1/from_quantity"),
        (json!([row(json!({ "component": shop.printer }))]), "/prices/0/from_quantity"),
        (json!([row(json!({ "plan": "pln_00000000000000000000000000" }))]), "/prices/0/plan"),
        (json!([plain(), row(json!({ "component": "cmp_00000000000000000000000000" }))]), "/prices/1/component"),
        (json!([row(json!({ "plan": shop.connect, "term": "perpetual" }))]), "/prices/0/term"),
        (json!(vec![plain(); 2_001]), "/prices"),
    ] {
        let reply = desk.post(&world.operator, &path, json!({ "prices": prices })).await;
        assert_eq!(reply.refusal(), (422, "invalid-request".into(), vec![pointer.into()]));
    }
}

#[tokio::test]
async fn a_list_for_one_partner_does_not_exist_for_another_and_nobody_else_sees_prices() {
    let (desk, world, shop) = shop().await;
    let [mine, other] = &world.partners;
    let path = format!("/v1/price-lists/{}", shop.euros);
    let change = json!({ "partners": [other.id] });
    assert_eq!(desk.ask(Method::PATCH, &world.operator, &path, Some(change)).await.status, StatusCode::OK);
    for path in [path.clone(), format!("{path}/versions"), format!("/v1/price-versions/{}", shop.euro_version)] {
        assert_eq!(desk.get(&mine.token, &path).await.refusal().1, "not-found", "{path}");
        assert_eq!(desk.get(&other.token, &path).await.status, StatusCode::OK, "{path}");
    }
    for path in ["/v1/price-lists", "/v1/catalog/offers?country=FR"] {
        assert!(!desk.get(&mine.token, path).await.body.to_string().contains(&shop.euros), "{path}");
        let theirs = desk.get(&other.token, path).await.body.to_string();
        assert!(theirs.contains(&shop.euros) && !theirs.contains(&mine.id), "{path}");
    }
    assert_eq!(desk.get(&other.token, &path).await.body["partners"], Value::Null);
    let refused = desk.post(&mine.token, "/v1/quotes", shop.basket(&[])).await;
    assert_eq!(refused.refusal(), (422, "invalid-request".into(), vec!["/price_list".into()]));
    let mut theirs = shop.basket(&[]);
    theirs["partner"] = json!(other.id);
    let refused = desk.post(&mine.token, "/v1/quotes", theirs.clone()).await;
    assert_eq!(refused.refusal(), (422, "invalid-request".into(), vec!["/partner".into()]));
    assert_eq!(total(&desk, &world.operator, &theirs).await, 4_900);
    assert_eq!(desk.post(&world.operator, "/v1/quotes", shop.basket(&[])).await.refusal().2, ["/partner"]);
    let application: Principal = format!("application:{}", world.application).parse().unwrap();
    let token = desk.token(application, &super::desk::everything(application)).await;
    for path in ["/v1/price-lists", "/v1/catalog/offers?country=FR", "/v1/plans", "/v1/promo-codes"] {
        assert_eq!(desk.get(&token, path).await.refusal().1, "right-missing", "{path}");
    }
    assert_eq!(desk.post(&token, "/v1/quotes", theirs).await.refusal().1, "right-missing");
    // A client's people never have a right that shows a price.
    let client: Principal = format!("tenant:{}", mine.tenant).parse().unwrap();
    for scope in [Scope::CatalogRead, Scope::PricesRead, Scope::PromosRead, Scope::OrdersRead, Scope::BalanceRead] {
        assert!(!client.may_hold(scope) && !application.may_hold(scope), "{scope}");
    }
}

#[tokio::test]
async fn a_quote_holds_for_its_basket_its_price_and_its_time() {
    let (desk, world, shop) = shop().await;
    let quote = desk.post(&world.partners[0].token, "/v1/quotes", shop.basket(&[])).await.body;
    let text = quote["quote"].as_str().unwrap().to_owned();
    let keys = desk.api.keys().store.clone();
    let mine = basket(&shop, &world.partners[0].id, None);
    let accepted = async |text: &str, basket: &Basket| {
        let priced = prices::now(&desk.store, basket).await.unwrap();
        match quotes::accept(&keys, desk.store.now_ms(), text, (basket, &priced)) {
            Ok(()) => "accepted".to_owned(),
            Err(Refused::Fields(faults)) => faults[0].code.to_owned(),
            Err(Refused::Conflict(conflict)) => conflict.code().to_owned(),
            Err(error) => error.to_string(),
        }
    };
    assert_eq!(accepted(&text, &mine).await, "accepted");
    let theirs = basket(&shop, &world.partners[1].id, None);
    assert_eq!(accepted(&text, &theirs).await, "quote-of-another-order");
    let more = Basket { components: vec![(shop.printer.parse().unwrap(), 1)], ..mine.clone() };
    assert_eq!(accepted(&text, &more).await, "quote-of-another-order");
    let mut forged = text.clone().into_bytes();
    forged[40] = if forged[40] == b'A' { b'B' } else { b'A' };
    assert_eq!(accepted(std::str::from_utf8(&forged).unwrap(), &mine).await, "invalid-quote");
    for nonsense in ["", "é", &"A".repeat(2_000)] {
        assert_eq!(accepted(nonsense, &mine).await, "invalid-quote");
    }
    desk.advance_days(1);
    let prices = json!([{ "plan": shop.production, "term": "monthly", "amount": 4_901 }]);
    Shop::publish(&desk, &world, &shop.euros, prices).await;
    assert_eq!(accepted(&text, &mine).await, "price-changed");
    desk.advance_days(29);
    assert_eq!(accepted(&text, &mine).await, "quote-expired");
}

#[tokio::test]
async fn a_renewal_keeps_the_discount_that_was_promised_and_what_is_unlisted() {
    let (desk, world, shop) = shop().await;
    let promo = Shop::promo(&desk, &world, "THREE", json!({ "lasts": { "kind": "periods", "periods": 3 } })).await;
    let ordered = basket(&shop, &world.partners[0].id, Some("THREE"));
    let promo: PromoId = promo.parse().unwrap();
    assert_eq!(prices::now(&desk.store, &ordered).await.unwrap().promo, Some(promo));
    let unlisted = json!({ "state": "unlisted" });
    let path = format!("/v1/plans/{}", shop.production);
    desk.ask(Method::PATCH, &world.operator, &path, Some(unlisted)).await;
    desk.post(&world.operator, &format!("/v1/promo-codes/{promo}/revoke"), json!({})).await;
    desk.advance_days(30);
    let prices = json!([{ "plan": shop.production, "term": "monthly", "amount": 6_000 }]);
    Shop::publish(&desk, &world, &shop.euros, prices).await;
    let mut connection = desk.store.reader().acquire().await.unwrap();
    for (period, cents) in [(2, 5_400), (3, 5_400), (4, 6_000)] {
        let promised = Promised { promo: Some(promo), period };
        let priced = prices::renew(&mut connection, desk.store.now_ms(), (&ordered, promised)).await.unwrap();
        assert_eq!(priced.total.minor, cents, "{period}");
    }
    let refused = prices::now(&desk.store, &ordered).await.unwrap_err();
    assert!(matches!(refused, Refused::Conflict(conflict) if conflict.code() == "offer-unavailable"));
}
