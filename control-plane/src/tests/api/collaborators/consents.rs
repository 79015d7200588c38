//! What clients have to say about who helps them.

use axum::http::Method;
use serde_json::json;

use super::{access, assignment, client, firm, ids, mails, opened, space, traces};
use crate::tests::api::cast;
use crate::tests::api::desk::{Desk, Party, Reply};

async fn asked(desk: &Desk, party: &Party, collaborator: &str) -> String {
    let body = json!({ "collaborator": collaborator, "tenant": party.tenant, "reason": "La caisse ne démarre plus." });
    desk.made(&party.token, "/v1/consents", body).await
}

async fn granted(desk: &Desk, party: &Party, consent: &str) -> Reply {
    let own = client(desk, &party.tenant).await;
    let reply = desk.post(&own, &format!("/v1/consents/{consent}/grant"), json!({ "lasting": true })).await;
    assert_eq!(reply.status.as_u16(), 200, "{}", reply.body);
    reply
}

#[tokio::test]
async fn s2_19_a_collaborator_takes_no_seat_of_the_client() {
    let (desk, world) = opened().await;
    let party = &world.partners[0];
    cast::administrator(&desk, &party.tenant, "anne@client.fr").await;
    let luc = firm(&desk, &world).await;
    let seats = "select count(*) from tenant_user";
    let before: i64 = sqlx::query_scalar(seats).fetch_one(desk.store.reader()).await.unwrap();
    desk.post(&party.token, "/v1/assignments", assignment(&luc, "accountant", &party.tenant)).await;
    let consent = asked(&desk, party, &luc).await;
    granted(&desk, party, &consent).await;
    assert_eq!(access(&desk, &party.token, &party.tenant).await, ["accountant", "consent"]);
    let after: i64 = sqlx::query_scalar(seats).fetch_one(desk.store.reader()).await.unwrap();
    assert_eq!(after, before);
    let licences: i64 =
        sqlx::query_scalar("select count(*) from activation").fetch_one(desk.store.reader()).await.unwrap();
    assert_eq!(licences, 0);
}

#[tokio::test]
async fn s2_20_support_has_no_access_before_the_client_consents() {
    let (desk, world) = opened().await;
    let party = &world.partners[0];
    cast::administrator(&desk, &party.tenant, "anne@client.fr").await;
    let luc = firm(&desk, &world).await;
    let made = desk.post(&party.token, "/v1/assignments", assignment(&luc, "technical_support", &party.tenant)).await;
    assert_eq!(made.body["state"], "pending_consent", "{}", made.body);
    let consent = made.body["consent"].as_str().unwrap().to_owned();
    assert!(mails(&desk).await.contains(&("consent_requested".into(), "anne@client.fr".into())));
    assert!(access(&desk, &party.token, &party.tenant).await.is_empty());
    let sessions = format!("/v1/consents/{consent}/sessions");
    assert_eq!(desk.post(&party.token, &sessions, json!({})).await.refusal().1, "consent-required");
    // Neither the partner nor an operator consents in the client's stead.
    for token in [&party.token, &world.operator] {
        let reply = desk.post(token, &format!("/v1/consents/{consent}/grant"), json!({ "lasting": true })).await;
        assert_eq!(reply.refusal().1, "client-decides");
    }
    let stranger = client(&desk, &world.partners[1].tenant).await;
    let reply = desk.post(&stranger, &format!("/v1/consents/{consent}/grant"), json!({ "lasting": true })).await;
    assert_eq!(reply.refusal().0, 404);
    granted(&desk, party, &consent).await;
    assert_eq!(access(&desk, &party.token, &party.tenant).await, ["consent"]);
    assert!(mails(&desk).await.contains(&("consent_granted".into(), "luc@nord.fr".into())));
    assert_eq!(desk.post(&party.token, &sessions, json!({})).await.status.as_u16(), 201);
}

