//! What ends an entry: whatever it rests on, its date, its person. The feed has it no more from that commit on.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{ANNE, Door};
use crate::kernel::principal::Reach;

impl Door {
    /// Has somebody do what ends an entry, and looks that it has ended so.
    async fn ends_by(&self, how: &str, method: Method, (pass, path): (&str, &str), body: Option<Value>) {
        let reply = self.desk.ask(method, pass, path, body).await;
        assert!(reply.status.is_success(), "{path}: {}", reply.body);
        self.has_ended(how).await;
    }

    async fn has_ended(&self, how: &str) {
        assert_eq!(self.fed().await, None, "the feed has it still");
        let ended = "select count(*) from entry where state = 'ended' and ended_by = $1 and ended_ms is not null";
        let count: i64 = sqlx::query_scalar(ended).bind(how).fetch_one(self.desk.store.reader()).await.unwrap();
        let traced = "select count(*) from audit_event where action = 'entry.ended'";
        let traced: i64 = sqlx::query_scalar(traced).fetch_one(self.desk.store.reader()).await.unwrap();
        assert_eq!((count, traced), (1, 1));
    }

    fn user(&self) -> &str {
        self.anne.session["user"].as_str().unwrap()
    }
}

#[tokio::test]
async fn the_handover_ends_setup_and_so_does_its_removal() {
    let door = Door::setting_up().await;
    door.enter().await;
    door.handed_over().await;
    door.has_ended("revoked").await;

    let door = Door::setting_up().await;
    door.enter().await;
    let place = sqlx::query_scalar("select id from tenant_user where side = 'setup'");
    let place: String = place.fetch_one(door.desk.store.reader()).await.unwrap();
    door.ends_by("revoked", Method::DELETE, (door.partner(), &format!("/v1/tenant-users/{place}")), None).await;

    // Whoever sets it up becomes one of the client's own people: that is another way in.
    let door = Door::setting_up().await;
    door.enter().await;
    let invited = json!({ "email": ANNE, "name": "Anne", "role": "employee" });
    let path = format!("/v1/tenants/{}/users", door.tenant());
    door.ends_by("revoked", Method::POST, (door.partner(), &path), Some(invited)).await;
}

#[tokio::test]
async fn the_clients_word_ends_an_entry() {
    let (door, bea, _) = Door::assigned("technical_support", "act").await;
    let entry = door.enter().await;
    let path = format!("/v1/consents/{}/revoke", entry["consent"].as_str().unwrap());
    door.ends_by("revoked", Method::POST, (&bea.pass(), &path), Some(json!({}))).await;

    let (door, bea, assignment) = Door::assigned("accountant", "act").await;
    assert_eq!(door.enter().await["assignment"], json!(assignment));
    let path = format!("/v1/assignments/{assignment}/block");
    door.ends_by("revoked", Method::POST, (&bea.pass(), &path), Some(json!({}))).await;
}

#[tokio::test]
async fn the_partners_word_ends_an_entry() {
    let (door, _, assignment) = Door::assigned("accountant", "act").await;
    door.enter().await;
    door.ends_by("revoked", Method::DELETE, (door.partner(), &format!("/v1/assignments/{assignment}")), None).await;

    let (door, ..) = Door::assigned("technical_support", "act").await;
    door.enter().await;
    let role = format!("/v1/collaborators/{}/roles/technical_support", door.member);
    door.ends_by("revoked", Method::DELETE, (door.partner(), &role), None).await;

    for member in [true, false] {
        let (door, ..) = Door::assigned("accountant", "act").await;
        door.enter().await;
        let of = if member { "members" } else { "collaborators" };
        door.ends_by("revoked", Method::DELETE, (door.partner(), &format!("/v1/{of}/{}", door.member)), None).await;
    }
}

#[tokio::test]
async fn the_vendors_word_ends_an_entry() {
    for (path, body) in [
        ("/v1/users/USER/lock", json!({})),
        ("/v1/users/USER/deactivate", json!({})),
        ("/v1/partners/PARTNER/suspend", json!({})),
        ("/v1/tenants/TENANT/suspend", json!({})),
        ("/v1/tenants/TENANT/close", json!({})),
        ("/v1/erasures", json!({ "email": ANNE })),
    ] {
        let (door, ..) = Door::assigned("accountant", "act").await;
        door.enter().await;
        let path = path.replace("USER", door.user()).replace("TENANT", door.tenant());
        let path = path.replace("PARTNER", &door.world.partners[0].id);
        door.ends_by("revoked", Method::POST, (&door.world.operator, &path), Some(body)).await;
    }
    // A partner that is no accounting firm any more has no accountants.
    let (door, ..) = Door::assigned("technical_support", "act").await;
    door.enter().await;
    let path = format!("/v1/partners/{}", door.world.partners[0].id);
    let change = Some(json!({ "support_level1": false }));
    door.ends_by("revoked", Method::PATCH, (&door.world.operator, &path), change).await;
}

