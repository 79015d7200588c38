//! Collaborators, and what they are assigned to.

mod consents;

use axum::http::Method;
use serde_json::{Value, json};

use super::cast;
use super::desk::{Desk, Party, Reply, World};
use crate::kernel::principal::Principal;
use crate::kernel::scope::Scope;
use crate::kernel::token::TokenText;

/// What an administrator of a tenant may do.
pub(super) async fn client(desk: &Desk, tenant: &str) -> String {
    let tenant = Principal::Tenant(tenant.parse().unwrap());
    let scopes: Vec<_> = Scope::all().filter(|scope| tenant.may_hold(*scope)).map(Scope::as_str).collect();
    let text = desk.token(Principal::Operator, &scopes.join(" ")).await;
    // A client's people have sessions, which stand for them in the same way.
    desk.sql(
        "update api_token set principal = $1 where hash = $2",
        &[&tenant.to_string(), TokenText::parse(&text).unwrap().hash().as_str()],
    )
    .await;
    text
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
    desk.sql("update partner set kind = $1 where id = $2", &[kind, &party.id]).await;
    let statement = if support_level1 == 1 {
        "update partner set support_level1 = 1 where id = $1"
    } else {
        "update partner set support_level1 = 0 where id = $1"
    };
    desk.sql(statement, &[&party.id]).await;
}

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

/// A firm with level-1 support, and a collaborator of it with both roles who has accepted.
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
    desk.sql("update member set state = 'active' where id = $1", &[id]).await;
    desk.sql("update app_user set state = 'active', name = 'Luc' where email_written = $1", &[email]).await;
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
    let unknown = crate::kernel::parts::Parts::real().id::<marque_config::id::TenantKind>().to_string();
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
    cast::administrator(&desk, &party.tenant, "anne@client.fr").await;
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

async fn opened() -> (Desk, World) {
    let desk = Desk::open().await;
    let world = desk.world().await;
    (desk, world)
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
