//! Members, invitations, and what a person has.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::desk::Desk;
use super::visitor::PASSWORD;

pub(super) const ANNE: &str = "anne@caisse-nord.fr";
pub(super) const BEA: &str = "bea@boulangerie.fr";

pub(super) fn person(email: &str, role: &str) -> Value {
    json!({ "email": email, "name": "Bea Durand", "role": role })
}

#[tokio::test]
async fn s3_5_access_comes_by_a_link_that_is_followed_once_within_seven_days_and_never_a_password() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let one = &world.partners[0];
    let member = json!({ "partner": one.id, "email": ANNE, "name": "Anne Martin", "rights": ["clients.manage"] });
    desk.made(&world.operator, "/v1/members", member).await;
    let facts: String = sqlx::query_scalar("select facts from mail where to_address = $1")
        .bind(ANNE)
        .fetch_one(desk.store.reader())
        .await
        .unwrap();
    assert!(!facts.contains("password"), "{facts}");
    let first = desk.link(ANNE).await;
    desk.advance_days(6);
    // Sent again it is another link, and the first leads nowhere.
    let waiting = desk.get(&one.token, "/v1/invitations").await.body["items"].clone();
    let waiting = waiting.as_array().unwrap().iter().find(|item| item["email"] == ANNE).unwrap();
    let path = format!("/v1/invitations/{}/resend", waiting["id"].as_str().unwrap());
    assert_eq!(desk.post(&one.token, &path, json!({})).await.status, StatusCode::OK);
    let body = |token: &str| json!({ "token": token, "password": PASSWORD });
    let reply = desk.knock("/v1/invitations/accept", &body(&first)).await;
    assert_eq!(reply.refusal(), (404, "not-found".into(), vec![]));
    let second = desk.link(ANNE).await;
    let short = json!({ "token": second, "password": "short" });
    let reply = desk.knock("/v1/invitations/accept", &short).await;
    assert_eq!(reply.refusal(), (422, "invalid-request".into(), vec!["/password".into()]));
    let accepted = desk.knock("/v1/invitations/accept", &body(&second)).await;
    assert_eq!((accepted.status, &accepted.body["state"]), (StatusCode::OK, &json!("accepted")));
    let again = desk.knock("/v1/invitations/accept", &body(&second)).await;
    assert_eq!(again.refusal(), (409, "invitation-used".into(), vec![]));
    desk.log_in(ANNE).await;

    let late = json!({ "partner": one.id, "email": "late@c.fr", "name": "Late", "rights": [] });
    desk.made(&world.operator, "/v1/members", late).await;
    desk.advance_days(8);
    assert_eq!(desk.accept("late@c.fr").await.refusal(), (409, "invitation-expired".into(), vec![]));
}

#[tokio::test]
async fn twenty_who_follow_a_link_at_once_are_one() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let member = json!({ "partner": world.partners[0].id, "email": ANNE, "name": "Anne", "rights": [] });
    desk.made(&world.operator, "/v1/members", member).await;
    let body = json!({ "token": desk.link(ANNE).await, "password": PASSWORD });
    let replies = futures_util::future::join_all((0..20).map(|_| desk.knock("/v1/invitations/accept", &body))).await;
    let taken = replies.iter().filter(|reply| reply.status == StatusCode::OK).count();
    assert_eq!(taken, 1);
}

