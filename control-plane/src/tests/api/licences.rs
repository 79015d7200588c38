//! Licences: taken, changed, cancelled, suspended, counted; who pays, and who sees what.

mod dunning;
mod files;
mod periods;
mod subscriptions;
mod troubles;
mod uses;

use axum::http::StatusCode;
use marque_config::PartnerId;
use serde_json::{Value, json};

use super::desk::{Desk, Reply, World};
use super::shop::Shop;
use crate::database::Write;
use crate::kernel::ids::PlanId;
use crate::kernel::principal::{Principal, Reach};
use crate::kernel::term::Term;
use crate::licences::model::{LicenceKind, Origin};
use crate::licences::operations::{self as licences, Issued, NewLicence};

/// A shop with a partner that has a hundred euros.
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
        let counter = Self { desk, world, shop };
        counter.pay(10_000).await;
        counter
    }

    fn token(&self) -> &str {
        &self.world.partners[0].token
    }

    async fn pay(&self, minor: i64) {
        let amount = json!({ "amount": minor, "currency": "EUR" });
        let reference = format!("paid {}", self.desk.revision().await);
        let body = json!({ "partner": self.world.partners[0].id, "amount": amount, "reference": reference });
        let reply = self.desk.post(&self.world.operator, "/v1/payments", body).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    }

    async fn balance(&self) -> i64 {
        let wallets = self.desk.get(self.token(), "/v1/balance").await.body["items"].clone();
        let wallets = wallets.as_array().unwrap();
        let euros = wallets.iter().find(|wallet| wallet["balance"]["currency"] == "EUR").unwrap();
        euros["balance"]["amount"].as_i64().unwrap()
    }

    fn taking(&self, term: &str) -> Value {
        json!({
            "tenant": self.world.partners[0].tenant, "plan": self.shop.production, "term": term,
            "price_list": self.shop.euros,
        })
    }

    async fn post(&self, path: &str, body: Value) -> Reply {
        self.desk.post(self.token(), path, body).await
    }

    /// Takes Production for a month: 49.00.
    async fn taken(&self) -> Value {
        let reply = self.post("/v1/licences", self.taking("monthly")).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
        reply.body
    }

    async fn licence(&self, id: &Value) -> Value {
        self.get("licences", id).await
    }

    async fn get(&self, kind: &str, id: &Value) -> Value {
        let reply = self.desk.get(self.token(), &format!("/v1/{kind}/{}", id.as_str().unwrap())).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        reply.body
    }

    async fn act(&self, id: &Value, what: &str, body: Value) -> Reply {
        self.post(&format!("/v1/licences/{}/{what}", id.as_str().unwrap()), body).await
    }

    async fn write(&self) -> Write {
        self.desk.store.begin(Reach::command("test").actor(), self.desk.store.now_ms()).await.unwrap()
    }

    /// Issues a trial of Production, as an order does.
    async fn trial(&self) -> Issued {
        let mut write = self.write().await;
        let issued = licences::issue(&mut write, self.wanted(LicenceKind::Trial)).await.unwrap();
        write.commit().await.unwrap();
        issued
    }

    fn wanted(&self, kind: LicenceKind) -> NewLicence {
        let partner: PartnerId = self.world.partners[0].id.parse().unwrap();
        let plan: PlanId = self.shop.production.parse().unwrap();
        NewLicence {
            tenant: self.world.partners[0].tenant.parse().unwrap(),
            partner,
            client: None,
            plan,
            term: Term::Monthly,
            components: vec![],
            kind,
            origin: Origin::Order,
            order: None,
            priced: None,
        }
    }

    /// What the edge knows of the tenant's licence.
    async fn told(&self) -> Value {
        let tenant = &self.world.partners[0].tenant;
        let fed = self.desk.fed(0).await;
        fed.into_iter()
            .rfind(|(_, name, _)| name == tenant)
            .map(|(.., body)| body["tenant"]["licence"].clone())
            .unwrap()
    }

    async fn actions(&self, object: &Value) -> Vec<String> {
        let statement = "select action from audit_event where object = $1 order by seq";
        let object = object.as_str().unwrap();
        sqlx::query_scalar(statement).bind(object).fetch_all(self.desk.store.reader()).await.unwrap()
    }
}