#[tokio::test]
async fn s2_p1_consent_is_for_one_person_and_a_time_traced_and_taken_back_at_any_moment() {
    let (desk, world) = opened().await;
    let party = &world.partners[0];
    cast::administrator(&desk, &party.tenant, "anne@client.fr").await;
    let luc = firm(&desk, &world).await;
    let own = client(&desk, &party.tenant).await;
    let consent = asked(&desk, party, &luc).await;
    let grant = format!("/v1/consents/{consent}/grant");
    for until in ["2025-01-01T00:00:00Z", "2031-01-01T00:00:00Z"] {
        assert_eq!(desk.post(&own, &grant, json!({ "until": until })).await.refusal().2, ["/until"]);
    }
    let until = crate::web::time::written(desk.store.now_ms() + 2 * 86_400_000);
    let given = desk.post(&own, &grant, json!({ "until": until })).await;
    assert_eq!((&given.body["state"], &given.body["ends_at"]), (&json!("granted"), &json!(until)), "{}", given.body);
    assert_eq!(desk.post(&own, &grant, json!({ "until": until })).await.refusal().1, "consent-not-requested");
    let sessions = format!("/v1/consents/{consent}/sessions");
    assert_eq!(desk.post(&party.token, &sessions, json!({})).await.status.as_u16(), 201);
    assert_eq!(desk.get(&own, &sessions).await.body["items"].as_array().unwrap().len(), 1);
    let revoked = desk.post(&own, &format!("/v1/consents/{consent}/revoke"), json!({})).await;
    assert_eq!(revoked.body["state"], "revoked");
    assert!(revoked.body["ended_by"].is_string());
    assert!(access(&desk, &own, &party.tenant).await.is_empty());
    assert_eq!(desk.post(&party.token, &sessions, json!({})).await.refusal().1, "consent-required");
    let told = ["consent.requested", "consent.granted", "consent.session_opened", "consent.revoked"];
    assert_eq!(traces(&desk, &consent).await, told);
    // Another consent ends by itself, at its instant, before anybody wrote it down; then it is written once.
    let consent = asked(&desk, party, &luc).await;
    let until = crate::web::time::written(desk.store.now_ms() + 86_400_000);
    desk.post(&own, &format!("/v1/consents/{consent}/grant"), json!({ "until": until })).await;
    desk.advance_days(1);
    assert!(access(&desk, &own, &party.tenant).await.is_empty());
    let path = format!("/v1/consents/{consent}");
    assert_eq!(desk.get(&own, &path).await.body["state"], "expired");
    for _ in 0..2 {
        crate::tasks::end_consents(desk.store.clone()).await;
    }
    assert_eq!(traces(&desk, &consent).await, ["consent.requested", "consent.granted", "consent.expired"]);
    assert_eq!(desk.get(&own, &path).await.body["state"], "expired");
}

#[tokio::test]
async fn a_lasting_consent_is_confirmed_every_year_and_a_request_lapses() {
    let (desk, world) = opened().await;
    let party = &world.partners[0];
    let luc = firm(&desk, &world).await;
    let own = client(&desk, &party.tenant).await;
    let consent = asked(&desk, party, &luc).await;
    granted(&desk, party, &consent).await;
    desk.advance_days(300);
    let confirmed = desk.post(&own, &format!("/v1/consents/{consent}/confirm"), json!({})).await;
    assert_eq!(confirmed.status.as_u16(), 200, "{}", confirmed.body);
    desk.advance_days(364);
    assert_eq!(access(&desk, &party.token, &party.tenant).await, ["consent"]);
    desk.advance_days(1);
    assert!(access(&desk, &party.token, &party.tenant).await.is_empty());
    // It may be asked for again at once, though nobody wrote down that the first has ended.
    let again = asked(&desk, party, &luc).await;
    desk.advance_days(90);
    assert_eq!(desk.get(&own, &format!("/v1/consents/{again}")).await.body["state"], "lapsed");
    let late = desk.post(&own, &format!("/v1/consents/{again}/grant"), json!({ "lasting": true })).await;
    assert_eq!(late.refusal().1, "consent-not-requested");
    assert_eq!(traces(&desk, &consent).await.last().unwrap(), "consent.expired");
}

