//! Something that each changing route of the API can be asked to do: fresh objects in the state that it needs.

mod own;
mod people;
mod selling;

pub(super) use own::Known;

use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{Method, StatusCode};
use marque_config::PartnerId;
use serde_json::{Value, json};

use super::desk::{Desk, World, everything, partner_to_add};
use super::shop::Shop;
use crate::kernel::actor::Actor;
use crate::kernel::ids::MailId;
use crate::kernel::principal::Principal;
use crate::routes::description;

/// A desk with a shop, where samples are made.
pub(super) struct Stage {
    pub(super) desk: Desk,
    pub(super) world: World,
    pub(super) shop: Shop,
    /// Another operator than the world's.
    pub(super) second: String,
    /// A proxy.
    pub(super) edge: String,
    /// Every operation of the description.
    pub(super) operations: Vec<(Method, String)>,
    made: AtomicU64,
}

/// One request that is right, and may be done once.
pub(super) struct Sample {
    /// A token, or a person's pass.
    pub(super) token: String,
    pub(super) path: String,
    pub(super) body: Value,
}

/// Every operation of the description.
fn operations() -> Vec<(Method, String)> {
    let document = serde_json::to_value(description()).unwrap();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let methods = methods.as_object().unwrap().keys().map(|method| method.to_uppercase().parse().unwrap());
        operations.extend(methods.map(|method| (method, path.clone())));
    }
    operations
}

impl Stage {
    pub(super) async fn open() -> Self {
        let desk = Desk::open().await;
        let world = desk.world().await;
        let shop = Shop::open(&desk, &world).await;
        let second = desk.token(Principal::Operator, &everything(Principal::Operator)).await;
        let edge = desk.token(Principal::Edge, "edge:sync").await;
        let (operations, made) = (operations(), AtomicU64::new(0));
        let stage = Self { desk, world, shop, second, edge, operations, made };
        stage.pay().await;
        stage
    }

