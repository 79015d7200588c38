//! Using licences: installations, the right of an OEM, the first use that the edge saw, and races against voiding.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::Counter;
use crate::database::refused::Refused;
use crate::kernel::ids::LicenceId;
use crate::kernel::principal::{Principal, Reach};
use crate::licences::model::LicenceKind;
use crate::licences::operations as licences;

impl Counter {
    /// A token of the application that serves the tenants.
    async fn till(&self) -> String {
        let till = Principal::Application(self.world.application.parse().unwrap());
        self.desk.token(till, "activations:read activations:write licences:read").await
    }

    /// Sends that a licence was used, under an identity of the event; gives why that was refused.
    async fn first_use(&self, id: &str, (tenant, licence): (&str, &str), at_ms: i64) -> Value {
        let body = json!({ "tenant": tenant, "licence": licence });
        let event = json!({ "id": id, "at_ms": at_ms, "kind": "first_use", "body": body });
        let reply = self.desk.edge_events(&[event]).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        assert_eq!(reply.body["events"][0]["id"], id);
        reply.body["events"][0]["refused"].clone()
    }

    async fn hand_over(&self, tenant: &str) {
        let mut write = self.write().await;
        let statement = "update tenant set handed_over_ms = 1 where id = $1";
        sqlx::query(statement).bind(tenant).execute(write.connection()).await.unwrap();
        write.republish_tenant(tenant.parse().unwrap()).await.unwrap();
        write.commit().await.unwrap();
    }

