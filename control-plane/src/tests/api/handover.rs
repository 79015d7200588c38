//! The people of tenants: setup, handover, and who decides afterwards.

use axum::http::{Method, StatusCode};
use serde_json::json;

use super::desk::Desk;
use super::people::{ANNE, BEA, person};

fn actions(detail: &[(String, String)], object: &str) -> Vec<String> {
    detail.iter().filter(|(_, of)| of == object).map(|(action, _)| action.clone()).collect()
}

async fn audited(desk: &Desk) -> Vec<(String, String)> {
    sqlx::query_as("select action, object from audit_event order by seq").fetch_all(desk.store.reader()).await.unwrap()
}

#[tokio::test]
async fn s1_6_the_partner_sets_a_tenant_up_until_the_client_takes_it_over() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let one = &world.partners[0];
    let anne = desk.member(&world.operator, &one.id, ANNE, &["clients.manage"]).await;
    let member = anne.get(&desk, "/v1/members").await.body["items"].clone();
    let member = member.as_array().unwrap().iter().find(|member| member["email"] == ANNE).unwrap()["id"].clone();
    let inside = format!("tenant:{}", one.tenant);
    let reply = anne.post(&desk, "/v1/session/act-for", json!({ "principal": inside })).await;
    assert_eq!(reply.refusal().1, "no-membership", "to manage is not to see");
    let setup = format!("/v1/tenants/{}/setup-access", one.tenant);
    let given = anne.post(&desk, &setup, json!({ "member": member })).await;
    assert_eq!((given.status, &given.body["role"]), (StatusCode::CREATED, &json!("manager")), "{}", given.body);
    let acting = anne.act_for(&desk, &inside).await;
    assert_eq!(acting.get(&desk, "/v1/tenants").await.body["items"][0]["id"], json!(one.tenant));

    desk.made(&one.token, &format!("/v1/tenants/{}/users", one.tenant), person(BEA, "administrator")).await;
    assert_eq!(acting.get(&desk, "/v1/tenants").await.status, StatusCode::OK, "an invitation is no arrival");
    desk.arrive(BEA).await;
    assert_eq!(acting.get(&desk, "/v1/tenants").await.status, StatusCode::UNAUTHORIZED);
    let anne = desk.log_in(ANNE).await;
    assert_eq!(anne.post(&desk, &setup, json!({ "member": member })).await.refusal().1, "handed-over");
    assert!(actions(&audited(&desk).await, &one.tenant).contains(&"tenant.handed_over".to_owned()));
}

#[tokio::test]
async fn setup_access_ends_by_itself_after_thirty_days() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let one = &world.partners[0];
    let anne = desk.member(&world.operator, &one.id, ANNE, &["clients.manage"]).await;
    let members = anne.get(&desk, "/v1/members").await.body["items"].clone();
    let member = members.as_array().unwrap().iter().find(|member| member["email"] == ANNE).unwrap()["id"].clone();
    let setup = format!("/v1/tenants/{}/setup-access", one.tenant);
    assert_eq!(anne.post(&desk, &setup, json!({ "member": member })).await.status, StatusCode::CREATED);
    let companies = |visitor: super::visitor::Visitor| {
        let desk = &desk;
        async move { visitor.get(desk, "/v1/partners/me/companies").await.body.to_string() }
    };
    assert!(companies(anne).await.contains(&one.tenant));
    desk.advance_days(31);
    let anne = desk.log_in(ANNE).await;
    assert!(!companies(anne.clone()).await.contains(&one.tenant));
    let inside = json!({ "principal": format!("tenant:{}", one.tenant) });
    assert_eq!(anne.post(&desk, "/v1/session/act-for", inside).await.refusal().1, "no-membership");
}