#[tokio::test]
async fn s2_11_a_licence_is_taken_changed_and_cancelled() {
    let counter = Counter::open().await;
    let taken = counter.taken().await;
    let (id, serial) = (&taken["id"], &taken["licence"]["serial"]);
    assert_eq!(taken["charged"], json!({ "amount": 4_900, "currency": "EUR" }));
    assert_eq!(taken["licence"]["status"], "issued");
    assert_eq!(counter.balance().await, 5_100);

    // To the smaller plan, half-way: half of the difference is given back.
    counter.desk.advance_days(15);
    let change = json!({ "plan": counter.shop.connect, "when": "now" });
    let tried =
        counter.post(&format!("/v1/licences/{}/change?dry_run=true", id.as_str().unwrap()), change.clone()).await;
    assert_eq!(tried.body["charged"]["amount"], -1_500, "{}", tried.body);
    assert_eq!(counter.licence(id).await["status"], "issued", "nothing was done");
    let changed = counter.act(id, "change", change).await;
    assert_eq!(changed.body["charged"]["amount"], -1_500, "{}", changed.body);
    assert_eq!(counter.balance().await, 6_600);
    let next = &changed.body["id"];
    assert_eq!(&changed.body["licence"]["serial"], serial, "people keep what they typed");
    let before = counter.licence(id).await;
    assert_eq!((&before["status"], &before["superseded_by"]), (&json!("superseded"), next));

    let cancelled = counter.act(next, "cancel", json!({})).await.body;
    assert_eq!(cancelled["cancelled_at"], changed.body["subscription"]["period_end"]);
    assert_eq!(cancelled["status"], "expiring", "it is used until the period ends");
    counter.desk.advance_days(15);
    crate::licences::tasks::run(&counter.desk.store).await.unwrap();
    assert_eq!(counter.licence(next).await["status"], "cancelled");
    assert_eq!(counter.balance().await, 6_600, "no other period is charged");
    assert_eq!(counter.act(next, "change", json!({ "when": "now" })).await.refusal().1, "licence-over");
}

#[tokio::test]
async fn s2_10_a_licence_is_taken_by_hand_or_by_itself() {
    let counter = Counter::open().await;
    let Counter { desk, world, shop } = &counter;
    let mine = &world.partners[0];
    assert_eq!(counter.taken().await["licence"]["origin"], "manual");
    let path = format!("/v1/partners/{}", mine.id);
    let chosen = json!({ "auto_licence_plan": shop.connect });
    let reply = desk.ask(axum::http::Method::PATCH, &mine.token, &path, Some(chosen)).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let tenant = json!({ "partner": mine.id, "application": world.application, "name": "Fournil" });
    let tenant = desk.made(&mine.token, "/v1/tenants", tenant).await;
    let list = desk.get(&mine.token, &format!("/v1/licences?tenant={tenant}")).await.body["items"].clone();
    assert_eq!((&list[0]["origin"], &list[0]["plan"]), (&json!("automatic"), &json!(shop.connect)));
    assert_eq!(counter.balance().await, 10_000 - 4_900 - 1_900);
    let by_hand = desk.get(&mine.token, "/v1/licences?origin=manual").await.body["items"].clone();
    assert_eq!(by_hand.as_array().unwrap().len(), 1);

    // A test costs nothing, and where the credit is insufficient, the tenant is there and has none.
    let test = json!({ "partner": mine.id, "application": world.application, "name": "Essai", "kind": "test" });
    let test = desk.made(&mine.token, "/v1/tenants", test).await;
    let dear = json!({ "auto_licence_plan": shop.production });
    desk.ask(axum::http::Method::PATCH, &mine.token, &path, Some(dear)).await;
    let tenant = json!({ "partner": mine.id, "application": world.application, "name": "Pressoir" });
    let poor = desk.made(&mine.token, "/v1/tenants", tenant).await;
    for tenant in [test, poor.clone()] {
        let list = desk.get(&mine.token, &format!("/v1/licences?tenant={tenant}")).await.body;
        assert_eq!(list, json!({ "items": [] }));
    }
    assert_eq!(counter.balance().await, 3_200);
    assert_eq!(counter.actions(&json!(poor)).await, ["tenant.created", "licence.needed"]);
}

