//! Collaborators, what they are assigned to, and what clients have to say about it.

use axum::http::Method;
use serde_json::{Value, json};

use super::desk::{Desk, Party, Reply, World};
use crate::model::person::TenantRole;
use crate::model::principal::{Principal, Reach};
use crate::model::scope::Scope;
use crate::model::token::TokenText;
use crate::operations::people::{self, NewTenantUser};

/// What an administrator of a tenant may do.
pub(super) async fn client(desk: &Desk, tenant: &str) -> String {
    let tenant = Principal::Tenant(tenant.parse().unwrap());
    let scopes: Vec<_> = Scope::all().filter(|scope| tenant.may_hold(*scope)).map(Scope::as_str).collect();
    let text = desk.token(Principal::Operator, &scopes.join(" ")).await;
    // A client's people have sessions, which stand for them in the same way.
    sql(
        desk,
        "update api_token set principal = $1 where hash = $2",
        &[&tenant.to_string(), TokenText::parse(&text).unwrap().hash().as_str()],
    )
    .await;
    text
}

pub(super) async fn sql(desk: &Desk, statement: &'static str, values: &[&str]) {
    let mut write = desk.store.begin(Reach::system("test").actor(), desk.store.now_ms()).await.unwrap();
    let query = values.iter().fold(sqlx::query(statement), |query, value| query.bind((*value).to_owned()));
    query.execute(write.connection()).await.unwrap();
    write.commit().await.unwrap();
}

/// An active administrator among the client's own people.
pub(super) async fn administrator(desk: &Desk, tenant: &str, email: &str) {
    let reach = Reach::system("test");
    let mut write = desk.store.begin(reach.actor(), desk.store.now_ms()).await.unwrap();
    let (name, language) = ("Anne".to_owned(), crate::model::language::Language::French);
    let new = NewTenantUser { email: email.parse().unwrap(), name, role: TenantRole::Administrator, language };
    people::invite_tenant_user(&mut write, &reach, tenant.parse().unwrap(), new).await.unwrap();
    write.commit().await.unwrap();
    sql(desk, "update tenant_user set state = 'active' where tenant_id = $1", &[tenant]).await;
    sql(desk, "update app_user set state = 'active' where email_written = $1", &[email]).await;
}

/// Kinds and recipients of the mails that wait.
pub(super) async fn mails(desk: &Desk) -> Vec<(String, String)> {
    let query = "select kind, to_address from mail order by created_ms, id";
    sqlx::query_as(query).fetch_all(desk.store.reader()).await.unwrap()
}

/// Those that were written after some others.
async fn since(desk: &Desk, before: &[(String, String)]) -> Vec<(String, String)> {
    mails(desk).await.into_iter().filter(|mail| !before.contains(mail)).collect()
}

async fn become_of(desk: &Desk, party: &Party, kind: &str, support_level1: i64) {
    sql(desk, "update partner set kind = $1 where id = $2", &[kind, &party.id]).await;
    let statement = if support_level1 == 1 {
        "update partner set support_level1 = 1 where id = $1"
    } else {
        "update partner set support_level1 = 0 where id = $1"
    };
    sql(desk, statement, &[&party.id]).await;
}

/// A firm with level-1 support, and a collaborator of it with both roles who has accepted.
/// A collaborator who follows a space of its client, and what came of that.
pub(super) struct Followed {
    pub(super) collaborator: String,
    pub(super) tenant: String,
    pub(super) assignment: String,
    pub(super) consent: String,
    pub(super) client: String,
}

/// Somebody new of the first partner, made able to have both roles, perhaps assigned to a new space.
pub(super) async fn followed(desk: &Desk, world: &World, number: u64, role: Option<&str>) -> Followed {
    let party = &world.partners[0];
    become_of(desk, party, "accounting_firm", 1).await;
    let roles: &[_] = if role.is_some() { &["accountant", "technical_support"] } else { &["accountant"] };
    let collaborator = collaborator(desk, party, &format!("luc{number}@nord.fr"), roles).await;
    let tenant = space(desk, world, party, &format!("Four {number}")).await;
    let client = client(desk, &tenant).await;
    let (mut made, mut consent) = (String::new(), String::new());
    if let Some(role) = role {
        let reply = desk.post(&party.token, "/v1/assignments", assignment(&collaborator, role, &tenant)).await;
        made = reply.body["id"].as_str().unwrap().to_owned();
        consent = reply.body["consent"].as_str().unwrap_or_default().to_owned();
    }
    Followed { collaborator, tenant, assignment: made, consent, client }
}

async fn firm(desk: &Desk, world: &World) -> String {
    let party = &world.partners[0];
    become_of(desk, party, "accounting_firm", 1).await;
    collaborator(desk, party, "luc@nord.fr", &["accountant", "technical_support"]).await
}

