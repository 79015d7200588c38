//! A person is erased: nothing says any more who they were, and everything that must stay holds together.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use super::desk::{Desk, World};
use super::visitor::Visitor;
use crate::backup;
use crate::database::{Backend, Whose};
use crate::kernel::actor::{Actor, Asked};
use crate::kernel::ids::UserId;

const ZOE: &str = "zoe.marchand@fournil.example";
const NAME: &str = "Zoé Marchand";
/// From where she came.
const THERE: &str = "203.0.113.77";

struct Fixture {
    desk: Desk,
    world: World,
    user: UserId,
    /// Her own business, and one whose contact she is.
    clients: [String; 2],
}

/// Somebody who is known in every way.
async fn known() -> Fixture {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let [one, two] = [&world.partners[0], &world.partners[1]];
    desk.member(&world.operator, &one.id, "anne@nord.example", &["settings.manage"]).await;
    let zoe = json!({ "partner": one.id, "email": ZOE, "name": NAME, "rights": ["clients.manage", "support.handle"] });
    desk.made(&world.operator, "/v1/members", zoe).await;
    let zoe: Visitor = desk.arrive(ZOE).await;
    assert_eq!(zoe.ask(&desk, Method::PATCH, "/v1/me", Some(json!({ "name": NAME }))).await.status, StatusCode::OK);
    desk.tenant_user(&world.operator, &two.tenant, "bea@sud.example", "administrator").await;
    let place = json!({ "email": ZOE, "name": NAME, "role": "employee" });
    desk.made(&world.operator, &format!("/v1/tenants/{}/users", two.tenant), place).await;
    desk.made(&world.operator, "/v1/operators", json!({ "email": ZOE, "name": NAME })).await;
    let own = json!({ "company": format!("Fournil {NAME}"), "email": ZOE, "country": "FR", "phone": "0102030405" });
    let own = desk.made(&one.token, "/v1/clients", own).await;
    let contacts =
        json!([{ "name": NAME, "email": ZOE.to_uppercase() }, { "name": "Paul", "email": "paul@moulin.example" }]);
    let other = json!({ "company": "Moulin", "email": "moulin@moulin.example", "country": "FR", "contacts": contacts });
    let other = desk.made(&two.token, "/v1/clients", other).await;
    let user = zoe.session["user"].as_str().unwrap().parse().unwrap();
    let fixture = Fixture { desk, world, user, clients: [own, other] };
    fixture.write().await;
    fixture.act().await;
    fixture
}

