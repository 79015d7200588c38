//! Entries to clients' spaces: who gets a ticket, that it is good once, and that what it opened ends with what it rests on.

mod ends;

use axum::http::StatusCode;
use marque_config::feed::{Format, Revision};
use serde_json::{Value, json};

use super::desk::{Desk, Reply, World};
use super::visitor::Visitor;
use crate::kernel::principal::Principal;

const ANNE: &str = "anne@nord.fr";
const BEA: &str = "bea@boulangerie.fr";

/// A client's space that is served, one of its partner's people, and the proxies.
struct Door {
    desk: Desk,
    world: World,
    /// The partner's.
    anne: Visitor,
    member: String,
    edge: String,
}

impl Door {
    /// Nothing lets Anne in yet.
    async fn open() -> Self {
        let desk = Desk::open().await;
        let world = desk.world().await;
        let party = &world.partners[0];
        let kind = "update partner set kind = 'accounting_firm', support_level1 = 1 where id = $1";
        desk.sql(kind, &[&party.id]).await;
        let bind = format!("/v1/tenants/{}/bind", party.tenant);
        assert_eq!(desk.post(&world.operator, &bind, json!({"account": "a"})).await.status, StatusCode::OK);
        let name = json!({ "tenant": party.tenant, "kind": "platform", "label": "fournil" });
        desk.made(&world.operator, "/v1/domains", name).await;
        let anne = desk.member(&world.operator, &party.id, ANNE, &["clients.manage"]).await;
        let member = sqlx::query_scalar("select id from member where user_id = $1");
        let user = anne.session["user"].as_str().unwrap();
        let member: String = member.bind(user).fetch_one(desk.store.reader()).await.unwrap();
        let edge = desk.token(Principal::Edge, "edge:sync").await;
        Self { desk, world, anne, member, edge }
    }

    /// Anne sets the space up.
    async fn setting_up() -> Self {
        let door = Self::open().await;
        let access = json!({ "member": door.member });
        door.desk.made(door.partner(), &format!("/v1/tenants/{}/setup-access", door.tenant()), access).await;
        door
    }

    /// The space is the client's, and Anne is assigned to it in a role; support has the client's consent.
    async fn assigned(role: &str, scope: &str) -> (Self, Visitor, String) {
        let door = Self::open().await;
        let bea = door.handed_over().await;
        let roles = json!({ "partner": door.world.partners[0].id, "email": ANNE, "name": "Anne", "roles": [role] });
        door.desk.made(&door.world.operator, "/v1/collaborators", roles).await;
        let wanted = json!({
            "collaborator": door.member, "role": role, "tenant": door.tenant(), "reason": "Panne", "scope": scope,
        });
        let made = door.desk.post(door.partner(), "/v1/assignments", wanted).await.body;
        if let Some(consent) = made["consent"].as_str() {
            let granted =
                bea.post(&door.desk, &format!("/v1/consents/{consent}/grant"), json!({ "lasting": true })).await;
            assert_eq!(granted.status, StatusCode::OK, "{}", granted.body);
        }
        (door, bea, made["id"].as_str().unwrap().to_owned())
    }

    /// The client's administrator comes, and it is theirs.
    async fn handed_over(&self) -> Visitor {
        self.desk.tenant_user(&self.world.operator, self.tenant(), BEA, "administrator").await
    }

    fn tenant(&self) -> &str {
        &self.world.partners[0].tenant
    }

    fn partner(&self) -> &str {
        &self.world.partners[0].token
    }

    async fn ask(&self, body: Value) -> Reply {
        self.anne.post(&self.desk, &format!("/v1/tenants/{}/entries", self.tenant()), body).await
    }

    /// A ticket that Anne is given.
    async fn ticket(&self) -> String {
        let reply = self.ask(json!({})).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
        let url = reply.body["entry_url"].as_str().unwrap();
        url.strip_prefix("https://fournil.p.marque.fr/.well-known/marque/enter?ticket=").unwrap().to_owned()
    }

    async fn redeem(&self, tenant: &str, ticket: &str) -> Reply {
        let body = json!({ "proxy": "one", "tenant": tenant, "ticket": ticket });
        self.desk.post(&self.edge, "/v1/edge/entries", body).await
    }