#[tokio::test]
async fn who_has_a_password_shows_it_to_follow_another_invitation() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    desk.member(&world.operator, &world.partners[0].id, ANNE, &[]).await;
    let second =
        json!({ "partner": world.partners[1].id, "email": "ANNE@caisse-nord.fr", "name": "X Y", "rights": [] });
    let invited = desk.post(&world.operator, "/v1/members", second).await;
    // What another partner calls her isn't told.
    assert_eq!(invited.body["name"], "X Y");
    let link = desk.link("ANNE@caisse-nord.fr").await;
    let stolen = json!({ "token": link, "password": "a phrase of somebody else" });
    assert_eq!(desk.knock("/v1/invitations/accept", &stolen).await.refusal().1, "credentials-wrong");
    let own = json!({ "token": link, "password": PASSWORD });
    assert_eq!(desk.knock("/v1/invitations/accept", &own).await.status, StatusCode::OK);
    let anne = desk.log_in(ANNE).await;
    assert_eq!(anne.get(&desk, "/v1/me").await.body["memberships"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_last_who_manages_the_settings_stays() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let one = &world.partners[0];
    let anne = desk.member(&world.operator, &one.id, ANNE, &["settings.manage"]).await;
    let mine = anne.get(&desk, "/v1/members").await.body["items"].clone();
    let mine = mine.as_array().unwrap().iter().find(|member| member["email"] == ANNE).unwrap().clone();
    let path = format!("/v1/members/{}", mine["id"].as_str().unwrap());
    // Whom the approval invited has not come yet, and may never.
    let less = Some(json!({ "rights": [] }));
    assert_eq!(anne.ask(&desk, Method::PATCH, &path, less.clone()).await.refusal().1, "last-settings-manager");
    assert_eq!(anne.ask(&desk, Method::DELETE, &path, None).await.refusal().1, "last-settings-manager");
    desk.member(&world.operator, &one.id, "second@caisse-nord.fr", &["settings.manage"]).await;
    assert_eq!(anne.ask(&desk, Method::PATCH, &path, less).await.status, StatusCode::OK);
    // And the right was hers until then: it is gone at once.
    assert_eq!(anne.ask(&desk, Method::DELETE, &path, None).await.refusal().1, "right-missing");
}

#[tokio::test]
async fn nobody_gives_on_more_than_they_have() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let one = &world.partners[0];
    let anne = desk.member(&world.operator, &one.id, ANNE, &["settings.manage", "support.handle"]).await;
    let member = |rights: &[&str]| json!({ "email": "new@c.fr", "name": "New", "rights": rights });
    let reply = anne.post(&desk, "/v1/members", member(&["oem.activate_licence"])).await;
    assert_eq!(reply.refusal(), (422, "invalid-request".into(), vec!["/rights".into()]));
    let reply = anne.post(&desk, "/v1/members", member(&["no.such_right"])).await;
    assert_eq!(reply.refusal(), (422, "invalid-request".into(), vec!["/rights/0".into()]));
    assert_eq!(anne.post(&desk, "/v1/members", member(&["support.handle"])).await.status, StatusCode::CREATED);
    assert_eq!(anne.post(&desk, "/v1/members", member(&[])).await.refusal().1, "member-exists");
    let other = json!({ "partner": world.partners[1].id, "email": "n@c.fr", "name": "N", "rights": [] });
    let reply = anne.post(&desk, "/v1/members", other).await;
    assert_eq!(reply.refusal(), (422, "invalid-request".into(), vec!["/partner".into()]));
}

#[tokio::test]
async fn another_partners_people_do_not_exist() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let [one, two] = &world.partners;
    let member = json!({ "partner": one.id, "email": ANNE, "name": "Anne", "rights": [] });
    let member = desk.made(&world.operator, "/v1/members", member).await;
    let user = desk.made(&one.token, &format!("/v1/tenants/{}/users", one.tenant), person(BEA, "employee")).await;
    let invitations = desk.get(&one.token, "/v1/invitations").await.body;
    let invitation = invitations["items"][0]["id"].as_str().unwrap();
    for (method, path) in [
        (Method::GET, format!("/v1/members/{member}")),
        (Method::PATCH, format!("/v1/members/{member}")),
        (Method::DELETE, format!("/v1/members/{member}")),
        (Method::GET, format!("/v1/tenant-users/{user}")),
        (Method::PATCH, format!("/v1/tenant-users/{user}")),
        (Method::DELETE, format!("/v1/tenant-users/{user}")),
        (Method::GET, format!("/v1/tenants/{}/users", one.tenant)),
        (Method::POST, format!("/v1/tenants/{}/handover", one.tenant)),
        (Method::POST, format!("/v1/invitations/{invitation}/resend")),
        (Method::DELETE, format!("/v1/invitations/{invitation}")),
    ] {
        let body = (method != Method::GET).then(|| json!({}));
        let reply = desk.ask(method.clone(), &two.token, &path, body).await;
        assert_eq!(reply.refusal(), (404, "not-found".into(), vec![]), "{method} {path}");
    }
    for list in ["/v1/members", "/v1/invitations"] {
        let listed = desk.get(&two.token, list).await.body.to_string();
        assert!(!listed.contains(ANNE) && !listed.contains(BEA), "{list}");
    }
}

#[tokio::test]
async fn s1_23_one_account_manages_all_of_a_partners_clients() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let one = &world.partners[0];
    let rights: Vec<&str> = crate::kernel::right::Right::all().map(crate::kernel::right::Right::as_str).collect();
    let anne = desk.member(&world.operator, &one.id, ANNE, &rights).await;
    let second = json!({ "partner": one.id, "application": world.application, "name": "Crèmerie" });
    let created = anne.post(&desk, "/v1/tenants", second).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.body);
    let seen = anne.get(&desk, "/v1/tenants").await.body.to_string();
    assert!(seen.contains(&one.tenant) && seen.contains(created.body["id"].as_str().unwrap()));
    let domain = json!({ "tenant": one.tenant, "kind": "platform", "label": "fournil" });
    assert_eq!(anne.post(&desk, "/v1/domains", domain).await.status, StatusCode::CREATED);
    let scopes = anne.get(&desk, "/v1/me").await.body["acting_for"]["scopes"].to_string();
    for scope in ["licences:write", "white_label:write", "clients:write", "balance:read", "orders:write"] {
        assert!(scopes.contains(scope), "{scope}");
    }
}

