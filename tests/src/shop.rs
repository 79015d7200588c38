//! Something to sell, and a partner who sells it: what orders over the network start from.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Result;
use serde_json::{Value, json};

use crate::api::{Api, text};
use crate::installation::Business;
use crate::office::Office;

/// What a partner that sells may do with its token.
pub const SELLING: &[&str] = &[
    "orders:read",
    "orders:write",
    "orders:void",
    "clients:read",
    "clients:write",
    "licences:read",
    "licences:write",
    "licences:activate_oem",
    "activations:read",
    "activations:write",
    "balance:read",
    "tenants:read",
    "search:read",
];

/// What the plan costs a month, in cents.
pub const MONTH: i64 = 4_900;
/// What a printer costs a month more, in cents.
pub const PRINTER: i64 = 1_000;

/// One plan at 49.00 EUR a month with printers at 10.00 each.
#[derive(Debug, Clone)]
pub struct Goods {
    /// The price list, in euros.
    pub price_list: String,
    /// The plan.
    pub plan: String,
    /// The printer.
    pub printer: String,
}

/// A partner that paid in advance, and what it sells.
#[derive(Debug, Clone)]
pub struct Shop {
    /// The partner's hand on the API.
    pub partner: Api,
    /// The partner.
    pub partner_id: String,
    /// What it sells.
    pub goods: Goods,
}

impl Goods {
    /// Puts them on sale for an application.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn list(operator: &Api, application: &str) -> Result<Self> {
        let product = json!({"application": application, "code": "till", "name": "Cash register", "state": "listed"});
        let product = made(operator, "/v1/products", product).await?;
        let plan = json!({
            "product": product, "code": "Production", "name": "Production", "state": "listed",
            "terms": [{"term": "monthly"}, {"term": "yearly"}], "max_activations": 2,
        });
        let plan = made(operator, "/v1/plans", plan).await?;
        let printer = json!({"product": product, "code": "printer", "name": "Printer", "state": "listed"});
        let printer = made(operator, "/v1/components", printer).await?;
        let price_list = prices(operator, &plan, &printer).await?;
        Ok(Self { price_list, plan, printer })
    }

    /// An order or a trial for a month, for a client that is found or made by its address.
    #[must_use]
    pub fn order(&self, kind: &str, client: &str, printers: u32) -> Value {
        let components =
            if printers == 0 { json!([]) } else { json!([{"component": self.printer, "quantity": printers}]) };
        json!({
            "kind": kind, "price_list": self.price_list, "plan": self.plan, "term": "monthly",
            "components": components,
            "client": {"company": "Boulangerie", "email": client, "country": "FR"},
        })
    }
}

impl Shop {
    /// Opens it; the partner has paid so many cents.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn open(office: &Office, paid: i64) -> Result<Self> {
        let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 9000));
        Self::of(&office.operator, &Business::open(&office.operator, nowhere, 443).await?, paid).await
    }

    /// Puts goods on sale for a business that is there already; its partner has paid so many cents.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn of(operator: &Api, business: &Business, paid: i64) -> Result<Self> {
        let (goods, partner_id) = (Goods::list(operator, &business.application).await?, business.partner.clone());
        if paid > 0 {
            pay(operator, &partner_id, paid).await?;
        }
        let token = json!({"name": "shop", "principal": format!("partner:{partner_id}"), "scopes": SELLING});
        let token = text(&operator.post("/v1/tokens", token).await?, "/token")?;
        Ok(Self { partner: operator.with_token(token), partner_id, goods })
    }
}

/// The partner has paid so many cents in advance.
///
/// # Errors
/// When the API refuses.
pub async fn pay(operator: &Api, partner: &str, cents: i64) -> Result<()> {
    let amount = json!({"amount": cents, "currency": "EUR"});
    let payment = json!({"partner": partner, "amount": amount, "reference": "in advance"});
    operator.post("/v1/payments", payment).await.map(drop)
}

async fn prices(operator: &Api, plan: &str, printer: &str) -> Result<String> {
    let list = made(operator, "/v1/price-lists", json!({"name": "Europe", "currency": "EUR"})).await?;
    let row = |term: &str, component: Option<&str>, amount: i64| json!({"plan": plan, "term": term, "component": component, "from_quantity": 1, "amount": amount});
    let rows = json!([
        row("monthly", None, MONTH),
        row("monthly", Some(printer), PRINTER),
        row("yearly", None, 10 * MONTH),
        row("yearly", Some(printer), 10 * PRINTER),
    ]);
    let version = made(operator, &format!("/v1/price-lists/{list}/versions"), json!({"prices": rows})).await?;
    operator.post(&format!("/v1/price-versions/{version}/publish"), json!({})).await?;
    Ok(list)
}

async fn made(operator: &Api, path: &str, body: Value) -> Result<String> {
    text(&operator.post(path, body).await?, "/id")
}