#[tokio::test]
async fn s2_12_the_counter_counts_what_clients_use() {
    let counter = Counter::open().await;
    let Counter { desk, world, .. } = &counter;
    let count = async || desk.get(counter.token(), "/v1/licences/counters").await.body;
    let taken = counter.taken().await;
    assert_eq!(count().await, json!({ "current": 0, "trials": 0 }), "nobody uses it yet");
    let activation = json!({ "fingerprint": "till 1" });
    assert_eq!(counter.act(&taken["id"], "activate", activation.clone()).await.status, StatusCode::CREATED);
    assert_eq!(count().await, json!({ "current": 1, "trials": 0 }));
    counter.act(&taken["id"], "suspend", json!({})).await;
    assert_eq!(count().await, json!({ "current": 1, "trials": 0 }), "suspended ones count");
    let trial = json!(counter.trial().await.licence.id);
    counter.act(&trial, "activate", activation.clone()).await;
    assert_eq!(count().await, json!({ "current": 1, "trials": 1 }));
    // The partner's own don't, and another's are none of ours.
    let test =
        json!({ "partner": world.partners[0].id, "application": world.application, "name": "E", "kind": "test" });
    let test = desk.made(counter.token(), "/v1/tenants", test).await;
    let free = json!({ "tenant": test, "plan": counter.shop.production, "term": "monthly" });
    let free = counter.post("/v1/licences", free).await;
    assert_eq!((free.status, &free.body["charged"]), (StatusCode::CREATED, &Value::Null), "{}", free.body);
    assert_eq!(free.body["licence"]["kind"], "free");
    assert_eq!(counter.act(&free.body["id"], "activate", activation).await.status, StatusCode::CREATED);
    assert_eq!(count().await, json!({ "current": 1, "trials": 1 }));
    let others = desk.get(&world.partners[1].token, "/v1/licences/counters").await.body;
    assert_eq!(others, json!({ "current": 0, "trials": 0 }));
    desk.advance_days(14);
    assert_eq!(count().await, json!({ "current": 1, "trials": 0 }), "the trial is over");
}

#[tokio::test]
async fn s2_13_a_subscription_says_where_it_stands() {
    let counter = Counter::open().await;
    let trial = counter.trial().await.subscription.unwrap();
    assert_eq!(counter.get("subscriptions", &json!(trial.id)).await["state"], "trialing");
    let taken = counter.taken().await;
    let id = &taken["subscription"]["id"];
    let list = counter.desk.get(counter.token(), "/v1/subscriptions").await.body["items"].clone();
    let mut states: Vec<_> = list.as_array().unwrap().iter().map(|it| it["state"].as_str().unwrap()).collect();
    states.sort_unstable();
    assert_eq!(states, ["active", "trialing"]);
    let resume = format!("/v1/subscriptions/{}/resume", id.as_str().unwrap());
    assert_eq!(counter.post(&resume, json!({})).await.refusal().1, "subscription-not-resumable");
    counter.act(&taken["id"], "cancel", json!({})).await;
    assert_eq!(counter.get("subscriptions", id).await["cancel_at_period_end"], true);
    let kept = counter.post(&resume, json!({})).await.body;
    assert_eq!(kept["cancel_at_period_end"], false, "{kept}");
    assert_eq!(counter.licence(&taken["id"]).await["cancelled_at"], Value::Null);
    counter.act(&taken["id"], "cancel", json!({})).await;
    counter.desk.advance_days(40);
    crate::licences::tasks::run(&counter.desk.store).await.unwrap();
    assert_eq!(counter.get("subscriptions", id).await["state"], "ended");
    assert_eq!(counter.get("subscriptions", &json!(trial.id)).await["state"], "ended");
}

#[tokio::test]
async fn s1_4_licences_are_charged_to_the_partner_and_only_it_sees_what_they_cost() {
    let counter = Counter::open().await;
    let taken = counter.taken().await;
    assert_eq!(counter.balance().await, 5_100);
    let other = counter.desk.get(&counter.world.partners[1].token, "/v1/transactions").await.body;
    assert_eq!(other, json!({ "items": [] }));
    let price = json!({ "amount": 4_900, "currency": "EUR" });
    assert_eq!(counter.get("subscriptions", &taken["subscription"]["id"]).await["price"], price);
    let till = Principal::Application(counter.world.application.parse().unwrap());
    let till = counter.desk.token(till, "licences:read").await;
    for path in ["/v1/subscriptions", "/v1/licences"] {
        let shown = counter.desk.get(&till, path).await.body;
        assert_eq!(shown["items"].as_array().unwrap().len(), 1, "{shown}");
        assert!(!shown.to_string().contains("4900"), "{shown}");
    }
    // What can't be paid isn't taken.
    let reply = counter.post("/v1/licences", counter.taking("yearly")).await;
    assert_eq!(reply.refusal().1, "credit-exceeded");
    assert_eq!(counter.balance().await, 5_100);
    let list = counter.desk.get(counter.token(), "/v1/licences").await.body;
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "{list}");
}