#[tokio::test]
async fn s2_3_my_companies_are_those_where_i_belong() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let [one, two] = &world.partners;
    let anne = desk.member(&world.operator, &one.id, ANNE, &[]).await;
    let companies = anne.get(&desk, "/v1/partners/me/companies").await.body["items"].clone();
    let cards = companies.as_array().unwrap();
    // Both were made in one instant: they come in any order.
    let kinds: std::collections::BTreeSet<&str> = cards.iter().map(|card| card["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["business_free_partner", "sandbox"].into(), "the partner's own, and no client's");
    assert_eq!(cards.len(), 2);
    // She is an employee at another partner's client, too: one card more.
    let other = person(ANNE, "employee");
    desk.made(&two.token, &format!("/v1/tenants/{}/users", two.tenant), other).await;
    let before = anne.get(&desk, "/v1/partners/me/companies").await.body["items"].as_array().unwrap().len();
    assert_eq!(before, 2, "an invitation is none");
    desk.accept(ANNE).await;
    let companies = anne.get(&desk, "/v1/partners/me/companies").await.body["items"].clone();
    let card = companies.as_array().unwrap().iter().find(|card| card["tenant"] == json!(two.tenant)).unwrap();
    assert_eq!((&card["role"], &card["name"]), (&json!("employee"), &json!("Boulangerie")));
    let first = anne.get(&desk, "/v1/partners/me/companies?limit=1").await.body;
    assert_eq!(first["items"].as_array().unwrap().len(), 1);
    let token = first["next_page_token"].as_str().unwrap();
    let rest = anne.get(&desk, &format!("/v1/partners/me/companies?page_token={token}")).await.body;
    assert_eq!(rest["items"].as_array().unwrap().len(), 2);
    // A token is nobody's: it has no companies.
    assert_eq!(desk.get(&one.token, "/v1/partners/me/companies").await.refusal().1, "right-missing");
}

#[tokio::test]
async fn s2_7_a_card_opens_its_companys_dashboard() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let one = &world.partners[0];
    desk.tenant_user(&one.token, &one.tenant, BEA, "manager").await;
    let bea = desk.log_in(BEA).await;
    let card = bea.get(&desk, "/v1/partners/me/companies").await.body["items"][0].clone();
    assert_eq!(card["dashboard"], Value::Null, "it is served nowhere yet");
    let domain = json!({ "tenant": one.tenant, "kind": "platform", "label": "fournil" });
    desk.made(&one.token, "/v1/domains", domain).await;
    let mut write = desk.store.begin(&crate::kernel::actor::Actor::system("test"), 1).await.unwrap();
    sqlx::query("update hostname set dns_state = 'verified', certificate_state = 'active'")
        .execute(write.connection())
        .await
        .unwrap();
    write.commit().await.unwrap();
    let card = bea.get(&desk, "/v1/partners/me/companies").await.body["items"][0].clone();
    assert_eq!(card["dashboard"], "https://fournil.p.marque.fr/");
    let inside = bea.act_for(&desk, card["principal"].as_str().unwrap()).await;
    assert_eq!(inside.get(&desk, "/v1/me").await.body["acting_for"]["company"], "Boulangerie");
}

#[tokio::test]
async fn s2_8_from_inside_a_company_there_is_a_way_back() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let one = &world.partners[0];
    let anne = desk.member(&world.operator, &one.id, ANNE, &["settings.manage"]).await;
    assert!(anne.get(&desk, "/v1/me").await.body.get("back").is_none());
    let cards = anne.get(&desk, "/v1/partners/me/companies").await.body["items"].clone();
    let inside = anne.act_for(&desk, cards[0]["principal"].as_str().unwrap()).await;
    let me = inside.get(&desk, "/v1/me").await.body;
    assert_eq!(me["acting_for"]["role"], "administrator");
    let back = me["back"].as_str().unwrap();
    assert_eq!(inside.get(&desk, back).await.body["items"], cards);
    let home = me["memberships"][0]["principal"].as_str().unwrap();
    let out = inside.act_for(&desk, home).await;
    assert_eq!(out.session["acting_for"], json!(format!("partner:{}", one.id)));
}

#[tokio::test]
async fn s3_8_a_members_right_opens_orders_and_nothing_else_does() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let one = &world.partners[0];
    let dealer = desk.member(&world.operator, &one.id, ANNE, &["dealer.order_products"]).await;
    let others: Vec<&str> = crate::kernel::right::Right::all()
        .map(crate::kernel::right::Right::as_str)
        .filter(|right| *right != "dealer.order_products")
        .collect();
    let other = desk.member(&world.operator, &one.id, "x@caisse-nord.fr", &others).await;
    let scopes = |me: Value| me["acting_for"]["scopes"].to_string();
    assert!(scopes(dealer.get(&desk, "/v1/me").await.body).contains("orders:write"));
    assert!(!scopes(other.get(&desk, "/v1/me").await.body).contains("orders:"));
    assert_eq!(other.post(&desk, "/v1/orders", json!({})).await.refusal().1, "right-missing");
    assert_eq!(other.get(&desk, "/v1/orders").await.refusal().1, "right-missing");
    // What is asked is wrong, but the right is there.
    assert_eq!(dealer.post(&desk, "/v1/orders", json!({})).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(dealer.get(&desk, "/v1/orders").await.status, StatusCode::OK);
}
