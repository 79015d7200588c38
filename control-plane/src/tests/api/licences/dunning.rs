//! What isn't paid: it is mailed, money that arrives is used at once, and being suspended has an end.

use marque_config::settings::SubscriptionSettings;
use serde_json::{Value, json};

use super::Counter;
use crate::database::task::Runs;
use crate::licences::tasks as renew;
use crate::notify::model::mail::MailKind;
use crate::tests::api::notices::{Waiting, french_member, waiting};

const COMPTA: &str = "compta@caisse-nord.fr";

impl Counter {
    /// Production for a month, of which the third can't be paid; with a grace of five days.
    async fn unpaid(&self) -> Value {
        self.desk.sql("update plan set grace_days = 5", &[]).await;
        let taken = self.taken().await;
        for _ in 0..2 {
            self.pass(31).await;
        }
        assert_eq!(self.state(&taken).await, "past_due");
        taken
    }

    async fn pass(&self, days: i64) {
        self.desk.advance_days(days);
        let settings = SubscriptionSettings { suspended_days: 20 };
        for _ in 0..3 {
            renew::run_by(&self.desk.store, settings, &Runs::default()).await.unwrap();
        }
        assert_eq!(self.desk.store.broken().await.unwrap(), []);
    }

    async fn state(&self, taken: &Value) -> String {
        let subscription = self.get("subscriptions", &taken["subscription"]["id"]).await;
        subscription["state"].as_str().unwrap().to_owned()
    }

    /// The mails of this kind to who looks after the money.
    async fn told_of(&self, kind: MailKind) -> Vec<Waiting> {
        waiting(&self.desk, kind).await.into_iter().filter(|mail| mail.to == COMPTA).collect()
    }
}

#[tokio::test]
async fn past_due_and_suspended_are_mailed_once_each_to_who_sees_the_balance() {
    let counter = Counter::open().await;
    let (desk, world) = (&counter.desk, &counter.world);
    let mine = &world.partners[0].id;
    french_member(desk, world, mine, COMPTA, &["billing.read"]).await;
    french_member(desk, world, mine, "aide@caisse-nord.fr", &["support.handle"]).await;
    let taken = counter.unpaid().await;
    counter.pass(1).await;
    let told = counter.told_of(MailKind::SubscriptionPastDue).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].text.contains("Print Factory") && told[0].text.contains("/subscriptions/"), "{}", told[0].text);
    assert_eq!(waiting(desk, MailKind::SubscriptionPastDue).await.len(), 1, "who answers clients isn't asked to pay");
    assert_eq!(counter.told_of(MailKind::SubscriptionSuspended).await, []);
    counter.pass(5).await;
    assert_eq!(counter.state(&taken).await, "suspended");
    counter.pass(3).await;
    assert_eq!(counter.told_of(MailKind::SubscriptionSuspended).await.len(), 1);
    assert_eq!(counter.told_of(MailKind::SubscriptionPastDue).await.len(), 1);
}

#[tokio::test]
async fn money_that_arrives_is_tried_at_once() {
    let counter = Counter::open().await;
    let taken = counter.unpaid().await;
    counter.pay(5_000).await;
    counter.pass(0).await;
    assert_eq!((counter.state(&taken).await.as_str(), counter.balance().await), ("active", 300));
    // And when the grace is over too: a month begins at that moment.
    counter.pass(31).await;
    counter.pass(7).await;
    assert_eq!(counter.state(&taken).await, "suspended");
    counter.pay(1_000).await;
    counter.pass(0).await;
    assert_eq!(counter.state(&taken).await, "suspended", "too little");
    counter.pay(5_000).await;
    counter.pass(0).await;
    assert_eq!((counter.state(&taken).await.as_str(), counter.balance().await), ("active", 1_400));
    assert_eq!(counter.licence(&taken["id"]).await["suspended_by"], Value::Null);
    assert_eq!(counter.told().await["state"], "usable");
}

