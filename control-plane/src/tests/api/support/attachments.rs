//! What goes along with a message.

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{application, message, opened, support_is};
use crate::notify::model::mail::MailKind;
use crate::tests::api::collaborators::client;
use crate::tests::api::desk::Desk;
use crate::tests::api::notices::waiting;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nnot much of a picture";

fn file(name: &str, media_type: &str, content: &[u8]) -> Value {
    json!({ "name": name, "media_type": media_type, "content": STANDARD.encode(content) })
}

fn with(tenant: &str, files: &[Value]) -> Value {
    let mut body = message(tenant);
    body["attachments"] = json!(files);
    body
}

async fn saved(desk: &Desk, token: &str, path: &str) -> (HeaderMap, String) {
    desk.text(token, path).await
}

#[tokio::test]
async fn s1_12_files_go_along_with_a_message_to_those_who_may_read_it() {
    let (desk, world) = opened().await;
    let (party, app) = (&world.partners[0], application(&desk, &world).await);
    support_is(&desk, &party.id, "aide@nord.fr").await;
    let log = "10:02 erreur 12\n".as_bytes();
    let files = [file("C:\\caisse\\trace é.log", "text/plain", log), file("a/../écran", "image/png", PNG)];
    let sent = desk.post(&app, "/v1/support-messages", with(&party.tenant, &files)).await;
    let listed = json!([
        { "number": 1, "name": "trace é.log", "media_type": "text/plain", "size": log.len() },
        { "number": 2, "name": "écran.png", "media_type": "image/png", "size": PNG.len() },
    ]);
    assert_eq!((sent.status.as_u16(), &sent.body["attachments"]), (201, &listed), "{}", sent.body);
    let path = format!("/v1/support-messages/{}", sent.body["id"].as_str().unwrap());
    let own = client(&desk, &party.tenant).await;
    for token in [&party.token, &own] {
        assert_eq!(desk.get(token, &path).await.body["attachments"], listed);
        let (headers, text) = saved(&desk, token, &format!("{path}/attachments/1")).await;
        assert_eq!(text.as_bytes(), log);
        assert_eq!(headers["content-type"], "text/plain");
        assert_eq!(headers["content-disposition"], "attachment; filename*=UTF-8''trace%20%C3%A9.log");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["cache-control"], "no-store");
    }
    for number in ["0", "3", "-1", "one", "9223372036854775808"] {
        assert_eq!(desk.get(&party.token, &format!("{path}/attachments/{number}")).await.refusal().0, 404, "{number}");
    }
    for stranger in [&world.partners[1].token, &world.operator] {
        assert_eq!(desk.get(stranger, &format!("{path}/attachments/1")).await.refusal().0, 404);
    }
    let told = waiting(&desk, MailKind::SupportMessage).await;
    assert_eq!(told.len(), 1);
    assert!(told[0].text.contains("trace é.log, écran.png"), "{}", told[0].text);
}

#[tokio::test]
async fn s1_13_the_vendor_sees_the_files_only_where_they_are_ticked_themselves() {
    let (desk, world) = opened().await;
    let (party, app) = (&world.partners[0], application(&desk, &world).await);
    for (parts, sees) in
        [(json!(["text", "subject", "sender", "tenant", "replies"]), false), (json!(["attachments"]), true)]
    {
        let body = with(&party.tenant, &[file("a.png", "image/png", PNG)]);
        let id = desk.made(&app, "/v1/support-messages", body).await;
        let path = format!("/v1/support-messages/{id}");
        desk.post(&party.token, &format!("{path}/escalate"), json!({ "parts": parts })).await;
        let shown = desk.get(&world.operator, &path).await.body;
        assert_eq!(shown.get("attachments").is_some(), sees, "{shown}");
        assert_eq!(shown.get("text").is_some(), !sees, "{shown}");
        let reply = desk.get(&world.operator, &format!("{path}/attachments/1")).await;
        assert_eq!(reply.status.as_u16(), if sees { 200 } else { 404 });
    }
}

#[tokio::test]
async fn a_file_that_is_too_large_or_something_else_is_refused_by_its_field() {
    let (desk, world) = opened().await;
    let (tenant, app) = (&world.partners[0].tenant, application(&desk, &world).await);
    let refused = async |files: &[Value]| desk.post(&app, "/v1/support-messages", with(tenant, files)).await.refusal();
    let text = |bytes: usize| file("a.txt", "text/plain", &vec![b'a'; bytes]);
    let mebibyte = 1 << 20;
    for (files, pointer) in [
        (vec![text(1); 6], "/attachments"),
        (vec![text(2 * mebibyte), text(2 * mebibyte), text(1)], "/attachments"),
        (vec![text(1), text(2 * mebibyte + 1)], "/attachments/1/content"),
        (vec![text(0)], "/attachments/0/content"),
        (vec![file("a.png", "image/png", b"<svg onload='alert(1)'/>")], "/attachments/0/content"),
        (vec![file("a.html", "text/html", b"<script>")], "/attachments/0/media_type"),
        (vec![file("a.svg", "image/svg+xml", b"<svg/>")], "/attachments/0/media_type"),
        (vec![json!({ "name": "a", "media_type": "text/plain", "content": "@@@@" })], "/attachments/0/content"),
        (
            vec![json!({ "name": "a", "media_type": "text/plain", "content": "YQ==", "path": "/etc" })],
            "/attachments/0/path",
        ),
    ] {
        assert_eq!(refused(&files).await, (422, "invalid-request".into(), vec![pointer.to_owned()]));
    }
    assert_eq!(refused(&[text(5 * mebibyte)]).await.1, "body-too-large");
    let kept: i64 =
        sqlx::query_scalar("select (select count(*) from support_attachment) + (select count(*) from support_message)")
            .fetch_one(desk.store.reader())
            .await
            .unwrap();
    assert_eq!(kept, 0);
    // As much as is taken; the mail says where to find it.
    support_is(&desk, &world.partners[0].id, "aide@nord.fr").await;
    let most = [text(2 * mebibyte), text(2 * mebibyte)];
    let sent = desk.post(&app, "/v1/support-messages", with(tenant, &most)).await;
    assert_eq!(sent.status.as_u16(), 201, "{}", sent.body);
    let told = waiting(&desk, MailKind::SupportMessage).await;
    assert!(told[0].text.contains("Trop volumineux pour un courriel"), "{}", told[0].text);
}