impl Fixture {
    /// What she wrote, and what was mailed to her.
    async fn write(&self) {
        let party = &self.world.partners[0];
        let message = "insert into support_message (id, tenant_id, partner_id, channel, sender, sender_email, language,
            subject, body, state, routed_to, ip, received_ms, changed_ms)
            values ('msg_1', $1, $2, 'portal', $3, $4, 'fr', $3, $4, 'received', 'a@b.example, ' || $4, $5, 1, 1)";
        self.desk.sql(message, &[&party.tenant, &party.id, NAME, ZOE, THERE]).await;
        let file = "insert into support_attachment (message_id, number, name, media_type, size, content)
            values ('msg_1', 1, $1, 'text/plain', 3, cast($2 as blob))";
        self.desk.sql(file, &[NAME, "abc"]).await;
        let mail = "insert into mail (id, to_address, to_domain, kind, language, facts, state, attempts, next_ms, said, created_ms)
            values ('mal_' || $2, $1, 'fournil.example', 'password_reset', 'fr', $1, $2, 1, 1, $1, 1)";
        for state in ["waiting", "sent", "failed"] {
            self.desk.sql(mail, &[ZOE, state]).await;
        }
        let tried =
            crate::kernel::token::hex(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, ZOE.as_bytes()).as_ref());
        let tried_it = "insert into trial_use (product_id, email_hash, order_id) values ('prd_1', $1, 'ord_1')";
        self.desk.sql(tried_it, &[&tried]).await;
    }

    /// Something that she did, from somewhere.
    async fn act(&self) {
        let asked = Asked { request_id: None, ip: Some(THERE.parse().unwrap()) };
        let actor = Actor::user(self.user).asking(asked);
        let mut write = self.desk.store.begin(&actor, self.desk.store.now_ms()).await.unwrap();
        for _ in 0..20 {
            write.audit("user.changed", &self.user, Whose::VENDOR, json!({}));
        }
        write.commit().await.unwrap();
    }

    async fn erase(&self, email: &str) -> super::desk::Reply {
        self.desk.post(&self.world.operator, "/v1/erasures", json!({ "email": email })).await
    }

    /// The columns in which something stands, of all that hold text or bytes.
    async fn found(&self, needle: &str) -> Vec<String> {
        let columns = match self.desk.store.backend() {
            Backend::Sqlite => {
                "select m.name, c.name, lower(c.type) from sqlite_master m join pragma_table_info(m.name) c
                 where m.type = 'table' and lower(c.type) in ('text', 'blob')"
            }
            Backend::Postgres => {
                "select cast(c.table_name as text), cast(c.column_name as text), cast(c.data_type as text)
                 from information_schema.columns c
                 join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
                 where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.data_type in ('text', 'bytea')"
            }
        };
        let columns: Vec<(String, String, String)> =
            sqlx::query_as(columns).fetch_all(self.desk.store.reader()).await.unwrap();
        let mut found = Vec::new();
        for (table, column, kind) in columns {
            let text = match kind.as_str() {
                "bytea" => format!("encode({column}, 'escape')"),
                _ => format!("cast({column} as text)"),
            };
            let count = format!("select count(*) from {table} where lower({text}) like $1");
            let count: i64 = sqlx::query_scalar(AssertSqlSafe(count))
                .bind(format!("%{needle}%"))
                .fetch_one(self.desk.store.reader())
                .await
                .unwrap();
            if count > 0 {
                found.push(format!("{table}.{column}"));
            }
        }
        found
    }
}

#[tokio::test]
async fn nothing_says_any_more_who_an_erased_person_was() {
    let fixture = known().await;
    for needle in ["zoe.marchand", "marchand", THERE] {
        assert!(fixture.found(needle).await.len() > 1, "{needle} isn't looked for where it stands");
    }
    let head = backup::verify(&fixture.desk.store).await.unwrap();
    let reply = fixture.erase(&ZOE.to_uppercase()).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let mut clients = fixture.clients.to_vec();
    clients.sort();
    let user = fixture.user.to_string();
    assert_eq!((&reply.body["user"], &reply.body["clients"]), (&json!(user), &json!(clients)));
    assert_eq!(reply.body["messages"], json!(["msg_1"]));
    for needle in ["zoe.marchand", "marchand", THERE] {
        let left = fixture.found(needle).await;
        // A mail to somebody else may name them until it is forgotten.
        assert!(left.iter().all(|column| column == "mail.facts"), "{needle}: {left:?}");
    }
    // The trail goes on from where it was, and names the person by their identity.
    let after = backup::verify(&fixture.desk.store).await.unwrap();
    assert!(after.events > head.events);
    let hash: String = sqlx::query_scalar("select hash from audit_event where seq = $1")
        .bind(head.events)
        .fetch_one(fixture.desk.store.reader())
        .await
        .unwrap();
    assert_eq!(hash, head.head, "nothing of the trail has changed");
    let trail = fixture.desk.get(&fixture.world.operator, &format!("/v1/audit-events?object={user}&limit=100")).await;
    let trail = trail.body["items"].as_array().unwrap().clone();
    assert!(trail.iter().any(|event| event["actor"] == json!(user) && event.get("ip").is_none()));
    assert!(trail.iter().any(|event| event["action"] == "user.erased"));
    assert_eq!(fixture.desk.store.broken().await.unwrap(), []);
    // The other contact stays, and who is erased again was nobody.
    let other =
        fixture.desk.get(&fixture.world.partners[1].token, &format!("/v1/clients/{}", fixture.clients[1])).await;
    assert_eq!(other.body["contacts"].as_array().unwrap().len(), 1);
    let again = fixture.erase(ZOE).await;
    assert_eq!(again.body, json!({ "clients": [], "messages": [], "mails": 0 }));
    // The address is free: whoever has it now is somebody else.
    let member =
        json!({ "partner": fixture.world.partners[0].id, "email": ZOE, "name": "Zoé", "rights": ["clients.manage"] });
    let invited = fixture.desk.post(&fixture.world.operator, "/v1/members", member).await;
    assert_eq!(invited.status, StatusCode::CREATED);
    assert_ne!(invited.body["user"], json!(user));
}