    /// Anne comes in; the entry as the edge is told of it.
    async fn enter(&self) -> Value {
        let reply = self.redeem(self.tenant(), &self.ticket().await).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        assert_eq!(self.fed().await.as_ref(), Some(&reply.body["entry"]));
        reply.body["entry"].clone()
    }

    /// The entry that the feed has, if it has one.
    async fn fed(&self) -> Option<Value> {
        let lines = "select line from feed_record where kind = 'entry' and line is not null";
        let lines: Vec<String> = sqlx::query_scalar(lines).fetch_all(self.desk.store.reader()).await.unwrap();
        lines.first().map(|line| serde_json::from_str::<Value>(line).unwrap()["body"].clone())
    }

    /// The only entry that the client is shown.
    async fn shown(&self) -> Value {
        let items = self.desk.get(self.partner(), &format!("/v1/tenants/{}/entries", self.tenant())).await.body;
        assert_eq!(items["items"].as_array().unwrap().len(), 1, "{items}");
        items["items"][0].clone()
    }
}

#[tokio::test]
async fn a_ticket_is_good_once_for_its_space_and_for_a_minute() {
    let door = Door::setting_up().await;
    let ticket = door.ticket().await;
    let other = &door.world.partners[1].tenant;
    assert_eq!(door.redeem(other, &ticket).await.refusal().1, "not-found", "another's address");
    for wrong in ["", "short", &"a".repeat(43), &format!("{ticket}a")] {
        assert_eq!(door.redeem(door.tenant(), wrong).await.refusal().1, "not-found", "{wrong}");
    }
    let redeemed = door.redeem(door.tenant(), &ticket).await;
    assert_eq!(redeemed.status, StatusCode::OK, "{}", redeemed.body);
    let entry = &redeemed.body["entry"];
    let person = &door.anne.session["user"];
    assert_eq!((&entry["kind"], &entry["role"], &entry["person"]), (&json!("setup"), &json!("manager"), person));
    assert_eq!(entry["until_ms"], door.desk.store.now_ms() + 12 * 3_600_000);
    assert_eq!(door.redeem(door.tenant(), &ticket).await.refusal().1, "ticket-used");
    let late = door.ticket().await;
    door.desk.advance_seconds(60);
    assert_eq!(door.redeem(door.tenant(), &late).await.refusal().1, "ticket-expired");
}

#[tokio::test]
async fn of_a_ticket_its_hash_is_kept_and_nothing_else() {
    let door = Door::setting_up().await;
    let ticket = door.ticket().await;
    door.redeem(door.tenant(), &ticket).await;
    for (table, column) in [("idempotency", "body"), ("audit_event", "detail"), ("outbox_event", "payload")] {
        let statement = sqlx::AssertSqlSafe(format!("select count(*) from {table} where {column} like '%{ticket}%'"));
        let count: i64 = sqlx::query_scalar(statement).fetch_one(door.desk.store.reader()).await.unwrap();
        assert_eq!(count, 0, "{table}");
    }
    let hash: String =
        sqlx::query_scalar("select ticket_hash from entry").fetch_one(door.desk.store.reader()).await.unwrap();
    assert_ne!(hash, ticket);
}

#[tokio::test]
async fn the_client_sees_who_is_in_as_what_and_by_what_right() {
    let (door, bea, assignment) = Door::assigned("technical_support", "act").await;
    let entry = door.enter().await;
    let access = bea.get(&door.desk, &format!("/v1/tenants/{}/access", door.tenant())).await.body;
    assert!(access["items"][0]["inside_since"].is_string(), "{access}");
    let shown = bea.get(&door.desk, &format!("/v1/tenants/{}/entries", door.tenant())).await.body["items"][0].clone();
    assert_eq!(
        (&shown["name"], &shown["kind"], &shown["state"]),
        (&json!("Anne Martin"), &json!("support"), &json!("open"))
    );
    assert_eq!((&shown["consent"], &shown["basis"]), (&entry["consent"], &json!(assignment)));
    let consent = entry["consent"].as_str().unwrap();
    let sessions = bea.get(&door.desk, &format!("/v1/consents/{consent}/sessions")).await.body;
    assert_eq!(sessions["items"][0]["opened_by"], door.anne.session["user"]);
    // In the trail it is the person who did it, and the client reads it.
    let id = entry["id"].as_str().unwrap();
    let trail = bea.get(&door.desk, &format!("/v1/audit-events?object={id}&order=oldest")).await.body;
    let actions: Vec<_> =
        trail["items"].as_array().unwrap().iter().map(|event| (&event["action"], &event["actor"])).collect();
    let anne = &door.anne.session["user"];
    assert_eq!(actions, [(&json!("entry.issued"), anne), (&json!("entry.opened"), anne)]);
}

