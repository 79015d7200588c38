//! Support messages: whose they are, what goes along with them, and where they are mailed.

mod attachments;
mod contact;
mod routes;

use serde_json::{Value, json};

use super::collaborators::{client, mails};
use super::desk::{Desk, World};
use crate::kernel::principal::Principal;

async fn opened() -> (Desk, World) {
    let desk = Desk::open().await;
    let world = desk.world().await;
    (desk, world)
}

async fn application(desk: &Desk, world: &World) -> String {
    desk.token(Principal::Application(world.application.parse().unwrap()), "support:write tenants:read").await
}

fn message(tenant: &str) -> Value {
    json!({
        "tenant": tenant, "name": "Zoé", "email": "zoe@client.fr", "language": "fr", "subject": "Panne",
        "text": "La caisse\nne démarre plus.",
    })
}

async fn support_is(desk: &Desk, partner: &str, support: &str) {
    let brand = json!({ "name": "Caisse Nord", "support": support }).to_string();
    desk.sql("update partner set brand = $1 where id = $2", &[&brand, partner]).await;
}

#[tokio::test]
async fn s1_12_a_clients_message_goes_straight_to_its_partner_and_nowhere_else() {
    let (desk, world) = opened().await;
    let (party, app) = (&world.partners[0], application(&desk, &world).await);
    support_is(&desk, &party.id, "aide@nord.fr").await;
    let before = mails(&desk).await;
    let sent = desk.post(&app, "/v1/support-messages", message(&party.tenant)).await;
    assert_eq!((sent.status.as_u16(), &sent.body["state"]), (201, &json!("routed")), "{}", sent.body);
    let new: Vec<_> = mails(&desk).await.into_iter().filter(|mail| !before.contains(mail)).collect();
    assert_eq!(new, [("support_message".to_owned(), "aide@nord.fr".to_owned())]);
    let id = sent.body["id"].as_str().unwrap();
    let inbox = desk.get(&party.token, "/v1/support-messages").await;
    assert_eq!(inbox.body["items"][0]["id"], id);
    assert_eq!(inbox.body["items"][0]["text"], "La caisse\nne démarre plus.");
    let path = format!("/v1/support-messages/{id}");
    // Neither the vendor nor another partner knows of it.
    for token in [&world.operator, &world.partners[1].token] {
        assert_eq!(desk.get(token, "/v1/support-messages").await.body["items"], json!([]));
        assert_eq!(desk.get(token, &path).await.refusal().0, 404);
    }
    // The partner answers, and the client hears of it at the address that was left.
    let seen = desk.post(&party.token, &format!("{path}/acknowledge"), json!({})).await;
    assert_eq!(seen.body["state"], "acknowledged");
    let answered = desk.post(&party.token, &format!("{path}/reply"), json!({ "text": "Redémarrez-la." })).await;
    assert_eq!(
        (&answered.body["state"], &answered.body["replies"][0]["text"]),
        (&json!("answered"), &json!("Redémarrez-la."))
    );
    assert!(mails(&desk).await.contains(&("support_reply".into(), "zoe@client.fr".into())));
    let own = client(&desk, &party.tenant).await;
    assert_eq!(desk.get(&own, &path).await.body["replies"][0]["text"], "Redémarrez-la.");
    let closed = desk.post(&party.token, &format!("{path}/close"), json!({})).await;
    assert_eq!(closed.body["state"], "closed");
    assert_eq!(
        desk.post(&party.token, &format!("{path}/reply"), json!({ "text": "a" })).await.refusal().1,
        "message-state"
    );
}

#[tokio::test]
async fn s1_13_the_vendor_sees_what_the_partner_ticks_and_only_once_asked() {
    let (desk, world) = opened().await;
    let (party, app) = (&world.partners[0], application(&desk, &world).await);
    let id = desk.made(&app, "/v1/support-messages", message(&party.tenant)).await;
    let path = format!("/v1/support-messages/{id}");
    let escalate = format!("{path}/escalate");
    let own = client(&desk, &party.tenant).await;
    assert_eq!(desk.post(&own, &escalate, json!({ "parts": ["text"] })).await.refusal().1, "partner-answers");
    assert_eq!(desk.post(&world.operator, &escalate, json!({ "parts": ["text"] })).await.refusal().0, 404);
    assert_eq!(desk.post(&party.token, &escalate, json!({ "parts": [] })).await.refusal().2, ["/parts"]);
    let asked = desk.post(&party.token, &escalate, json!({ "parts": ["subject", "text"] })).await;
    assert_eq!(asked.body["state"], "escalated", "{}", asked.body);
    let seen = desk.get(&world.operator, &path).await;
    assert_eq!((&seen.body["subject"], &seen.body["text"]), (&json!("Panne"), &json!("La caisse\nne démarre plus.")));
    let whole = seen.body.to_string();
    for kept in ["Zoé", "zoe@client.fr", "Boulangerie", party.tenant.as_str()] {
        assert!(!whole.contains(kept), "{kept}: {whole}");
    }
    // What the vendor answers is for the partner, not for the client.
    desk.post(&world.operator, &format!("{path}/reply"), json!({ "text": "Voir la note 12." })).await;
    assert_eq!(desk.get(&party.token, &path).await.body["replies"][0]["side"], "vendor");
    assert_eq!(desk.get(&own, &path).await.body["replies"], json!([]));
    let done = desk.post(&world.operator, &format!("{path}/close"), json!({})).await;
    assert_eq!(done.body["state"], "vendor_closed");
}

#[tokio::test]
async fn a_message_that_would_break_a_header_is_refused_and_an_address_sends_five_an_hour() {
    let (desk, world) = opened().await;
    let (tenant, app) = (&world.partners[0].tenant, application(&desk, &world).await);
    for (field, wrong) in [
        ("name", json!("Zoé\r\nBcc: x@y.fr")),
        ("subject", json!("a\nb")),
        ("text", json!("nul\0")),
        ("text", json!(" \n ")),
        ("email", json!("a@b.fr\r\nBcc: x@y.fr")),
        ("email", json!("a@b.fr, c@d.fr")),
    ] {
        let mut body = message(tenant);
        body[field] = wrong;
        assert_eq!(desk.post(&app, "/v1/support-messages", body).await.refusal().2, [format!("/{field}")], "{field}");
    }
    let mut body = message(tenant);
    body["ip"] = json!("192.0.2.7");
    for _ in 0..5 {
        assert_eq!(desk.post(&app, "/v1/support-messages", body.clone()).await.status.as_u16(), 201);
    }
    assert_eq!(desk.post(&app, "/v1/support-messages", body.clone()).await.refusal().1, "too-many-messages");
    body["ip"] = json!("192.0.2.8");
    assert_eq!(desk.post(&app, "/v1/support-messages", body.clone()).await.status.as_u16(), 201);
    desk.advance_days(1);
    body["ip"] = json!("192.0.2.7");
    assert_eq!(desk.post(&app, "/v1/support-messages", body).await.status.as_u16(), 201);
}

#[tokio::test]
async fn another_partners_space_takes_no_message() {
    let (desk, world) = opened().await;
    let body = message(&world.partners[1].tenant);
    assert_eq!(desk.post(&world.partners[0].token, "/v1/support-messages", body).await.refusal().2, ["/tenant"]);
}
