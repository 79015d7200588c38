//! What ends with what: roles with what the partner is, assignments with their space, setup with the handover.

use axum::http::{Method, StatusCode};
use serde_json::json;

use super::collaborators::{access, followed, traces};
use super::desk::{Desk, World};
use super::people::{ANNE, BEA};

async fn become_of(desk: &Desk, world: &World, change: serde_json::Value) {
    let path = format!("/v1/partners/{}", world.partners[0].id);
    let reply = desk.ask(Method::PATCH, &world.operator, &path, Some(change)).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
}

#[tokio::test]
async fn s2_22_a_role_ends_when_the_partner_is_no_more_what_it_is_for() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let token = &world.partners[0].token;
    let books = followed(&desk, &world, 1, Some("accountant")).await;
    let support = followed(&desk, &world, 2, Some("technical_support")).await;
    let granted = desk.post(&support.client, &format!("/v1/consents/{}/grant", support.consent), json!({})).await;
    assert_eq!(granted.status, StatusCode::OK, "{}", granted.body);
    let roles = async |id: &str| desk.get(token, &format!("/v1/collaborators/{id}")).await.body["roles"].clone();
    let state = async |id: &str| desk.get(token, &format!("/v1/assignments/{id}")).await.body["state"].clone();

    // What has nothing to do with it ends nothing.
    become_of(&desk, &world, json!({ "name": "Caisse Nord" })).await;
    assert_eq!(roles(&books.collaborator).await, json!(["accountant", "technical_support"]));

    become_of(&desk, &world, json!({ "kind": "reseller" })).await;
    assert_eq!(roles(&books.collaborator).await, json!(["technical_support"]));
    assert_eq!(
        (state(&books.assignment).await, access(&desk, &books.client, &books.tenant).await),
        (json!("revoked"), vec![])
    );
    assert_eq!(state(&support.assignment).await, "active");
    // In integrated mode the first level stays the partner's duty, whatever is said of it.
    become_of(&desk, &world, json!({ "distribution_mode": "integrated", "support_level1": false })).await;
    assert_eq!(state(&support.assignment).await, "active");
    become_of(&desk, &world, json!({ "distribution_mode": "no_code", "support_level1": false })).await;
    assert_eq!(state(&support.assignment).await, "revoked");
    assert_eq!(access(&desk, &support.client, &support.tenant).await, [] as [&str; 0]);
    let consent = desk.get(&support.client, &format!("/v1/consents/{}", support.consent)).await.body;
    assert_eq!(consent["state"], "revoked");
    for id in [&books.collaborator, &support.collaborator] {
        assert_eq!(desk.get(token, &format!("/v1/collaborators/{id}")).await.status, StatusCode::NOT_FOUND);
        let ended = traces(&desk, id).await.into_iter().filter(|action| action == "collaborator.role_revoked").count();
        assert_eq!(ended, 2, "one for each role");
    }
    assert_eq!(traces(&desk, &books.assignment).await, ["assignment.created", "assignment.ended"]);
    assert_eq!(traces(&desk, &support.consent).await, ["consent.requested", "consent.granted", "consent.revoked"]);
    // It may become what it was; what ended stays so.
    become_of(&desk, &world, json!({ "kind": "accounting_firm" })).await;
    assert_eq!(state(&books.assignment).await, "revoked");
}

#[tokio::test]
async fn a_space_that_is_closed_is_followed_by_nobody() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let token = &world.partners[0].token;
    let books = followed(&desk, &world, 1, Some("accountant")).await;
    let support = followed(&desk, &world, 2, Some("technical_support")).await;
    let member = json!({ "member": books.collaborator });
    desk.made(token, &format!("/v1/tenants/{}/setup-access", books.tenant), member).await;
    assert_eq!(access(&desk, &books.client, &books.tenant).await, ["accountant", "setup"]);
    for of in [&books, &support] {
        let reply = desk.post(token, &format!("/v1/tenants/{}/close", of.tenant), json!({})).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        let assignment = desk.get(token, &format!("/v1/assignments/{}", of.assignment)).await.body;
        assert_eq!(assignment["state"], "removed");
        let ended = traces(&desk, &of.assignment).await;
        assert_eq!(ended.iter().filter(|action| *action == "assignment.ended").count(), 1, "{ended:?}");
    }
    assert_eq!(access(&desk, &books.client, &books.tenant).await, [] as [&str; 0]);
    assert_eq!(traces(&desk, &support.consent).await, ["consent.requested", "consent.revoked"]);
    let grant = desk.post(&support.client, &format!("/v1/consents/{}/grant", support.consent), json!({})).await;
    assert_eq!(grant.refusal().1, "consent-not-requested");
}

#[tokio::test]
async fn who_alone_manages_a_partners_settings_is_not_deactivated() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let one = &world.partners[0];
    let anne = desk.member(&world.operator, &one.id, ANNE, &["settings.manage"]).await;
    let path = format!("/v1/users/{}/deactivate", anne.session["user"].as_str().unwrap());
    assert_eq!(desk.post(&world.operator, &path, json!({})).await.refusal().1, "last-settings-manager");
    // Somebody with another right is no help; nor who manages another partner's settings.
    desk.member(&world.operator, &one.id, BEA, &["clients.manage"]).await;
    desk.member(&world.operator, &world.partners[1].id, "carl@sud.fr", &["settings.manage"]).await;
    assert_eq!(desk.post(&world.operator, &path, json!({})).await.refusal().1, "last-settings-manager");
    desk.member(&world.operator, &one.id, "dora@caisse-nord.fr", &["settings.manage"]).await;
    assert_eq!(desk.post(&world.operator, &path, json!({})).await.status, StatusCode::OK);
}

#[tokio::test]
async fn who_only_set_a_space_up_is_not_found_after_the_handover() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let one = &world.partners[0];
    let anne = desk.member(&world.operator, &one.id, ANNE, &["clients.manage"]).await;
    let members = anne.get(&desk, "/v1/members").await.body["items"].clone();
    let member = members.as_array().unwrap().iter().find(|member| member["email"] == ANNE).unwrap()["id"].clone();
    let setup = format!("/v1/tenants/{}/setup-access", one.tenant);
    desk.made(&one.token, &setup, json!({ "member": member })).await;
    let path = format!("/v1/members/{}", member.as_str().unwrap());
    let removed = desk.ask(Method::DELETE, &world.operator, &path, None).await;
    assert!(removed.status.is_success(), "{}", removed.body);
    let found = async || {
        let reply = desk.get(&world.operator, &format!("/v1/search?kinds=user&q={}", ANNE.replace('@', "%40"))).await;
        reply.body["items"].as_array().unwrap().len()
    };
    assert_eq!(found().await, 1, "she still sets the space up");
    desk.tenant_user(&one.token, &one.tenant, BEA, "administrator").await;
    assert_eq!(found().await, 0);
}