#[tokio::test]
async fn whom_nothing_lets_in_gets_no_ticket() {
    let door = Door::open().await;
    let refused = async |door: &Door, body| door.ask(body).await.refusal().1;
    assert_eq!(refused(&door, json!({})).await, "no-access", "to manage is not to see");
    let path = format!("/v1/tenants/{}/entries", door.tenant());
    assert_eq!(
        door.desk.post(door.partner(), &path, json!({})).await.refusal().1,
        "right-missing",
        "a token is nobody"
    );
    let foreign = format!("/v1/tenants/{}/entries", door.world.partners[1].tenant);
    assert_eq!(door.anne.post(&door.desk, &foreign, json!({})).await.status, StatusCode::NOT_FOUND);
    let own = sqlx::query_scalar("select id from tenant where partner_id = $1 and kind = 'sandbox'");
    let own: String = own.bind(&door.world.partners[0].id).fetch_one(door.desk.store.reader()).await.unwrap();
    let own = door.anne.post(&door.desk, &format!("/v1/tenants/{own}/entries"), json!({})).await;
    assert_eq!(own.refusal().1, "own-tenant");
    let wrong = door.ask(json!({ "kind": "owner" })).await.refusal();
    assert_eq!((wrong.0, wrong.2), (422, vec!["/kind".to_owned()]));

    let door = Door::setting_up().await;
    assert_eq!(refused(&door, json!({ "kind": "support" })).await, "no-access");
    let bea = door.handed_over().await;
    assert_eq!(refused(&door, json!({ "kind": "setup" })).await, "no-access", "it was handed over");
    assert_eq!(bea.post(&door.desk, &path_of(&door), json!({})).await.refusal().1, "no-access", "the client's own");
    let suspend = format!("/v1/tenants/{}/suspend", door.tenant());
    door.desk.post(&door.world.operator, &suspend, json!({})).await;
    assert_eq!(refused(&door, json!({})).await, "tenant-not-active");
}

#[tokio::test]
async fn before_the_handover_and_before_the_consent_nobody_follows_a_file_from_inside() {
    let door = Door::open().await;
    let roles = json!({ "partner": door.world.partners[0].id, "email": ANNE, "name": "Anne",
        "roles": ["accountant", "technical_support"] });
    door.desk.made(&door.world.operator, "/v1/collaborators", roles).await;
    for role in ["accountant", "technical_support"] {
        let wanted = json!({ "collaborator": door.member, "role": role, "tenant": door.tenant(), "reason": "Panne" });
        assert_eq!(door.desk.post(door.partner(), "/v1/assignments", wanted).await.status, StatusCode::CREATED);
    }
    assert_eq!(door.ask(json!({})).await.refusal().1, "no-access");
    door.handed_over().await;
    assert_eq!(door.ask(json!({ "kind": "support" })).await.refusal().1, "no-access", "nobody has consented");
    assert_eq!(door.ask(json!({})).await.body["kind"], "collaborator");
}

#[tokio::test]
async fn a_consent_to_look_lets_look() {
    for (scope, reads_only) in [("view", true), ("act", false)] {
        let (door, ..) = Door::assigned("technical_support", scope).await;
        assert_eq!(door.enter().await["reads_only"], json!(reads_only), "{scope}");
    }
}

#[tokio::test]
async fn no_ticket_is_given_out_while_a_live_proxy_knows_none() {
    let door = Door::setting_up().await;
    let old = door.desk.store.open_stream("old", Revision(0), Format::LICENCES).await.unwrap();
    let refused = door.ask(json!({})).await;
    assert_eq!(refused.refusal().1, "proxies-too-old", "{}", refused.body);
    assert!(refused.text.contains("These proxies: old."), "{}", refused.text);
    drop(old);
    door.desk.advance_seconds(11);
    door.ticket().await;
}

fn path_of(door: &Door) -> String {
    format!("/v1/tenants/{}/entries", door.tenant())
}
