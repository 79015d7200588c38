//! What was written on the edge's own form: in the inbox once, whatever became of the tenant meanwhile.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use marque_config::MessageId;
use serde_json::{Value, json};

use super::{opened, support_is};
use crate::tests::api::collaborators::mails;
use crate::tests::api::desk::{Desk, World};

fn id(number: u8) -> String {
    MessageId::new(1, &[number; 10]).to_string()
}

fn message(world: &World, number: u8) -> Value {
    json!({
        "id": id(number), "tenant": world.partners[0].tenant, "name": "Zoé", "email": "zoe@client.fr", "language": "fr",
        "subject": "Panne", "text": "La caisse\nne démarre plus.", "ip": "192.0.2.7",
        "files": [{ "name": "C:\\caisse\\trace.log", "media_type": "text/plain", "content": STANDARD.encode("10:02 erreur") }],
    })
}

/// What becomes of messages that a proxy sends, numbered by itself from here on.
async fn send(desk: &Desk, first: u32, messages: &[&Value]) -> Vec<Value> {
    let event = |(number, body): (u32, &&Value)| json!({ "id": format!("a-{number}"), "at_ms": 1, "kind": "contact_message", "body": body });
    let events: Vec<_> = (first..).zip(messages).map(event).collect();
    let reply = desk.edge_events(&events).await;
    let settled = reply.body["events"].as_array().unwrap_or_else(|| panic!("{}", reply.body));
    settled.iter().map(|event| event["refused"].clone()).collect()
}