async fn collaborator(desk: &Desk, party: &Party, email: &str, roles: &[&str]) -> String {
    let body = json!({ "email": email, "name": "Luc", "language": "fr", "roles": roles });
    let id = desk.made(&party.token, "/v1/collaborators", body).await;
    accept(desk, &id, email).await;
    id
}

async fn accept(desk: &Desk, id: &str, email: &str) {
    sql(desk, "update member set state = 'active' where id = $1", &[id]).await;
    sql(desk, "update app_user set state = 'active', name = 'Luc' where email_written = $1", &[email]).await;
}

async fn space(desk: &Desk, world: &World, party: &Party, name: &str) -> String {
    let body = json!({ "partner": party.id, "application": world.application, "name": name });
    desk.made(&party.token, "/v1/tenants", body).await
}

fn assignment(collaborator: &str, role: &str, tenant: &str) -> Value {
    json!({ "collaborator": collaborator, "role": role, "tenant": tenant, "reason": "La caisse ne démarre plus." })
}

pub(super) async fn access(desk: &Desk, token: &str, tenant: &str) -> Vec<String> {
    let reply = desk.get(token, &format!("/v1/tenants/{tenant}/access")).await;
    let items = reply.body["items"].as_array().unwrap();
    let mut bases: Vec<_> = items.iter().map(|item| item["basis"].as_str().unwrap().to_owned()).collect();
    // Identities of one millisecond are in no order.
    bases.sort();
    bases
}

/// What was done to an object, from its audit trail.
pub(super) async fn traces(desk: &Desk, object: &str) -> Vec<String> {
    let query = "select action from audit_event where object = $1 order by seq";
    sqlx::query_scalar(query).bind(object.to_owned()).fetch_all(desk.store.reader()).await.unwrap()
}