#[tokio::test]
async fn who_still_has_to_be_there_is_not_erased_and_nothing_of_them_is() {
    let fixture = known().await;
    let space = "update tenant set client_id = $1 where id = $2";
    fixture.desk.sql(space, &[&fixture.clients[0], &fixture.world.partners[0].tenant]).await;
    let before = fixture.found("marchand").await;
    assert_eq!(fixture.erase(ZOE).await.refusal().1, "client-in-use");
    fixture.desk.sql("update tenant set client_id = null where client_id = $1", &[&fixture.clients[0]]).await;
    assert_eq!(fixture.erase("bea@sud.example").await.refusal().1, "last-admin");
    assert_eq!(fixture.erase("anne@nord.example").await.refusal().1, "last-settings-manager");
    assert_eq!(fixture.found("marchand").await, before);
    let nobody = fixture.erase("nobody@fournil.example").await;
    assert_eq!((nobody.status, nobody.body), (StatusCode::OK, json!({ "clients": [], "messages": [], "mails": 0 })));
}

#[tokio::test]
async fn an_anonymised_clients_closed_spaces_say_no_more_whose_they_were() {
    let fixture = known().await;
    let party = &fixture.world.partners[0];
    let tenant = json!({ "partner": party.id, "application": fixture.world.application, "name": "Fournil Marchand" });
    let tenant = fixture.desk.made(&party.token, "/v1/tenants", tenant).await;
    fixture.desk.sql("update tenant set client_id = $1 where id = $2", &[&fixture.clients[0], &tenant]).await;
    let closed = fixture.desk.post(&fixture.world.operator, &format!("/v1/tenants/{tenant}/close"), json!({})).await;
    assert_eq!(closed.status, StatusCode::OK, "{}", closed.body);
    assert_eq!(fixture.erase(ZOE).await.status, StatusCode::OK);
    let left = fixture.found("marchand").await;
    assert!(left.iter().all(|column| column == "mail.facts"), "{left:?}");
}

/// No action puts a name or an address into the trail, or into what others are told: what is there can't be taken out.
#[tokio::test]
async fn the_trail_and_what_others_are_told_name_nobody() {
    let fixture = known().await;
    let manager = json!({ "name": NAME, "email": ZOE });
    let manager = fixture.desk.made(&fixture.world.operator, "/v1/account-managers", manager).await;
    let (path, renamed) = (format!("/v1/account-managers/{manager}"), json!({ "name": "Marchand", "email": ZOE }));
    fixture.desk.ask(Method::PUT, &fixture.world.operator, &path, Some(renamed)).await;
    let details = "select detail from audit_event union all select payload from outbox_event";
    let details: Vec<String> = sqlx::query_scalar(details).fetch_all(fixture.desk.store.reader()).await.unwrap();
    assert!(details.len() > 40);
    for detail in details {
        let value: Value = serde_json::from_str(&detail).unwrap();
        let told = value.to_string().to_lowercase();
        assert!(!told.contains("marchand") && !told.contains('@'), "{told}");
    }
}