#[tokio::test]
async fn s1_21_a_handed_over_tenant_keeps_an_active_administrator() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let one = &world.partners[0];
    let users = format!("/v1/tenants/{}/users", one.tenant);
    let handover = format!("/v1/tenants/{}/handover", one.tenant);
    let reply = desk.post(&one.token, &handover, json!({})).await;
    assert_eq!(reply.refusal(), (409, "client-admin-missing".into(), vec![]));
    let bea = desk.tenant_user(&one.token, &one.tenant, BEA, "administrator").await;
    assert_eq!(bea.session["acting_for"], json!(format!("tenant:{}", one.tenant)));
    assert_eq!(desk.post(&one.token, &handover, json!({})).await.status, StatusCode::OK);
    let own = bea.get(&desk, &users).await.body["items"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/tenant-users/{own}");
    let demoted = Some(json!({ "role": "manager" }));
    assert_eq!(bea.ask(&desk, Method::PATCH, &path, demoted.clone()).await.refusal().1, "last-admin");
    assert_eq!(bea.ask(&desk, Method::DELETE, &path, None).await.refusal().1, "last-admin");
    assert_eq!(desk.ask(Method::DELETE, &world.operator, &path, None).await.refusal().1, "last-admin");
    let user = bea.session["user"].as_str().unwrap();
    let reply = desk.post(&world.operator, &format!("/v1/users/{user}/deactivate"), json!({})).await;
    assert_eq!(reply.refusal().1, "last-admin");
    // Another who is only invited doesn't help; one who has come does.
    let invited = bea.post(&desk, &users, person("carl@boulangerie.fr", "administrator")).await;
    assert_eq!(invited.status, StatusCode::CREATED);
    assert_eq!(bea.ask(&desk, Method::PATCH, &path, demoted.clone()).await.refusal().1, "last-admin");
    desk.arrive("carl@boulangerie.fr").await;
    assert_eq!(bea.ask(&desk, Method::PATCH, &path, demoted).await.status, StatusCode::OK);
}

#[tokio::test]
async fn two_administrators_who_leave_at_once_leave_one() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let one = &world.partners[0];
    desk.tenant_user(&one.token, &one.tenant, BEA, "administrator").await;
    let invite = format!("/v1/tenants/{}/users", one.tenant);
    desk.made(&world.operator, &invite, person("carl@b.fr", "administrator")).await;
    desk.arrive("carl@b.fr").await;
    let users = desk.get(&one.token, &invite).await.body["items"].clone();
    let paths: Vec<String> = users
        .as_array()
        .unwrap()
        .iter()
        .map(|user| format!("/v1/tenant-users/{}", user["id"].as_str().unwrap()))
        .collect();
    assert_eq!(paths.len(), 2);
    let leave = paths.iter().map(|path| desk.ask(Method::DELETE, &world.operator, path, None));
    let replies = futures_util::future::join_all(leave).await;
    let gone = replies.iter().filter(|reply| reply.status == StatusCode::NO_CONTENT).count();
    assert_eq!(gone, 1);
}

#[tokio::test]
async fn after_the_handover_the_client_says_who_belongs_to_it() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let one = &world.partners[0];
    let users = format!("/v1/tenants/{}/users", one.tenant);
    let bea = desk.tenant_user(&one.token, &one.tenant, BEA, "administrator").await;
    let reply = desk.post(&one.token, &users, person("spy@c.fr", "administrator")).await;
    assert_eq!(reply.refusal(), (403, "handed-over".into(), vec![]));
    assert_eq!(bea.post(&desk, &users, person("carl@b.fr", "employee")).await.status, StatusCode::CREATED);
    let invitations = desk.get(&one.token, "/v1/invitations").await.body["items"].clone();
    let carl = invitations.as_array().unwrap().iter().find(|item| item["email"] == "carl@b.fr").unwrap();
    let path = format!("/v1/invitations/{}", carl["id"].as_str().unwrap());
    assert_eq!(desk.ask(Method::DELETE, &one.token, &path, None).await.refusal().1, "handed-over");
    assert_eq!(bea.ask(&desk, Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(desk.accept("carl@b.fr").await.refusal().1, "invitation-used");
}

#[tokio::test]
async fn s1_22_the_partners_user_is_linked_to_the_tenant_as_manager() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let [one, two] = &world.partners;
    desk.member(&world.operator, &one.id, ANNE, &[]).await;
    desk.member(&world.operator, &two.id, "x@caisse-sud.fr", &[]).await;
    let member = async |token: &str, email: &str| {
        let members = desk.get(token, "/v1/members").await.body["items"].clone();
        members.as_array().unwrap().iter().find(|member| member["email"] == email).unwrap()["id"].clone()
    };
    let setup = format!("/v1/tenants/{}/setup-access", one.tenant);
    let foreign = json!({ "member": member(&two.token, "x@caisse-sud.fr").await });
    assert_eq!(desk.post(&one.token, &setup, foreign).await.refusal().2, vec!["/member".to_owned()]);
    let own = json!({ "member": member(&one.token, ANNE).await });
    desk.made(&one.token, &setup, own).await;
    let users = desk.get(&one.token, &format!("/v1/tenants/{}/users", one.tenant)).await.body;
    let linked = &users["items"][0];
    assert_eq!(
        (&linked["email"], &linked["role"], &linked["side"]),
        (&json!(ANNE), &json!("manager"), &json!("setup"))
    );
    let role = Some(json!({ "role": "administrator" }));
    let path = format!("/v1/tenant-users/{}", linked["id"].as_str().unwrap());
    assert_eq!(
        desk.ask(Method::PATCH, &one.token, &path, role).await.status,
        StatusCode::NOT_FOUND,
        "and nothing more"
    );
}