    /// The licences whose first use the edge is told to report.
    async fn told_unused(&self, tenant: &str) -> Vec<String> {
        let line = "select line from feed_record where kind = 'tenant' and name = $1";
        let line: String = sqlx::query_scalar(line).bind(tenant).fetch_one(self.desk.store.reader()).await.unwrap();
        let line: Value = serde_json::from_str(&line).unwrap();
        let unused = line["body"]["licence_use"]["unused"].as_array().cloned().unwrap_or_default();
        unused.iter().map(|id| id.as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn s3_28_activating_in_the_clients_stead_takes_its_right() {
    let counter = Counter::open().await;
    let taken = counter.taken().await;
    let partner = Principal::Partner(counter.world.partners[0].id.parse().unwrap());
    let without = counter.desk.token(partner, "licences:read licences:write activations:read activations:write").await;
    let path = format!("/v1/licences/{}/activate", taken["id"].as_str().unwrap());
    let body = json!({ "fingerprint": "machine 1", "name": "Front desk" });
    assert_eq!(counter.desk.post(&without, &path, body.clone()).await.refusal().1, "right-missing");
    let serial = json!({ "serial": taken["licence"]["serial"], "fingerprint": "machine 1" });
    assert_eq!(counter.desk.post(&without, "/v1/activations", serial.clone()).await.refusal().1, "right-missing");
    assert_eq!(counter.licence(&taken["id"]).await["activated_at"], Value::Null);
    let with = counter.desk.token(partner, "licences:activate_oem").await;
    let activated = counter.desk.post(&with, &path, body).await;
    assert_eq!((activated.status, &activated.body["how"]), (StatusCode::CREATED, &json!("oem")), "{}", activated.body);
    assert_eq!(counter.licence(&taken["id"]).await["status"], "active");
}

#[tokio::test]
async fn s3_p5_the_first_activation_is_kept_with_its_machine_and_another_can_follow() {
    let counter = Counter::open().await;
    let (taken, till) = (counter.taken().await, counter.till().await);
    let activate = async |fingerprint: &str| {
        let serial = taken["licence"]["serial"].as_str().unwrap().to_lowercase().replace('-', " ");
        let body = json!({ "serial": serial, "fingerprint": fingerprint, "name": "Till" });
        counter.desk.post(&till, "/v1/activations", body).await
    };
    let first = activate("machine 1").await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
    assert_eq!(first.body["how"], "installation");
    let activated_at = counter.licence(&taken["id"]).await["activated_at"].clone();
    counter.desk.advance_days(1);
    assert_eq!(activate("machine 1").await.body["id"], first.body["id"], "the same machine is the same activation");
    assert_eq!(activate("machine 2").await.status, StatusCode::CREATED);
    assert_eq!(activate("machine 3").await.refusal().1, "too-many-activations");
    let validate = async |fingerprint: &str| {
        let body = json!({ "serial": taken["licence"]["serial"], "fingerprint": fingerprint });
        counter.desk.post(&till, "/v1/licences/validate", body).await.body["valid"].clone()
    };
    assert_eq!((validate("machine 1").await, validate("machine 3").await), (json!(true), json!(false)));

    // A machine is let go and another takes its place, but not again and again.
    let remove = async |id: &Value| {
        let path = format!("/v1/activations/{}", id.as_str().unwrap());
        counter.desk.ask(Method::DELETE, &till, &path, None).await
    };
    assert_eq!(remove(&first.body["id"]).await.status, StatusCode::NO_CONTENT);
    assert_eq!(validate("machine 1").await, json!(false));
    for machine in ["machine 3", "machine 4"] {
        let next = activate(machine).await;
        assert_eq!(next.status, StatusCode::CREATED, "{}", next.body);
        assert_eq!(remove(&next.body["id"]).await.status, StatusCode::NO_CONTENT);
    }
    let last = activate("machine 5").await.body;
    assert_eq!(remove(&last["id"]).await.refusal().1, "too-many-moves");
    counter.desk.advance_days(31);
    assert_eq!(remove(&last["id"]).await.status, StatusCode::NO_CONTENT);
    assert_eq!(counter.licence(&taken["id"]).await["activated_at"], activated_at, "written once");
    let list = counter.desk.get(&till, "/v1/activations?order=oldest").await.body["items"].clone();
    assert_eq!(list.as_array().unwrap().len(), 5);
    assert_eq!(list[0]["fingerprint"], "machine 1");
}

#[tokio::test]
async fn the_edges_first_use_activates_what_is_handed_over_and_nothing_twice() {
    let counter = Counter::open().await;
    let trial = counter.trial().await.licence;
    let (tenant, licence) = (counter.world.partners[0].tenant.as_str(), trial.id.to_string());
    let now_ms = counter.desk.store.now_ms();
    let used = async |id: &str, at_ms| counter.first_use(id, (tenant, &licence), at_ms).await;
    assert_eq!(used("a-1", now_ms).await, "not-handed-over", "the partner still sets it up");
    counter.hand_over(tenant).await;
    assert_eq!(used("a-1", now_ms).await, "not-handed-over", "one event has one fate");
    for (what, tenant, licence) in [
        ("nobody's space", "ten_00000000000000000000000000", licence.as_str()),
        ("another's space", counter.world.partners[1].tenant.as_str(), licence.as_str()),
        ("nobody's licence", tenant, "lic_00000000000000000000000000"),
    ] {
        assert_eq!(
            counter.first_use(&what.replace([' ', '\''], "-"), (tenant, licence), now_ms).await,
            "unknown-reference"
        );
    }
    assert_eq!(counter.told_unused(tenant).await, [licence.as_str()]);
    counter.desk.advance_days(2);
    assert_eq!(used("a-2", now_ms + 86_400_000).await, Value::Null);
    assert_eq!((used("a-2", now_ms).await, used("a-3", now_ms).await), (Value::Null, Value::Null));
    let shown = counter.licence(&json!(trial.id)).await;
    assert_eq!(shown["status"], "active");
    assert_eq!(counter.told().await["until_ms"], now_ms + 15 * 86_400_000, "from when it was seen");
    assert_eq!(counter.told_unused(tenant).await, [""; 0]);
    assert_eq!(counter.actions(&json!(trial.id)).await, ["licence.issued", "licence.activated"]);
    let till = counter.till().await;
    let body = json!({ "proxy": "one", "epoch": "", "events": [] });
    assert_eq!(counter.desk.post(&till, "/v1/edge/events", body).await.refusal().1, "right-missing");
}

#[tokio::test]
async fn what_took_long_to_arrive_ends_no_trial_unheard() {
    let counter = Counter::open().await;
    let trial = counter.trial().await.licence;
    let tenant = counter.world.partners[0].tenant.as_str();
    counter.hand_over(tenant).await;
    let seen_ms = counter.desk.store.now_ms();
    counter.desk.advance_days(20);
    assert_eq!(counter.first_use("a-1", (tenant, &trial.id.to_string()), seen_ms).await, Value::Null);
    assert_eq!(counter.told().await["until_ms"], counter.desk.store.now_ms() + 14 * 86_400_000);
}

/// C16.
#[tokio::test]
async fn what_was_used_at_the_edge_is_not_taken_back() {
    let counter = Counter::open().await;
    let trial = counter.trial().await.licence;
    let tenant = counter.world.partners[0].tenant.as_str();
    counter.hand_over(tenant).await;
    let now_ms = counter.desk.store.now_ms();
    assert_eq!(counter.first_use("a-1", (tenant, &trial.id.to_string()), now_ms).await, Value::Null);
    let Err(Refused::Conflict(conflict)) = void(&counter, trial.id).await else { panic!("it was taken back") };
    assert_eq!(conflict.code(), "licence-already-activated");

    // What was taken back before its use arrived stays so, and that is said.
    let other = counter.trial().await.licence;
    void(&counter, other.id).await.unwrap();
    assert_eq!(counter.first_use("a-2", (tenant, &other.id.to_string()), now_ms).await, "licence-over");
}

#[tokio::test]
async fn a_trial_is_extended_once_and_converted_with_its_serial_number() {
    let counter = Counter::open().await;
    let trial = counter.trial().await.licence;
    let id = json!(trial.id);
    counter.act(&id, "activate", json!({ "fingerprint": "a" })).await;
    let before = counter.licence(&id).await;
    let extend = async || {
        let mut write = counter.write().await;
        licences::extend_trial(&mut write, &Reach::command("test"), trial.id).await?;
        Ok::<_, Refused>(write.commit().await?)
    };
    extend().await.unwrap();
    assert_ne!(counter.licence(&id).await["expires_at"], before["expires_at"]);
    let again = extend().await.unwrap_err();
    assert!(matches!(&again, Refused::Conflict(conflict) if conflict.code() == "trial-not-extendable"), "{again}");

    // Its end has come, and still it can be bought.
    counter.desk.advance_days(22);
    crate::licences::tasks::run(&counter.desk.store).await.unwrap();
    assert_eq!(counter.licence(&id).await["status"], "expired");
    let mut write = counter.write().await;
    let now_ms = write.now_ms();
    let basket = serde_json::from_value(json!({
        "partner": counter.world.partners[0].id, "client": null, "country": "FR", "price_list": counter.shop.euros,
        "plan": counter.shop.production, "term": "monthly", "components": [], "promo": null,
    }));
    let priced =
        crate::catalogue::operations::prices::price(write.connection(), now_ms, &basket.unwrap()).await.unwrap();
    let term = priced.term;
    let bought = licences::convert_trial(&mut write, trial.id, priced, term).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!((bought.licence.serial, bought.licence.tenant), (trial.serial, trial.tenant));
    let shown = counter.licence(&json!(bought.licence.id)).await;
    assert_eq!((&shown["status"], &shown["kind"]), (&json!("active"), &json!("paid")));
    assert_eq!(counter.licence(&id).await["status"], "superseded");
    let subscription = counter.get("subscriptions", &shown["subscription"]).await;
    assert_eq!((&subscription["state"], &subscription["period"]), (&json!("active"), &json!(1)));
    assert_eq!(subscription["id"], before["subscription"]);
    assert_eq!(counter.told().await["state"], "usable");
    // Found by its serial number, once.
    let found = counter.desk.get(counter.token(), &format!("/v1/search?q={}", trial.serial.plain())).await.body;
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found}");
}

/// I4 and Q92: of voiding and activating exactly one happens.
#[tokio::test]
async fn a_licence_is_voided_or_activated_but_never_both() {
    let counter = Counter::open().await;
    let till = counter.till().await;
    let (mut voided, mut activated) = (0, 0);
    for round in 0..40 {
        let mut write = counter.write().await;
        let licence = licences::issue(&mut write, counter.wanted(LicenceKind::Trial)).await.unwrap().licence;
        write.commit().await.unwrap();
        let body = json!({ "serial": licence.serial, "fingerprint": format!("machine {round}") });
        let activate = counter.desk.post(&till, "/v1/activations", body);
        let (void, activate) = if round % 2 == 0 {
            tokio::join!(void(&counter, licence.id), activate)
        } else {
            let (activate, void) = tokio::join!(activate, void(&counter, licence.id));
            (void, activate)
        };
        match (void, activate.status) {
            (Ok(()), StatusCode::CONFLICT) => voided += 1,
            (Err(Refused::Conflict(conflict)), StatusCode::CREATED) => {
                assert_eq!(conflict.code(), "licence-already-activated");
                assert_eq!(conflict.blockers(), ["licence_activated"]);
                activated += 1;
            }
            (void, status) => panic!("{void:?} {status}"),
        }
    }
    assert_eq!(voided + activated, 40);
    let both: i64 =
        sqlx::query_scalar("select count(*) from licence where voided_ms is not null and activated_ms is not null")
            .fetch_one(counter.desk.store.reader())
            .await
            .unwrap();
    assert_eq!(both, 0);
}

async fn void(counter: &Counter, id: LicenceId) -> Result<(), Refused> {
    let mut write = counter.write().await;
    licences::void(&mut write, id).await?;
    write.commit().await?;
    Ok(())
}
