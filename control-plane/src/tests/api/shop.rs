//! Something to sell: a product with two plans and two components, priced in euros and dollars.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::desk::{Desk, World};

/// What tests of orders, licences and money start from. Everything is sold everywhere, but perpetual Production licences
/// not in the United States.
pub(super) struct Shop {
    pub(super) product: String,
    /// 49.00 a month, 490.00 a year, 1,500.00 for ever, in euros; a tenth more in dollars.
    pub(super) production: String,
    /// 19.00 a month, 190.00 a year.
    pub(super) connect: String,
    /// With Production: 10.00 a month, 100.00 a year, 300.00 for ever; from five on 8.00, 80.00 and 240.00.
    /// With Connect: 5.00 a month, 50.00 a year.
    pub(super) printer: String,
    /// 25.00 a month, 250.00 a year, 700.00 for ever; only with a printer, and with Production.
    pub(super) cutter: String,
    pub(super) euros: String,
    pub(super) dollars: String,
    pub(super) euro_version: String,
}

impl Shop {
    pub(super) async fn open(desk: &Desk, world: &World) -> Self {
        let token = &world.operator;
        let product = json!({
            "application": world.application, "code": "PrintFactory", "name": "Print Factory", "state": "listed",
        });
        let product = desk.made(token, "/v1/products", product).await;
        let elsewhere = json!(["FR", "DE", "GB", "BE", "CH", "ES", "IT", "BR", "AU", "JP"]);
        let terms =
            json!([{ "term": "monthly" }, { "term": "yearly" }, { "term": "perpetual", "countries": elsewhere }]);
        let production = Self::plan(desk, world, (&product, "Production"), terms).await;
        let terms = json!([{ "term": "monthly" }, { "term": "yearly" }]);
        let connect = Self::plan(desk, world, (&product, "Connect"), terms).await;
        let printer = json!({ "product": product, "code": "printer", "name": "Printer", "state": "listed" });
        let printer = desk.made(token, "/v1/components", printer).await;
        let cutter = json!({
            "product": product, "code": "cutter", "name": "Cutter", "state": "listed", "requires": [printer],
            "max_quantity": 20,
        });
        let cutter = desk.made(token, "/v1/components", cutter).await;
        let prices = |tenths: i64| {
            let amount = |cents: i64| cents * tenths / 10;
            let row = |plan: &str, term: &str, component: Option<&str>, from: i64, cents: i64| {
                json!({
                    "plan": plan, "term": term, "component": component, "from_quantity": from, "amount": amount(cents),
                })
            };
            let mut rows = Vec::new();
            for (term, plan, printer_each, printer_many, cutter_each) in [
                ("monthly", 4_900, 1_000, 800, 2_500),
                ("yearly", 49_000, 10_000, 8_000, 25_000),
                ("perpetual", 150_000, 30_000, 24_000, 70_000),
            ] {
                rows.push(row(&production, term, None, 1, plan));
                rows.push(row(&production, term, Some(&printer), 1, printer_each));
                rows.push(row(&production, term, Some(&printer), 5, printer_many));
                rows.push(row(&production, term, Some(&cutter), 1, cutter_each));
            }
            for (term, plan, printer_each) in [("monthly", 1_900, 500), ("yearly", 19_000, 5_000)] {
                rows.push(row(&connect, term, None, 1, plan));
                rows.push(row(&connect, term, Some(&printer), 1, printer_each));
            }
            Value::from(rows)
        };
        let (euros, euro_version) = Self::list(desk, world, "EUR", prices(10)).await;
        let (dollars, _) = Self::list(desk, world, "USD", prices(11)).await;
        Self { product, production, connect, printer, cutter, euros, dollars, euro_version }
    }

    async fn plan(desk: &Desk, world: &World, (product, code): (&str, &str), terms: Value) -> String {
        let plan = json!({
            "product": product, "code": code, "name": code, "state": "listed", "terms": terms, "max_activations": 2,
        });
        desk.made(&world.operator, "/v1/plans", plan).await
    }

    /// A price list in a currency, with prices that are in force.
    pub(super) async fn list(desk: &Desk, world: &World, currency: &str, prices: Value) -> (String, String) {
        let list = json!({ "name": format!("{currency} world"), "currency": currency });
        let list = desk.made(&world.operator, "/v1/price-lists", list).await;
        let version = Self::publish(desk, world, &list, prices).await;
        (list, version)
    }

    /// Publishes prices for now.
    pub(super) async fn publish(desk: &Desk, world: &World, list: &str, prices: Value) -> String {
        let path = format!("/v1/price-lists/{list}/versions");
        let version = desk.made(&world.operator, &path, json!({ "prices": prices })).await;
        let path = format!("/v1/price-versions/{version}/publish");
        let reply = desk.post(&world.operator, &path, json!({})).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        version
    }

    /// A promo code; what `more` says goes over a tenth off everything, once.
    pub(super) async fn promo(desk: &Desk, world: &World, code: &str, more: Value) -> String {
        let mut promo = json!({ "code": code, "discount": { "kind": "percent", "basis_points": 1_000 } });
        for (key, value) in more.as_object().unwrap() {
            promo[key] = value.clone();
        }
        desk.made(&world.operator, "/v1/promo-codes", promo).await
    }

    /// Production for a month in France, in euros, with these components: 49.00 without any.
    pub(super) fn basket(&self, components: &[(&str, u32)]) -> Value {
        let one = |(component, quantity): &(&str, u32)| json!({ "component": component, "quantity": quantity });
        json!({
            "country": "FR", "price_list": self.euros, "plan": self.production, "term": "monthly",
            "components": components.iter().map(one).collect::<Vec<_>>(),
        })
    }
}
