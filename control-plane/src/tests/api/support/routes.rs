//! Where a client's message is mailed, and what becomes of a route that leads nowhere.

use axum::http::Method;
use serde_json::{Value, json};

use super::{message, opened, support_is};
use crate::kernel::principal::Reach;
use crate::notify::model::mail::MailKind;
use crate::support::operations as support;
use crate::tests::api::desk::{Desk, World};
use crate::tests::api::notices::{french_member, waiting};
use crate::tests::api::people::{ANNE, BEA};

/// Where a new message of the first partner's client is mailed, and its current status.
async fn routed(desk: &Desk, world: &World) -> (Vec<String>, String) {
    let before = waiting(desk, MailKind::SupportMessage).await.len();
    let party = &world.partners[0];
    let sent = desk.post(&party.token, "/v1/support-messages", message(&party.tenant)).await;
    assert_eq!(sent.status.as_u16(), 201, "{}", sent.body);
    // Identities of one millisecond are in no order.
    desk.advance_seconds(1);
    let mails = waiting(desk, MailKind::SupportMessage).await;
    (mails[before..].iter().map(|mail| mail.to.clone()).collect(), sent.body["state"].as_str().unwrap().to_owned())
}

fn to(address: &str) -> (Vec<String>, String) {
    (vec![address.to_owned()], "routed".to_owned())
}

async fn white_label(desk: &Desk, world: &World, setting: Value) {
    let party = &world.partners[0];
    let path = format!("/v1/tenants/{}/white-label", party.tenant);
    let reply = desk.ask(Method::PUT, &world.operator, &path, Some(setting)).await;
    assert_eq!(reply.status.as_u16(), 200, "{}", reply.body);
}

#[tokio::test]
async fn s1_12_a_message_goes_where_the_white_label_says() {
    let (desk, world) = opened().await;
    let party = &world.partners[0];
    support_is(&desk, &party.id, "aide@nord.fr").await;
    let anne = desk.member(&world.operator, &party.id, ANNE, &["white_label.manage"]).await;
    let owner = anne.session["user"].clone();
    white_label(&desk, &world, json!({ "owner": owner, "app_lock": false, "contact_route": "partner" })).await;
    assert_eq!(routed(&desk, &world).await, to("aide@nord.fr"));
    white_label(&desk, &world, json!({ "owner": owner, "app_lock": false, "contact_route": "owner" })).await;
    assert_eq!(routed(&desk, &world).await, to(ANNE));
    // An owner who has left gets nothing more.
    desk.sql("update member set state = 'removed' where user_id = $1", &[owner.as_str().unwrap()]).await;
    assert_eq!(routed(&desk, &world).await, to("aide@nord.fr"));
    // A brand of its own has a support of its own, once it is shown.
    let own = json!({ "brand": { "name": "Fournil", "support": "aide@fournil.fr" }, "look": {} }).to_string();
    desk.sql("update white_label set brand = $1 where tenant_id = $2", &[&own, &party.tenant]).await;
    assert_eq!(routed(&desk, &world).await, to("aide@nord.fr"));
    desk.sql("update white_label set state = 'live' where tenant_id = $1", &[&party.tenant]).await;
    assert_eq!(routed(&desk, &world).await, to("aide@fournil.fr"));
}

#[tokio::test]
async fn s2_24_who_does_the_first_level_of_support_hears_of_each_message() {
    let (desk, world) = opened().await;
    let party = &world.partners[0];
    french_member(&desk, &world, &party.id, ANNE, &["support.handle"]).await;
    french_member(&desk, &world, &party.id, BEA, &["clients.manage"]).await;
    assert_eq!(routed(&desk, &world).await, (vec![], "received".to_owned()), "no-code: it may look into its inbox");
    let mode = json!({ "distribution_mode": "integrated" });
    let path = format!("/v1/partners/{}", party.id);
    let reply = desk.ask(Method::PATCH, &world.operator, &path, Some(mode)).await;
    assert_eq!(reply.body["support_level1"], json!(true), "{}", reply.body);
    assert_eq!(routed(&desk, &world).await, to(ANNE));
    support_is(&desk, &party.id, "aide@nord.fr").await;
    assert_eq!(routed(&desk, &world).await, to("aide@nord.fr"));
}

#[tokio::test]
async fn a_message_whose_mail_bounced_says_so_until_an_operator_sent_it_again() {
    let (desk, world) = opened().await;
    let party = &world.partners[0];
    support_is(&desk, &party.id, "aide@nord.fr").await;
    let id = desk.made(&party.token, "/v1/support-messages", message(&party.tenant)).await;
    let path = format!("/v1/support-messages/{id}");
    for (arrived, state) in [(true, "routed"), (false, "received"), (false, "received"), (true, "routed")] {
        let mut write = desk.store.begin(Reach::system("test").actor(), desk.store.now_ms()).await.unwrap();
        support::mailed(&mut write, &json!({ "message": id }), arrived).await.unwrap();
        write.commit().await.unwrap();
        assert_eq!(desk.get(&party.token, &path).await.body["state"], state);
    }
    // What the partner has seen meanwhile stands where it stood.
    desk.post(&party.token, &format!("{path}/acknowledge"), json!({})).await;
    let mut write = desk.store.begin(Reach::system("test").actor(), desk.store.now_ms()).await.unwrap();
    support::mailed(&mut write, &json!({ "message": id }), false).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(desk.get(&party.token, &path).await.body["state"], "acknowledged");
    let events = "select kind from outbox_event where object = $1 order by seq";
    let events: Vec<String> = sqlx::query_scalar(events).bind(&id).fetch_all(desk.store.reader()).await.unwrap();
    let kinds = ["received", "bounced", "routed", "acknowledged"].map(|kind| format!("support_message.{kind}"));
    assert_eq!(events, kinds);
}
