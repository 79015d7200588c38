//! A row that can't be read keeps its task from no other, waits ever longer, and is in the operators' list.

use serde_json::{Value, json};

use super::Counter;
use crate::licences::model::LicenceKind;
use crate::licences::operations::{self as licences, NewLicence};
use crate::licences::tasks as renew;

impl Counter {
    async fn troubles(&self) -> Vec<Value> {
        let reply = self.desk.get(&self.world.operator, "/v1/task-troubles").await;
        assert!(reply.status.is_success(), "{}", reply.body);
        reply.body["items"].as_array().unwrap().clone()
    }

    async fn period(&self, taken: &Value) -> i64 {
        let id = taken["subscription"]["id"].as_str().unwrap();
        sqlx::query_scalar("select period_no from subscription where id = $1")
            .bind(id)
            .fetch_one(self.desk.store.reader())
            .await
            .unwrap()
    }

    /// A space of the partner's with a licence for a month.
    async fn another(&self, name: &str) -> Value {
        let tenant =
            json!({ "partner": self.world.partners[0].id, "application": self.world.application, "name": name });
        let tenant = self.desk.made(self.token(), "/v1/tenants", tenant).await;
        let mut taking = self.taking("monthly");
        taking["tenant"] = tenant.into();
        let reply = self.post("/v1/licences", taking).await;
        assert!(reply.status.is_success(), "{}", reply.body);
        reply.body
    }
}

#[tokio::test]
async fn one_subscription_that_cannot_be_read_keeps_no_other_from_being_renewed() {
    let counter = Counter::open().await;
    counter.pay(100_000).await;
    let (first, bad, last) =
        (counter.another("Un").await, counter.another("Deux").await, counter.another("Trois").await);
    let id = bad["subscription"]["id"].as_str().unwrap();
    let store = &counter.desk.store;
    for (broken, mended) in [
        (
            "update subscription set components = 'nonsense' where id = $1",
            "update subscription set components = '[]' where id = $1",
        ),
        (
            "update subscription set state = 'nonsense' where id = $1",
            "update subscription set state = 'active' where id = $1",
        ),
    ] {
        let (before, others) = (counter.period(&bad).await, counter.period(&first).await);
        counter.desk.sql(broken, &[id]).await;
        counter.desk.advance_days(31);
        renew::run(store).await.unwrap();
        assert_eq!((counter.period(&first).await, counter.period(&last).await), (others + 1, others + 1));
        let troubles = counter.troubles().await;
        assert_eq!((&troubles[0]["task"], &troubles[0]["object"]), (&json!("renew"), &json!(id)), "{troubles:?}");
        assert!(troubles[0]["said"].as_str().unwrap().contains("subscription."), "{troubles:?}");
        // It waits, and ever longer.
        renew::run(store).await.unwrap();
        assert_eq!(counter.troubles().await[0]["attempts"], 1);
        counter.desk.advance_minutes(2);
        renew::run(store).await.unwrap();
        counter.desk.advance_minutes(2);
        renew::run(store).await.unwrap();
        assert_eq!(counter.troubles().await[0]["attempts"], 2);
        // Mended, it is done, and in no list.
        counter.desk.sql(mended, &[id]).await;
        counter.desk.advance_minutes(10);
        renew::run(store).await.unwrap();
        assert_eq!((counter.period(&bad).await, counter.troubles().await), (before + 1, vec![]));
    }
}

#[tokio::test]
async fn a_hundred_subscriptions_that_cannot_be_read_do_not_fill_every_pass() {
    let counter = Counter::open().await;
    let taken = counter.taken().await;
    let copies = "with recursive n (i) as (select 1 union all select i + 1 from n where i < 150)
        insert into subscription (id, tenant_id, partner_id, application_id, plan_id, product_id, term, components,
        state, ends_after_period, anchor_ms, anchor_no, period_no, period_start_ms, period_end_ms, grace_days, next_ms,
        created_ms) select 'sub_7zzzzzzzzzzzzzzzzzzzzzz' || (100 + i), tenant_id, partner_id, application_id, plan_id, product_id,
        'nonsense', components, state, ends_after_period, anchor_ms, anchor_no, period_no, period_start_ms,
        period_end_ms, grace_days, 1, created_ms from subscription, n where id = $1";
    counter.desk.sql(copies, &[taken["subscription"]["id"].as_str().unwrap()]).await;
    counter.desk.advance_days(31);
    for _ in 0..2 {
        renew::run(&counter.desk.store).await.unwrap();
    }
    assert_eq!(counter.period(&taken).await, 2);
    assert_eq!(counter.desk.get(counter.token(), "/v1/task-troubles").await.refusal().0, 403);
}

#[tokio::test]
async fn one_licence_that_cannot_be_read_keeps_no_other_from_being_told_of() {
    let counter = Counter::open().await;
    let bad = counter.trial().await.licence;
    let other = &counter.world.partners[1];
    let (tenant, partner) = (other.tenant.parse().unwrap(), other.id.parse().unwrap());
    let mut write = counter.write().await;
    let good = NewLicence { tenant, partner, ..counter.wanted(LicenceKind::Trial) };
    let good = licences::issue(&mut write, good).await.unwrap().licence;
    write.commit().await.unwrap();
    counter.desk.sql("update licence set kind = 'nonsense', next_ms = 1 where id = $1", &[&bad.id.to_string()]).await;
    counter.desk.advance_days(31);
    renew::run(&counter.desk.store).await.unwrap();
    assert_eq!(counter.actions(&json!(good.id)).await.last().unwrap(), "licence.expired");
    let troubles = counter.troubles().await;
    assert!(troubles.iter().any(|one| one["object"] == json!(bad.id)), "{troubles:?}");
}