#[tokio::test]
async fn s1_p1_there_are_three_levels_and_each_may_do_less() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let one = &world.partners[0];
    let users = format!("/v1/tenants/{}/users", one.tenant);
    let manager = desk.tenant_user(&one.token, &one.tenant, "m@b.fr", "manager").await;
    let employee = desk.tenant_user(&one.token, &one.tenant, "e@b.fr", "employee").await;
    let administrator = desk.tenant_user(&one.token, &one.tenant, BEA, "administrator").await;
    for (visitor, reads, writes) in [(&administrator, true, true), (&manager, true, false), (&employee, false, false)] {
        assert_eq!(visitor.get(&desk, &users).await.status == StatusCode::OK, reads);
        let email = format!("new{reads}{writes}@b.fr");
        let invited = visitor.post(&desk, &users, person(&email, "employee")).await;
        assert_eq!(invited.status == StatusCode::CREATED, writes, "{}", invited.body);
        assert_eq!(visitor.get(&desk, "/v1/tenants").await.body["items"].as_array().unwrap().len(), 1);
    }
    let reply = desk.post(&world.operator, &users, person("x@b.fr", "owner")).await;
    assert_eq!(reply.refusal(), (422, "invalid-request".into(), vec!["/role".into()]));
}

#[tokio::test]
async fn s1_20_the_account_comes_first_and_its_white_label_second_both_audited() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let one = &world.partners[0];
    let tenant = json!({ "partner": one.id, "application": world.application, "name": "Crèmerie" });
    let tenant = desk.made(&one.token, "/v1/tenants", tenant).await;
    let path = format!("/v1/tenants/{tenant}/white-label");
    assert_eq!(desk.get(&one.token, &path).await.body["state"], "off", "an account alone is no white label");
    let owner = desk.member(&world.operator, &one.id, ANNE, &["white_label.manage"]).await;
    let setting = Some(json!({ "owner": owner.session["user"], "app_lock": false, "contact_route": "partner" }));
    let put = owner.ask(&desk, Method::PUT, &path, setting.clone()).await;
    assert_eq!(put.status, StatusCode::OK, "{}", put.body);
    // And for an account that isn't there, there is no second step.
    let none = path.replace(&tenant, "ten_00000000000000000000000000");
    assert_eq!(owner.ask(&desk, Method::PUT, &none, setting).await.status, StatusCode::NOT_FOUND);
    let done: Vec<String> = sqlx::query_scalar(
        "select action from audit_event where tenant_id = $1
         and (action like 'tenant.%' or action like 'white_label.%') order by seq",
    )
    .bind(&tenant)
    .fetch_all(desk.store.reader())
    .await
    .unwrap();
    assert_eq!(done.first().map(String::as_str), Some("tenant.created"));
    assert!(done.iter().skip(1).any(|action| action.starts_with("white_label.")), "{done:?}");
}
