//! Periods: charged once each, in calendar months; what can't be paid works for the grace and then stops.

use serde_json::{Value, json};

use super::Counter;
use crate::database::{Page, Write};
use crate::kernel::period::months_after;
use crate::kernel::principal::Reach;
use crate::licences::model::{LicenceKind, LicenceStatus};
use crate::licences::store::LicenceFilter;
use crate::licences::{operations as licences, tasks as renew};
use crate::web::time::{read, written};

impl Counter {
    async fn renew(&self) {
        // As often as one likes: what was done isn't done again.
        for _ in 0..3 {
            renew::run(&self.desk.store).await.unwrap();
        }
    }

    async fn subscription(&self, taken: &Value) -> Value {
        self.get("subscriptions", &taken["subscription"]["id"]).await
    }
}

fn at(text: &Value) -> i64 {
    read(text.as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn each_period_is_charged_once_and_lasts_a_calendar_month() {
    let counter = Counter::open().await;
    counter.pay(90_000).await;
    let taken = counter.taken().await;
    let from_ms = counter.desk.store.now_ms();
    let mut balance = counter.balance().await;
    for number in 1..=6 {
        let subscription = counter.subscription(&taken).await;
        assert_eq!(subscription["period"], number);
        let end_ms = months_after(from_ms, number).unwrap();
        assert_eq!(subscription["period_end"], written(end_ms));
        assert_eq!(counter.licence(&taken["id"]).await["expires_at"], written(end_ms));
        counter.renew().await;
        assert_eq!(counter.balance().await, balance, "not before its time");
        let days = (end_ms - counter.desk.store.now_ms()) / 86_400_000;
        counter.desk.advance_days(days);
        counter.renew().await;
        balance -= 4_900;
        assert_eq!(counter.balance().await, balance);
    }
    let actions = counter.actions(&taken["subscription"]["id"]).await;
    assert_eq!(actions, ["subscription.renewed"; 6]);
    let told = counter.told().await;
    let licence = counter.licence(&taken["id"]).await;
    assert_eq!(
        (told["state"].as_str(), told["until_ms"].as_i64()),
        (Some("usable"), Some(at(&licence["usable_until"])))
    );
}

#[tokio::test]
async fn s3_p6_the_licences_end_and_the_subscriptions_are_two_dates() {
    let counter = Counter::open().await;
    let taken = counter.taken().await;
    let (licence, subscription) = (counter.licence(&taken["id"]).await, counter.subscription(&taken).await);
    assert_eq!(licence["expires_at"], subscription["period_end"]);
    let grace = counter.shop_grace().await;
    assert_eq!(at(&licence["usable_until"]) - at(&subscription["period_end"]), grace * 86_400_000);
    // They part: a trial's serial number ends when the trial does, its subscription shows the same end for itself.
    let trial = counter.trial().await;
    let activated = counter.act(&json!(trial.licence.id), "activate", json!({ "fingerprint": "a" })).await.body;
    let ends = counter.get("subscriptions", &json!(trial.subscription.unwrap().id)).await["period_end"].clone();
    assert_eq!(activated["usable_until"], ends);
    assert_eq!(at(&ends), counter.desk.store.now_ms() + 14 * 86_400_000);
    // One that is cancelled keeps its expiry, and says from when on it can't be used.
    let cancelled = counter.act(&taken["id"], "cancel", json!({})).await.body;
    assert_eq!(cancelled["usable_until"], subscription["period_end"]);
}

impl Counter {
    async fn shop_grace(&self) -> i64 {
        sqlx::query_scalar("select grace_days from plan where id = $1")
            .bind(&self.shop.production)
            .fetch_one(self.desk.store.reader())
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn what_cannot_be_paid_works_for_the_grace_and_then_stops() {
    let counter = Counter::open().await;
    let mut write = counter.write().await;
    sqlx::query("update plan set grace_days = 5").execute(write.connection()).await.unwrap();
    write.commit().await.unwrap();
    let taken = counter.taken().await;
    let id = &taken["subscription"]["id"];
    counter.act(&taken["id"], "activate", json!({ "fingerprint": "a" })).await;
    // The second month can be paid, the third can't.
    counter.desk.advance_days(31);
    counter.renew().await;
    assert_eq!(counter.balance().await, 200);
    counter.desk.advance_days(31);
    counter.renew().await;
    assert_eq!(counter.subscription(&taken).await["state"], "past_due");
    assert_eq!(counter.licence(&taken["id"]).await["status"], "active");
    assert_eq!(counter.told().await["state"], "usable");
    counter.desk.advance_days(5);
    counter.renew().await;
    assert_eq!(counter.subscription(&taken).await["state"], "suspended");
    let licence = counter.licence(&taken["id"]).await;
    assert_eq!((&licence["status"], &licence["suspended_by"]), (&json!("suspended"), &json!("billing")));
    assert_eq!(counter.told().await["state"], "suspended");
    assert_eq!(counter.balance().await, 200);
    let actions = counter.actions(id).await;
    assert_eq!(actions, ["subscription.renewed", "subscription.past_due", "subscription.suspended"]);

    // Paid again, it is the same tenant and serial number, and a month begins now (Q99).
    let path = format!("/v1/subscriptions/{}/resume", id.as_str().unwrap());
    assert_eq!(counter.act(&taken["id"], "resume", json!({})).await.refusal().1, "licence-unpaid");
    assert_eq!(counter.post(&path, json!({})).await.refusal().1, "credit-exceeded");
    counter.pay(5_000).await;
    counter.desk.advance_days(20);
    let resumed = counter.post(&path, json!({})).await.body;
    assert_eq!((&resumed["state"], &resumed["period"]), (&json!("active"), &json!(3)), "{resumed}");
    assert_eq!(at(&resumed["period_end"]), months_after(counter.desk.store.now_ms(), 1).unwrap());
    assert_eq!(counter.balance().await, 300);
    let licence = counter.licence(&taken["id"]).await;
    assert_eq!((&licence["status"], &licence["serial"]), (&json!("active"), &taken["licence"]["serial"]));
    assert_eq!(counter.told().await["state"], "usable");
}

#[tokio::test]
async fn a_change_can_wait_for_the_end_of_the_period() {
    let counter = Counter::open().await;
    counter.pay(90_000).await;
    let taken = counter.taken().await;
    counter.act(&taken["id"], "activate", json!({ "fingerprint": "till 1" })).await;
    let change = json!({
        "term": "yearly", "when": "at_renewal", "components": [{ "component": counter.shop.printer, "quantity": 2 }],
    });
    let waiting = counter.act(&taken["id"], "change", change).await.body;
    assert_eq!((&waiting["charged"]["amount"], &waiting["id"]), (&json!(0), &taken["id"]), "{waiting}");
    assert_eq!(waiting["subscription"]["scheduled_change"]["price"]["amount"], 49_000 + 2 * 10_000);
    counter.desk.advance_days(31);
    counter.renew().await;
    assert_eq!(counter.balance().await, 100_000 - 4_900 - 69_000);
    let subscription = counter.subscription(&taken).await;
    assert_eq!((&subscription["term"], &subscription["period"]), (&json!("yearly"), &json!(2)));
    assert_eq!(subscription["scheduled_change"], Value::Null);
    assert_eq!(at(&subscription["period_end"]), months_after(at(&subscription["period_start"]), 12).unwrap());
    let before = counter.licence(&taken["id"]).await;
    let next = counter.licence(&before["superseded_by"]).await;
    assert_eq!((&next["serial"], &next["term"]), (&before["serial"], &json!("yearly")));
    assert_eq!(next["activated_at"], before["activated_at"]);
    let installations = counter.desk.get(counter.token(), "/v1/activations").await.body;
    assert_eq!(installations["items"][0]["licence"], next["id"]);
}

#[tokio::test]
async fn a_longer_term_begins_at_once_and_the_rest_of_the_month_is_given_back() {
    let counter = Counter::open().await;
    counter.pay(90_000).await;
    let taken = counter.taken().await;
    counter.desk.advance_days(15);
    let changed = counter.act(&taken["id"], "change", json!({ "term": "yearly", "when": "now" })).await.body;
    assert_eq!(changed["charged"]["amount"], 49_000 - 2_450, "{changed}");
    let end_ms = months_after(counter.desk.store.now_ms(), 12).unwrap();
    assert_eq!(at(&changed["subscription"]["period_end"]), end_ms);
    assert_eq!(at(&changed["licence"]["expires_at"]), end_ms);
    let dollars = json!({ "price_list": counter.shop.dollars, "when": "now" });
    assert_eq!(counter.act(&changed["id"], "change", dollars).await.refusal().1, "currency-mismatch");
    counter.pay(100_000).await;
    let forever = counter.act(&changed["id"], "change", json!({ "term": "perpetual", "when": "now" })).await.body;
    assert_eq!(forever["charged"]["amount"], 150_000 - 49_000, "{forever}");
}

#[tokio::test]
async fn it_is_told_once_that_a_licence_ends_soon_and_that_it_has_ended() {
    let counter = Counter::open().await;
    let trial = counter.trial().await.licence;
    let id = json!(trial.id);
    counter.act(&id, "activate", json!({ "fingerprint": "a" })).await;
    for days in [10, 1, 1, 2, 5] {
        counter.desk.advance_days(days);
        counter.renew().await;
    }
    let actions = counter.actions(&id).await;
    assert_eq!(actions, ["licence.issued", "licence.activated", "trial.expiring", "licence.expired"]);
    let told = counter.told().await;
    assert!(told["until_ms"].as_i64().unwrap() < counter.desk.store.now_ms(), "{told}");
}

/// The statement that filters by status says what the model says, for licences to which anything may have happened.
#[tokio::test]
async fn a_list_by_status_agrees_with_what_each_licence_says() {
    let counter = Counter::open().await;
    let now_ms = counter.desk.store.now_ms();
    let mut write = counter.write().await;
    let mut made = 0;
    for kind in ["trial", "paid", "free"] {
        for (index, expires) in [None, Some(-9), Some(-3), Some(0), Some(2), Some(20), Some(40)].into_iter().enumerate()
        {
            for fact in 0..8_i64 {
                let issued = licences::issue(&mut write, counter.wanted(LicenceKind::Paid)).await.unwrap();
                let index = i64::try_from(index).unwrap();
                happened(&mut write, &issued.licence.id.to_string(), kind, (index, expires, fact)).await;
                made += 1;
            }
        }
    }
    write.commit().await.unwrap();
    let mut found = 0;
    let all = [
        LicenceStatus::Issued,
        LicenceStatus::Active,
        LicenceStatus::Expiring,
        LicenceStatus::Expired,
        LicenceStatus::Suspended,
        LicenceStatus::Cancelled,
    ];
    for status in all {
        let filter = LicenceFilter { status: Some(status), ..LicenceFilter::default() };
        let page = Page::first(1000);
        let licences = counter.desk.store.licences(&Reach::command("test"), &filter, &page).await.unwrap();
        assert!(!licences.is_empty(), "{status:?}");
        assert!(licences.iter().all(|licence| licence.status(now_ms) == status), "{status:?}");
        found += licences.len();
    }
    assert_eq!(found, made);
}

/// Writes what may have happened to a licence: which facts are there, the bits of the last number say.
async fn happened(write: &mut Write, id: &str, kind: &str, (index, expires, fact): (i64, Option<i64>, i64)) {
    let (now_ms, day) = (write.now_ms(), 86_400_000);
    let ms = |bit: i64, days: i64| (fact & bit != 0).then_some(now_ms + days * day);
    sqlx::query(
        "update licence set kind = $2, expires_ms = $3, grace_days = $4, renews = $5, activated_ms = $6,
         cancelled_ms = $7, suspended_ms = $8, suspended_by = $9 where id = $1",
    )
    .bind(id)
    .bind(kind)
    .bind(expires.map(|days| now_ms + days * day))
    .bind(index % 3 * 3)
    .bind(fact & 1)
    .bind(ms(2, -1))
    .bind(ms(4, index - 2))
    .bind((index == 5 && fact > 5).then_some(now_ms))
    .bind((index == 5 && fact > 5).then_some("partner"))
    .execute(write.connection())
    .await
    .unwrap();
}