fn ids(reply: &Reply) -> Vec<String> {
    let items = reply.body["items"].as_array().unwrap();
    items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn s2_14_one_file_or_many_each_whole_and_reported() {
    let (desk, world) = opened().await;
    let party = &world.partners[0];
    let luc = firm(&desk, &world).await;
    let (one, two) = (space(&desk, &world, party, "Un").await, space(&desk, &world, party, "Deux").await);
    let made = desk.post(&party.token, "/v1/assignments", assignment(&luc, "accountant", &one)).await;
    assert_eq!((made.status.as_u16(), &made.body["state"]), (201, &json!("active")), "{}", made.body);
    // One is there already, one is fine, one is another partner's, one was never made.
    let foreign = &world.partners[1].tenant;
    let unknown = crate::parts::Parts::real().id::<marque_config::id::TenantKind>().to_string();
    let body = json!({ "collaborator": luc, "role": "accountant", "tenants": [one, two, foreign, unknown, two] });
    let bulk = desk.post(&party.token, "/v1/assignments/bulk", body).await;
    let outcome = |place: usize| &bulk.body["items"][place];
    assert_eq!(bulk.body["items"].as_array().unwrap().len(), 4, "{}", bulk.body);
    assert_eq!(outcome(0)["refused"], "already-assigned");
    assert_eq!(outcome(1)["assignment"]["state"], "active");
    assert_eq!(
        (&outcome(2)["refused"], &outcome(3)["refused"]),
        (&json!("unknown-reference"), &json!("unknown-reference"))
    );
    let listed = desk.get(&party.token, &format!("/v1/assignments?collaborator={luc}&open=true")).await;
    assert_eq!(ids(&listed).len(), 2);
    let many: Vec<_> = std::iter::repeat_n(one, 101).collect();
    let body = json!({ "collaborator": luc, "role": "accountant", "tenants": many });
    assert_eq!(desk.post(&party.token, "/v1/assignments/bulk", body).await.refusal().2, ["/tenants"]);
}

#[tokio::test]
async fn s2_16_nobody_is_listed_before_a_first_collaborator_then_roles_and_files() {
    let (desk, world) = opened().await;
    let party = &world.partners[0];
    assert_eq!(desk.get(&party.token, "/v1/collaborators").await.body["items"], json!([]));
    let luc = firm(&desk, &world).await;
    desk.post(&party.token, "/v1/assignments", assignment(&luc, "accountant", &party.tenant)).await;
    let listed = desk.get(&party.token, "/v1/collaborators").await;
    assert_eq!(ids(&listed), [luc.as_str()]);
    let row = &listed.body["items"][0];
    assert_eq!(row["roles"], json!(["accountant", "technical_support"]));
    assert_eq!(row["files"][0]["tenant"], json!(party.tenant));
    assert_eq!(row["files"][0]["name"], "Boulangerie");
    // Nobody else sees them.
    let other = &world.partners[1].token;
    assert_eq!(desk.get(other, "/v1/collaborators").await.body["items"], json!([]));
    assert_eq!(desk.get(other, &format!("/v1/collaborators/{luc}")).await.refusal().0, 404);
}

#[tokio::test]
async fn s2_17_an_accountant_follows_the_file_at_once_and_the_client_hears_of_it() {
    let (desk, world) = opened().await;
    let party = &world.partners[0];
    administrator(&desk, &party.tenant, "anne@client.fr").await;
    let luc = firm(&desk, &world).await;
    let before = mails(&desk).await;
    let made = desk.post(&party.token, "/v1/assignments", assignment(&luc, "accountant", &party.tenant)).await;
    assert_eq!(made.body["state"], "active");
    assert_eq!(since(&desk, &before).await, [("accountant_assigned".to_owned(), "anne@client.fr".to_owned())]);
    assert_eq!(access(&desk, &party.token, &party.tenant).await, ["accountant"]);
    let own = client(&desk, &party.tenant).await;
    assert_eq!(access(&desk, &own, &party.tenant).await, ["accountant"]);
    let ended = format!("/v1/assignments/{}", made.body["id"].as_str().unwrap());
    assert_eq!(desk.ask(Method::DELETE, &party.token, &ended, None).await.status.as_u16(), 204);
    assert!(access(&desk, &party.token, &party.tenant).await.is_empty());
    assert_eq!(desk.get(&party.token, &ended).await.body["state"], "removed");
}

#[tokio::test]
async fn s2_18_technical_support_is_for_partners_with_level_one() {
    let (desk, world) = opened().await;
    let party = &world.partners[0];
    let body = json!({ "email": "luc@nord.fr", "name": "Luc", "roles": ["technical_support"] });
    become_of(&desk, party, "reseller", 0).await;
    let refused = desk.post(&party.token, "/v1/collaborators", body.clone()).await;
    assert_eq!(refused.refusal(), (409, "role-not-available".into(), vec![]));
    become_of(&desk, party, "reseller", 1).await;
    assert_eq!(desk.post(&party.token, "/v1/collaborators", body).await.status.as_u16(), 201);
}

#[tokio::test]
async fn s2_19_a_collaborator_takes_no_seat_of_the_client() {
    let (desk, world) = opened().await;
    let party = &world.partners[0];
    administrator(&desk, &party.tenant, "anne@client.fr").await;
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

async fn opened() -> (Desk, World) {
    let desk = Desk::open().await;
    let world = desk.world().await;
    (desk, world)
}

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
async fn s2_20_support_has_no_access_before_the_client_consents() {
    let (desk, world) = opened().await;
    let party = &world.partners[0];
    administrator(&desk, &party.tenant, "anne@client.fr").await;
    let luc = firm(&desk, &world).await;
    let made = desk.post(&party.token, "/v1/assignments", assignment(&luc, "technical_support", &party.tenant)).await;
    assert_eq!(made.body["state"], "pending_consent", "{}", made.body);
    let consent = made.body["consent"].as_str().unwrap().to_owned();
    assert!(mails(&desk).await.contains(&("consent_requested".into(), "anne@client.fr".into())));
    assert!(access(&desk, &party.token, &party.tenant).await.is_empty());
    let come_in = format!("/v1/consents/{consent}/sessions");
    assert_eq!(desk.post(&party.token, &come_in, json!({})).await.refusal().1, "consent-required");
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
    assert_eq!(desk.post(&party.token, &come_in, json!({})).await.status.as_u16(), 201);
}

#[tokio::test]
async fn s2_21_the_ticked_companies_are_the_ones_that_are_followed_and_the_rest_ends() {
    let (desk, world) = opened().await;
    let party = &world.partners[0];
    let luc = firm(&desk, &world).await;
    let mut spaces = Vec::new();
    for name in ["Un", "Deux", "Trois"] {
        spaces.push(space(&desk, &world, party, name).await);
    }
    let path = format!("/v1/collaborators/{luc}/assignments");
    let save = async |tenants: &[String]| {
        let body = json!({ "role": "accountant", "tenants": tenants });
        desk.ask(Method::PUT, &party.token, &path, Some(body)).await
    };
    let count = |reply: &Reply, part: &str| reply.body[part].as_array().unwrap().len();
    let first = save(&spaces[..2]).await;
    assert_eq!((count(&first, "added"), count(&first, "removed"), count(&first, "kept")), (2, 0, 0), "{}", first.body);
    let second = save(&spaces[1..]).await;
    assert_eq!((count(&second, "added"), count(&second, "removed"), count(&second, "kept")), (1, 1, 1));
    assert_eq!(second.body["removed"][0]["tenant"], json!(spaces[0]));
    // All of it or nothing: another partner's space is none.
    let wrong = save(&[spaces[0].clone(), world.partners[1].tenant.clone()]).await;
    assert_eq!(wrong.refusal(), (422, "invalid-request".into(), vec!["/tenants/1".into()]));
    let files = desk.get(&party.token, &format!("/v1/collaborators/{luc}")).await;
    assert_eq!(files.body["files"].as_array().unwrap().len(), 2);
    // A role that goes takes its assignments with it, and the collaborator goes with the last role.
    let role = |role: &str| format!("/v1/collaborators/{luc}/roles/{role}");
    assert_eq!(desk.ask(Method::DELETE, &party.token, &role("accountant"), None).await.status.as_u16(), 204);
    let open = desk.get(&party.token, &format!("/v1/assignments?collaborator={luc}&open=true")).await;
    assert_eq!(open.body["items"], json!([]));
    let back = desk.ask(Method::PUT, &party.token, &role("accountant"), None).await;
    assert_eq!(back.body["roles"], json!(["accountant", "technical_support"]));
    let gone = desk.ask(Method::DELETE, &party.token, &format!("/v1/collaborators/{luc}"), None).await;
    assert_eq!(gone.status.as_u16(), 204, "{}", gone.body);
    assert_eq!(desk.get(&party.token, "/v1/collaborators").await.body["items"], json!([]));
    assert!(traces(&desk, &luc).await.ends_with(&["collaborator.removed".into(), "member.removed".into()]));
}

#[tokio::test]
async fn s2_22_accountants_are_of_accounting_firms() {
    let (desk, world) = opened().await;
    let party = &world.partners[0];
    let body = json!({ "email": "luc@nord.fr", "name": "Luc", "roles": ["accountant"] });
    for kind in ["reseller", "integrator", "it_provider", "oem"] {
        become_of(&desk, party, kind, 1).await;
        let refused = desk.post(&party.token, "/v1/collaborators", body.clone()).await;
        assert_eq!(refused.refusal().1, "role-not-available", "{kind}");
    }
    become_of(&desk, party, "accounting_firm", 0).await;
    let id = desk.made(&party.token, "/v1/collaborators", body).await;
    let support = format!("/v1/collaborators/{id}/roles/technical_support");
    assert_eq!(desk.ask(Method::PUT, &party.token, &support, None).await.refusal().1, "role-not-available");
}

#[tokio::test]
async fn s2_p1_consent_is_for_one_person_and_a_time_traced_and_taken_back_at_any_moment() {
    let (desk, world) = opened().await;
    let party = &world.partners[0];
    administrator(&desk, &party.tenant, "anne@client.fr").await;
    let luc = firm(&desk, &world).await;
    let own = client(&desk, &party.tenant).await;
    let consent = asked(&desk, party, &luc).await;
    let grant = format!("/v1/consents/{consent}/grant");
    for until in ["2025-01-01T00:00:00Z", "2031-01-01T00:00:00Z"] {
        assert_eq!(desk.post(&own, &grant, json!({ "until": until })).await.refusal().2, ["/until"]);
    }
    let until = crate::api::time::written(desk.store.now_ms() + 2 * 86_400_000);
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
    let until = crate::api::time::written(desk.store.now_ms() + 86_400_000);
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
async fn s2_p2_added_invited_then_assigned_once_the_invitation_is_accepted() {
    let (desk, world) = opened().await;
    let party = &world.partners[0];
    become_of(&desk, party, "accounting_firm", 0).await;
    let body = json!({ "email": "luc@nord.fr", "name": "Luc", "language": "fr", "roles": ["accountant"] });
    let before = mails(&desk).await;
    let luc = desk.made(&party.token, "/v1/collaborators", body.clone()).await;
    assert_eq!(since(&desk, &before).await, [("invitation".to_owned(), "luc@nord.fr".to_owned())]);
    assert_eq!(desk.post(&party.token, "/v1/collaborators", body).await.refusal().1, "role-held");
    let early = desk.post(&party.token, "/v1/assignments", assignment(&luc, "accountant", &party.tenant)).await;
    assert_eq!(early.refusal().1, "collaborator-not-active");
    accept(&desk, &luc, "luc@nord.fr").await;
    let made = desk.post(&party.token, "/v1/assignments", assignment(&luc, "accountant", &party.tenant)).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.body);
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
async fn a_partners_own_space_has_members_not_collaborators() {
    let (desk, world) = opened().await;
    let party = &world.partners[0];
    let luc = firm(&desk, &world).await;
    let query = "select id from tenant where partner_id = $1 and kind = 'sandbox'";
    let sandbox: String =
        sqlx::query_scalar(query).bind(party.id.clone()).fetch_one(desk.store.reader()).await.unwrap();
    let reply = desk.post(&party.token, "/v1/assignments", assignment(&luc, "accountant", &sandbox)).await;
    assert_eq!(reply.refusal().1, "own-tenant");
}