#[tokio::test]
async fn more_credit_is_tried_at_once_too() {
    let counter = Counter::open().await;
    let taken = counter.unpaid().await;
    let wallets = counter.desk.get(counter.token(), "/v1/balance").await.body["items"].clone();
    let path = format!("/v1/wallets/{}", wallets[0]["id"].as_str().unwrap());
    let more = json!({ "credit_limit": 10_000 });
    let reply = counter.desk.ask(axum::http::Method::PATCH, &counter.world.operator, &path, Some(more)).await;
    assert!(reply.status.is_success(), "{}", reply.body);
    counter.pass(0).await;
    assert_eq!((counter.state(&taken).await.as_str(), counter.balance().await), ("active", 200 - 4_900));
}

#[tokio::test]
async fn nothing_is_charged_for_a_licence_that_an_operator_holds() {
    let counter = Counter::open().await;
    let taken = counter.unpaid().await;
    let path = format!("/v1/licences/{}/suspend", taken["id"].as_str().unwrap());
    let reply = counter.desk.post(&counter.world.operator, &path, json!({ "reason": "abuse" })).await;
    assert!(reply.status.is_success(), "{}", reply.body);
    counter.pass(6).await;
    assert_eq!(counter.state(&taken).await, "suspended");
    counter.pay(10_000).await;
    counter.pass(0).await;
    assert_eq!((counter.state(&taken).await.as_str(), counter.balance().await), ("suspended", 10_200));
}

#[tokio::test]
async fn what_stays_suspended_ends_when_the_settings_say() {
    let counter = Counter::open().await;
    let taken = counter.unpaid().await;
    counter.pass(6).await;
    counter.pay(1_000).await;
    counter.pass(19).await;
    assert_eq!(counter.state(&taken).await, "suspended", "tried in vain, it ends no later and no sooner");
    counter.pass(1).await;
    assert_eq!(counter.state(&taken).await, "ended");
    assert_eq!(counter.licence(&taken["id"]).await["status"], "cancelled");
    counter.pay(10_000).await;
    counter.pass(0).await;
    assert_eq!((counter.state(&taken).await.as_str(), counter.balance().await), ("ended", 11_200));
}

#[tokio::test]
async fn what_was_suspended_before_it_was_noted_when_has_its_whole_time() {
    let counter = Counter::open().await;
    let taken = counter.unpaid().await;
    counter.pass(6).await;
    let id = taken["subscription"]["id"].as_str().unwrap();
    let before = "update subscription set suspended_ms = null, next_ms = period_end_ms where id = $1";
    counter.desk.sql(before, &[id]).await;
    counter.pass(0).await;
    counter.pass(19).await;
    assert_eq!(counter.state(&taken).await, "suspended");
    counter.pass(1).await;
    assert_eq!(counter.state(&taken).await, "ended");
}

#[tokio::test]
async fn a_change_of_plan_takes_the_new_plans_grace_and_product() {
    for when in ["now", "at_renewal"] {
        let counter = Counter::open().await;
        counter.pay(50_000).await;
        let Counter { desk, world, shop } = &counter;
        let product = json!({
            "application": world.application, "code": "Other", "name": "Other", "state": "listed",
        });
        let product = desk.made(&world.operator, "/v1/products", product).await;
        desk.sql("update plan set grace_days = 3", &[]).await;
        desk.sql("update plan set grace_days = 11, product_id = $1 where id = $2", &[&product, &shop.connect]).await;
        let taken = counter.taken().await;
        let change = json!({ "plan": shop.connect, "when": when });
        let changed = counter.act(&taken["id"], "change", change).await;
        assert!(changed.status.is_success(), "{}", changed.body);
        counter.pass(31).await;
        let id = taken["subscription"]["id"].as_str().unwrap();
        let so: (String, String, i64) =
            sqlx::query_as("select plan_id, product_id, grace_days from subscription where id = $1")
                .bind(id)
                .fetch_one(desk.store.reader())
                .await
                .unwrap();
        assert_eq!(so, (shop.connect.clone(), product, 11), "{when}");
        let end = counter.get("subscriptions", &json!(id)).await["period_end"].clone();
        let licences = desk.get(counter.token(), "/v1/licences?status=issued").await.body["items"].clone();
        let until = crate::web::time::read(licences[0]["usable_until"].as_str().unwrap()).unwrap();
        assert_eq!(until - crate::web::time::read(end.as_str().unwrap()).unwrap(), 11 * 86_400_000, "{licences}");
    }
}