async fn inbox(desk: &Desk, world: &World) -> Vec<Value> {
    let listed = desk.get(&world.partners[0].token, "/v1/support-messages?limit=100").await;
    listed.body["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn s1_12_the_edges_form_goes_straight_to_the_partner_once() {
    let (desk, world) = opened().await;
    support_is(&desk, &world.partners[0].id, "aide@nord.fr").await;
    let (before, body) = (mails(&desk).await, message(&world, 1));
    assert_eq!(send(&desk, 1, &[&body]).await, [Value::Null]);
    // Again by the same identity, and by another proxy's, as when a visitor sends it anew elsewhere.
    assert_eq!(send(&desk, 1, &[&body]).await, [Value::Null]);
    assert_eq!(send(&desk, 2, &[&body]).await, [Value::Null]);
    let kept = inbox(&desk, &world).await;
    let told = |field: &str| kept.iter().map(|message| message[field].clone()).collect::<Vec<_>>();
    assert_eq!(
        (told("id"), told("channel"), told("state")),
        (vec![json!(id(1))], vec![json!("edge")], vec![json!("routed")])
    );
    let whole = desk.get(&world.partners[0].token, &format!("/v1/support-messages/{}", id(1))).await.body;
    assert_eq!((&whole["attachments"][0]["name"], &whole["language"]), (&json!("trace.log"), &json!("fr")));
    // Nobody but the partner is written to.
    let new: Vec<_> = mails(&desk).await.into_iter().filter(|mail| !before.contains(mail)).collect();
    assert_eq!(new, [("support_message".to_owned(), "aide@nord.fr".to_owned())]);
    // The vendor hears of it when the partner asks.
    assert_eq!(desk.get(&world.operator, "/v1/support-messages").await.body["items"], json!([]));
}

#[tokio::test]
async fn what_the_edge_has_taken_is_refused_no_more() {
    let (desk, world) = opened().await;
    // The edge has counted them: here nobody does again.
    let many: Vec<_> = (1..=8).map(|number| message(&world, number)).collect();
    assert_eq!(send(&desk, 1, &many.iter().collect::<Vec<_>>()).await, vec![Value::Null; 8]);
    let tenant = &world.partners[0].tenant;
    let closed = desk.post(&world.operator, &format!("/v1/tenants/{tenant}/close"), json!({})).await;
    assert_eq!(closed.status.as_u16(), 200, "{}", closed.body);
    assert_eq!(send(&desk, 9, &[&message(&world, 9)]).await, [Value::Null]);
    assert_eq!(inbox(&desk, &world).await.len(), 9);
}

#[tokio::test]
async fn what_no_edge_sends_is_refused_alone_and_for_good() {
    let (desk, world) = opened().await;
    let changed = |field: &str, value: Value| {
        let mut body = message(&world, 2);
        body[field] = value;
        body
    };
    let foreign = {
        let mut body = message(&world, 1);
        body["tenant"] = json!(world.partners[1].tenant);
        body
    };
    let wrong = [
        (changed("name", json!("Zoé\r\nBcc: x@y.fr")), "invalid-text"),
        (changed("subject", json!("a\nb")), "invalid-text"),
        (changed("text", json!("bell\u{7}")), "invalid-text"),
        (changed("email", json!("a@b.fr\r\nBcc: x@y.fr")), "invalid-value"),
        (changed("files", json!([{ "name": "a", "media_type": "image/png", "content": "" }])), "wrong-content"),
        (changed("files", json!([{ "name": "a", "media_type": "image/svg+xml", "content": "" }])), "unreadable"),
        (changed("tenant", json!("ten_00000000000000000000000000")), "unknown-reference"),
        (json!({ "text": 1 }), "unreadable"),
        (foreign, "message-id-taken"),
    ];
    assert_eq!(send(&desk, 1, &[&message(&world, 1)]).await, [Value::Null]);
    let bodies: Vec<_> = wrong.iter().map(|(body, _)| body).collect();
    let codes: Vec<_> = wrong.iter().map(|(_, code)| json!(code)).collect();
    assert_eq!(send(&desk, 2, &bodies).await, codes);
    assert_eq!(send(&desk, 2, &bodies).await, codes, "and they stay so");
    assert_eq!(inbox(&desk, &world).await.len(), 1);
    assert_eq!(send(&desk, 20, &[&message(&world, 3)]).await, [Value::Null]);
}

#[tokio::test]
async fn an_operator_sees_what_came_and_why_some_of_it_was_refused() {
    let (desk, world) = opened().await;
    for number in 1..=3 {
        assert_eq!(send(&desk, number, &[&message(&world, number as u8)]).await, [Value::Null]);
        desk.advance_seconds(1);
    }
    assert_eq!(send(&desk, 4, &[&json!({ "text": 1 })]).await, ["unreadable"]);
    let listed = async |query: &str| {
        let reply = desk.get(&world.operator, &format!("/v1/edge/events{query}")).await;
        assert_eq!(reply.status.as_u16(), 200, "{}", reply.body);
        let ids = reply.body["items"].as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap().to_owned());
        (ids.collect::<Vec<_>>(), reply.body["next_page_token"].as_str().map(str::to_owned))
    };
    assert_eq!(listed("").await.0, ["a-4", "a-3", "a-2", "a-1"]);
    assert_eq!(listed("?refused=true").await.0, ["a-4"]);
    assert_eq!(listed("?refused=false&order=oldest").await.0, ["a-1", "a-2", "a-3"]);
    assert_eq!(listed("?proxy=two").await.0, [""; 0]);
    let (first, next) = listed("?limit=3").await;
    assert_eq!(first, ["a-4", "a-3", "a-2"]);
    assert_eq!(listed(&format!("?limit=3&page_token={}", next.unwrap())).await, (vec!["a-1".to_owned()], None));
    let shown = desk.get(&world.operator, "/v1/edge/events?refused=true").await.body["items"][0].clone();
    assert_eq!((&shown["proxy"], &shown["kind"]), (&json!("one"), &json!("contact_message")));
    assert_eq!((&shown["refused"], &shown["seen_at"]), (&json!("unreadable"), &json!("1970-01-01T00:00:00.001Z")));
    assert_eq!(desk.get(&world.partners[0].token, "/v1/edge/events").await.refusal().1, "operators-only");
}