#[tokio::test]
async fn what_concerns_others_ends_nobody() {
    let (door, bea, _) = Door::assigned("accountant", "act").await;
    door.enter().await;
    let [_, other] = &door.world.partners;
    let suspended =
        door.desk.post(&door.world.operator, &format!("/v1/partners/{}/suspend", other.id), json!({})).await;
    assert_eq!(suspended.status, StatusCode::OK);
    let invited = json!({ "email": "carl@boulangerie.fr", "name": "Carl", "role": "employee" });
    bea.post(&door.desk, &format!("/v1/tenants/{}/users", door.tenant()), invited).await;
    assert!(door.fed().await.is_some());
    assert_eq!(door.shown().await["state"], "open");
}

#[tokio::test]
async fn an_entry_ends_by_its_date_and_that_is_written_down() {
    let (door, ..) = Door::assigned("accountant", "act").await;
    let until_ms = door.enter().await["until_ms"].as_i64().unwrap();
    door.desk.advance_minutes(12 * 60 - 1);
    assert_eq!(door.shown().await["state"], "open");
    door.desk.advance_minutes(1);
    assert_eq!((&door.shown().await["state"], &door.shown().await["ended_by"]), (&json!("ended"), &json!("expired")));
    crate::tasks::end_entries(door.desk.store.clone()).await;
    door.has_ended("expired").await;
    let ended_ms: i64 =
        sqlx::query_scalar("select ended_ms from entry").fetch_one(door.desk.store.reader()).await.unwrap();
    assert_eq!(ended_ms, until_ms, "when it was over, not when that was seen");
}

#[tokio::test]
async fn an_entry_lasts_no_longer_than_what_it_rests_on() {
    let door = Door::setting_up().await;
    door.desk.advance_days(29);
    door.desk.advance_minutes(23 * 60);
    // Sessions are shorter than that.
    let door = Door { anne: door.desk.log_in(ANNE).await, ..door };
    let left_ms = door.enter().await["until_ms"].as_i64().unwrap() - door.desk.store.now_ms();
    assert_eq!(left_ms, 3_600_000);
}

#[tokio::test]
async fn whoever_leaves_is_out_and_leaves_once() {
    let door = Door::setting_up().await;
    let entry = door.enter().await["id"].clone();
    let left = |id: &str| json!({ "id": id, "at_ms": 1, "kind": "entry_left", "body": { "entry": entry } });
    for (id, refused) in [("a-1", Value::Null), ("a-1", Value::Null), ("a-2", Value::Null)] {
        let events = door.desk.edge_events(&[left(id)]).await.body;
        assert_eq!(events["events"][0]["refused"], refused, "{events}");
    }
    door.has_ended("left").await;
    let nobody = json!({ "id": "a-3", "at_ms": 1, "kind": "entry_left", "body": { "entry": format!("ent_{}", "0".repeat(26)) } });
    assert_eq!(door.desk.edge_events(&[nobody]).await.body["events"][0]["refused"], "not-found");
}

#[tokio::test]
async fn a_ticket_opens_nothing_once_what_it_rests_on_is_gone() {
    let (door, bea, _) = Door::assigned("technical_support", "act").await;
    let ticket = door.ticket().await;
    let consent: String =
        sqlx::query_scalar("select id from consent").fetch_one(door.desk.store.reader()).await.unwrap();
    bea.post(&door.desk, &format!("/v1/consents/{consent}/revoke"), json!({})).await;
    assert_eq!(door.redeem(door.tenant(), &ticket).await.refusal().1, "no-access");
    assert_eq!(door.fed().await, None);
}

#[tokio::test]
async fn a_database_that_was_put_back_lets_nobody_in_who_has_left_since() {
    let door = Door::setting_up().await;
    door.enter().await;
    door.desk.store.revive_nobody(Reach::command("test").actor()).await.unwrap();
    door.has_ended("revoked").await;
}
