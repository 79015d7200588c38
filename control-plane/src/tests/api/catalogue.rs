//! What is sold, where, and for how much.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::desk::{Desk, Reply, World};
use super::shop::Shop;

/// A shop, and its first partner at the counter.
struct Counter {
    desk: Desk,
    world: World,
    shop: Shop,
}

impl Counter {
    async fn open() -> Self {
        let desk = Desk::open().await;
        let world = desk.world().await;
        let shop = Shop::open(&desk, &world).await;
        Self { desk, world, shop }
    }

    fn partner(&self) -> &str {
        &self.world.partners[0].token
    }

    async fn quote(&self, basket: &Value) -> Reply {
        self.desk.post(self.partner(), "/v1/quotes", basket.clone()).await
    }

    /// What a basket must cost, in minor units.
    async fn costs(&self, basket: &Value) -> i64 {
        let quote = self.quote(basket).await;
        assert_eq!(quote.status, StatusCode::OK, "{}", quote.body);
        quote.body["price"]["total"]["amount"].as_i64().unwrap()
    }

    async fn offers(&self, token: &str, query: &str) -> Vec<Value> {
        let reply = self.desk.get(token, &format!("/v1/catalog/offers?{query}")).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        reply.body["items"].as_array().unwrap().clone()
    }

    async fn listed(&self, token: &str, path: &str) -> Vec<Value> {
        let reply = self.desk.get(token, path).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        reply.body["items"].as_array().unwrap().clone()
    }