    /// A number that no other sample has.
    pub(super) fn number(&self) -> u64 {
        self.made.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn by_operator(&self, path: impl Into<String>, body: Value) -> Sample {
        Sample { token: self.world.operator.clone(), path: path.into(), body }
    }

    pub(super) fn by_partner(&self, path: impl Into<String>, body: Value) -> Sample {
        Sample { token: self.world.partners[0].token.clone(), path: path.into(), body }
    }

    pub(super) fn partner(&self) -> &str {
        &self.world.partners[0].id
    }

    /// Makes something as an operator, and gives its id.
    pub(super) async fn made(&self, path: &str, body: Value) -> String {
        self.desk.made(&self.world.operator, path, body).await
    }

    /// Has something done as an operator that must be.
    pub(super) async fn done(&self, path: &str, body: Value) {
        let reply = self.desk.ask(Method::POST, &self.world.operator, path, Some(body)).await;
        assert!(reply.status.is_success(), "{path}: {}", reply.body);
    }

    pub(super) fn tenant_to_add(&self) -> Value {
        json!({
            "partner": self.partner(), "application": self.world.application, "name": format!("Moulin {}", self.number()),
        })
    }

    pub(super) async fn tenant(&self) -> String {
        self.made("/v1/tenants", self.tenant_to_add()).await
    }

    pub(super) async fn domain(&self) -> String {
        let (tenant, label) = (self.tenant().await, format!("moulin{}", self.number()));
        self.made("/v1/domains", json!({ "tenant": tenant, "kind": "platform", "label": label })).await
    }

    pub(super) fn client_to_add(&self) -> Value {
        json!({ "company": "Moulin", "email": format!("c{}@moulin.fr", self.number()), "country": "FR" })
    }

    pub(super) async fn client(&self) -> String {
        self.desk.made(&self.world.partners[0].token, "/v1/clients", self.client_to_add()).await
    }

    pub(super) async fn applied(&self) -> String {
        self.made("/v1/partners", partner_to_add(&format!("Comptoir {}", self.number()))).await
    }

    pub(super) fn manager_to_add(&self) -> Value {
        json!({ "name": "Camille", "email": format!("m{}@marque.example", self.number()) })
    }

    pub(super) async fn manager(&self) -> String {
        self.made("/v1/account-managers", self.manager_to_add()).await
    }

    pub(super) async fn approval(&self) -> Value {
        json!({ "application": self.world.application, "account_manager": self.manager().await })
    }

    pub(super) async fn approved(&self) -> String {
        let id = self.applied().await;
        self.done(&format!("/v1/partners/{id}/approve"), self.approval().await).await;
        id
    }

    pub(super) fn product_to_add(&self) -> Value {
        json!({ "application": self.world.application, "code": format!("P{}", self.number()), "name": "Print" })
    }

    pub(super) async fn product(&self) -> String {
        self.made("/v1/products", self.product_to_add()).await
    }

    pub(super) async fn plan_to_add(&self) -> Value {
        json!({
            "product": self.product().await, "code": format!("L{}", self.number()), "name": "Plan",
            "terms": [{ "term": "monthly" }],
        })
    }

    pub(super) async fn component_to_add(&self) -> Value {
        json!({ "product": self.product().await, "code": format!("c{}", self.number()), "name": "Printer" })
    }

    pub(super) fn list_to_add(&self) -> Value {
        json!({ "name": format!("List {}", self.number()), "currency": "EUR" })
    }

    pub(super) fn prices(&self) -> Value {
        json!({ "prices": [{ "plan": self.shop.production, "term": "monthly", "from_quantity": 1, "amount": 4900 }] })
    }

    pub(super) async fn draft(&self) -> String {
        let list = self.made("/v1/price-lists", self.list_to_add()).await;
        self.made(&format!("/v1/price-lists/{list}/versions"), self.prices()).await
    }

    pub(super) fn promo_to_add(&self) -> Value {
        json!({ "code": format!("PROMO{}", self.number()), "discount": { "kind": "percent", "basis_points": 1000 } })
    }

    pub(super) async fn promo(&self) -> String {
        self.made("/v1/promo-codes", self.promo_to_add()).await
    }

    pub(super) fn endpoint_to_add(&self) -> Value {
        json!({ "url": format!("https://example.net/{}", self.number()) })
    }

    /// An endpoint, the only one that its partner has: there may only be a few.
    pub(super) async fn endpoint(&self) -> String {
        let (path, token) = ("/v1/webhook-endpoints", &self.world.partners[0].token);
        let before = self.desk.get(token, path).await.body["items"].as_array().cloned().unwrap_or_default();
        for id in before.iter().filter_map(|endpoint| endpoint["id"].as_str()) {
            self.desk.ask(Method::DELETE, token, &format!("{path}/{id}"), None).await;
        }
        self.made_by_partner(path, self.endpoint_to_add()).await
    }

    pub(super) fn token_to_make(&self) -> Value {
        let principal = format!("partner:{}", self.partner());
        json!({ "name": "t", "principal": principal, "scopes": ["tenants:read"] })
    }

    pub(super) fn euros(&self, minor: i64) -> Value {
        json!({ "amount": minor, "currency": "EUR" })
    }

    pub(super) async fn adjustment(&self) -> String {
        let body = json!({ "partner": self.partner(), "amount": self.euros(100), "reason": "Geste" });
        self.made("/v1/adjustments", body).await
    }

    pub(super) async fn wallet(&self) -> String {
        let body = json!({ "partner": self.applied().await, "currency": "CHF", "credit_limit": 5 });
        self.made("/v1/wallets", body).await
    }

    /// A mail that couldn't be sent.
    pub(super) async fn failed_mail(&self) -> String {
        let partner: PartnerId = self.partner().parse().unwrap();
        let mut write = self.desk.store.begin(&Actor::system("test"), self.desk.store.now_ms()).await.unwrap();
        let id: MailId = write.id();
        sqlx::query(
            "insert into mail (id, to_address, kind, language, partner_id, facts, state, attempts, next_ms, created_ms)
             values ($1, 'a@b.fr', 'partner_approved', 'fr', $2, '{}', 'failed', 8, 1, 1)",
        )
        .bind(id.to_string())
        .bind(partner.to_string())
        .execute(write.connection())
        .await
        .unwrap();
        write.commit().await.unwrap();
        id.to_string()
    }

    /// What was done so far: each change leaves its trace.
    pub(super) async fn traces(&self) -> i64 {
        self.desk.store.audit_head().await.unwrap().seq
    }

    /// What was done since an audit event, each with its outbox event: the action, and of what.
    pub(super) async fn done_since(&self, seq: i64) -> Vec<(String, String)> {
        let audited = self.actions("select action, object from audit_event where seq > $1 order by seq", seq).await;
        let told = self.actions("select kind, object from outbox_event where seq > $1 order by seq", seq).await;
        assert_eq!(audited, told, "each audit event has one outbox event, and no other is there");
        audited
    }

    /// What the events after a number say.
    pub(super) async fn said_since(&self, seq: i64) -> Vec<(String, String)> {
        self.actions("select kind, payload from outbox_event where seq > $1 order by seq", seq).await
    }

    async fn actions(&self, statement: &'static str, seq: i64) -> Vec<(String, String)> {
        sqlx::query_as(statement).bind(seq).fetch_all(self.desk.store.reader()).await.unwrap()
    }

    /// The newest version of an object.
    pub(super) async fn tag(&self, sample: &Sample) -> Option<String> {
        let reply = self.desk.get(&sample.token, &sample.path).await;
        (reply.status == StatusCode::OK).then(|| reply.headers["etag"].to_str().unwrap().to_owned())
    }
}