#[tokio::test]
async fn i7_no_support_is_active_without_a_consent_that_holds() {
    let (desk, world) = opened().await;
    let party = &world.partners[0];
    let luc = firm(&desk, &world).await;
    let own = client(&desk, &party.tenant).await;
    let denied = asked(&desk, party, &luc).await;
    desk.post(&own, &format!("/v1/consents/{denied}/deny"), json!({})).await;
    let consent = asked(&desk, party, &luc).await;
    granted(&desk, party, &consent).await;
    assert_eq!(access(&desk, &party.token, &party.tenant).await, ["consent"]);
    // The role goes, and with it the assignment, and with that the consent.
    let role = format!("/v1/collaborators/{luc}/roles/technical_support");
    assert_eq!(desk.ask(Method::DELETE, &party.token, &role, None).await.status.as_u16(), 204);
    assert!(access(&desk, &party.token, &party.tenant).await.is_empty());
    let query = "select count(*) from assignment join consent on consent.id = assignment.consent_id
        where assignment.state = 'active' or consent.state = 'granted' or consent.state = 'requested'";
    let open: i64 = sqlx::query_scalar(query).fetch_one(desk.store.reader()).await.unwrap();
    assert_eq!(open, 0);
    assert_eq!(desk.get(&own, &format!("/v1/consents/{denied}")).await.body["state"], "denied");
}

#[tokio::test]
async fn s2_p7_the_client_sees_the_accountants_and_blocks_them_but_only_the_firm_assigns() {
    let (desk, world) = opened().await;
    let party = &world.partners[0];
    let luc = firm(&desk, &world).await;
    let own = client(&desk, &party.tenant).await;
    let made = desk.made(&party.token, "/v1/assignments", assignment(&luc, "accountant", &party.tenant)).await;
    assert_eq!(ids(&desk.get(&own, "/v1/assignments").await), [made.as_str()]);
    let reply = desk.post(&own, "/v1/assignments", assignment(&luc, "accountant", &party.tenant)).await;
    assert_eq!(reply.refusal().1, "right-missing");
    let reply = desk.ask(Method::DELETE, &own, &format!("/v1/assignments/{made}"), None).await;
    assert_eq!(reply.refusal().1, "right-missing");
    let block = format!("/v1/assignments/{made}/block");
    assert_eq!(desk.post(&party.token, &block, json!({})).await.refusal().1, "client-decides");
    assert_eq!(desk.post(&own, &block, json!({})).await.body["state"], "revoked");
    assert!(access(&desk, &own, &party.tenant).await.is_empty());
    let again = desk.post(&party.token, "/v1/assignments", assignment(&luc, "accountant", &party.tenant)).await;
    assert_eq!(again.refusal().1, "blocked-by-client");
    assert_eq!(desk.post(&own, &format!("/v1/assignments/{made}/unblock"), json!({})).await.status.as_u16(), 200);
    let again = desk.post(&party.token, "/v1/assignments", assignment(&luc, "accountant", &party.tenant)).await;
    assert_eq!(again.status.as_u16(), 201, "{}", again.body);
}

#[tokio::test]
async fn s2_p3_managing_a_space_is_not_seeing_what_is_in_it() {
    let (desk, world) = opened().await;
    let party = &world.partners[0];
    // The partner manages the space with every right that a partner may have, and nobody of it has access.
    assert!(access(&desk, &party.token, &party.tenant).await.is_empty());
    let own = client(&desk, &party.tenant).await;
    for path in ["/v1/balance", "/v1/orders", "/v1/partners"] {
        let reply = desk.get(&own, path).await;
        assert!(matches!(reply.refusal().0, 403 | 404), "{path}: {}", reply.body);
    }
}

#[tokio::test]
async fn one_consent_that_cannot_be_read_keeps_no_other_from_ending() {
    let (desk, world) = opened().await;
    let party = &world.partners[0];
    let luc = firm(&desk, &world).await;
    let bad = asked(&desk, party, &luc).await;
    let tenant = space(&desk, &world, party, "Deux").await;
    let body = json!({ "collaborator": luc, "tenant": tenant, "reason": "La caisse ne démarre plus." });
    let good = desk.made(&party.token, "/v1/consents", body).await;
    desk.sql("update consent set role = 'nonsense' where id = $1", &[&bad]).await;
    desk.advance_days(91);
    for _ in 0..2 {
        crate::tasks::end_consents(desk.store.clone()).await;
    }
    assert_eq!(traces(&desk, &good).await, ["consent.requested", "consent.lapsed"]);
    let list = desk.get(&world.operator, "/v1/task-troubles").await.body["items"].clone();
    assert_eq!(
        (&list[0]["task"], &list[0]["object"], &list[0]["attempts"]),
        (&json!("consents"), &json!(bad), &json!(1))
    );
}