#[tokio::test]
async fn what_an_operator_suspended_a_partner_does_not_resume() {
    let counter = Counter::open().await;
    let id = counter.taken().await["id"].clone();
    let path = |what: &str| format!("/v1/licences/{}/{what}", id.as_str().unwrap());
    let operator = &counter.world.operator;
    assert_eq!(counter.told().await["state"], "usable");
    let suspended = counter.desk.post(operator, &path("suspend"), json!({ "reason": "fraud" })).await.body;
    assert_eq!((&suspended["status"], &suspended["suspended_by"]), (&json!("suspended"), &json!("operator")));
    assert_eq!(counter.told().await["state"], "suspended");
    assert_eq!(counter.act(&id, "resume", json!({})).await.refusal().1, "licence-held-by-operator");
    assert_eq!(counter.desk.post(operator, &path("resume"), json!({})).await.body["status"], "issued");
    assert_eq!(counter.told().await["state"], "usable");
    assert_eq!(counter.act(&id, "resume", json!({})).await.refusal().1, "licence-not-suspended");
    let actions = counter.actions(&id).await;
    assert_eq!(actions, ["licence.issued", "licence.suspended", "licence.resumed"]);
}

#[tokio::test]
async fn a_closed_tenants_licences_end_with_it() {
    let counter = Counter::open().await;
    let taken = counter.taken().await;
    counter.post(&format!("/v1/tenants/{}/close", counter.world.partners[0].tenant), json!({})).await;
    assert_eq!(counter.licence(&taken["id"]).await["status"], "cancelled");
    assert_eq!(counter.get("subscriptions", &taken["subscription"]["id"]).await["state"], "ended");
    counter.desk.advance_days(40);
    crate::licences::tasks::run(&counter.desk.store).await.unwrap();
    assert_eq!(counter.balance().await, 5_100);
    let again = counter.post("/v1/licences", counter.taking("monthly")).await;
    assert_eq!(again.refusal().1, "tenant-closed");
}

#[tokio::test]
async fn another_partners_licences_do_not_exist() {
    let counter = Counter::open().await;
    let taken = counter.taken().await;
    let activation = counter.act(&taken["id"], "activate", json!({ "fingerprint": "a" })).await.body;
    let theirs = &counter.world.partners[1].token;
    let licence = format!("/v1/licences/{}", taken["id"].as_str().unwrap());
    let subscription = format!("/v1/subscriptions/{}", taken["subscription"]["id"].as_str().unwrap());
    let activation = format!("/v1/activations/{}", activation["id"].as_str().unwrap());
    for path in [&licence, &format!("{licence}/file"), &subscription, &activation] {
        assert_eq!(counter.desk.get(theirs, path).await.refusal().0, 404, "{path}");
    }
    for what in ["cancel", "suspend", "resume"] {
        let reply = counter.desk.post(theirs, &format!("{licence}/{what}"), json!({})).await;
        assert_eq!(reply.refusal().0, 404, "{what}");
    }
    let change = counter.desk.post(theirs, &format!("{licence}/change"), json!({ "when": "now" })).await;
    assert_eq!(change.refusal().0, 404);
    let activate = counter.desk.post(theirs, &format!("{licence}/activate"), json!({ "fingerprint": "b" })).await;
    assert_eq!(activate.refusal().0, 404);
    for what in ["renew", "resume"] {
        let reply = counter.desk.post(theirs, &format!("{subscription}/{what}"), json!({})).await;
        assert_eq!(reply.refusal().0, 404, "{what}");
    }
    let removed = counter.desk.ask(axum::http::Method::DELETE, theirs, &activation, None).await;
    assert_eq!(removed.refusal().0, 404);
    let take = counter.desk.post(theirs, "/v1/licences", counter.taking("monthly")).await;
    assert_eq!(take.refusal(), (422, "invalid-request".into(), vec!["/tenant".into()]));
    for path in ["/v1/licences", "/v1/subscriptions", "/v1/activations"] {
        assert_eq!(counter.desk.get(theirs, path).await.body, json!({ "items": [] }), "{path}");
    }
    let serial = json!({ "serial": taken["licence"]["serial"], "fingerprint": "a" });
    let looked = counter.desk.post(theirs, "/v1/licences/validate", serial.clone()).await;
    assert_eq!(looked.refusal().2, ["/serial"]);
    assert_eq!(counter.desk.post(theirs, "/v1/activations", serial).await.refusal().2, ["/serial"]);
}