    async fn changed(&self, path: &str, change: Value) -> Reply {
        let reply = self.desk.ask(Method::PATCH, &self.world.operator, path, Some(change)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        reply
    }
}

fn with(basket: &Value, field: &str, value: impl Into<Value>) -> Value {
    let mut basket = basket.clone();
    basket[field] = value.into();
    basket
}

/// The terms that are offered, with a list's currency: `Production monthly EUR`.
fn told(offers: &[Value]) -> Vec<String> {
    let mut told = Vec::new();
    for plan in offers {
        for offer in plan["offers"].as_array().unwrap() {
            let (term, currency) = (offer["term"].as_str().unwrap(), offer["price"]["currency"].as_str().unwrap());
            told.push(format!("{} {term} {currency}", plan["code"].as_str().unwrap()));
        }
    }
    told
}

#[tokio::test]
async fn s3_10_a_partner_starts_an_order_from_its_price_lists_and_what_they_offer() {
    let counter = Counter::open().await;
    let lists = counter.listed(counter.partner(), "/v1/price-lists").await;
    let mut currencies: Vec<_> = lists.iter().map(|list| list["currency"].as_str().unwrap()).collect();
    currencies.sort_unstable();
    assert_eq!(currencies, ["EUR", "USD"]);
    let offers = counter.offers(counter.partner(), "country=FR&currency=EUR").await;
    let production = offers.iter().find(|plan| plan["code"] == "Production").unwrap();
    assert_eq!(production["offers"][0]["price_list"], json!(counter.shop.euros));
    assert_eq!(production["offers"][0]["price"], json!({ "amount": 4_900, "currency": "EUR" }));
}

#[tokio::test]
async fn s3_16_the_price_list_of_a_currency_is_chosen_and_everything_is_in_it() {
    let counter = Counter::open().await;
    let euros = counter.shop.basket(&[(&counter.shop.printer, 1)]);
    let dollars = with(&euros, "price_list", counter.shop.dollars.as_str());
    assert_eq!(counter.costs(&euros).await, 5_900);
    assert_eq!(counter.costs(&dollars).await, 6_490);
    let price = counter.quote(&dollars).await.body["price"].clone();
    assert!(price["currency"] == "USD" && !price.to_string().contains("EUR\""), "{price}");
    let only = counter.offers(counter.partner(), "country=FR&currency=USD").await;
    assert!(told(&only).iter().all(|offer| offer.ends_with("USD")) && !only.is_empty());
    let path = format!("/v1/price-lists/{}", counter.shop.euros);
    let change = json!({ "currency": "USD" });
    let reply = counter.desk.ask(Method::PATCH, &counter.world.operator, &path, Some(change)).await;
    assert_eq!(reply.refusal(), (422, "invalid-request".into(), vec!["/currency".into()]));
}

#[tokio::test]
async fn s3_19_components_are_added_with_a_quantity() {
    let counter = Counter::open().await;
    let Shop { printer, cutter, .. } = &counter.shop;
    let quote = counter.quote(&counter.shop.basket(&[(printer, 5), (cutter, 2)])).await;
    let price = &quote.body["price"];
    assert_eq!(price["lines"][1]["quantity"], 5);
    assert_eq!(price["lines"][1]["total"], json!({ "amount": 4_000, "currency": "EUR" }));
    assert_eq!(price["total"], json!({ "amount": 4_900 + 4_000 + 5_000, "currency": "EUR" }));
    for (components, pointer, code) in [
        (vec![(&**cutter, 1)], "/components/0/component", "component-required"),
        (vec![(&**printer, 1), (cutter, 21)], "/components/1/quantity", "quantity-out-of-range"),
        (vec![(&**printer, 0)], "/components/0/quantity", "quantity-out-of-range"),
        (vec![(&**printer, 10_001)], "/components/0/quantity", "quantity-out-of-range"),
        (vec![(&**printer, 1), (printer, 1)], "/components/1/component", "component-twice"),
    ] {
        let reply = counter.quote(&counter.shop.basket(&components)).await;
        assert_eq!(reply.refusal(), (422, "invalid-request".into(), vec![pointer.into()]), "{components:?}");
        assert_eq!(reply.body["errors"][0]["code"], code);
    }
    let excludes = json!({ "requires": [], "excludes": [printer] });
    counter.changed(&format!("/v1/components/{cutter}"), excludes).await;
    let reply = counter.quote(&counter.shop.basket(&[(printer, 1), (cutter, 1)])).await;
    assert_eq!(reply.body["errors"][0]["code"], "component-excluded");
}

#[tokio::test]
async fn s3_20_a_plan_is_bought_by_the_month_by_the_year_or_for_ever() {
    let counter = Counter::open().await;
    for (term, cents) in [("monthly", 5_900), ("yearly", 59_000), ("perpetual", 180_000)] {
        let basket = with(&counter.shop.basket(&[(&counter.shop.printer, 1)]), "term", term);
        assert_eq!(counter.costs(&basket).await, cents, "{term}");
    }
    let basket = with(&counter.shop.basket(&[]), "term", "weekly");
    assert_eq!(counter.quote(&basket).await.refusal().2, ["/term"]);
}

#[tokio::test]
async fn s3_21_what_is_not_available_in_the_clients_country_is_absent_and_refused() {
    let counter = Counter::open().await;
    let offered = |offers: &[Value]| told(offers).contains(&"Production perpetual EUR".to_owned());
    assert!(offered(&counter.offers(counter.partner(), "country=FR").await));
    assert!(!offered(&counter.offers(counter.partner(), "country=US").await));
    let basket = with(&with(&counter.shop.basket(&[]), "term", "perpetual"), "country", "US");
    assert_eq!(counter.quote(&basket).await.refusal(), (409, "offer-unavailable-in-region".into(), vec![]));
    // A component, and what needs it, go too.
    let only_france = json!({ "countries": ["FR"] });
    counter.changed(&format!("/v1/components/{}", counter.shop.printer), only_france).await;
    let offers = counter.offers(counter.partner(), "country=US").await;
    assert!(offers.iter().all(|plan| plan["offers"][0]["components"] == json!([])), "{offers:?}");
    let basket = with(&counter.shop.basket(&[(&counter.shop.printer, 1)]), "country", "US");
    assert_eq!(counter.quote(&basket).await.refusal().1, "offer-unavailable-in-region");
    // And a whole list.
    counter.changed(&format!("/v1/price-lists/{}", counter.shop.dollars), json!({ "countries": ["US"] })).await;
    assert!(told(&counter.offers(counter.partner(), "country=FR").await).iter().all(|offer| offer.ends_with("EUR")));
    let basket = with(&counter.shop.basket(&[]), "price_list", counter.shop.dollars.as_str());
    assert_eq!(counter.quote(&basket).await.refusal().1, "offer-unavailable-in-region");
}

#[tokio::test]
async fn s3_22_plans_are_data_and_each_has_its_prices() {
    let counter = Counter::open().await;
    let connect = with(&counter.shop.basket(&[(&counter.shop.printer, 2)]), "plan", counter.shop.connect.as_str());
    assert_eq!(counter.costs(&connect).await, 1_900 + 2 * 500);
    let plan = json!({
        "product": counter.shop.product, "code": "Proof", "name": "Proof", "state": "listed",
        "terms": [{ "term": "monthly" }],
    });
    let plan = counter.desk.made(&counter.world.operator, "/v1/plans", plan).await;
    let codes = |offers: &[Value]| {
        let mut codes: Vec<_> = offers.iter().map(|plan| plan["code"].as_str().unwrap().to_owned()).collect();
        codes.sort();
        codes
    };
    assert_eq!(codes(&counter.offers(counter.partner(), "country=FR").await), ["Connect", "Production"]);
    counter.desk.advance_days(1);
    let prices = json!([{ "plan": plan, "term": "monthly", "amount": 700 }]);
    Shop::publish(&counter.desk, &counter.world, &counter.shop.euros, prices).await;
    assert_eq!(codes(&counter.offers(counter.partner(), "country=FR&currency=EUR").await), ["Proof"]);
    let proof = with(&counter.shop.basket(&[]), "plan", plan.as_str());
    assert_eq!(counter.costs(&proof).await, 700);
    // A component without a price in this plan isn't sold with it.
    let proof = with(&counter.shop.basket(&[(&counter.shop.printer, 1)]), "plan", plan.as_str());
    assert_eq!(counter.quote(&proof).await.refusal().1, "offer-unavailable");
}

#[tokio::test]
async fn what_is_a_draft_is_the_vendors_and_what_is_unlisted_is_not_sold() {
    let counter = Counter::open().await;
    let draft =
        json!({ "product": counter.shop.product, "code": "Next", "name": "Next", "terms": [{ "term": "yearly" }] });
    let draft = counter.desk.made(&counter.world.operator, "/v1/plans", draft).await;
    let path = format!("/v1/plans/{draft}");
    assert_eq!(counter.desk.get(&counter.world.operator, &path).await.status, StatusCode::OK);
    assert_eq!(counter.desk.get(counter.partner(), &path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(counter.listed(counter.partner(), "/v1/plans").await.len(), 2);
    let basket = with(&counter.shop.basket(&[]), "plan", draft.as_str());
    assert_eq!(counter.quote(&basket).await.refusal(), (422, "invalid-request".into(), vec!["/plan".into()]));
    let production = format!("/v1/plans/{}", counter.shop.production);
    counter.changed(&production, json!({ "state": "unlisted" })).await;
    assert_eq!(counter.quote(&counter.shop.basket(&[])).await.refusal().1, "offer-unavailable");
    let back = json!({ "state": "draft" });
    let reply = counter.desk.ask(Method::PATCH, &counter.world.operator, &production, Some(back)).await;
    assert_eq!(reply.refusal().1, "no-draft-again");
}

#[tokio::test]
async fn only_the_vendor_writes_the_catalogue_and_codes_are_unique() {
    let counter = Counter::open().await;
    let plan =
        json!({ "product": counter.shop.product, "code": "Connect", "name": "x", "terms": [{ "term": "yearly" }] });
    let reply = counter.desk.post(&counter.world.operator, "/v1/plans", plan.clone()).await;
    assert_eq!(reply.refusal().1, "code-taken");
    assert_eq!(counter.desk.post(counter.partner(), "/v1/plans", plan).await.refusal().1, "right-missing");
    for (field, value, pointer) in [
        ("code", json!("a b"), "/code"),
        ("terms", json!([]), "/terms"),
        ("terms", json!([{ "term": "yearly" }, { "term": "yearly" }]), "/terms"),
        ("grace_days", json!(366), "/grace_days"),
        ("max_activations", json!(0), "/max_activations"),
        ("product", json!("prd_00000000000000000000000000"), "/product"),
    ] {
        let mut plan = json!({
            "product": counter.shop.product, "code": "Other", "name": "x", "terms": [{ "term": "yearly" }],
        });
        plan[field] = value;
        let reply = counter.desk.post(&counter.world.operator, "/v1/plans", plan).await;
        assert_eq!(reply.refusal(), (422, "invalid-request".into(), vec![pointer.into()]));
    }
}
